// SPDX-License-Identifier: Apache-2.0
#include "workload/workload.h"

#include <cmath>
#include <filesystem>

#include "files/input_file.h"

namespace topkima::workload {
namespace {

namespace fs = std::filesystem;

int integer_or(const config::Settings& settings, const char* name, int otherwise) {
  return settings.is(name, "auto") ? otherwise : settings.integer(name);
}

/// Heads of K and V, which those of queries share.
int kv_heads(const config::Settings& settings, int heads) {
  const int count = integer_or(settings, "attention.kv_heads", heads);
  if (heads % count)
    throw ConfigError("attention.heads = " + std::to_string(heads) +
                      " is not divisible by attention.kv_heads = " + std::to_string(count));
  return count;
}

std::string shape_text(const Tensor& tensor) {
  std::string text;
  for (const auto n : tensor.shape) text += (text.empty() ? "[" : ", ") + std::to_string(n);
  return text + "]";
}

int dimension(const Tensor& tensor, std::size_t index, const std::string& path) {
  if (tensor.shape[index] > 1'000'000)
    throw DataError(path + ": dimension " + std::to_string(tensor.shape[index]) +
                    " exceeds 1000000");
  return static_cast<int>(tensor.shape[index]);
}

std::string values_of(const Tensor& tensor) { return tensor.is_float() ? "float32" : "integers"; }

/// Heads of K and V that those of Q can share.
void check_kv_heads(const Workload& workload, const std::string& k, const std::string& v) {
  const std::size_t queries = workload.q.shape[0], keys = workload.k.shape[0],
                    values = workload.v.shape[0];
  if (queries % keys)
    throw DataError(k + ": has " + std::to_string(keys) + " heads, which do not divide the " +
                    std::to_string(queries) + " of q.npy");
  if (values != keys)
    throw DataError(v + ": has " + std::to_string(values) +
                    (values == 1 ? " head" : " heads") + ", but k.npy " + std::to_string(keys));
}

void read_qkv(const fs::path& directory, Workload& workload) {
  const std::string q = directory / "q.npy", k = directory / "k.npy", v = directory / "v.npy";
  workload.q = read_npy(q, 3);
  workload.k = read_npy(k, 3);
  workload.v = read_npy(v, 3);
  auto& shape = workload.shape;
  shape.heads = dimension(workload.q, 0, q);
  shape.query_rows = dimension(workload.q, 1, q);
  shape.d_k = dimension(workload.q, 2, q);
  shape.kv_heads = dimension(workload.k, 0, k);
  shape.tokens = dimension(workload.k, 1, k);
  check_kv_heads(workload, k, v);
  const auto expected = [&](const Tensor& tensor, const std::string& path) {
    const std::vector<std::size_t> wanted{std::size_t(shape.kv_heads), std::size_t(shape.tokens),
                                          std::size_t(shape.d_k)};
    if (tensor.shape != wanted)
      throw DataError(path + ": has shape " + shape_text(tensor) + "; expected [" +
                      std::to_string(shape.kv_heads) + ", " + std::to_string(shape.tokens) + ", " +
                      std::to_string(shape.d_k) + "], after q.npy and k.npy");
    if (tensor.is_float() != workload.q.is_float())
      throw DataError(path + ": holds " + values_of(tensor) + ", but q.npy " +
                      values_of(workload.q) +
                      "; expected float32 in all of Q, K and V, or integers");
  };
  expected(workload.k, k);
  expected(workload.v, v);
}

Tensor read_weights(const std::string& path, int inputs, int outputs, const char* after) {
  Tensor tensor = read_real_npy(path, 2);
  const std::vector<std::size_t> wanted{std::size_t(inputs), std::size_t(outputs)};
  if (tensor.shape != wanted)
    throw DataError(path + ": has shape " + shape_text(tensor) + "; expected [" +
                    std::to_string(inputs) + ", " + std::to_string(outputs) + "], after " + after);
  return tensor;
}

void read_projected(const fs::path& directory, const config::Settings& settings,
                    Workload& workload) {
  const std::string x = directory / "x.npy";
  workload.x = read_real_npy(x, 2);
  auto& shape = workload.shape;
  shape.projected = true;
  shape.tokens = shape.query_rows = dimension(workload.x, 0, x);
  const int d_model = dimension(workload.x, 1, x);
  const bool given = !settings.is("attention.heads", "auto");
  shape.heads = given ? settings.integer("attention.heads") : std::max(1, d_model / 64);
  if (d_model % shape.heads)
    throw DataError(x + ": its width " + std::to_string(d_model) + " is not divisible by " +
                    std::to_string(shape.heads) +
                    " heads; set attention.heads in meta.ini or as a parameter");
  shape.d_k = d_model / shape.heads;
  shape.kv_heads = kv_heads(settings, shape.heads);
  workload.wq = read_weights(directory / "wq.npy", d_model, d_model, "x.npy");
  const char* const after = "x.npy and attention.kv_heads";
  workload.wk = read_weights(directory / "wk.npy", d_model, shape.kv_width(), after);
  workload.wv = read_weights(directory / "wv.npy", d_model, shape.kv_width(), after);
}

void expect_directory(const std::string& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) throw DataError(path + ": not a directory");
}

/// Whether a directory holds X and weights, or else Q, K and V.
bool holds_x(const std::string& directory) {
  expect_directory(directory);
  const fs::path path(directory);
  const bool has_x = files::is_there(path / "x.npy", files::npy_file),
             has_q = files::is_there(path / "q.npy", files::npy_file);
  if (has_x == has_q)
    throw DataError(directory + (has_x ? ": holds both x.npy and q.npy; expected one of them"
                                       : ": holds neither x.npy nor q.npy"));
  return has_x;
}

/// Counter-based random numbers: the same tensors on every machine and library.
class Random {
 public:
  explicit Random(std::uint64_t seed)
      : state_(seed * 0x9e3779b97f4a7c15ull + 0x632be59bd9b4e019ull) {}

