// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where that lies which comes with the tools: in a build beside their folder, in a prefix where
// cmake/Install.cmake puts it.

#include <string>

namespace topkima::files {

/// The folder of the RTL libraries.
std::string rtl_directory();

/// `path`, or where nothing is there, what is shipped by that name, as "workloads/digits".
std::string given_or_shipped(const std::string& path);

}  // namespace topkima::files
