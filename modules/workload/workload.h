// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a run computes: the tensors of one attention module, from files or synthetic.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/machine_config.h"
#include "workload/npy.h"

namespace topkima::workload {

struct ModelPackage;

/// Per head the accumulator magnitude that becomes the largest value of the arrays, and the real
/// value of that.
struct HeadRanges {
  std::vector<std::int32_t> maxima;
  std::vector<double> reals;
};

/// What is fixed for a module of a trained encoder, so that no calibration pass is needed; and the
/// cycle in which each sequence's rows are in memory, ascending (empty: all are from the start).
struct Trained {
  HeadRanges query, key, value;
  std::vector<std::int64_t> arrivals;
  std::uint32_t instance = 0;        ///< of the module among its like: their circuits differ
  std::uint32_t first_sequence = 0;  ///< among the samples of the input: their noise differs
  const ModelPackage* model = nullptr;
};

/// Either Q ([heads, rows, d_k]), K and V ([kv_heads, tokens, d_k]), all float32 or all integers, or
/// X ([tokens, d_model]) with the projection weights ([d_model, d_model], q = x * wq, and of K and V
/// [d_model, kv_heads * d_k]), float32. Of a trained encoder X and
/// weights are int8, and X is [sequences * tokens, d_model].
struct Workload {
  config::Shape shape;
  bool synthetic = false;
  Tensor q, k, v;
  Tensor x, wq, wk, wv;
  std::optional<Trained> trained;

  bool integers() const { return !shape.projected && !q.is_float(); }
};

/// Takes the values of a directory's meta.ini, if there is one, into `settings`. Throws
/// ConfigError, or DataError where there is no such directory.
void read_meta(const std::string& directory, config::Settings& settings);
/// The files of a directory that the two read: meta.ini where there is one, and the tensors. Throws
/// DataError where these are not to be told.
std::vector<std::string> input_files(const std::string& directory);
/// Reads a directory's q.npy, k.npy and v.npy, or x.npy, wq.npy, wk.npy and wv.npy. Throws
/// DataError, naming the file.
Workload read_workload(const std::string& directory, const config::Settings& settings);

/// Seeded tensors of the shape that `settings` gives, with a spread like that of a trained encoder:
/// normally distributed activations with a few dominant dimensions, weights of variance 1/d_model,
/// and related Q and K weights, so that scores have a peaked distribution. `projected` makes X and
/// weights, otherwise Q, K, V.
Workload make_workload(const config::Settings& settings, bool projected);
config::Shape synthetic_shape(const config::Settings& settings, bool projected);

}  // namespace topkima::workload