  double uniform() {  // splitmix64
    state_ += 0x9e3779b97f4a7c15ull;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
  }
  /// Sum of uniforms: no logarithm, no trigonometry, so no dependence on a library's rounding.
  float normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return static_cast<float>(sum);
  }

 private:
  std::uint64_t state_;
};

Tensor random_tensor(Random& random, std::vector<std::size_t> shape, float scale) {
  Tensor tensor;
  std::size_t count = 1;
  for (const auto n : shape) count *= n;
  tensor.shape = std::move(shape);
  tensor.floats.resize(count);
  for (auto& value : tensor.floats) value = scale * random.normal();
  return tensor;
}

/// Adds to the weights of each head of K some of those of the heads of queries that share it.
void relate_keys(Workload& workload) {
  const auto& shape = workload.shape;
  const auto d_k = std::size_t(shape.d_k), width = std::size_t(shape.d_model());
  for (std::size_t i = 0; i < width; ++i)
    for (std::size_t j = 0; j < width; ++j) {
      const auto kv_head = std::size_t(shape.kv_head(int(j / d_k)));
      workload.wk.floats[i * std::size_t(shape.kv_width()) + kv_head * d_k + j % d_k] +=
          0.35f * workload.wq.floats[i * width + j];
    }
}

}  // namespace

void read_meta(const std::string& directory, config::Settings& settings) {
  expect_directory(directory);
  const std::string meta = fs::path(directory) / "meta.ini";
  if (files::is_there(meta, files::configuration_file)) settings.read_ini(meta, "attention");
}

std::vector<std::string> input_files(const std::string& directory) {
  const fs::path place(directory);
  std::vector<std::string> names{"q.npy", "k.npy", "v.npy"};
  if (holds_x(directory)) names = {"x.npy", "wq.npy", "wk.npy", "wv.npy"};
  if (files::is_there(place / "meta.ini", files::configuration_file))
    names.emplace_back("meta.ini");
  std::vector<std::string> files;
  for (const auto& name : names) files.push_back(place / name);
  return files;
}

Workload read_workload(const std::string& directory, const config::Settings& settings) {
  Workload workload;
  if (holds_x(directory))
    read_projected(directory, settings, workload);
  else
    read_qkv(directory, workload);
  return workload;
}

config::Shape synthetic_shape(const config::Settings& settings, bool projected) {
  config::Shape shape;
  shape.heads = integer_or(settings, "attention.heads", 12);
  shape.kv_heads = kv_heads(settings, shape.heads);
  shape.tokens = integer_or(settings, "attention.tokens", 384);
  shape.query_rows = integer_or(settings, "attention.query_rows", shape.tokens);
  shape.projected = projected;
  const int d_model = integer_or(settings, "attention.d_model", 64 * shape.heads);
  if (d_model % shape.heads)
    throw ConfigError("attention.d_model = " + std::to_string(d_model) +
                      " is not divisible by attention.heads = " + std::to_string(shape.heads));
  if (projected && shape.query_rows != shape.tokens)
    throw ConfigError("attention.query_rows = " + std::to_string(shape.query_rows) +
                      ": with projections Q has as many rows as the sequence, " +
                      std::to_string(shape.tokens));
  shape.d_k = d_model / shape.heads;
  return shape;
}

Workload make_workload(const config::Settings& settings, bool projected) {
  Workload workload;
  workload.synthetic = true;
  workload.shape = synthetic_shape(settings, projected);
  const auto& shape = workload.shape;
  const auto heads = std::size_t(shape.heads), kv_heads = std::size_t(shape.kv_heads);
  const auto tokens = std::size_t(shape.tokens), kv_width = std::size_t(shape.kv_width());
  const auto rows = std::size_t(shape.query_rows), d_k = std::size_t(shape.d_k);
  const auto width = std::size_t(shape.d_model());
  Random random(static_cast<std::uint64_t>(settings.long_integer("workload.seed")));
  if (!projected) {
    workload.q = random_tensor(random, {heads, rows, d_k}, 1.5f);
    workload.k = random_tensor(random, {kv_heads, tokens, d_k}, 1.5f);
    workload.v = random_tensor(random, {kv_heads, tokens, d_k}, 1.0f);
    return workload;
  }
  // Every 32nd dimension is dominant, as in trained encoders; related Q and K weights make tokens
  // attend to similar ones, which gives scores a long upper tail.
  workload.x = random_tensor(random, {tokens, width}, 1.0f);
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t i = 0; i < width; i += 32) workload.x.floats[t * width + i] *= 3.0f;
  const float spread = 1.0f / std::sqrt(static_cast<float>(width));
  workload.wq = random_tensor(random, {width, width}, 1.5f * spread);
  workload.wk = random_tensor(random, {width, kv_width}, 1.2f * spread);
  workload.wv = random_tensor(random, {width, kv_width}, spread);
  relate_keys(workload);
  return workload;
}

}  // namespace topkima::workload
