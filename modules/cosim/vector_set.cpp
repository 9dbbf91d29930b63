// SPDX-License-Identifier: Apache-2.0
#include "cosim/vector_set.h"

#include <algorithm>
#include <cctype>

#include "files/json_text.h"

namespace topkima::cosim {
namespace {

constexpr int schema_version = 1;
constexpr const char* index_name = "index.json";

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string range_of(int width) {
  return width == 1 ? "" : "[" + std::to_string(width - 1) + ":0] ";
}

}  // namespace

VectorSet::VectorSet(const std::string& path, const std::string& block,
                     const RtlParameters& parameters, const Layout& layout)
    : path_(path),
      block_(block),
      parameters_(parameters),
      directory_(path, index_name, "--vectors") {
  add("stimulus", layout.stimulus);
  add("expected", layout.expected);
  add("rows", {{"row", 64}});
}

VectorFile& VectorSet::add(const std::string& what, const std::vector<VectorField>& fields) {
  const std::string name = block_ + "_" + what + ".hex";
  return files_.emplace_back(what, directory_.place_of(name), path_ + "/" + name, fields).file;
}

void VectorSet::end_transaction(const stage::RowTag& row) {
  auto& rows = files_[2].file;
  if (rows.lines() == 0) first_row_ = row.id;
  if (rows.lines() == 0 || row.id != last_row_) ++rows_;
  last_row_ = row.id;
  stimulus().end_line();
  expected().end_line();
  rows.set("row", row.id);
  rows.end_line();
}

nlohmann::ordered_json VectorSet::index(const nlohmann::ordered_json& about) const {
  nlohmann::ordered_json index{
      {"schema", "topkima-vectors"}, {"schema_version", schema_version}, {"block", block_}};
  index.update(about);
  index["rows"] = {{"count", rows_}};
  if (rows_ > 0) {
    index["rows"]["first"] = first_row_;
    index["rows"]["last"] = last_row_;
  }
  for (const auto& [name, value] : parameters_.values()) index["parameters"][name] = value;
  for (const auto& file : files_) {
    nlohmann::ordered_json entry{
        {"name", name_of(file)}, {"lines", file.file.lines()}, {"bits", file.file.bits()}};
    for (const auto& field : file.file.fields())
      entry["fields"].push_back(
          {{"name", field.name}, {"msb", field.lsb + field.width - 1}, {"lsb", field.lsb}});
    index["files"].push_back(entry);
  }
  index[files::OutputDirectory::list_key] = directory_.names();
  return index;
}

/// Packed structures have their first member in the most significant bits, as the lines have.
std::string VectorSet::package() const {
  std::string text =
      "// Layout of the test vectors beside this file.\npackage " + block_ + "_vectors_pkg;\n";
  const auto constant = [&](const std::string& name, std::int64_t value) {
    text += "  localparam int " + name + " = " + std::to_string(value) + ";\n";
  };
  for (const auto& [name, value] : parameters_.values()) constant(name, value);
  for (const auto& file : files_) {
    text += "\n";
    constant(upper(file.what) + "_LINES", file.file.lines());
    text += "  typedef struct packed {\n";
    for (const auto& field : file.file.fields())
      text += "    logic " + range_of(field.width) + field.name + ";\n";
    text += "  } " + file.what + "_t;\n";
  }
  return text + "endpackage\n";
}

void VectorSet::finish(const nlohmann::ordered_json& about) {
  for (auto& file : files_) file.file.close();
  directory_.write(block_ + "_vectors_pkg.sv", package());
  directory_.write(index_name, files::json_text(index(about), 1) + "\n");
  directory_.commit();
}

}  // namespace topkima::cosim
