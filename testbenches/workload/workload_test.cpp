// SPDX-License-Identifier: Apache-2.0
#include "workload/workload.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "config/errors.h"
#include "support/temporary_directory.h"
#include "workload/npy_file.h"

using namespace topkima;
using namespace topkima::testbenches;
using Catch::Matchers::Contains, Catch::Matchers::EndsWith;
using config::Settings;
using Shape = std::vector<std::size_t>;

namespace {

std::vector<float> ramp(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = float(i) - 3;
  return values;
}

/// Q [2, 3, 4], K and V [2, 5, 4].
void write_qkv(const TemporaryDirectory& directory) {
  directory.write("q.npy", npy_floats("2, 3, 4", ramp(24)));
  directory.write("k.npy", npy_floats("2, 5, 4", ramp(40)));
  directory.write("v.npy", npy_floats("2, 5, 4", ramp(40)));
}

/// X [3, 8] with its weights.
void write_projected(const TemporaryDirectory& directory) {
  directory.write("x.npy", npy_floats("3, 8", ramp(24)));
  for (const char* name : {"wq.npy", "wk.npy", "wv.npy"})
    directory.write(name, npy_floats("8, 8", ramp(64)));
}

std::string refusal(const TemporaryDirectory& directory, const Settings& settings = Settings()) {
  try {
    workload::read_workload(directory.path(), settings);
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

Settings with(std::vector<std::pair<std::string, std::string>> changes) {
  Settings settings;
  for (const auto& [name, value] : changes) settings.set(name, value, "test");
  return settings;
}

}  // namespace

TEST_CASE("Q, K and V give the shape of the module") {
  const TemporaryDirectory directory;
  write_qkv(directory);
  const auto w = workload::read_workload(directory.path(), Settings());
  CHECK(w.shape.heads == 2);
  CHECK(w.shape.query_rows == 3);
  CHECK(w.shape.tokens == 5);
  CHECK(w.shape.d_k == 4);
  CHECK_FALSE(w.shape.projected);
  CHECK_FALSE(w.synthetic);
  CHECK_FALSE(w.integers());
  CHECK(w.v.floats == ramp(40));
}

TEST_CASE("Q, K and V may be integers, but not in part") {
  const TemporaryDirectory directory;
  write_qkv(directory);
  directory.write("q.npy", npy_integers("2, 3, 4", std::vector<std::int8_t>(24, 1)));
  CHECK_THAT(refusal(directory), Contains("k.npy: holds float32, but q.npy integers; expected"));
  directory.write("k.npy", npy_integers("2, 5, 4", std::vector<std::int8_t>(40, 1)));
  CHECK_THAT(refusal(directory), Contains("v.npy: holds float32, but q.npy integers; expected"));
  directory.write("v.npy", npy_integers("2, 5, 4", std::vector<std::int8_t>(40, 1)));
  CHECK(workload::read_workload(directory.path(), Settings()).integers());
}

TEST_CASE("tensors that do not fit together are refused, naming the file and both shapes") {
  const TemporaryDirectory directory;
  write_qkv(directory);
  directory.write("v.npy", npy_floats("2, 6, 4", ramp(48)));
  CHECK_THAT(refusal(directory),
             Contains("v.npy") && Contains("[2, 6, 4]") && Contains("[2, 5, 4]"));
  directory.write("k.npy", npy_floats("1, 10, 4", ramp(40)));
  CHECK_THAT(refusal(directory), Contains("v.npy") && Contains("2 heads, but k.npy 1"));
  directory.write("k.npy", npy_floats("2, 10, 2", ramp(40)));
  CHECK_THAT(refusal(directory), Contains("k.npy") && Contains("[2, 10, 4]"));
}

TEST_CASE("a directory must hold Q, K, V or X and weights, and not both") {
  const TemporaryDirectory directory;
  CHECK_THAT(refusal(directory), Contains("neither"));
  write_qkv(directory);
  write_projected(directory);
  CHECK_THAT(refusal(directory), Contains("both"));
  std::filesystem::remove(directory / "q.npy");
  CHECK(refusal(directory) == "accepted");
  std::filesystem::remove(directory / "wk.npy");
  CHECK_THAT(refusal(directory), Contains("wk.npy"));
  CHECK_THROWS_AS(workload::read_workload(directory / "no", Settings()), DataError);
  CHECK_THROWS_AS(workload::read_workload(directory / "x.npy", Settings()), DataError);
}

TEST_CASE("X and its weights give a projected module, heads by parameter or of 64 columns") {
  const TemporaryDirectory directory;
  write_projected(directory);
  const auto one = workload::read_workload(directory.path(), Settings());
  CHECK(one.shape.projected);
  CHECK(one.shape.heads == 1);
  CHECK(one.shape.d_k == 8);
  CHECK(one.shape.tokens == 3);
  CHECK(one.shape.query_rows == 3);
  const auto four = workload::read_workload(directory.path(), with({{"attention.heads", "4"}}));
  CHECK(four.shape.heads == 4);
  CHECK(four.shape.d_k == 2);
  CHECK_THAT(refusal(directory, with({{"attention.heads", "3"}})),
             Contains("x.npy") && Contains("3 heads"));
}

TEST_CASE("weights must be square, of the width of X, and float32 like X") {
  const TemporaryDirectory directory;
  write_projected(directory);
  directory.write("wv.npy", npy_floats("8, 4", ramp(32)));
  CHECK_THAT(refusal(directory), Contains("wv.npy") && Contains("[8, 4]") && Contains("[8, 8]"));
  write_projected(directory);
  directory.write("wq.npy", npy_integers("8, 8", std::vector<std::int8_t>(64)));
  CHECK_THAT(refusal(directory), Contains("wq.npy") && Contains("float32"));
  const std::pair<const char*, const char*> types[] = {
      {"|i1", "(int8)"}, {">i2", "(int16)"}, {"|u1", "(uint8)"}, {"<f8", "(float64)"}};
  for (const auto& [type, meaning] : types)
    for (const char* name : {"wk.npy", "x.npy"}) {
      write_projected(directory);
      directory.write(name, npy_bytes(npy_dictionary(type, "3, 8"), std::string(192, '\0')));
      CHECK_THAT(refusal(directory),
                 EndsWith(std::string(name) + ": holds values of type '" + type + "' " + meaning +
                          "; expected float32 ('<f4')"));
    }
}

TEST_CASE("meta.ini sets attention parameters and nothing else, there need not be one") {
  const TemporaryDirectory directory;
  Settings settings;
  CHECK_NOTHROW(workload::read_meta(directory.path(), settings));
  directory.write("meta.ini", "heads = 2\ncausal = true\n");
  workload::read_meta(directory.path(), settings);
  CHECK(settings.integer("attention.heads") == 2);
  CHECK(settings.flag("attention.causal"));
  directory.write("meta.ini", "[topk]\nk = 2\n");
  CHECK_THROWS_AS(workload::read_meta(directory.path(), settings), ConfigError);
}

TEST_CASE("synthetic workloads default to BERT-base and take any shape") {
  const auto bert = workload::make_workload(Settings(), false);
  CHECK(bert.synthetic);
  CHECK(bert.q.shape == Shape{12, 384, 64});
  CHECK(bert.v.shape == Shape{12, 384, 64});
  const auto small = workload::make_workload(with({{"attention.heads", "3"},
                                                   {"attention.tokens", "10"},
                                                   {"attention.query_rows", "4"},
                                                   {"attention.d_model", "12"}}),
                                             false);
  CHECK(small.q.shape == Shape{3, 4, 4});
  CHECK(small.k.shape == Shape{3, 10, 4});
  const auto projected = workload::make_workload(
      with({{"attention.heads", "3"}, {"attention.tokens", "10"}, {"attention.d_model", "12"}}),
      true);
  CHECK(projected.x.shape == Shape{10, 12});
  CHECK(projected.wk.shape == Shape{12, 12});
  CHECK(projected.shape.d_k == 4);
}

TEST_CASE("the same seed gives the same tensors, another seed others") {
  const auto small = [](const char* seed) {
    return workload::make_workload(
        with({{"attention.heads", "1"}, {"attention.tokens", "8"}, {"workload.seed", seed}}),
        false);
  };
  CHECK(small("5").q.floats == small("5").q.floats);
  CHECK(small("5").q.floats != small("6").q.floats);
  CHECK(small("0").q.floats != small("4294967295").q.floats);
}

TEST_CASE("synthetic activations have the mean and spread that they claim") {
  const auto w = workload::make_workload(with({{"attention.heads", "4"}}), false);
  const std::pair<const workload::Tensor*, double> tensors[] = {
      {&w.q, 1.5}, {&w.k, 1.5}, {&w.v, 1.0}};
  for (const auto& [tensor, spread] : tensors) {
    double sum = 0, squares = 0;
    for (const float value : tensor->floats) sum += value, squares += double(value) * value;
    const double n = double(tensor->floats.size());
    CHECK(std::fabs(sum / n) < 0.02);
    CHECK(std::sqrt(squares / n) == Approx(spread).epsilon(0.02));
  }
}

TEST_CASE("a synthetic shape that cannot be is refused") {
  CHECK_THROWS_AS(
      workload::make_workload(with({{"attention.heads", "5"}, {"attention.d_model", "12"}}), false),
      ConfigError);
  CHECK_THROWS_AS(workload::make_workload(
                      with({{"attention.tokens", "5"}, {"attention.query_rows", "4"}}), true),
                  ConfigError);
}
