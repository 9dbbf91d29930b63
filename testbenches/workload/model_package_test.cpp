// SPDX-License-Identifier: Apache-2.0
#include "workload/model_package.h"

#include <catch2/catch.hpp>
#include <functional>

#include "config/errors.h"
#include "workload/package_files.h"

using namespace topkima;
using namespace topkima::testbenches;
using Catch::Matchers::Contains;
using Words = std::vector<std::string>;

namespace {

workload::ModelPackage read(const PackageFiles& files) {
  const TemporaryDirectory directory;
  files.write(directory);
  return workload::read_model(directory.path());
}

/// The package must be refused, by one line with these words.
void check_refused(const PackageFiles& files, const Words& words) {
  try {
    read(files);
    FAIL_CHECK("accepted; expected " << words.front());
  } catch (const DataError& error) {
    CHECK(error.exit_code == 3);
    for (const auto& word : words) CHECK_THAT(error.what(), Contains(word));
  }
}

/// As the message names it.
std::string full(const std::string& section, const std::string& key) { return section + "." + key; }

/// Calls `visit` with every key of model.ini that must be there.
void each_key(const std::function<void(const std::string&, const std::string&)>& visit) {
  for (const auto& [section, keys] : PackageFiles().ini)
    for (const auto& [key, value] : keys)
      if (section != "parameters" && key != "trained" && key != "accuracy" &&
          key != "float_accuracy")
        visit(section, key);
}

}  // namespace

TEST_CASE("a package is read whole") {
  const auto model = read(PackageFiles());
  CHECK(model.task == workload::Task::image);
  CHECK(model.d_k() == 2);
  CHECK(model.classes == 6);
  CHECK(model.trained == "by hand, twice");
  CHECK(model.accuracy == 0.75);
  CHECK(model.float_accuracy == 0.5);
  CHECK(model.embedding.weights.size() == 48);
  CHECK(model.embedding.weights[5] == 5);
  CHECK(model.embedding_gain == 300);
  CHECK(model.position[7] == 20007);
  REQUIRE(model.layers.size() == 1);
  const auto& layer = model.layers[0];
  CHECK(layer.query.ranges.maxima == std::vector<std::int32_t>{100, 200});
  CHECK(layer.key.ranges.reals == std::vector<double>{0.5, 0.3});
  // One value for all heads.
  CHECK(layer.value.ranges.maxima == std::vector<std::int32_t>{500, 500});
  CHECK(layer.value.ranges.reals == std::vector<double>{4, 4});
  CHECK(layer.attention_norm.gain == std::vector<std::int32_t>{50, 51, 52, 53});
  CHECK(layer.attention_norm.bias == std::vector<std::int32_t>{54, 55, 56, 57});
  CHECK(layer.expand.outputs == 3);
  CHECK(layer.contract.inputs == 3);
  CHECK(layer.contract.maximum == 800);
  CHECK(layer.contract_gain == 12);
  CHECK(layer.gelu[121] == 1);
  CHECK(layer.ramp_lsb == std::vector<int>{3, 4});
  CHECK(model.classifier.maximum == 900);
  config::Settings settings;
  workload::take_hardware(model, settings);
  CHECK(settings.integer("topk.k") == 3);
  CHECK(settings.integer("ima.bits") == 6);
  const auto shape = workload::attention_shape(model);
  CHECK((shape.heads == 2 && shape.tokens == 5 && shape.query_rows == 5 && shape.d_k == 2));
  CHECK((shape.projected && shape.distinct));
}

TEST_CASE("what says how it was trained may be missing, and the hardware too") {
  PackageFiles files;
  for (const char* key : {"trained", "accuracy", "float_accuracy"}) files.ini["model"].erase(key);
  files.ini.erase("parameters");
  const auto model = read(files);
  CHECK(model.trained.empty());
  CHECK(model.accuracy == -1);
  CHECK(model.float_accuracy == -1);
  CHECK(model.parameters.empty());
}

