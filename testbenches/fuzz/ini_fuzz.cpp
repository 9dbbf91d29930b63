// SPDX-License-Identifier: Apache-2.0
// Configuration files and meta.ini, which knows one section.

#include "config/settings.h"
#include "fuzz/target.h"

using namespace topkima;
using namespace topkima::testbenches;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const config::Settings defaults;
  const MemoryFile file(data, size);
  for (const char* section : {"", "attention"})
    may_refuse<ConfigError>([&] {
      auto settings = defaults, again = defaults;
      settings.read_ini(file.path(), section);
      // What was taken is taken again, from what it has become.
      for (const auto& parameter : config::parameter_table()) {
        const auto& text = settings.text(parameter.name);
        if (text == defaults.text(parameter.name)) continue;
        again.set(parameter.name, text, "again");
        must(again.text(parameter.name) == text);
      }
    });
  return 0;
}
