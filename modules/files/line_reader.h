// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lines as they arrive on a pipe or a terminal.

#include <cstddef>
#include <functional>
#include <string>

namespace topkima::files {

class LineReader {
 public:
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;  ///< of a line

  /// Reads from an open file, which errors call `name`. `waiting` is called now and then while
  /// nothing arrives; what it throws ends the wait.
  LineReader(int file, std::string name, std::function<void()> waiting);

  /// The next line, as soon as it is whole, without what ends it; false behind the last one. Throws
  /// DataError when nothing can be read, or when a line is longer than most_bytes.
  bool next(std::string& line);

 private:
  /// Takes what has arrived; false at the end.
  bool fill();

  int file_;
  std::string name_;
  std::function<void()> waiting_;
  std::string buffer_;    ///< not yet given out
  std::size_t seen_ = 0;  ///< of it, without the end of a line
  long long lines_ = 0;
  bool ended_ = false;
};

}  // namespace topkima::files
