// SPDX-License-Identifier: Apache-2.0
#include "workload/defect_files.h"

#include <cstdlib>
#include <map>
#include <optional>

#include "arith/fixed_point.h"
#include "files/input_file.h"
#include "files/text.h"
#include "workload/npy.h"

namespace topkima::workload {
namespace {

std::vector<double> read_thresholds(const std::string& path, int bits) {
  const auto table = read_numbers(path);
  const std::size_t steps = (std::size_t{1} << bits) - 1;
  if (table.size() != steps)
    throw DataError(path + ": holds " + std::to_string(table.size()) + " thresholds; a ramp of " +
                    std::to_string(bits) + " bits has " + std::to_string(steps));
  for (std::size_t i = 1; i < steps; ++i)
    if (table[i] >= table[i - 1])
      throw DataError(path + ": threshold " + std::to_string(i) +
                      " is not below the one before it; expected falling numbers");
  return table;
}

/// One line of a list of stuck cells.
class Line {
 public:
  Line(const std::string& path, int number, std::string_view text)
      : where_(path + ", line " + std::to_string(number)), fields_(files::parts_of(text)) {
    if (fields_.size() != 7)
      reject("has " + std::to_string(fields_.size()) +
             " fields; expected kind, head or projection, array or slice, bank, line, column, "
             "level");
  }

