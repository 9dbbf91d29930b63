// SPDX-License-Identifier: Apache-2.0
// .npz files.

#include "fuzz/target.h"
#include "workload/npz.h"

using namespace topkima;
using namespace topkima::testbenches;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(data, size);
  may_refuse<DataError>([&] {
    const workload::NpzFile npz(file.path());
    for (const char* name : {"x", "y"})
      may_refuse<DataError>([&] {
        if (npz.holds(name)) npz.array(name).integers<std::int32_t>(-1, 1000);
      });
  });
  return 0;
}
