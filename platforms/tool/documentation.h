// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a program tells of itself, all of it made from its options and the table of parameters: help
// by topic, the list of parameters, a manual page, completion for bash.

#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "config/settings.h"
#include "tool/program.h"

namespace topkima::platforms {

/// Options that belong together.
struct OptionGroup {
  std::string topic;  ///< of --help: a parameters' section, or a word
  bool parameters;    ///< those of a section
  boost::program_options::options_description options;
};

/// The answer to --help: without a topic all but the parameters, "all" everything; of the topic of
/// a group, of an option or of what options' names begin with, those. Throws ConfigError when there
/// is no such topic.
std::string help_text(const Program& program, const std::vector<OptionGroup>& groups,
                      const std::string& topic);

/// The answer to --list-parameters=`wanted`: "text" or "json" and sections or names, with commas
/// between them; all parameters when none is named. Throws ConfigError for what is none of these.
std::string parameter_list(const Program& program, const config::Settings& settings,
                           const std::string& wanted);

/// The page for man(1), in roff.
std::string manual_page(const Program& program, const std::vector<OptionGroup>& groups);

/// A script that bash sources.
std::string completion(const Program& program, const std::vector<OptionGroup>& groups);

}  // namespace topkima::platforms
