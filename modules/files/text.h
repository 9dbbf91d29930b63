// SPDX-License-Identifier: Apache-2.0
#pragma once
// Parts of a text. Streams are no means for this: where memory runs out, they come to an end.

#include <string>
#include <string_view>
#include <vector>

namespace topkima::files {

/// Without blanks, tabs and carriage returns at its ends.
std::string trimmed(std::string_view text);

/// What is between `separator`s, trimmed. Of an empty text nothing; behind a last separator an
/// empty part.
std::vector<std::string> parts_of(std::string_view text, char separator = ',');

/// So many significant digits, as printf's %g.
std::string number_text(double value, int digits = 6);

/// The lines, without what ends them. Behind the last end there is none.
std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace topkima::files
