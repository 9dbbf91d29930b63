// SPDX-License-Identifier: Apache-2.0
#pragma once
// SHA-256 of what is in files, in 64 hexadecimal digits.

#include <string>

#include "files/input_file.h"

namespace topkima::platforms {

std::string sha256(const std::string& bytes);

/// The digest of a file. It is remembered, and not read again, while the file is seen to be the
/// same: its place on the disk, size and times, none of them so young that a change might leave
/// them as they are. Throws DataError where there is no file that can be read, or it does not keep
/// still.
std::string sha256_of_file(const std::string& path,
                           const files::InputKind& kind = files::any_input);

}  // namespace topkima::platforms
