#pragma once
// What a run took: energy and area, for report.json and the terminal.

#include <nlohmann/json.hpp>
#include <string>

#include "observe/run_result.h"

namespace topkima::observe {

nlohmann::ordered_json energy_json(const RunResult& run);
/// A table of the components, and the totals with the share that rests on assumptions.
std::string energy_text(const RunResult& run);

}  // namespace topkima::observe
