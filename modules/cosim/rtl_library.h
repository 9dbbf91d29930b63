// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds the RTL that a user names: loadable libraries that topkima_add_rtl made, under
// <directory>/<block>/<name>/, one per set of parameters.

#include <functional>
#include <string>
#include <vector>

#include "cosim/rtl_model.h"

namespace topkima::cosim {

/// Whether RTL with these parameters gives what a machine needs of a block: empty, or what is
/// wrong, "COLUMNS=64 is less than 256".
using Fits = std::function<std::string(const RtlParameters&)>;

/// The libraries of that name, by their file names; none where there are none.
std::vector<std::string> rtl_libraries(const std::string& directory, const std::string& block,
                                       const std::string& name);

/// Loads the first library of that name, in the order of their file names, whose parameters fit.
/// `block` is one of the project's, or one that topkima_add_block has added. `counting`: where a
/// library that counts lines has been built of the same sources, that is taken. Throws ConfigError,
/// which names `key`, when there is none, or a library cannot be used.
const RtlInfo& load_rtl(const std::string& directory, const std::string& block,
                        const std::string& name, const Fits& fits, const std::string& key,
                        bool counting = false);

}  // namespace topkima::cosim
