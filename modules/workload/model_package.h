// SPDX-License-Identifier: Apache-2.0
#pragma once
// A trained encoder as files: integers for every matrix, normalisation and table, and the hardware
// that it was trained for (docs/files.md; what they mean: docs/encoder.md).

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "arith/vector_unit.h"
#include "config/choices.h"
#include "config/settings.h"
#include "workload/workload.h"

namespace topkima::workload {

using Task = config::Task;

/// Gain and bias of a normalisation, [d_model] each.
struct Normalisation {
  std::vector<std::int32_t> gain, bias;
};

/// Weights [inputs, outputs] of a matrix, and the accumulator magnitude that becomes 127.
struct Matrix {
  int inputs = 0, outputs = 0;
  std::vector<std::int8_t> weights;
  std::int32_t maximum = 1;
};

/// A projection of an attention module, [d_model, heads * d_k]; of K and V [d_model, kv_heads *
/// d_k].
struct HeadMatrix {
  std::vector<std::int8_t> weights;
  HeadRanges ranges;
};

struct EncoderLayer {
  Normalisation attention_norm, feed_forward_norm;
  HeadMatrix query, key, value;
  Matrix output, expand, contract;
  std::int32_t output_gain = 0, contract_gain = 0;  ///< of the branches in the residual stream
  arith::GeluTable gelu{};
  std::vector<int> ramp_lsb;  ///< per head, at the widths of the package's own hardware
};

/// Numbers of a layer's matrices among its RRAM arrays, from Nonidealities::first_free on. The last
/// two are there once, and count as the first layer's.
enum MatrixNumber : std::uint32_t {
  output_matrix,
  expand_matrix,
  contract_matrix,
  embedding_matrix,
  classifier_matrix
};

struct ModelPackage {
  std::string directory;
  Task task = Task::image;
  int heads = 0, kv_heads = 0, d_model = 0, hidden = 0;
  int tokens = 0;   ///< rows of a sample, the class token included
  int inputs = 0;   ///< width of an embedding row: values of a patch, or the vocabulary
  int classes = 0;  ///< classes, or the vocabulary again
  int height = 0, width = 0, channels = 0, patch = 0;  ///< image

  Matrix embedding;
  std::int32_t embedding_gain = 0;
  std::vector<std::int16_t> position;  ///< [tokens, d_model]
  std::vector<EncoderLayer> layers;
  Normalisation norm;  ///< before the classifier
  Matrix classifier;

  std::string trained;         ///< how, in words
  double accuracy = -1;        ///< in training's own test, 0..1; -1: not told
  double float_accuracy = -1;  ///< of the float network that it was made from, likewise
  /// The hardware that it was trained for.
  std::vector<std::pair<std::string, std::string>> parameters;

  int d_k() const { return d_model / heads; }
};

/// The files of a package's directory that are read. Throws DataError where its model.ini does not
/// tell.
std::vector<std::string> model_files(const std::string& directory);
/// Reads a package's directory. Throws DataError, naming file and key or value, unless it is
/// complete, fits together, and holds nothing out of range.
ModelPackage read_model(const std::string& directory);

/// The shape of an attention module.
config::Shape attention_shape(const ModelPackage& model);

/// Takes the package's hardware into `settings`; what is set later wins.
void take_hardware(const ModelPackage& model, config::Settings& settings);

}  // namespace topkima::workload
