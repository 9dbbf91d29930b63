// SPDX-License-Identifier: Apache-2.0
#pragma once
// A SystemC kernel of its own for every test and every repetition of a benchmark.

#include <systemc>

namespace topkima::testbenches {

/// Elaboration starts anew. The old context must not be running.
inline void fresh_kernel() {
  sc_core::sc_curr_simcontext = sc_core::sc_default_global_context = new sc_core::sc_simcontext;
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);  // "stopped by user"
}

}  // namespace topkima::testbenches
