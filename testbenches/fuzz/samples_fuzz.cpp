// SPDX-License-Identifier: Apache-2.0
// Samples of a model: three bytes for the model, the first sample and how many, then an .npz file.

#include "fuzz/target.h"
#include "workload/package_files.h"
#include "workload/samples.h"

using namespace topkima;
using namespace topkima::testbenches;

namespace {

workload::ModelPackage model_of(const PackageFiles& files) {
  const TemporaryDirectory directory;
  files.write(directory);
  return workload::read_model(directory.path());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const workload::ModelPackage models[] = {model_of(PackageFiles()),
                                                  model_of(PackageFiles::text())};
  Numbers numbers(data, size);
  const auto& model = models[numbers.next() % 2];
  const int first = int(numbers.next()), most = int(numbers.next());
  const MemoryFile file(numbers.rest(), numbers.left());
  may_refuse<DataError>([&] {
    const auto samples = workload::read_samples(file.path(), model, first, most);
    must(samples.first == first && samples.count > 0 && (most == 0 || samples.count <= most));
    workload::embedding_rows(samples, model);
  });
  return 0;
}
