#include "workload/defect_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "arith/fixed_point.h"
#include "config/errors.h"
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
  Line(const std::string& path, int number, const std::string& text)
      : where_(path + ", line " + std::to_string(number)) {
    std::istringstream stream(text);
    for (std::string field; std::getline(stream, field, ',');) {
      const auto first = field.find_first_not_of(" \t\r");
      const auto last = field.find_last_not_of(" \t\r");
      fields_.push_back(first == std::string::npos ? "" : field.substr(first, last - first + 1));
    }
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
      reject(std::string(name) + " is '" + text + "'; expected " + std::to_string(low) + ".." +
             std::to_string(high));
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
  return {arith::array_place(head, array), line.number(3, "bank", 0, c.banks - 1),
          line.number(4, "line", 0, shape.lines - 1),
          line.number(5, "column", 0, shape.columns - 1), line.number(6, "level", -1, 1)};
}

arith::StuckCell key_cell(const Line& line, const config::MachineConfig& c) {
  const int crossbars = static_cast<int>(c.split.size());
  const int arrays = crossbars * c.row_blocks;
  const int array = line.number(2, "array", 0, arrays - 1);
  const int width = std::min(c.block_width, c.score_width() - array / crossbars * c.block_width);
  return sram_cell(line, c, {arrays, width * c.key_cells, c.split[std::size_t(array % crossbars)]});
}

arith::StuckCell value_cell(const Line& line, const config::MachineConfig& c) {
  return sram_cell(line, c,
                   {static_cast<int>(arith::ceil_div(c.shape.tokens, c.value_rows)), c.value_rows,
                    c.value_slices * c.shape.d_k});
}

arith::StuckCell rram_cell(const Line& line, const config::MachineConfig& c) {
  using config::Nonidealities;
  const std::string& name = line.text(1);
  const int width = c.shape.d_model();
  const bool folds = c.scaling == config::Scaling::in_k_weights;
  std::uint32_t projection = 0;
  int inputs = width;
  if (name == "q" || name == "v" || (name == "k" && !folds)) {
    projection = name == "q" ? 0 : name == "k" ? 1 : 2;
  } else if (folds && name.rfind("fold", 0) == 0) {
    char* end = nullptr;
    const long head = std::strtol(name.c_str() + 4, &end, 10);
    if (name.size() == 4 || *end != '\0' || head < 0 || head >= c.shape.heads)
      line.reject("projection is '" + name + "'; expected fold0..fold" +
                  std::to_string(c.shape.heads - 1));
    projection = Nonidealities::first_fold + std::uint32_t(head);
    inputs = c.shape.d_k;
  } else {
    line.reject("projection is '" + name + "'; expected q, " +
                std::string(folds ? "v or fold and a head" : "k or v"));
  }
  const auto slices = static_cast<int>(arith::ceil_div(c.weight_bits, c.cell_bits));
  const int slice = line.number(2, "slice", 0, slices - 1);
  const bool on = line.text(6) == "on";
  if (!on && line.text(6) != "off")
    line.reject("level is '" + line.text(6) + "'; expected on or off");
  return {arith::rram_place(projection, slice), line.number(3, "bank", 0, 0),
          line.number(4, "line", 0, inputs - 1), line.number(5, "column", 0, width - 1),
          on ? (1 << c.cell_bits) - 1 : 0};
}

void read_stuck(const std::string& path, config::MachineConfig& c) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path)) throw DataError(path + ": cannot be opened");
  auto& defects = c.nonidealities;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    text = text.substr(0, text.find('#'));
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Line line(path, number, text);
    if (line.text(0) == "key")
      defects.key_cells.given.push_back(key_cell(line, c));
    else if (line.text(0) == "value")
      defects.value_cells.given.push_back(value_cell(line, c));
    else if (line.text(0) == "rram" && c.shape.projected)
      defects.rram_cells.given.push_back(rram_cell(line, c));
    else
      line.reject("kind is '" + line.text(0) + "'; expected key" +
                  (c.shape.projected ? ", value or rram" : " or value"));
  }
}

}  // namespace

void read_defect_files(const config::Settings& settings, config::MachineConfig& config) {
  auto& defects = config.nonidealities;
  if (!settings.is("noise.ramp_thresholds", "ideal"))
    defects.score.thresholds =
        read_thresholds(settings.text("noise.ramp_thresholds"), config.ramp_bits);
  if (!settings.is("noise.value_ramp_thresholds", "ideal"))
    defects.value.thresholds =
        read_thresholds(settings.text("noise.value_ramp_thresholds"), config.value_ramp_bits);
  if (!settings.is("fault.stuck", "none")) read_stuck(settings.text("fault.stuck"), config);
}

}  // namespace topkima::workload
