// SPDX-License-Identifier: Apache-2.0
// Model packages: a line that names one of the files of a small package, and what is in its place.

#include "fuzz/target.h"
#include "workload/model_package.h"
#include "workload/package_files.h"

using namespace topkima;
using namespace topkima::testbenches;

namespace {

/// Lies there for as long as the process.
struct Package {
  TemporaryDirectory directory;
  std::map<std::string, std::string> files;

  Package() {
    const PackageFiles whole;
    whole.write(directory);
    files["model.ini"] = directory.read("model.ini");
    for (const auto& [name, bytes] : whole.tensors) files[name + ".npy"] = bytes;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Package package;
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  const auto replaced = package.files.find(input.substr(0, line));
  if (line == std::string::npos || replaced == package.files.end()) return -1;
  package.directory.write(replaced->first, input.substr(line + 1));
  may_refuse<DataError>([&] {
    const auto model = workload::read_model(package.directory.path());
    config::Settings settings;
    workload::take_hardware(model, settings);
  });
  package.directory.write(replaced->first, replaced->second);
  return 0;
}
