// SPDX-License-Identifier: Apache-2.0
// Configuration files and meta.ini, which knows one section.

#include "config/settings.h"
#include "fuzz/target.h"

using namespace topkima;
using namespace topkima::testbenches;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(data, size);
  for (const char* section : {"", "attention"})
    may_refuse<ConfigError>([&] {
      config::Settings settings;
      settings.read_ini(file.path(), section);
      // What was taken is taken again, from what it has become.
      config::Settings again;
      for (const auto& parameter : config::parameter_table()) {
        again.set(parameter.name, settings.text(parameter.name), "again");
        must(again.text(parameter.name) == settings.text(parameter.name));
      }
    });
  return 0;
}
