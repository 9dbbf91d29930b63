// SPDX-License-Identifier: Apache-2.0
#include "workload/samples.h"

#include <catch2/catch.hpp>

#include "config/errors.h"
#include "workload/npy.h"
#include "workload/npz.h"
#include "workload/package_files.h"

using namespace topkima;
using namespace topkima::testbenches;
using Catch::Matchers::Contains;
using workload::Samples;
using Arrays = std::map<std::string, std::string>;
using Row = std::vector<std::int8_t>;

namespace {

struct Input {
  TemporaryDirectory directory;
  workload::ModelPackage model;
  const std::string path = directory / "test.npz";

  explicit Input(const PackageFiles& files = {}) {
    files.write(directory);
    model = workload::read_model(directory.path());
  }
  Samples read(const Arrays& arrays, int first = 0, int most = 0) {
    write_npz(path, arrays);
    return workload::read_samples(path, model, first, most);
  }
  std::string refusal(const Arrays& arrays, int first = 0) {
    try {
      read(arrays, first);
    } catch (const DataError& error) {
      CHECK_THAT(error.what(), Contains("test.npz"));
      return error.what();
    }
    return "accepted";
  }
};

template <typename T>
std::string tensor(const char* type, const std::vector<int>& shape, const std::vector<T>& values) {
  return npy_bytes(npy_dictionary(type, shape_of(shape)), data_of(values));
}

/// Row `r` of all samples' rows.
Row row_of(const std::vector<std::int8_t>& rows, std::size_t r, std::size_t width) {
  return {rows.begin() + std::ptrdiff_t(r * width), rows.begin() + std::ptrdiff_t((r + 1) * width)};
}

}  // namespace

TEST_CASE("arrays of a .npz file are read, stored or deflated, of every integer type") {
  const TemporaryDirectory directory;
  for (const bool deflated : {false, true}) {
    const auto path = directory / "a.npz";
    write_npz(path,
              {{"b", tensor<std::uint8_t>("|u1", {2, 2}, {0, 1, 254, 255})},
               {"h", tensor<std::int16_t>("<i2", {1}, {-300})},
               {"q", tensor<std::int64_t>("<i8", {1}, {7})},
               {"big", tensor<std::int16_t>(">i2", {1}, {1})},
               {"u8", tensor<std::uint64_t>("<u8", {1}, {1})},
               {"scalar", npy_bytes(npy_dictionary("<i4", ""), data_of<std::int32_t>({9}))}},
              deflated);
    const workload::NpzFile npz(path);
    auto bytes = npz.array("b");
    CHECK(bytes.shape() == std::vector<std::size_t>{2, 2});
    CHECK(bytes.integers<std::uint8_t>(0, 255) == std::vector<std::uint8_t>{0, 1, 254, 255});
    CHECK(npz.array("h").integers<std::int32_t>(-300, 0).front() == -300);
    CHECK(npz.array("q").integers<std::int8_t>(0, 7).front() == 7);
    CHECK(npz.array("big").integers<std::int16_t>(0, 300).front() == 256);
    CHECK(npz.array("u8").integers<std::int32_t>(0, 1).front() == 1);
    auto scalar = npz.array("scalar");
    CHECK(scalar.shape().empty());
    CHECK(scalar.integers<std::int32_t>(0, 9) == std::vector<std::int32_t>{9});
    CHECK(npz.holds("h"));
    CHECK_FALSE(npz.holds("x"));
  }
}

