// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file of test vectors as $readmemh reads it: a line per transaction, one hexadecimal word that
// packs the transaction's fields.

#include <cstdint>
#include <string>
#include <vector>

#include "files/output_file.h"

namespace topkima::cosim {

struct VectorField {
  std::string name;
  int width;  ///< In bits; at least 1.
};

class VectorFile {
 public:
  /// The file has these `fields`, the most significant first, is written at `place`, and is called
  /// `name` in messages. Throws SimulationError when it cannot be created.
  VectorFile(const std::string& place, const std::string& name,
             const std::vector<VectorField>& fields);

  /// Sets a field of the present line, which begins with zeros. Higher bits of `value` than there
  /// is room for are dropped. The elements of a field are counted from the least significant one.
  void set(const std::string& field, std::uint64_t value);
  void set(const std::string& field, int element, int width, std::uint64_t value);
  void set_bits(const std::string& field, const std::uint64_t* words, int count);
  /// Writes the line. Throws SimulationError when the file cannot be written; closing does, too.
  void end_line();
  void close();

  struct Field : VectorField {
    int lsb;
  };
  const std::vector<Field>& fields() const { return fields_; }
  int bits() const { return bits_; }
  std::int64_t lines() const { return lines_; }

 private:
  const Field& field(const std::string& name) const;
  void expect_written() const;

  std::string name_;
  std::vector<Field> fields_;
  int bits_ = 0;
  std::vector<std::uint64_t> words_;
  std::string text_;
  std::int64_t lines_ = 0;
  files::OutputFile file_;
};

}  // namespace topkima::cosim
