#pragma once
// What a run computes: the tensors of one attention module, from files or synthetic.

#include <string>
#include <vector>

#include "config/machine_config.h"
#include "workload/npy.h"

namespace topkima::workload {

/// Either Q, K, V ([heads, rows, d_k], all float32 or all int8), or X ([tokens, d_model]) with the
/// projection weights ([d_model, d_model], q = x * wq), float32.
struct Workload {
  config::Shape shape;
  bool synthetic = false;
  Tensor q, k, v;
  Tensor x, wq, wk, wv;

  bool integers() const { return !shape.projected && !q.is_float(); }
};

/// Takes the values of a directory's meta.ini, if there is one, into `settings`. Throws
/// ConfigError.
void read_meta(const std::string& directory, config::Settings& settings);
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
