// Runs the Catch2 session inside SystemC's entry point. Every test case elaborates in a kernel of
// its own, and a SystemC warning or error fails the test that caused it.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <systemc>

namespace {

struct FreshKernel : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;
  void testCaseStarting(const Catch::TestCaseInfo&) override {
    sc_core::sc_curr_simcontext = sc_core::sc_default_global_context = new sc_core::sc_simcontext;
  }
};
CATCH_REGISTER_LISTENER(FreshKernel)

}  // namespace

int sc_main(int argc, char** argv) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_THROW);
  sc_core::sc_report_handler::set_actions(sc_core::SC_ERROR, sc_core::SC_THROW);
  return Catch::Session().run(argc, argv);
}
