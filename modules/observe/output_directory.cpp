#include "observe/output_directory.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "config/errors.h"

namespace topkima::observe {

namespace fs = std::filesystem;

OutputDirectory::OutputDirectory(const std::string& path) {
  fs::path normal = fs::absolute(path).lexically_normal();
  if (normal.filename().empty()) normal = normal.parent_path();
  path_ = normal;
  std::error_code error;
  const bool earlier_result = fs::exists(normal / "run.json");
  if (fs::exists(normal, error) && !earlier_result &&
      !(fs::is_directory(normal, error) && fs::is_empty(normal, error)))
    throw ConfigError(path + ": exists and is not an earlier result; choose another --output");
  partial_ = (normal.parent_path() / ("." + normal.filename().string() + ".partial-" +
                                      std::to_string(::getpid())))
                 .string();
  fs::create_directories(normal.parent_path(), error);
  if (!error) fs::create_directory(partial_, error);
  if (error || ::access(partial_.c_str(), W_OK) != 0)
    throw ConfigError(path + ": cannot be created" + (error ? ": " + error.message() : ""));
}

OutputDirectory::~OutputDirectory() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(partial_, ignored);
}

void OutputDirectory::write_text(const std::string& name, const std::string& text) const {
  std::ofstream file(this->file(name), std::ios::binary);
  file << text;
  file.close();
  if (!file) throw SimulationError(path_ + "/" + name + ": cannot be written: " + std::strerror(errno));
}

void OutputDirectory::commit() {
  std::error_code error;
  const std::string old = partial_ + "-old";
  const bool replace = fs::exists(path_);
  if (replace) fs::rename(path_, old, error);
  if (!error) fs::rename(partial_, path_, error);
  if (error) throw SimulationError(path_ + ": cannot be put in place: " + error.message());
  committed_ = true;
  if (replace) fs::remove_all(old, error);
}

}  // namespace topkima::observe
