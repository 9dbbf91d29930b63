// SPDX-License-Identifier: Apache-2.0
// Runs the Catch2 session inside SystemC's entry point. Every test case elaborates in a kernel of
// its own, and a SystemC warning or error fails the test that caused it.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <systemc>

#include "support/fresh_kernel.h"

namespace {

struct FreshKernel : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;
  void testCaseStarting(const Catch::TestCaseInfo&) override {
    topkima::testbenches::fresh_kernel();
  }
};
CATCH_REGISTER_LISTENER(FreshKernel)

}  // namespace

int sc_main(int argc, char** argv) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_THROW);
  sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_THROW);
  return Catch::Session().run(argc, argv);
}
