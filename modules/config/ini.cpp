// SPDX-License-Identifier: Apache-2.0
#include "config/ini.h"

#include <boost/program_options.hpp>
#include <sstream>

namespace topkima::config {

std::vector<IniEntry> parse_ini(const std::string& text, const std::string& path,
                                const files::InputKind& kind) {
  namespace po = boost::program_options;
  std::istringstream stream(text);
  // Else a line for which there is no memory would count as the end.
  stream.exceptions(std::ios::badbit);
  std::vector<IniEntry> entries;
  try {
    for (const auto& option :
         po::parse_config_file(stream, po::options_description(), true).options)
      entries.push_back({option.string_key, option.value.empty() ? "" : option.value.front()});
  } catch (const po::error& error) {
    kind.refuse(path + ": not an INI file: " + echoed(error.what()));
  }
  return entries;
}

}  // namespace topkima::config
