// SPDX-License-Identifier: Apache-2.0
// Technology files.

#include "energy/technology.h"
#include "fuzz/target.h"

using namespace topkima;
using namespace topkima::testbenches;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  may_refuse<ConfigError>([&] {
    const auto technology = energy::parse_technology(text, "technology.ini");
    must(technology.values.size() == config::technology_constants().size());
    for (const auto& value : technology.values)
      must(value.band.low <= value.band.value && value.band.value <= value.band.high);
  });
  return 0;
}
