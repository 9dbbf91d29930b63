// SPDX-License-Identifier: Apache-2.0
// One block alone: a top-k counter, between a ramp ADC and latches of one's own. It gets one row of
// codes and says which columns it selects, in which order and how long that takes.

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstring>
#include <iostream>
#include <systemc>
#include <vector>

#include "topk/topk_counter.h"

namespace {

using namespace topkima;

/// Stands in for what is around the counter in an attention head.
class Surroundings : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Surroundings> codes{"codes"}, control{"control"};
  tlm_utils::simple_target_socket<Surroundings> winners{"winners"};

  Surroundings(const sc_core::sc_module_name& name, const stage::Clock& clock)
      : sc_core::sc_module(name), clock_(clock) {
    winners.register_b_transport(this, &Surroundings::take);
    sc_core::sc_spawn([this] { run(); }, "run");
  }

 private:
  void run() {
    set(registers::topk::k, 3);
    const std::vector<std::int16_t> row{2, 9, -4, 9, 11, 0, 7, 9};
    stage::RowPayload payload;
    sc_core::sc_time delay;
    codes->b_transport(payload.write(row.data(), row.size() * sizeof row[0]), delay);
  }
  void set(const registers::Register& reg, std::uint32_t value) {
    stage::RowPayload payload;
    sc_core::sc_time delay;
    control->b_transport(payload.write(&value, sizeof value, reg.offset), delay);
  }
  void take(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    arith::Conversion done;
    std::memcpy(&done, payload.get_data_ptr(), sizeof done);
    std::vector<arith::Winner> selected(std::size_t(done.count));
    std::memcpy(selected.data(), payload.get_data_ptr() + sizeof done,
                selected.size() * sizeof selected[0]);
    for (const auto& winner : selected)
      std::cout << "column " << winner.column << ", code " << winner.code << "\n";
    std::cout << done.steps << " ramp steps, " << delay / clock_.period() << " cycles\n";
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  const stage::Clock& clock_;
};

}  // namespace

int sc_main(int, char**) {
  const stage::Clock clock(200);  // MHz
  topk::TopkCounter::Config config{};
  config.columns = 8;
  config.bits = 5;
  topk::TopkCounter counter("counter", clock, config);
  Surroundings surroundings("surroundings", clock);
  surroundings.codes.bind(counter.codes);
  surroundings.control.bind(counter.control);
  counter.winners.bind(surroundings.winners);
  sc_core::sc_start();
  return 0;
}
