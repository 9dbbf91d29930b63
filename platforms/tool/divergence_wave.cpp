// SPDX-License-Identifier: Apache-2.0
#include "tool/divergence_wave.h"

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

/// `arguments` but for what looks into the run, which may be about another layer, or end the run,
/// and what asks for other runs.
std::vector<std::string> without_observers(const std::vector<std::string>& arguments) {
  const auto observing = observation_options();
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const auto equals = word.find('=');
    if (word == "--what-if") continue;
    if (word.rfind("--", 0) != 0 || !observing.find_nothrow(word.substr(2, equals - 2), false))
      kept.push_back(word);
    else if (equals == std::string::npos)
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
  return "  waveform     " + path + ", of model and RTL from the row before: gtkwave " + view;
}

}  // namespace topkima::platforms
