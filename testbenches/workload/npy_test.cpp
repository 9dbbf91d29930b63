// SPDX-License-Identifier: Apache-2.0
#include "workload/npy.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "config/errors.h"
#include "support/temporary_directory.h"
#include "workload/npy_file.h"

using namespace topkima;
using namespace topkima::testbenches;
using workload::read_npy;
using Shape = std::vector<std::size_t>;
using Catch::Matchers::Contains;

namespace {

const std::vector<float> six{0.5f, -1.0f, 2.0f, 3.25f, -4.0f, 5.0f};

/// Reads these bytes as a file.
workload::Tensor parsed(const std::string& bytes, std::size_t dimensions = 2) {
  static const TemporaryDirectory directory;
  directory.write("t.npy", bytes);
  return read_npy(directory / "t.npy", dimensions);
}

std::string refusal(const std::string& bytes, std::size_t dimensions = 2) {
  try {
    parsed(bytes, dimensions);
  } catch (const DataError& error) {
    CHECK(error.exit_code == 3);
    CHECK_THAT(error.what(), Contains("t.npy"));
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("float32 and int8 tensors are read, whatever the version of the format") {
  for (const int version : {1, 2, 3}) {
    const auto floats = parsed(npy_bytes(npy_dictionary("<f4", "2, 3"), data_of(six), version));
    CHECK(floats.is_float());
    CHECK(floats.shape == Shape{2, 3});
    CHECK(floats.floats == six);
    CHECK(floats.size() == 6);
    const std::vector<std::int8_t> values{-128, -1, 0, 127};
    const auto integers =
        parsed(npy_bytes(npy_dictionary("|i1", "4, 1"), data_of(values), version));
    CHECK_FALSE(integers.is_float());
    CHECK(integers.integers == values);
    CHECK(integers.size() == 4);
  }
}

TEST_CASE("written tensors are read back with the same bits") {
  const TemporaryDirectory directory;
  std::mt19937 random(1);
  std::vector<float> values(2 * 3 * 5);
  for (auto& value : values)
    value = std::ldexp(float(int(random() % 20001) - 10000), int(random() % 60) - 30);
  values[0] = -0.0f;
  values[1] = std::numeric_limits<float>::denorm_min();
  values[2] = std::numeric_limits<float>::max();
  directory.write("out.npy", workload::npy_bytes({2, 3, 5}, values));
  const auto back = read_npy(directory / "out.npy", 3);
  CHECK(back.shape == Shape{2, 3, 5});
  CHECK(data_of(back.floats) == data_of(values));
  CHECK(directory.read("out.npy").substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
}

TEST_CASE("integers are written as little-endian int32") {
  const std::vector<std::int32_t> values{1, -2, 1 << 30};
  const auto bytes = workload::npy_bytes({3, 1}, values);
  CHECK_THAT(bytes, Contains("'<i4'") && Contains("(3, 1)"));
  CHECK(bytes.substr(bytes.size() - 12) == data_of(values));
}

TEST_CASE("headers are filled with blanks, so that data begin at a multiple of 64 bytes") {
  // As the tools have always written them: a header that is long enough gets 64 blanks.
  const auto header = [](const std::vector<std::size_t>& shape) {
    const auto bytes = workload::npy_bytes(shape, std::vector<std::int32_t>());
    CHECK(bytes.size() % 64 == 0);
    CHECK(bytes.back() == '\n');
    return std::pair(bytes.size(),
                     bytes.substr(bytes.find('('), bytes.find(')') - bytes.find('(') + 1));
  };
  CHECK(header({}) == std::pair(std::size_t(128), std::string("()")));
  CHECK(header({7}) == std::pair(std::size_t(128), std::string("(7,)")));
  const std::size_t large = 1'000'000'000;
  CHECK(header({large, large, large, large, 1'000'000'000'000}).first == 128);
  CHECK(header({large, large, large, large, 10'000'000'000'000}).first == 192);
  CHECK(header({large, large, large, large, 100'000'000'000'000}).first == 192);
}

TEST_CASE("Fortran order is turned into C order") {
  // [2, 3] in C order is 0 1 2 / 3 4 5; Fortran order stores columns.
  const std::vector<float> columns{0, 3, 1, 4, 2, 5};
  const auto tensor = parsed(npy_bytes(npy_dictionary("<f4", "2, 3", "True"), data_of(columns)));
  CHECK(tensor.floats == std::vector<float>{0, 1, 2, 3, 4, 5});
  // [2, 2, 3]: element (a, b, c) of value 6 a + 3 b + c lies at a + 2 b + 4 c.
  std::vector<std::int8_t> stored(12);
  for (int a = 0; a < 2; ++a)
    for (int b = 0; b < 2; ++b)
      for (int c = 0; c < 3; ++c)
        stored[a + 2 * b + 4 * c] = static_cast<std::int8_t>(6 * a + 3 * b + c);
  const auto cube = parsed(npy_bytes(npy_dictionary("|i1", "2, 2, 3", "True"), data_of(stored)), 3);
  for (int i = 0; i < 12; ++i) CHECK(cube.integers[i] == i);
}

TEST_CASE("a file cut off anywhere is refused, and so is one byte too many") {
  for (const int version : {1, 2}) {
    const auto whole = npy_bytes(npy_dictionary("<f4", "2, 3"), data_of(six), version);
    REQUIRE(refusal(whole) == "accepted");
    for (std::size_t length = 0; length < whole.size(); ++length) {
      INFO("version " << version << ", " << length << " bytes");
      CHECK(refusal(whole.substr(0, length)) != "accepted");
    }
    CHECK(refusal(whole + '\0') != "accepted");
    CHECK(refusal(whole + whole) != "accepted");
  }
}

TEST_CASE("what is no .npy file, or of a version unknown, is refused") {
  auto bytes = npy_floats("2, 3", six);
  for (std::size_t i = 0; i < 6; ++i) {
    auto wrong = bytes;
    wrong[i] ^= 1;
    CHECK_THAT(refusal(wrong), Contains("magic"));
  }
  auto minor = bytes;
  minor[7] = 1;
  CHECK_THAT(refusal(minor), Contains("unknown .npy version 1.1"));
  for (const char version : {'\0', '\4', '\x7f', '\x80', '\xff'}) {
    bytes[6] = version;
    CHECK_THAT(refusal(bytes), Contains("version"));
  }
  CHECK_THROWS_AS(read_npy("/no/such/file.npy", 2), DataError);
  CHECK_THROWS_AS(read_npy(std::filesystem::temp_directory_path().string(), 2), DataError);
}

TEST_CASE("a shape that the data do not fill is refused without an attempt to hold it") {
  for (const char* shape :
       {"3, 3", "1, 1", "2, 4", "1000000000000, 1000000000000", "4294967296, 4294967296",
        "18446744073709551615, 18446744073709551615", "9223372036854775808, 2",
        "99999999999999999999999, 1", "-2, -3", "-1, 6", "2, x"}) {
    INFO(shape);
    CHECK(refusal(npy_bytes(npy_dictionary("<f4", shape), data_of(six))) != "accepted");
    CHECK(refusal(npy_bytes(npy_dictionary("|i1", shape), data_of(std::vector<std::int8_t>(7)))) !=
          "accepted");
  }
}

TEST_CASE("an empty dimension is refused, and the wrong number of dimensions") {
  CHECK_THAT(refusal(npy_floats("0, 3", {})), Contains("empty"));
  CHECK_THAT(refusal(npy_floats("3, 0", {})), Contains("empty"));
  CHECK_THAT(refusal(npy_floats("6,", six)), Contains("expected 2 dimensions"));
  CHECK_THAT(refusal(npy_floats("1, 2, 3", six)), Contains("[1, 2, 3]"));
  CHECK(refusal(npy_floats("", {1})) != "accepted");
  CHECK(refusal(npy_floats("1, 2, 3", six), 3) == "accepted");
}

TEST_CASE("types other than float32 and integers are refused by name and meaning") {
  const std::pair<const char*, const char*> types[] = {
      {"<f8", "float64"},
      {"<f2", "float16"},
      {"<c8", "complex64"},
      {"|b1", "booleans"},
      {"|S4", "texts"},
      {"<U2", "texts"},
      {"|O", "Python objects"},
      {"|O8", "Python objects"},
      {"<M8[ns]", "times"},
      {"|V4", "4 bytes without a meaning"},
      {"<V2", "2 bytes without a meaning, as which bfloat16 is stored"},
      {"bfloat16", "no type of NumPy's"},
      {"", "no type"},
      {"f", "no type"},
      {"<f", "no type"},
      {"<f4 ", "no type"},
      {"<f3", "no type"},
      {"<i99999999999999999999", "no type"}};
  for (const auto& [type, meaning] : types)
    CHECK_THAT(
        refusal(npy_bytes(npy_dictionary(type, "2, 3"), std::string(48, '\0'))),
        Contains("holds values of type '" + std::string(type) + "' (" + meaning) &&
            Contains("expected float32 ('<f4'), or integers of any width, each in -128..127"));
  for (const char* type : {"[('a', '<f4'), ('b', '|i1', (2,))]", "('<f4', (2,))", "[]"})
    CHECK_THAT(refusal(npy_bytes(
                   std::string("{'descr': ") + type + ", 'fortran_order': False, 'shape': (2, 3)}",
                   std::string(48, '\0'))),
               Contains(type) && Contains("several fields a value"));
}

TEST_CASE("a NUL in a header does not end the message about it") {
  const std::string nul("<f4\0x", 5);
  CHECK_THAT(refusal(npy_bytes(npy_dictionary(nul, "2, 3"), std::string(24, '\0'))),
             Contains("type '<f4\\0x' (no type of NumPy's); expected float32"));
}

TEST_CASE("integers of any width and byte order are taken, if they fit") {
  const std::vector<std::int8_t> values{-128, -1, 0, 127};
  const auto read = [&](const char* type, const std::string& data) {
    return parsed(npy_bytes(npy_dictionary(type, "2, 2"), data)).integers;
  };
  const std::vector<std::int16_t> two{-128, -1, 0, 127};
  const std::vector<std::int32_t> four{-128, -1, 0, 127};
  const std::vector<std::int64_t> eight{-128, -1, 0, 127};
  CHECK(read("<i2", data_of(two)) == values);
  CHECK(read("<i4", data_of(four)) == values);
  CHECK(read("i4", data_of(four)) == values);
  CHECK(read("=i8", data_of(eight)) == values);
  CHECK(read(">i2", {"\xff\x80\xff\xff\0\0\0\x7f", 8}) == values);
  CHECK(read(">u2", {"\0\1\0\2\0\3\0\x7f", 8}) == std::vector<std::int8_t>{1, 2, 3, 127});
  CHECK(read("<u8", data_of(std::vector<std::uint64_t>{1, 2, 3, 127})) ==
        std::vector<std::int8_t>{1, 2, 3, 127});
  CHECK(read(">u1", "\1\2\3\4") == std::vector<std::int8_t>{1, 2, 3, 4});
  const auto refused = [&](const char* type, const std::string& data) {
    return refusal(npy_bytes(npy_dictionary(type, "2, 2"), data));
  };
  CHECK_THAT(refused("|u1", {"\1\2\x80\4", 4}), Contains("value 2 is 128; expected -128..127"));
  CHECK_THAT(refused(">i2", {"\0\1\0\2\xff\x7f\0\x7f", 8}), Contains("value 2 is -129"));
  const std::vector<std::uint64_t> large{1, 18446744073709551615u, 3, 4};
  CHECK_THAT(refused("<u8", data_of(large)), Contains("value 1 is 18446744073709551615"));
}

TEST_CASE("float32 of the other byte order is the same tensor") {
  auto data = data_of(six);
  for (std::size_t i = 0; i < data.size(); i += 4) {
    std::swap(data[i], data[i + 3]);
    std::swap(data[i + 1], data[i + 2]);
  }
  CHECK(parsed(npy_bytes(npy_dictionary(">f4", "2, 3"), data)).floats == six);
}

TEST_CASE("a header may have its keys in any order, in either quotes, with white space anywhere") {
  for (const char* dictionary :
       {"{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}",
        "{\"descr\": \"<f4\", \"shape\": (2, 3,), \"fortran_order\": False, }",
        "{'fortran_order':False,'descr':\"<f4\",'shape':(2,3)}",
        "  {\n 'descr' :\t'<f4' , 'fortran_order' : False ,\r\n'shape' : ( 2 , 3 ) , } \n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}"}) {
    INFO(dictionary);
    for (const int version : {1, 2, 3})
      CHECK(parsed(npy_bytes(dictionary, data_of(six), version)).floats == six);
  }
}

TEST_CASE("values that are not finite are refused, naming the place") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    auto values = six;
    values[4] = bad;
    CHECK_THAT(refusal(npy_floats("2, 3", values)), Contains("value 4") && Contains("finite"));
  }
}

TEST_CASE("a header that promises too much or is not one is refused") {
  std::string longest("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12);
  CHECK(refusal(longest + std::string(100, ' ')) != "accepted");
  for (const char* dictionary :
       {"",
        "{}",
        "{",
        "}",
        "'",
        "{'descr': '<f4'}",
        "{'descr': }",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 2, 3, }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3",
        "[1, 2]",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': 1}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x",
        "{'descr': '<f4\", 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f\\x34', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr' '<f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3)}"}) {
    INFO(dictionary);
    CHECK(refusal(npy_bytes(dictionary, data_of(six))) != "accepted");
  }
}

TEST_CASE("brackets in brackets and dimensions beyond all measure are refused") {
  const auto with = [](const std::string& type, const std::string& shape) {
    return npy_bytes("{'descr': " + type + ", 'fortran_order': False, 'shape': (" + shape + ")}",
                     data_of(six), 2);
  };
  CHECK_THAT(refusal(with(std::string(200'000, '['), "2, 3")), Contains("too many brackets"));
  std::string ones;
  for (int i = 0; i < 100; ++i) ones += "1, ";
  CHECK_THAT(refusal(with("'<f4'", ones)), Contains("dimensions"));
}

TEST_CASE("a damaged header is read or refused, never anything else") {
  const auto whole = npy_bytes(npy_dictionary("<f4", "2, 3"), data_of(six));
  const std::string interesting = "{}()[]',: \n0919f4<>|ix-\xff";
  int accepted = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    auto bytes = whole;
    const std::size_t end = bytes.size() - 24;
    for (unsigned change = 0, changes = 1 + random() % 4; change < changes; ++change) {
      const std::size_t at = seed % 3 ? 10 + random() % 56 : random() % end;
      switch (random() % 3) {
        case 0: bytes[at] = static_cast<char>(random()); break;
        case 1: bytes[at] = interesting[random() % interesting.size()]; break;
        default:
          bytes.erase(at, 1 + random() % 3);
          bytes.insert(at, random() % 4, ' ');
          break;
      }
    }
    INFO("seed " << seed);
    try {
      const auto tensor = parsed(bytes);
      ++accepted;
      REQUIRE(tensor.size() * (tensor.is_float() ? 4 : 1) <= bytes.size());
    } catch (const DataError&) {
    }  // any other exception fails the test
  }
  CHECK(accepted > 0);
}
