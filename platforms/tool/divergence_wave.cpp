#include "tool/divergence_wave.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "files/run_quietly.h"

namespace topkima::platforms {
namespace {

/// Cycles simulated beyond the divergence: what it led to.
constexpr std::int64_t cycles_beyond = 100;

}  // namespace

std::string record_divergence(const Diverged& diverged, int argc, char** argv, bool of_encoder,
                              const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::remove(path, ignored);
  std::vector<std::string> arguments(argv, argv + argc);
  for (const auto& more : {"--wave=" + path, "--wave.around=" + std::to_string(diverged.row),
                           "--stop-at=cycle=" + std::to_string(diverged.cycle + cycles_beyond),
                           std::string("--cosim.on_divergence=count"), std::string("--quiet")})
    arguments.push_back(more);
  if (of_encoder) arguments.push_back("--layer=" + std::to_string(diverged.layer));
  files::run_quietly("/proc/self/exe", std::move(arguments));
  if (!fs::exists(path, ignored)) return "  waveform     none could be written to " + path;
  const auto view = fs::path(path).replace_extension(".gtkw").string();
  return "  waveform     " + path + ", of model and RTL around the row: gtkwave " + view;
}

}  // namespace topkima::platforms
