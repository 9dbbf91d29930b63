// SPDX-License-Identifier: Apache-2.0
#include "files/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "config/errors.h"

namespace topkima::files {

LineReader::LineReader(int file, std::string name, std::function<void()> waiting)
    : file_(file), name_(std::move(name)), waiting_(std::move(waiting)) {}

bool LineReader::next(std::string& line) {
  for (;;) {
    const auto end = buffer_.find('\n', seen_);
    if (end != std::string::npos || (ended_ && !buffer_.empty())) {
      line = buffer_.substr(0, end);
      buffer_.erase(0, end == std::string::npos ? end : end + 1);
      seen_ = 0;
      ++lines_;
      return true;
    }
    seen_ = buffer_.size();
    if (seen_ > most_bytes)
      throw DataError(name_ + ", line " + std::to_string(lines_ + 1) + ": is longer than 1 MiB");
    if (ended_) return false;
    ended_ = !fill();
  }
}

bool LineReader::fill() {
  constexpr int patience = 200;  // ms, between looks at what else there is
  char block[64 * 1024];
  for (;;) {
    pollfd ready{file_, POLLIN, 0};
    const int found = ::poll(&ready, 1, patience);
    waiting_();
    if (found == 0 || (found < 0 && errno == EINTR)) continue;
    const auto got = ::read(file_, block, sizeof block);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) throw DataError(name_ + ": cannot be read: " + std::strerror(errno));
    buffer_.append(block, static_cast<std::size_t>(got));
    return got > 0;
  }
}

}  // namespace topkima::files
