// SPDX-License-Identifier: Apache-2.0
// The whole SoC in a platform of one's own: beside it a device that sees the SoC's interrupt and
// reads its registers over the same router as the SoC's host.

#include <tlm_utils/simple_initiator_socket.h>

#include <iostream>
#include <systemc>

#include "config/errors.h"
#include "former_soc/simulate.h"
#include "registers/register_map.h"

namespace {

using namespace topkima;

class Device : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Device> bus{"bus"};
  sc_core::sc_in<bool> irq{"irq"};

  explicit Device(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
    sc_core::sc_spawn([this] { run(); }, "run");
  }

 private:
  void run() {
    sc_core::wait(irq.posedge_event());
    std::cout << "interrupt, STATUS " << read(registers::controller::status) << "\n";
  }
  std::uint32_t read(const registers::Register& reg) {
    std::uint32_t word = 0;
    stage::RowPayload payload;
    sc_core::sc_time delay;
    bus->b_transport(
        payload.read(&word, sizeof word, registers::block("controller").base + reg.offset), delay);
    return word;
  }
};

void run() {
  config::Settings settings;
  settings.set("attention.heads", "2", "own_platform");
  settings.set("attention.tokens", "32", "own_platform");
  settings.set("attention.d_model", "64", "own_platform");
  const auto workload = workload::make_workload(settings, true);
  const platforms::Observation nothing;
  platforms::SocRun soc(settings, workload, nothing);
  Device device("device");
  device.bus.bind(soc.soc.router.in);
  device.irq(soc.soc.irq);
  soc.simulate();
  const auto result = soc.finish();
  std::cout << "latency " << result.latency << " cycles, "
            << double(result.latency) / result.config.clock.frequency_mhz << " us\n";
}

}  // namespace

int sc_main(int, char**) {
  try {
    run();
    return 0;
  } catch (const Error& error) {
    std::cerr << "own_platform: " << error.what() << "\n";
    return error.exit_code;
  }
}
