// SPDX-License-Identifier: Apache-2.0
#include "run/kernel.h"

#include <sysc/kernel/sc_kernel_ids.h>

#include <new>
#include <string>
#include <systemc>

#include "config/errors.h"
#include "files/stop_point.h"
#include "run/interrupt.h"

namespace topkima::platforms {
namespace {

/// For a process, or for its stack.
bool lacks_memory(const sc_core::sc_report& report) {
  return report.get_msg() == std::string(std::bad_alloc().what()) ||
         report.get_msg_type() == std::string(sc_core::SC_ID_STACK_SETUP_FAILED_);
}

}  // namespace

void fresh_kernel() {
  sc_core::sc_curr_simcontext = sc_core::sc_default_global_context = new sc_core::sc_simcontext;
}

void run_kernel(double frequency_mhz, const std::function<void()>& between) {
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);  // "stopped by user"
  try {
    const sc_core::sc_time slice(10'000.0 / frequency_mhz, sc_core::SC_US);
    while (sc_core::sc_get_status() != sc_core::SC_STOPPED &&
           (sc_core::sc_pending_activity() || sc_core::sc_delta_count() == 0)) {
      sc_core::sc_start(slice);
      files::stop_point("slice");
      check_interrupt();
      between();
    }
  } catch (const sc_core::sc_report& report) {
    // The kernel wraps what a process throws.
    if (lacks_memory(report)) throw std::bad_alloc();
    throw SimulationError(report.get_msg());
  }
}

}  // namespace topkima::platforms