  [[noreturn]] void reject(const std::string& why) const { throw DataError(where_ + ": " + why); }
  const std::string& text(std::size_t field) const { return fields_[field]; }
  /// A whole number of low .. high.
  int number(std::size_t field, const char* name, int low, int high) const {
    const std::string& text = fields_[field];
    char* end = nullptr;
    const long value = std::strtol(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0' || value < low || value > high)
      reject(std::string(name) + " is '" + echoed(text) + "'; expected " + std::to_string(low) +
             ".." + std::to_string(high));
    return static_cast<int>(value);
  }

 private:
  std::string where_;
  std::vector<std::string> fields_;
};

/// Cells of K^T or V: arrays of a head, their lines and columns.
struct SramShape {
  int arrays, lines, columns;
};

arith::StuckCell sram_cell(const Line& line, const config::MachineConfig& c,
                           const SramShape& shape) {
  const int head = line.number(1, "head", 0, c.shape.heads - 1);
  const int array = line.number(2, "array", 0, shape.arrays - 1);
  return {arith::array_place(head, array), line.number(3, "bank", 0, c.pipeline.banks - 1),
          line.number(4, "line", 0, shape.lines - 1),
          line.number(5, "column", 0, shape.columns - 1), line.number(6, "level", -1, 1)};
}

arith::StuckCell key_cell(const Line& line, const config::MachineConfig& c) {
  const int crossbars = static_cast<int>(c.topk.split.size());
  const int arrays = crossbars * c.score.arrays;
  const int array = line.number(2, "array", 0, arrays - 1);
  const int width =
      std::min(c.score.block_width, c.score_width() - array / crossbars * c.score.block_width);
  return sram_cell(
      line, c, {arrays, width * c.score.key_cells, c.topk.split[std::size_t(array % crossbars)]});
}

arith::StuckCell value_cell(const Line& line, const config::MachineConfig& c) {
  return sram_cell(line, c,
                   {static_cast<int>(arith::ceil_div(c.shape.tokens, c.av.rows)), c.av.rows,
                    c.av.slices * c.shape.d_k});
}

/// The arrays of a matrix, [inputs, outputs].
struct RramMatrix {
  std::uint32_t number;
  int inputs, outputs;
};

/// By the names that a list may use.
std::map<std::string, RramMatrix> rram_matrices(const config::MachineConfig& c,
                                                const ModelPackage* model) {
  using config::Nonidealities;
  const int width = c.shape.d_model();
  std::map<std::string, RramMatrix> all{{"q", {0, width, width}}, {"v", {2, width, width}}};
  if (c.attention.keys_are_inputs())
    for (int head = 0; head < c.shape.heads; ++head)
      all["fold" + std::to_string(head)] = {Nonidealities::first_fold + std::uint32_t(head),
                                            c.shape.d_k, width};
  else
    all["k"] = {1, width, width};
  if (model) {
    const auto add = [&](const char* name, MatrixNumber number, int inputs, int outputs) {
      all[name] = {Nonidealities::first_free + number, inputs, outputs};
    };
    add("output", output_matrix, width, width);
    add("expand", expand_matrix, width, model->hidden);
    add("contract", contract_matrix, model->hidden, width);
    add("embedding", embedding_matrix, model->inputs, width);
    add("classifier", classifier_matrix, width, model->classes);
  }
  return all;
}

/// "q, v or fold and a head"
std::string names_of(const config::MachineConfig& c, const ModelPackage* model) {
  const bool folds = c.attention.keys_are_inputs();
  if (folds) return "q, v or fold and a head below " + std::to_string(c.shape.heads);
  return model ? "q, k, v, output, expand, contract, embedding or classifier" : "q, k or v";
}

/// What a line names: "key", or "layer1.key".
struct Kind {
  std::string name;
  std::optional<std::uint32_t> layer;
};

Kind kind_of(const Line& line, const ModelPackage* model) {
  const std::string& text = line.text(0);
  const auto dot = text.find('.');
  if (dot == std::string::npos) return {text, {}};
  if (!model) line.reject("kind is '" + echoed(text) + "'; only a model (--model) has layers");
  for (std::size_t layer = 0; layer < model->layers.size(); ++layer)
    if (text.substr(0, dot) == "layer" + std::to_string(layer))
      return {text.substr(dot + 1), static_cast<std::uint32_t>(layer)};
  line.reject("kind is '" + echoed(text) + "'; expected layer0 to layer" +
              std::to_string(model->layers.size() - 1) + " before the dot");
}

arith::StuckCell rram_cell(const Line& line, const Kind& kind, const config::MachineConfig& c,
                           const ModelPackage* model) {
  const auto matrices = rram_matrices(c, model);
  const auto found = matrices.find(line.text(1));
  if (found == matrices.end())
    line.reject("projection is '" + line.text(1) + "'; expected " + names_of(c, model));
  const auto& [number, inputs, outputs] = found->second;
  if (kind.layer.value_or(0) > 0 &&
      number >= config::Nonidealities::first_free + MatrixNumber::embedding_matrix)
    line.reject("kind is '" + line.text(0) + "'; " + line.text(1) + " is there once, as layer0's");
  const auto slices = static_cast<int>(arith::ceil_div(c.projection.weight_bits, c.rram.cell_bits));
  const int slice = line.number(2, "slice", 0, slices - 1);
  const bool on = line.text(6) == "on";
  if (!on && line.text(6) != "off")
    line.reject("level is '" + line.text(6) + "'; expected on or off");
  return {arith::rram_place(number, slice), line.number(3, "bank", 0, 0),
          line.number(4, "line", 0, inputs - 1), line.number(5, "column", 0, outputs - 1),
          on ? (1 << c.rram.cell_bits) - 1 : 0};
}

void read_stuck(const std::string& path, config::MachineConfig& c, const ModelPackage* model) {
  const std::string list = files::read_text(path, files::stuck_list);
  auto& defects = c.nonidealities;
  const auto take = [](arith::StuckCell cell, const Kind& kind, arith::CellDefects& cells) {
    cell.instance = kind.layer;
    cells.given.push_back(cell);
  };
  int number = 0;
  for (auto text : files::lines_of(list)) {
    ++number;
    text = text.substr(0, text.find('#'));
    if (text.find_first_not_of(" \t\r") == text.npos) continue;
    const Line line(path, number, text);
    const Kind kind = kind_of(line, model);
    if (kind.name == "key")
      take(key_cell(line, c), kind, defects.key_cells);
    else if (kind.name == "value")
      take(value_cell(line, c), kind, defects.value_cells);
    else if (kind.name == "rram" && c.shape.projected)
      take(rram_cell(line, kind, c, model), kind, defects.rram_cells);
    else
      line.reject("kind is '" + line.text(0) + "'; expected key" +
                  (c.shape.projected ? ", value or rram" : " or value"));
  }
}

}  // namespace

void read_defect_files(const config::Settings& settings, config::MachineConfig& config,
                       const ModelPackage* model) {
  auto& defects = config.nonidealities;
  if (!settings.is("noise.ramp_thresholds", "ideal"))
    defects.score.thresholds =
        read_thresholds(settings.text("noise.ramp_thresholds"), config.ima.bits);
  if (!settings.is("noise.value_ramp_thresholds", "ideal"))
    defects.value.thresholds =
        read_thresholds(settings.text("noise.value_ramp_thresholds"), config.av.bits);
  if (!settings.is("fault.stuck", "none")) read_stuck(settings.text("fault.stuck"), config, model);
}

}  // namespace topkima::workload