TEST_CASE("every key that is missing, no number, negative, given twice or misspelt is named") {
  each_key([](const std::string& section, const std::string& key) {
    CAPTURE(section, key);
    PackageFiles files;
    files.ini[section].erase(key);
    check_refused(files, {"model.ini: " + full(section, key) + " is missing"});

    for (const char* wrong : {"x", "-1", "nan", "1e99", "", "7 8"}) {
      CAPTURE(wrong);
      PackageFiles changed;
      changed.ini[section][key] = wrong;
      // A range is any finite number, but there is one for each head.
      if (std::string(wrong) == "1e99" && key == "value_range") continue;
      check_refused(changed, {"model.ini: " + full(section, key) + " "});
    }

    PackageFiles twice;
    twice.more_ini = "[" + section + "]\n" + key + " = 1\n";
    check_refused(twice, {"model.ini: " + full(section, key) + " is given twice"});

    PackageFiles other;
    other.ini[section][key + "x"] = "1";
    check_refused(other, {"model.ini: " + full(section, key + "x") + " is no key"});
  });
}

TEST_CASE("every tensor that is missing, of another shape or type, or out of range is named") {
  const PackageFiles whole;
  for (const auto& [name, bytes] : whole.tensors) {
    CAPTURE(name);
    const std::string file = "/" + name + ".npy: ";
    PackageFiles missing;
    missing.tensors.erase(name);
    check_refused(missing, {file + "cannot be opened"});

    PackageFiles shorter;
    shorter.tensors[name] = counting({2, 3});
    check_refused(shorter, {file + "has shape [2, 3]; expected ["});

    PackageFiles floats;
    floats.tensors[name] = npy_floats("2, 3", std::vector<float>(6));
    check_refused(
        floats,
        {file + "holds values of type '<f4' (float32); expected integers of any width, each in "});

    PackageFiles cut;
    cut.tensors[name].pop_back();
    check_refused(cut, {file});

    // The last value becomes too large: of a norm, where biases have 32 bits, the first.
    const bool norm = name.find("norm") != std::string::npos;
    const std::int32_t large = norm ? 1 << 24 : name == "position" ? 32768 : 128;
    PackageFiles beyond;
    auto& data = beyond.tensors[name];
    const std::size_t at = norm ? data.size() - 8 * 4 : data.size() - 4;
    std::memcpy(&data[at], &large, 4);
    check_refused(beyond, {file, std::to_string(large)});
    const std::int32_t negative = norm ? -(1 << 24) : name == "position" ? -32769 : -128;
    std::memcpy(&data[at], &negative, 4);
    check_refused(beyond, {file, std::to_string(negative)});
  }
}

TEST_CASE("what contradicts itself, or is too large, is refused") {
  struct Case {
    const char *section, *key, *value;
    Words words;
  };
  const std::vector<Case> cases{
      {"model", "format", "onnx", {"model.format = 'onnx'", "topkima-model"}},
      {"model", "version", "2", {"model.version"}},
      {"model", "task", "audio", {"model.task = 'audio'", "image or text"}},
      {"model", "layers", "0", {"model.layers"}},
      {"model", "layers", "2", {"layer1"}},
      {"model", "heads", "3", {"model.d_model = 4", "3 heads"}},
      {"model", "d_model", "1028", {"model.d_model", "1..1024"}},
      {"model", "tokens", "6", {"model.tokens = 6; expected 5"}},
      {"model", "inputs", "13", {"model.inputs = 13; expected 12"}},
      {"model", "patch", "3", {"model.patch = 3", "4 x 4"}},
      {"model", "height", "6", {"model.tokens = 5; expected 7"}},
      {"model", "channels", "1", {"model.inputs = 12; expected 4"}},
      {"model", "accuracy", "1.01", {"model.accuracy", "0..1"}},
      {"model", "accuracy", "-0.1", {"model.accuracy"}},
      {"model", "float_accuracy", "75", {"model.float_accuracy", "0..1"}},
      {"embedding", "maximum", "0", {"embedding.maximum", "1.."}},
      {"embedding", "maximum", "2147483648", {"embedding.maximum"}},
      {"embedding", "gain", "16777216", {"embedding.gain", "0..16777215"}},
      {"layer0", "query_maximum", "1", {"layer0.query_maximum holds 1 numbers; expected 2"}},
      {"layer0", "key_range", "1, 2, 3", {"layer0.key_range holds 3 numbers; expected 2"}},
      {"layer0", "value_maximum", "1, 2", {"layer0.value_maximum holds 2 numbers; expected 1"}},
      {"layer0", "query_range", "1, inf", {"layer0.query_range"}},
      {"layer0", "ramp_lsb", "1, 1.5", {"layer0.ramp_lsb = '1, 1.5'", "whole numbers"}},
      {"layer0", "ramp_lsb", "0, 1", {"layer0.ramp_lsb", "1..16777215"}},
      {"layer0", "output_gain", "16777216", {"layer0.output_gain"}}};
  for (const auto& [section, key, value, words] : cases) {
    CAPTURE(key, value);
    PackageFiles files;
    files.ini[section][key] = value;
    check_refused(files, words);
  }
}

