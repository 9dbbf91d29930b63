// SPDX-License-Identifier: Apache-2.0
#include "workload/model_package.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <stdexcept>

#include "workload/model_ini.h"
#include "workload/npy_reader.h"

namespace topkima::workload {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t most_weight = 127, most_accumulator = INT32_MAX;
constexpr std::int64_t most_tokens = 1'000'000, most_width = 65536, most_layers = 1000;
constexpr int most_vocabulary = 256;  // tokens are bytes
/// What a package may say of the machine: the circuits that its numbers were made for.
constexpr const char* hardware[] = {"attention.causal",
                                    "attention.first_valid",
                                    "attention.placement",
                                    "attention.segments",
                                    "attention.valid_tokens",
                                    "attention.window",
                                    "av.bits",
                                    "av.lsb",
                                    "av.rows",
                                    "av.value_bits",
                                    "crossbar.columns",
                                    "ima.bits",
                                    "score.key_cells",
                                    "score.query_bits",
                                    "score.row_split",
                                    "softmax.macro",
                                    "softmax.prob_bits",
                                    "topk.k",
                                    "topk.reach",
                                    "topk.scope",
                                    "topk.split",
                                    "topk.sub_k",
                                    "topk.sub_k_by"};
constexpr std::int64_t most_ramp_lsb = (1 << 24) - 1;

const char* const ini_name = "model.ini";
/// Tensors of a package, and those of each of its layers.
const char* const tensors[] = {"embed", "position", "norm", "classifier"};
const char* const layer_tensors[] = {"norm1",  "norm2",  "query",    "key", "value",
                                     "output", "expand", "contract", "gelu"};

void expect_directory(const std::string& path) {
  if (!fs::is_directory(path)) throw DataError(path + ": not a directory");
}

int layers_of(ModelIni& ini) { return ini.integer("model.layers", 1, most_layers); }

std::string listed_hardware() {
  std::string text;
  for (const char* name : hardware) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

class Reader {
 public:
  explicit Reader(const std::string& directory)
      : directory_(directory), ini_(fs::path(directory) / ini_name) {}

  ModelPackage read();

 private:
  std::string path(const std::string& name) const;
  template <typename T>
  std::vector<T> tensor(const std::string& name, const std::vector<std::size_t>& shape,
                        std::int64_t low, std::int64_t high) const;
  std::vector<std::int8_t> weights(const std::string& name, int inputs, int outputs) const {
    return tensor<std::int8_t>(name, {std::size_t(inputs), std::size_t(outputs)}, -most_weight,
                               most_weight);
  }
  Matrix matrix(const std::string& name, const std::string& maximum, int inputs, int outputs) {
    return {inputs, outputs, weights(name, inputs, outputs),
            ini_.integer(maximum, 1, most_accumulator)};
  }
  double share(const std::string& key);
  HeadMatrix head_matrix(const std::string& layer, const std::string& name, int all_heads);
  Normalisation norm(const std::string& name) const;
  EncoderLayer layer(int number);
  void read_shape();
  void read_image();
  void read_text();

  std::string directory_;
  std::vector<std::string> files_;
  ModelIni ini_;
  ModelPackage model_;
  int layers_ = 0;
};

/// Of a tensor, which must be among the files of a package.
std::string Reader::path(const std::string& name) const {
  const std::string path = fs::path(directory_) / (name + ".npy");
  if (std::find(files_.begin(), files_.end(), path) == files_.end())
    throw std::logic_error(name + " is none of model_files()");
  return path;
}

template <typename T>
std::vector<T> Reader::tensor(const std::string& name, const std::vector<std::size_t>& shape,
                              std::int64_t low, std::int64_t high) const {
  NpyReader npy(path(name));
  if (npy.type().is_integer() && npy.shape() != shape)
    npy.reject("has shape " + echoed(shape_text(npy.shape())) + "; expected " + shape_text(shape) +
               ", after model.ini");
  return npy.integers<T>(low, high);
}

/// Of right predictions; -1: not told.
double Reader::share(const std::string& key) {
  if (!ini_.has(key)) return -1;
  const double value = ini_.reals(key, 1).front();
  if (value > 1) ini_.refuse(key, "= " + std::to_string(value) + "; expected a share, 0..1");
  return value;
}

HeadMatrix Reader::head_matrix(const std::string& layer, const std::string& name, int all_heads) {
  HeadMatrix matrix;
  matrix.weights = weights(layer + "." + name, model_.d_model, all_heads * model_.d_k());
  const std::string key = layer + "." + name;
  // One for all heads where the output projection mixes them.
  const auto heads = std::size_t(all_heads), given = name == "value" ? 1 : heads;
  auto& [maxima, reals] = matrix.ranges;
  maxima = ini_.integers(key + "_maximum", given, 1, most_accumulator);
  reals = ini_.reals(key + "_range", given);
  maxima.resize(heads, maxima.front());
  reals.resize(heads, reals.front());
  return matrix;
}

Normalisation Reader::norm(const std::string& name) const {
  const auto width = std::size_t(model_.d_model);
  const auto both = tensor<std::int32_t>(name, {2, width}, INT32_MIN, INT32_MAX);
  Normalisation norm;
  norm.gain.assign(both.begin(), both.begin() + std::ptrdiff_t(width));
  norm.bias.assign(both.begin() + std::ptrdiff_t(width), both.end());
  for (const auto gain : norm.gain)
    if (gain <= -arith::largest_gain || gain >= arith::largest_gain)
      throw DataError(path(name) + ": gain " + std::to_string(gain) +
                      " is out of range; expected magnitudes below 2^24");
  return norm;
}

EncoderLayer Reader::layer(int number) {
  const std::string name = "layer" + std::to_string(number);
  EncoderLayer layer;
  layer.attention_norm = norm(name + ".norm1");
  layer.feed_forward_norm = norm(name + ".norm2");
  layer.query = head_matrix(name, "query", model_.heads);
  layer.key = head_matrix(name, "key", model_.kv_heads);
  layer.value = head_matrix(name, "value", model_.kv_heads);
  layer.output = matrix(name + ".output", name + ".output_maximum", model_.d_model, model_.d_model);
  layer.expand = matrix(name + ".expand", name + ".expand_maximum", model_.d_model, model_.hidden);
  layer.contract =
      matrix(name + ".contract", name + ".contract_maximum", model_.hidden, model_.d_model);
  layer.output_gain = ini_.integer(name + ".output_gain", 0, arith::largest_gain - 1);
  layer.contract_gain = ini_.integer(name + ".contract_gain", 0, arith::largest_gain - 1);
  const auto gelu =
      tensor<std::int8_t>(name + ".gelu", {layer.gelu.size()}, -most_weight, most_weight);
  std::copy(gelu.begin(), gelu.end(), layer.gelu.begin());
  layer.ramp_lsb = ini_.integers(name + ".ramp_lsb", std::size_t(model_.heads), 1, most_ramp_lsb);
  return layer;
}

void Reader::read_image() {
  model_.height = ini_.integer("model.height", 1, most_width);
  model_.width = ini_.integer("model.width", 1, most_width);
  model_.channels = ini_.integer("model.channels", 1, most_width);
  model_.patch = ini_.integer("model.patch", 1, most_width);
  if (model_.height % model_.patch || model_.width % model_.patch)
    ini_.refuse("model.patch", "= " + std::to_string(model_.patch) + " divides no image of " +
                                   std::to_string(model_.height) + " x " +
                                   std::to_string(model_.width));
  const auto expect = [&](const char* key, std::int64_t there, std::int64_t wanted) {
    if (there != wanted)
      ini_.refuse(key, "= " + std::to_string(there) + "; expected " + std::to_string(wanted) +
                           ", after height, width, channels and patch");
  };
  const std::int64_t side = model_.patch;
  expect("model.tokens", model_.tokens, 1 + (model_.height / side) * (model_.width / side));
  expect("model.inputs", model_.inputs, side * side * model_.channels);
}

void Reader::read_shape() {
  if (const auto format = ini_.text("model.format"); format != "topkima-model")
    ini_.refuse("model.format", "= '" + echoed(format) + "'; expected topkima-model");
  ini_.integer("model.version", 1, 1);
  const std::string word = ini_.text("model.task");
  const auto* task = config::find_word<Task>(word);
  if (!task)
    ini_.refuse("model.task", "= '" + echoed(word) + "'; expected " + config::words<Task>(" or "));
  model_.task = *task;
  layers_ = layers_of(ini_);
  model_.heads = ini_.integer("model.heads", 1, 4096);
  model_.d_model = ini_.integer("model.d_model", 1, arith::longest_normalised_row);
  model_.hidden = ini_.integer("model.hidden", 1, most_width);
  model_.tokens = ini_.integer("model.tokens", 1, most_tokens);
  model_.inputs = ini_.integer("model.inputs", 1, most_width);
  model_.classes = ini_.integer("model.classes", 1, most_width);
  model_.kv_heads =
      ini_.has("model.kv_heads") ? ini_.integer("model.kv_heads", 1, 4096) : model_.heads;
  if (model_.heads % model_.kv_heads)
    ini_.refuse("model.kv_heads",
                "= " + std::to_string(model_.kv_heads) +
                    " does not divide model.heads = " + std::to_string(model_.heads));
  if (model_.d_model % model_.heads)
    ini_.refuse("model.d_model", "= " + std::to_string(model_.d_model) + " is not divisible by " +
                                     std::to_string(model_.heads) + " heads");
  switch (model_.task) {
    case Task::image: return read_image();
    case Task::text: return read_text();
  }
}

void Reader::read_text() {
  if (model_.inputs > most_vocabulary)
    ini_.refuse("model.inputs", "= " + std::to_string(model_.inputs) +
                                    "; expected a vocabulary of " +
                                    std::to_string(most_vocabulary) + " at most");
  if (model_.inputs != model_.classes)
    ini_.refuse("model.classes",
                "= " + std::to_string(model_.classes) +
                    "; expected the vocabulary, model.inputs = " + std::to_string(model_.inputs));
}

ModelPackage Reader::read() {
  model_.directory = directory_;
  read_shape();
  files_ = model_files(directory_);
  model_.trained = ini_.text("model.trained", "");
  for (const char c : model_.trained)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      ini_.refuse("model.trained", "holds control characters; expected a line of text");
  model_.accuracy = share("model.accuracy");
  model_.float_accuracy = share("model.float_accuracy");
  model_.embedding = matrix("embed", "embedding.maximum", model_.inputs, model_.d_model);
  model_.embedding_gain = ini_.integer("embedding.gain", 0, arith::largest_gain - 1);
  model_.position = tensor<std::int16_t>(
      "position", {std::size_t(model_.tokens), std::size_t(model_.d_model)}, INT16_MIN, INT16_MAX);
  for (int l = 0; l < layers_; ++l) model_.layers.push_back(layer(l));
  model_.norm = norm("norm");
  model_.classifier = matrix("classifier", "classifier.maximum", model_.d_model, model_.classes);
  model_.parameters = ini_.parameters();
  for (const auto& [name, value] : model_.parameters)
    if (std::find(std::begin(hardware), std::end(hardware), name) == std::end(hardware))
      ini_.refuse("parameters." + name,
                  "is nothing that a package says; expected " + listed_hardware());
  ini_.expect_all_read();
  return std::move(model_);
}

}  // namespace

std::vector<std::string> model_files(const std::string& directory) {
  expect_directory(directory);
  const fs::path place(directory);
  ModelIni ini(place / ini_name);
  std::vector<std::string> files{place / ini_name};
  const auto add = [&](const std::string& name) { files.push_back(place / (name + ".npy")); };
  for (const char* name : tensors) add(name);
  for (int layer = 0, layers = layers_of(ini); layer < layers; ++layer)
    for (const char* name : layer_tensors) add("layer" + std::to_string(layer) + "." + name);
  return files;
}

ModelPackage read_model(const std::string& directory) {
  expect_directory(directory);
  return Reader(directory).read();
}

config::Shape attention_shape(const ModelPackage& model) {
  config::Shape shape;
  shape.heads = model.heads;
  shape.kv_heads = model.kv_heads;
  shape.query_rows = shape.tokens = model.tokens;
  shape.d_k = model.d_k();
  shape.projected = shape.distinct = true;
  return shape;
}

void take_hardware(const ModelPackage& model, config::Settings& settings) {
  const std::string path = fs::path(model.directory) / ini_name;
  for (const auto& [name, value] : model.parameters) {
    try {
      settings.set_from_data(name, value, path);
    } catch (const ConfigError& error) {
      throw DataError(error.what());
    }
  }
}

}  // namespace topkima::workload
