// SPDX-License-Identifier: Apache-2.0
#pragma once
// A child process that does one run's work and writes its answer into a pipe.

#include <sys/types.h>

#include <functional>
#include <string>

namespace topkima::platforms {

class Child {
 public:
  /// Forks; `work` returns the answer. A child ends with its parent, whatever the way, and without
  /// an answer when `work` throws.
  explicit Child(const std::function<std::string()>& work);
  /// Ends it if it has not ended.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  enum class Read { whole, too_long, unread };
  /// Everything up to the end of its answer: whole; or `limit` seconds (0: none) have passed; or
  /// nobody reads from the other end of `output` any more (-1: nobody has to). Throws Interrupted.
  Read read(double limit, int output, std::string& text);
  /// How it ended, as waitpid() tells it.
  int wait();

 private:
  pid_t pid_ = 0;
  int pipe_ = -1;
};

}  // namespace topkima::platforms