TEST_CASE("a text package has a vocabulary of bytes, its classes, and nothing of an image") {
  CHECK(read(PackageFiles::text()).task == workload::Task::text);
  auto other = PackageFiles::text();
  other.ini["model"]["classes"] = "5";
  check_refused(other, {"model.classes = 5", "model.inputs = 6"});
  auto large = PackageFiles::text();
  large.ini["model"]["inputs"] = large.ini["model"]["classes"] = "257";
  check_refused(large, {"model.inputs = 257", "256 at most"});
  auto image = PackageFiles::text();
  image.ini["model"]["patch"] = "2";
  check_refused(image, {"model.patch is no key of a model package"});
}

TEST_CASE("a file that is none, and a directory that is none, are named") {
  PackageFiles files;
  files.more_ini = "what is this\n";
  check_refused(files, {"model.ini: not an INI file"});
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH(workload::read_model(directory.path()),
                    Contains("model.ini: cannot be opened"));
  CHECK_THROWS_WITH(workload::read_model(directory / "none"), Contains("none: not a directory"));
}

TEST_CASE("a package says of the machine what its numbers were made for, and nothing else") {
  for (const char* name : {"topk.q", "plain", "model.topk", "cosim.directory", "pipeline.banks"}) {
    CAPTURE(name);
    PackageFiles files;
    files.ini["parameters"][name] = "1";
    check_refused(files, {"model.ini", name, "topk.k, topk.reach, topk.scope, topk.split"});
  }
}

TEST_CASE("a package brings its mask") {
  PackageFiles files;
  files.ini["parameters"]["attention.causal"] = "true";
  files.ini["parameters"]["attention.window"] = "3";
  files.ini["parameters"]["attention.segments"] = "2, 3";
  files.ini["parameters"]["attention.valid_tokens"] = "4";
  files.ini["parameters"]["attention.first_valid"] = "1";
  const auto model = read(files);
  config::Settings settings;
  workload::take_hardware(model, settings);
  CHECK(settings.flag("attention.causal"));
  CHECK(settings.integer("attention.window") == 3);
  CHECK(settings.integers("attention.segments") == std::vector<int>{2, 3});
  CHECK(settings.integer("attention.valid_tokens") == 4);
  CHECK(settings.integer("attention.first_valid") == 1);
}

TEST_CASE("heads of an encoder share keys and values where its package says so") {
  PackageFiles files;
  CHECK(read(files).kv_heads == 2);
  files.ini["model"]["kv_heads"] = "1";
  check_refused(files, {"layer0.key.npy", "[4, 4]", "[4, 2]"});
  files.tensors["layer0.key"] = files.tensors["layer0.value"] = counting({4, 2});
  files.ini["layer0"]["key_maximum"] = "7";
  files.ini["layer0"]["key_range"] = "0.5";
  const auto model = read(files);
  CHECK(workload::attention_shape(model).group() == 2);
  const auto& layer = model.layers.front();
  CHECK(layer.query.ranges.maxima.size() == 2);
  CHECK(layer.key.ranges.maxima == std::vector<std::int32_t>{7});
  CHECK(layer.value.ranges.maxima.size() == 1);
  CHECK(layer.value.weights.size() == 8);
  files.ini["model"]["kv_heads"] = "3";
  check_refused(files, {"model.kv_heads = 3 does not divide model.heads = 2"});
}

TEST_CASE("hardware that there is not is the package's fault") {
  PackageFiles files;
  files.ini["parameters"]["topk.k"] = "0";
  const auto model = read(files);
  config::Settings settings;
  CHECK_THROWS_AS(workload::take_hardware(model, settings), DataError);
  CHECK_THROWS_WITH(workload::take_hardware(model, settings),
                    Contains("model.ini: topk.k = '0' is not valid"));
}
