// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an encoder is given: images or texts, with their labels if there are any.

#include <cstdint>
#include <string>
#include <vector>

#include "workload/model_package.h"

namespace topkima::workload {

struct Samples {
  int first = 0, count = 0;          ///< those of the file that are here
  std::vector<std::uint8_t> values;  ///< [count, height, width, channels] or [count, tokens]
  /// Per sample a class; of a text per token, -1 where none is asked for. Empty: not given.
  std::vector<std::int32_t> labels;

  bool labelled() const { return !labels.empty(); }
};

/// Samples `first` .. of an .npz file, at most `most` (0: all): arrays x and y, or x_test and
/// y_test; y may be missing. Throws DataError unless they fit the model.
Samples read_samples(const std::string& path, const ModelPackage& model, int first, int most);

/// The rows that enter the embedding, [count * tokens, inputs] (docs/encoder.md).
std::vector<std::int8_t> embedding_rows(const Samples& samples, const ModelPackage& model);

}  // namespace topkima::workload
