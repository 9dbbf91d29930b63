// SPDX-License-Identifier: Apache-2.0
#pragma once
// Test vectors of one block in a directory of their own (docs/vectors.md): stimulus and expected
// results, a line each per transaction, the rows that they belong to, an index, and their layout as
// a SystemVerilog package.

#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cosim/rtl_model.h"
#include "cosim/vector_file.h"
#include "files/output_directory.h"
#include "stage/row_tag.h"

namespace topkima::cosim {

constexpr int cycle_bits = 32;  ///< Width of fields that count cycles.

class VectorSet {
 public:
  struct Layout {
    std::vector<VectorField> stimulus, expected;  ///< The most significant field comes first.
  };

  /// The directory will become `path`. `parameters` are those of a block that just fits the
  /// machine. Throws ConfigError when `path` exists and is something else, or cannot be created.
  VectorSet(const std::string& path, const std::string& block, const RtlParameters& parameters,
            const Layout& layout);

  VectorFile& stimulus() { return files_[0].file; }
  VectorFile& expected() { return files_[1].file; }
  /// Ends both lines, which are complete: the transaction is one of `row`.
  void end_transaction(const stage::RowTag& row);
  /// Adds a further file, "<block>_<what>.hex".
  VectorFile& add(const std::string& what, const std::vector<VectorField>& fields);

  /// Writes the index, which begins with `about`, and moves everything to its place. Throws
  /// SimulationError.
  void finish(const nlohmann::ordered_json& about);

  std::int64_t transactions() { return stimulus().lines(); }

 private:
  struct File {
    File(const std::string& holds, const std::string& place, const std::string& name,
         const std::vector<VectorField>& fields)
        : what(holds), file(place, name, fields) {}
    std::string what;
    VectorFile file;
  };

  std::string name_of(const File& file) const { return block_ + "_" + file.what + ".hex"; }
  nlohmann::ordered_json index(const nlohmann::ordered_json& about) const;
  std::string package() const;

  std::string path_, block_;
  RtlParameters parameters_;
  files::OutputDirectory directory_;
  std::deque<File> files_;  ///< Stimulus, expected results and rows, then further ones.
  std::int64_t rows_ = 0;
  std::uint64_t first_row_ = 0, last_row_ = 0;
};

/// What observes a block and writes its vectors, for as long as it exists.
struct BlockVectors {
  virtual ~BlockVectors() = default;
};

}  // namespace topkima::cosim
