// SPDX-License-Identifier: Apache-2.0
// Lists of stuck cells: of a module and, if the first byte is odd, of a model's layers.

#include "config/machine_config.h"
#include "fuzz/target.h"
#include "workload/defect_files.h"
#include "workload/package_files.h"

using namespace topkima;
using namespace topkima::testbenches;

namespace {

workload::ModelPackage small_model() {
  const TemporaryDirectory directory;
  PackageFiles().write(directory);
  return workload::read_model(directory.path());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const workload::ModelPackage model = small_model();
  static const config::MachineConfig machine = [] {
    config::Settings settings;
    return config::resolve(settings, workload::attention_shape(model));
  }();
  Numbers numbers(data, size);
  const bool of_model = numbers.next() % 2;
  const MemoryFile file(numbers.rest(), numbers.left());
  may_refuse<DataError>([&] {
    config::Settings settings;
    settings.set("fault.stuck", file.path(), "fuzz");
    auto config = machine;
    workload::read_defect_files(settings, config, of_model ? &model : nullptr);
  });
  return 0;
}
