#include "divergence_wave.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <vector>

extern char** environ;

namespace topkima::platforms {
namespace {

/// Cycles simulated beyond the divergence: what it led to.
constexpr std::int64_t cycles_beyond = 100;

}  // namespace

std::string record_divergence(const Diverged& diverged, int argc, char** argv,
                              const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::remove(path, ignored);
  std::vector<std::string> arguments(argv, argv + argc);
  for (const auto& more : {"--wave=" + path, "--wave.around=" + std::to_string(diverged.row),
                           "--stop-at=cycle=" + std::to_string(diverged.cycle + cycles_beyond),
                           std::string("--cosim.on_divergence=count"), std::string("--quiet")})
    arguments.push_back(more);
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  for (const int stream : {1, 2})
    posix_spawn_file_actions_addopen(&quiet, stream, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  int status = 0;
  const int failed =
      ::posix_spawn(&child, "/proc/self/exe", &quiet, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&quiet);
  if (failed == 0)
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
  if (!fs::exists(path, ignored)) return "  waveform     none could be written to " + path;
  const auto view = fs::path(path).replace_extension(".gtkw").string();
  return "  waveform     " + path + ", of model and RTL around the row: gtkwave " + view;
}

}  // namespace topkima::platforms
