// SPDX-License-Identifier: Apache-2.0
#pragma once
// Names of files in JSON, whose texts are UTF-8. A name that is none is written as a URI of the
// scheme file, file:///runs/%FF.npy, and comes back from it unharmed (docs/files.md).

#include <string>

namespace topkima::platforms {

/// What stands for a file's name: itself, or the URI of where it lies.
std::string json_name(const std::string& path);
/// The name that such a text stands for. Throws ConfigError for a URI that is none.
std::string name_in_json(const std::string& text);

}  // namespace topkima::platforms
