// SPDX-License-Identifier: Apache-2.0
#include "tool/child.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "config/errors.h"
#include "run/interrupt.h"

namespace topkima::platforms {
namespace {

using Clock = std::chrono::steady_clock;

bool write_all(int file, const char* data, std::size_t size) {
  while (size > 0) {
    const auto written = ::write(file, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    data += written;
    size -= std::size_t(written);
  }
  return true;
}

}  // namespace

Child::Child(const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) throw SimulationError(std::string("no pipe: ") + std::strerror(errno));
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    const int error = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    throw SimulationError(std::string("no process for a run: ") + std::strerror(error));
  }
  if (pid_ == 0) {
    ::close(ends[0]);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    release_interrupts();
    try {
      const std::string text = work();
      ::_exit(write_all(ends[1], text.data(), text.size()) ? 0 : 1);
    } catch (...) {  // it would go on here as a second parent, and tidy up for the first one
      ::_exit(1);
    }
  }
  ::close(ends[1]);
  pipe_ = ends[0];
}

Child::~Child() {
  ::close(pipe_);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait();
  }
}

Child::Read Child::read(double limit, int output, std::string& text) {
  const auto begin = Clock::now();
  for (;;) {
    const std::chrono::duration<double> passed = Clock::now() - begin;
    if (limit > 0 && passed.count() >= limit) return Read::too_long;
    pollfd ready[] = {{pipe_, POLLIN, 0}, {output, 0, 0}};
    const int most = 200;  // ms, between looks for a signal
    const int wait =
        limit > 0 ? int(std::min<double>(most, 1000 * (limit - passed.count()) + 1)) : most;
    const int found = ::poll(ready, 2, wait);
    check_interrupt();
    if (ready[1].revents & POLLERR) return Read::unread;
    if (found <= 0 || ready[0].revents == 0) continue;
    char buffer[1 << 16];
    const auto count = ::read(pipe_, buffer, sizeof buffer);
    if (count == 0) return Read::whole;
    if (count < 0 && errno != EINTR)
      throw SimulationError(std::string("no answer from a run: ") + std::strerror(errno));
    if (count > 0) text.append(buffer, std::size_t(count));
  }
}

int Child::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return status;
}

}  // namespace topkima::platforms
