// SPDX-License-Identifier: Apache-2.0
#include "cosim/vector_file.h"

#include <algorithm>
#include <cstring>

#include "config/errors.h"
#include "cosim/bit_fields.h"

namespace topkima::cosim {

VectorFile::VectorFile(const std::string& place, const std::string& name,
                       const std::vector<VectorField>& fields)
    : name_(name) {
  for (const auto& field : fields) bits_ += field.width;
  int lsb = bits_;
  for (const auto& field : fields) fields_.push_back({field, lsb -= field.width});
  words_.resize(static_cast<std::size_t>(bits_ + 63) / 64);
  file_.create(place);
  expect_written();
}

const VectorFile::Field& VectorFile::field(const std::string& name) const {
  return *std::find_if(fields_.begin(), fields_.end(),
                       [&](const Field& field) { return field.name == name; });
}

void VectorFile::set(const std::string& name, std::uint64_t value) {
  const Field& f = field(name);
  put_field(words_, f.lsb, f.width, value);
}

void VectorFile::set(const std::string& name, int element, int width, std::uint64_t value) {
  put_field(words_, field(name).lsb + element * width, width, value);
}

void VectorFile::set_bits(const std::string& name, const std::uint64_t* words, int count) {
  put_bits(words_, field(name).lsb, words, count);
}

void VectorFile::end_line() {
  text_.clear();
  for (int digit = (bits_ + 3) / 4 - 1; digit >= 0; --digit) {
    const auto word = words_[static_cast<std::size_t>(digit / 16)];
    text_ += "0123456789abcdef"[word >> (digit % 16 * 4) & 15];
  }
  text_ += '\n';
  file_.append(text_);
  expect_written();
  std::fill(words_.begin(), words_.end(), 0);
  ++lines_;
}

void VectorFile::close() {
  file_.close();
  expect_written();
}

void VectorFile::expect_written() const {
  if (file_.error() != 0)
    throw SimulationError(name_ + ": cannot be written: " + std::strerror(file_.error()));
}

}  // namespace topkima::cosim
