// SPDX-License-Identifier: Apache-2.0
// .npy files: the first byte says what is expected, the others are the file.

#include "fuzz/target.h"
#include "workload/npy.h"
#include "workload/npy_reader.h"

using namespace topkima;
using namespace topkima::testbenches;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Numbers numbers(data, size);
  const auto expected = numbers.next() % 8;
  const MemoryFile file(numbers.rest(), numbers.left());
  may_refuse<DataError>([&] {
    if (expected < 4) {
      const auto tensor = workload::read_npy(file.path(), expected);
      must(tensor.size() <= numbers.left());
    } else if (expected == 4) {
      must(workload::read_numbers(file.path()).size() <= numbers.left());
    } else if (expected == 5) {
      for (const auto value : workload::NpyReader(file.path()).integers<std::int16_t>(-3, 300))
        must(value >= -3 && value <= 300);
    } else {
      workload::NpyReader npy(file.path());
      const auto entries = npy.all().count, first = entries / 2;
      for (const auto value :
           npy.integers<std::uint8_t>(0, 200, {first, entries > first ? 1u : 0u}))
        must(value <= 200);
    }
  });
  return 0;
}
