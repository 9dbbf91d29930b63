// SPDX-License-Identifier: Apache-2.0
#include "tool/divergence_wave.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "files/run_quietly.h"
#include "tool/observation_options.h"

namespace topkima::platforms {
namespace {

/// Cycles simulated beyond the divergence: what it led to.
constexpr std::int64_t cycles_beyond = 100;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

/// Which option `word` is, "wave"; empty where it is none.
std::string option_of(const std::string& word) {
  return word.rfind("--", 0) == 0 ? word.substr(2, word.find('=') - 2) : "";
}

/// `arguments` but for what looks into the run, which may be about another layer, or end the run,
/// and what asks for other runs.
std::vector<std::string> without_observers(const std::vector<std::string>& arguments) {
  const auto observing = observation_options();
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const std::string option = option_of(word);
    if (word == "--what-if") continue;
    if (option.empty() || option.rfind("cosim.inner", 0) == 0 ||
        !observing.find_nothrow(option, false))
      kept.push_back(word);
    else if (word.find('=') == std::string::npos)
      ++i;  // its value
  }
  return kept;
}

}  // namespace

std::string record_divergence(const Diverged& diverged, int argc, char** argv, bool layers,
                              const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::remove(path, ignored);
  auto arguments = without_observers({argv, argv + argc});
  const bool chosen = std::any_of(arguments.begin(), arguments.end(), [](const auto& word) {
    return option_of(word) == "cosim.inner";
  });
  const std::vector<std::string> rtl(diverged.instances.begin() + 1, diverged.instances.end());
  if (!chosen && diverged.shows_inside) arguments.push_back("--cosim.inner=" + listed(rtl));
  for (const auto& more :
       {"--wave=" + path,
        "--wave.around=" + std::to_string(diverged.row_before) + "-" + std::to_string(diverged.row),
        "--wave.open=" + listed(diverged.instances),
        "--wave.mark=" + std::to_string(diverged.cycle) + "=divergence",
        "--stop-at=cycle=" + std::to_string(diverged.cycle + cycles_beyond),
        std::string("--cosim.on_divergence=count"), std::string("--quiet")})
    arguments.push_back(more);
  if (layers) arguments.push_back("--layer=" + std::to_string(diverged.layer));
  files::run_quietly("/proc/self/exe", std::move(arguments));
  if (!fs::exists(path, ignored)) return "  waveform     none could be written to " + path;
  const auto view = fs::path(path).replace_extension(".gtkw").string();
  const std::string inside = chosen                  ? ", and of what --cosim.inner names"
                             : diverged.shows_inside ? ", and of what is within the RTL"
                                                     : "";
  std::string text = "  waveform     " + path + ", of model and RTL from the row before" + inside +
                     ": gtkwave " + view;
  if (inside.empty())
    text += "\n  within it    nothing is shown, since it was built with VERILATOR_ARGS --no-trace";
  return text;
}

}  // namespace topkima::platforms
