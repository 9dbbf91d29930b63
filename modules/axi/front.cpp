// SPDX-License-Identifier: Apache-2.0
#include "axi/front.h"

#include "stage/clock.h"

namespace topkima::axi {

Front::Front(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
  sc_core::sc_spawn_options when_note_edge;
  when_note_edge.spawn_method();
  when_note_edge.set_sensitivity(&clk.pos());
  when_note_edge.dont_initialize();
  sc_core::sc_spawn([this] { note_edge(); }, "note_edge", &when_note_edge);
}

void Front::note_edge() {
  last_edge_ = sc_core::sc_time_stamp();
  if (rst.read()) ++reset_edges_;
}

bool Front::edge() {
  wait(clk.posedge_event());
  return !rst.read();
}

bool Front::edge_with(const sc_core::sc_in<bool>& pin) {
  do {
    if (!edge()) return false;
  } while (!pin.read());
  return true;
}

std::optional<Response> Front::send(tlm::tlm_command command, std::uint64_t address,
                                    unsigned char* data, unsigned length, unsigned char* enables) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(data);
  payload.set_data_length(length);
  payload.set_streaming_width(length);
  payload.set_byte_enable_ptr(enables);
  payload.set_byte_enable_length(enables ? length : 0);
  const auto reset_edges = reset_edges_;
  sc_core::sc_time delay;
  out->b_transport(payload, delay);
  stage::settle(delay);
  // This instant's edge may be now, earlier in this instant, or still to come.
  if (!clk.posedge() && last_edge_ != sc_core::sc_time_stamp()) wait(clk.posedge_event());
  if (rst.read() || reset_edges_ != reset_edges) return std::nullopt;
  return response_of(payload.get_response_status());
}

}  // namespace topkima::axi
