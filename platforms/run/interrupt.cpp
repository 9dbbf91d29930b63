// SPDX-License-Identifier: Apache-2.0
#include "run/interrupt.h"

#include <csignal>
#include <cstdlib>
#include <initializer_list>

namespace topkima::platforms {
namespace {

volatile std::sig_atomic_t noted = 0;

void note(int signal) {
  noted = signal;
  for (const int each : {SIGINT, SIGTERM, SIGHUP}) std::signal(each, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  for (const int each : {SIGINT, SIGTERM, SIGHUP}) {
    // What the caller has decided to ignore (nohup) stays ignored.
    if (std::signal(each, note) == SIG_IGN) std::signal(each, SIG_IGN);
  }
}

void check_interrupt() {
  if (noted != 0) throw Interrupted{noted};
}

void end_by(const Interrupted& interrupted) {
  std::signal(interrupted.signal, SIG_DFL);
  std::raise(interrupted.signal);
  std::_Exit(128 + interrupted.signal);
}

}  // namespace topkima::platforms