TEST_CASE("a .npz file that is damaged, and an array that is not there, are named") {
  const TemporaryDirectory directory;
  const auto path = directory / "a.npz";
  const auto refusal = [&](const char* array, std::int64_t high = 255) -> std::string {
    try {
      workload::NpzFile(path).array(array).integers<std::uint8_t>(0, high);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK_THAT(refusal("x"), Contains("a.npz: cannot be opened"));  // none at all
  directory.write("a.npz", "no archive");
  CHECK_THAT(refusal("x"), Contains("a.npz: is no .npz file"));
  const Arrays arrays{
      {"x", tensor<std::uint8_t>("|u1", {1000}, std::vector<std::uint8_t>(1000, 100))},
      {"f", npy_floats("2,", {1, 2})}};
  for (const bool deflated : {false, true}) {
    write_npz(path, arrays, deflated);
    const auto whole = directory.read("a.npz");
    CHECK(refusal("x") == "accepted");
    CHECK_THAT(refusal("y"), Contains("a.npz: holds no array 'y'"));
    CHECK_THAT(refusal("x", 99), Contains("a.npz: x: value 0 is 100; expected 0..99"));
    CHECK_THAT(refusal("f"), Contains("a.npz: f: holds values of type '<f4'"));
    for (const std::size_t length : {std::size_t(30), whole.size() / 2, whole.size() - 1}) {
      directory.write("a.npz", whole.substr(0, length));
      CHECK_THAT(refusal("x"), Contains("a.npz: "));
    }
    // Any value would do; the checksum tells.
    auto damaged = whole;
    const auto data = damaged.find(deflated ? "x.npy" : std::string(500, 100));
    REQUIRE(data != std::string::npos);
    const std::size_t at = data + (deflated ? 60 : 100);
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    directory.write("a.npz", damaged);
    CHECK_THAT(refusal("x"), Contains("a.npz: x: "));
    if (!deflated) CHECK_THAT(refusal("x"), Contains("cannot be read: CRC error"));
    // So it is where but the first values are asked for.
    CHECK_THROWS_AS(workload::NpzFile(path).array("x").integers<std::uint8_t>(0, 255, {0, 1}),
                    DataError);
  }
}

TEST_CASE("patches of a colour image lie row by row, channels innermost, behind the class token") {
  Input input;
  // Pixel (y, x) of sample s has the values 48 s + 3 (4 y + x) + channel.
  const auto samples = input.read({{"x", counting({2, 4, 4, 3}, 256)}});
  CHECK(samples.count == 2);
  CHECK_FALSE(samples.labelled());
  const auto rows = workload::embedding_rows(samples, input.model);
  REQUIRE(rows.size() == 2 * 5 * 12);
  CHECK(row_of(rows, 0, 12) == Row(12, 0));
  // Of the first patch 0..5 and 12..17, less 128; 0 and 1 are the same in 8 bits.
  CHECK(row_of(rows, 1, 12) ==
        Row{-127, -127, -126, -125, -124, -123, -116, -115, -114, -113, -112, -111});
  CHECK(row_of(rows, 2, 12) ==
        Row{-122, -121, -120, -119, -118, -117, -110, -109, -108, -107, -106, -105});
  CHECK(row_of(rows, 3, 12) ==
        Row{-104, -103, -102, -101, -100, -99, -92, -91, -90, -89, -88, -87});
  CHECK(row_of(rows, 5, 12) == Row(12, 0));
  CHECK(row_of(rows, 6, 12)[0] == 48 - 128);
  CHECK(row_of(rows, 9, 12)[11] == 95 - 128);
}

TEST_CASE("the one channel of a grey image may be left out") {
  PackageFiles files;
  files.ini["model"]["channels"] = "1";
  files.ini["model"]["inputs"] = "4";
  files.tensors["embed"] = counting({4, 4});
  Input input(files);
  const auto with = input.read({{"x", counting({3, 4, 4, 1}, 256)}});
  const auto without = input.read({{"x", counting({3, 4, 4}, 256)}});
  CHECK(with.values == without.values);
  CHECK(row_of(workload::embedding_rows(with, input.model), 4, 4) == Row{-118, -117, -114, -113});
}

TEST_CASE("a token becomes 127 in its place") {
  Input input(PackageFiles::text());
  const auto samples = input.read({{"x", tensor<std::uint8_t>("|u1", {1, 5}, {0, 5, 2, 2, 1})}});
  const auto rows = workload::embedding_rows(samples, input.model);
  REQUIRE(rows.size() == 5 * 6);
  CHECK(row_of(rows, 0, 6) == Row{127, 0, 0, 0, 0, 0});
  CHECK(row_of(rows, 1, 6) == Row{0, 0, 0, 0, 0, 127});
  CHECK(row_of(rows, 3, 6) == Row{0, 0, 127, 0, 0, 0});
}

TEST_CASE("some of the samples can be asked for, with their labels") {
  Input input;
  const Arrays arrays{{"x", counting({4, 4, 4, 3}, 256)},
                      {"y", tensor<std::int16_t>("<i2", {4}, {5, 0, 3, 2})}};
  CHECK(input.read(arrays).labels == std::vector<std::int32_t>{5, 0, 3, 2});
  const auto some = input.read(arrays, 1, 2);
  CHECK(some.count == 2);
  CHECK(some.labels == std::vector<std::int32_t>{0, 3});
  CHECK(some.values.size() == 96);
  CHECK(some.values.front() == 48);
  CHECK(input.read(arrays, 3, 9).labels == std::vector<std::int32_t>{2});
  CHECK_THAT(input.refusal(arrays, 4), Contains("holds 4 samples; the first asked for is 4"));
  // The names of a data file.
  const auto test = input.read({{"x_test", arrays.at("x")}, {"y_test", arrays.at("y")}}, 2);
  CHECK(test.labels == std::vector<std::int32_t>{3, 2});
  // Labels under the other name would be overlooked.
  CHECK_THAT(input.refusal({{"x", arrays.at("x")}, {"y_test", arrays.at("y")}}),
             Contains("holds x and y_test; the labels of x are expected as y"));
  CHECK_THAT(input.refusal({{"x_test", arrays.at("x")}, {"y", arrays.at("y")}}),
             Contains("expected as y_test"));
  // Of both kinds x is taken, and y_test belongs to x_test.
  CHECK(input.read({{"x", arrays.at("x")}, {"x_test", arrays.at("x")}, {"y_test", arrays.at("y")}})
            .labels.empty());
}

TEST_CASE("of samples that are not asked for not even a value is looked at") {
  Input input;
  std::vector<std::uint8_t> values(3 * 48);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>(i);
  const auto wrong = tensor<std::int16_t>("<i2", {3}, {77, 5, 88});
  const Arrays arrays{{"x", tensor("|u1", {3, 4, 4, 3}, values)}, {"y", wrong}};
  CHECK(input.read(arrays, 1, 1).labels == std::vector<std::int32_t>{5});
  CHECK_THAT(input.refusal(arrays, 1), Contains("y: value 2 is 88"));
  // In Fortran order each sample is spread over all of the file: value i of sample s at 3 i + s.
  std::vector<std::uint8_t> spread(values.size());
  for (std::size_t s = 0; s < 3; ++s)
    for (std::size_t y = 0; y < 4; ++y)
      for (std::size_t x = 0; x < 4; ++x)
        for (std::size_t c = 0; c < 3; ++c)
          spread[s + 3 * (y + 4 * (x + 4 * c))] = values[((s * 4 + y) * 4 + x) * 3 + c];
  const Arrays fortran{
      {"x", npy_bytes(npy_dictionary("|u1", "3, 4, 4, 3", "True"), data_of(spread))}, {"y", wrong}};
  CHECK(input.read(fortran, 1, 1).values == input.read(arrays, 1, 1).values);
}

/// `value`, little-endian, in the four bytes at `at`.
std::string with_word(std::string bytes, std::size_t at, std::uint32_t value) {
  std::memcpy(&bytes[at], &value, sizeof value);
  return bytes;
}

TEST_CASE("an archive may promise what it likes: memory is taken for what comes") {
  Input input;
  const std::string shape = "20000000, 4, 4, 3",
                    header = npy_bytes(npy_dictionary("|u1", shape), "");
  write_npz(input.path, {{"x", header + std::string(480, '\1')}});
  auto bytes = input.directory.read("test.npz");
  const auto promised = static_cast<std::uint32_t>(header.size() + 960'000'000);
  const auto place = bytes.find("PK\1\2");  // of the directory, which tells the size once more
  bytes = with_word(with_word(bytes, 22, promised), place + 24, promised);
  input.directory.write("test.npz", bytes);
  CHECK_THROWS_WITH(workload::read_samples(input.path, input.model, 0, 0),
                    Contains("x: holds only 480 bytes of data") || Contains("x: cannot be read: "));
  // The first ten are there.
  CHECK(workload::read_samples(input.path, input.model, 0, 9).count == 9);
}

TEST_CASE("labels of a text are one per token, -1 where none is asked for") {
  Input input(PackageFiles::text());
  const auto x = counting({3, 5}, 6);
  const auto samples =
      input.read({{"x", x},
                  {"y", tensor<std::int16_t>(
                            "<i2", {3, 5}, {1, 2, 3, 4, 5, -1, -1, -1, -1, -1, -1, 0, -1, 0, -1})}},
                 1, 2);
  CHECK(samples.labels == std::vector<std::int32_t>{-1, -1, -1, -1, -1, -1, 0, -1, 0, -1});
}

TEST_CASE("samples that do not fit the model are refused") {
  Input image;
  const auto x = counting({2, 4, 4, 3}, 256);
  const auto labels = [&](const std::vector<int>& shape, int range = 5) {
    return Arrays{{"x", x}, {"y", counting(shape, range)}};
  };
  CHECK_THAT(image.refusal({{"z", x}}), Contains("holds no array 'x' or 'x_test'"));
  CHECK_THAT(image.refusal({{"x", counting({2, 4, 4})}}),
             Contains("x: has shape [2, 4, 4]; expected [samples, 4, 4, 3]"));
  CHECK_THAT(image.refusal({{"x", counting({2, 3, 4, 4})}}), Contains("[samples, 4, 4, 3]"));
  CHECK_THAT(image.refusal({{"x", npy_bytes(npy_dictionary("<i4", ""), std::string(4, '\0'))}}),
             Contains("x: has shape []"));
  CHECK_THAT(image.refusal({{"x", npy_bytes(npy_dictionary("|u1", "0, 4, 4, 3"), "")}}),
             Contains("holds 0 samples; the first asked for is 0"));
  CHECK_THAT(image.refusal({{"x", counting({6, 4, 4, 3}, 300)}}), Contains("value 256 is 256"));
  CHECK_THAT(image.refusal(labels({3})), Contains("y: has 3 samples; expected 2"));
  CHECK_THAT(image.refusal(labels({2, 5})), Contains("y: has shape [2, 5]; expected [samples]"));
  CHECK_THAT(image.refusal({{"x", x}, {"y", tensor<std::int16_t>("<i2", {2}, {0, 6})}}),
             Contains("y: value 1 is 6; expected 0..5"));
  CHECK_THAT(image.refusal({{"x", x}, {"y", tensor<std::int16_t>("<i2", {2}, {0, -1})}}),
             Contains("y: value 1 is -1"));

  Input text(PackageFiles::text());
  CHECK_THAT(text.refusal({{"x", counting({2, 4}, 6)}}), Contains("expected [samples, 5]"));
  CHECK_THAT(text.refusal({{"x", counting({2, 5}, 7)}}), Contains("value 6 is 6; expected 0..5"));
  CHECK_THAT(text.refusal({{"x", counting({2, 5}, 6)}, {"y", counting({2}, 6)}}),
             Contains("y: has shape [2]; expected [samples, 5]"));
}
