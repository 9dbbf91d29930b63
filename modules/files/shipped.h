// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds what comes with the tools, data and libraries of RTL: in a build it lies beside their
// folder, in a prefix where cmake/Install.cmake puts it.

#include <string>

namespace topkima::files {

/// The folder of the RTL libraries.
std::string rtl_directory();

/// `path`, or where nothing is there, what is shipped by that name, as "workloads/digits".
std::string given_or_shipped(const std::string& path);

}  // namespace topkima::files
