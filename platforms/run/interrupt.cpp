// SPDX-License-Identifier: Apache-2.0
#include "run/interrupt.h"

#include <sys/prctl.h>

#include <csignal>
#include <cstdlib>

namespace topkima::platforms {
namespace {

constexpr int asking[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
constexpr int limits[] = {SIGXCPU, SIGXFSZ};  // which may come again while a run tidies up

volatile std::sig_atomic_t noted = 0;

void note(int signal) {
  if (noted == 0) noted = signal;
  for (const int each : asking) std::signal(each, SIG_DFL);
}

/// What the caller has decided to ignore (nohup) stays ignored.
void handle_all(void (*handler)(int)) {
  const auto handle = [&](int signal) {
    if (std::signal(signal, handler) == SIG_IGN) std::signal(signal, SIG_IGN);
  };
  for (const int each : asking) handle(each);
  for (const int each : limits) handle(each);
}

}  // namespace

void catch_interrupts() { handle_all(note); }

void release_interrupts() { handle_all(SIG_DFL); }

std::optional<Interrupted> noted_interrupt() {
  return noted == 0 ? std::nullopt : std::optional<Interrupted>{{noted}};
}

void check_interrupt() {
  if (noted != 0) throw Interrupted{noted};
}

void end_by(const Interrupted& interrupted) {
  ::prctl(PR_SET_DUMPABLE, 0);  // an end in order, of which nobody wants a memory image
  std::signal(interrupted.signal, SIG_DFL);
  std::raise(interrupted.signal);
  std::_Exit(128 + interrupted.signal);
}

}  // namespace topkima::platforms
