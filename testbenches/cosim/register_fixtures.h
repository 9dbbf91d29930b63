// SPDX-License-Identifier: Apache-2.0
#pragma once
// Accesses to the controller's registers, by hand: to the model behind an AXI4-Lite front, and to
// RTL. Each is measured in cycles, from the edge that takes all of its request to the first one at
// which its response is there.

#include <tlm_utils/simple_target_socket.h>

#include <vector>

#include "axi/axi_lite_front.h"
#include "axi/wires.h"
#include "cosim/event_fixtures.h"
#include "cosim/registers_rtl.h"
#include "registers/register_map.h"

namespace topkima::testbenches {

/// What an access offers at which edge.
struct Asked {
  registers::WordAccess access;
  int address_at, data_at;
};

inline const std::vector<Asked> asked{
    {{true, registers::controller::schedule.offset, 1, 0xf}, 0, 0},
    {{true, registers::controller::schedule.offset, 2, 0xf}, 0, 1},
    {{true, registers::controller::schedule.offset, 3, 0xf}, 1, 0},
    {{true, registers::controller::id.offset, 1, 0xf}, 0, 0},
    {{true, 0x100, 1, 0xf}, 0, 0},
    {{false, registers::controller::schedule.offset, 0, 0}, 0, 0},
    {{false, 0x100, 0, 0}, 0, 0},
};

class ModelBehindFront : public sc_core::sc_module {
 public:
  explicit ModelBehindFront(const sc_core::sc_module_name& name = "model")
      : sc_core::sc_module(name) {
    front_.clk(clk_), front_.rst(rst_);
    wires_.connect(front_);
    front_.out.bind(in_);
    in_.register_b_transport(this, &ModelBehindFront::transport);
    sc_core::sc_spawn([this] { run(); }, "run");
  }
  std::vector<std::int64_t> cycles;

 private:
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) { file_.transport(payload); }
  void edge() { sc_core::wait(clk_.posedge_event()); }
  void run() {
    rst_.write(true);
    edge(), edge();
    rst_.write(false);
    edge(), edge();
    for (const auto& each : asked) cycles.push_back(each.access.write ? write(each) : read(each));
    sc_core::sc_stop();
  }
  std::int64_t write(const Asked& each) {
    bool address = false, data = false;
    std::int64_t taken = 0;
    wires_.awaddr.write(each.access.address);
    wires_.wdata.write(each.access.data);
    wires_.wstrb.write(each.access.strobes);
    wires_.bready.write(true);
    for (int at = 0;; ++at) {
      wires_.awvalid.write(!address && at >= each.address_at);
      wires_.wvalid.write(!data && at >= each.data_at);
      edge();
      if (wires_.bvalid.read()) return at - taken;
      const bool before = address && data;
      address = address || (wires_.awvalid.read() && wires_.awready.read());
      data = data || (wires_.wvalid.read() && wires_.wready.read());
      if (address && data && !before) taken = at;
    }
  }
  std::int64_t read(const Asked& each) {
    std::int64_t taken = -1;
    wires_.araddr.write(each.access.address);
    wires_.rready.write(true);
    for (int at = 0;; ++at) {
      wires_.arvalid.write(taken < 0);
      edge();
      if (wires_.rvalid.read()) return at - taken;
      if (taken < 0 && wires_.arvalid.read() && wires_.arready.read()) taken = at;
    }
  }

  sc_core::sc_clock clk_{"clk", sc_core::sc_time(5, sc_core::SC_NS)};
  sc_core::sc_signal<bool> rst_{"rst"};
  axi::AxiLiteWires<12> wires_{"wires"};
  axi::AxiLiteFront<12> front_{"front"};
  tlm_utils::simple_target_socket<ModelBehindFront> in_{"in"};
  registers::RegisterFile file_{registers::block("controller")};
};

class RegistersInRtl : public sc_core::sc_module {
 public:
  explicit RegistersInRtl(const sc_core::sc_module_name& name = "twin") : sc_core::sc_module(name) {
    rtl_ = event::rtl(context_, config::Block::registers, "rtl", [this](const auto& p) {
      return cosim::fits_registers(p, file_.values().size(), registers::controller_window);
    });
    pins_ = std::make_unique<cosim::RegisterPins>(*rtl_, file_);
    sc_core::sc_spawn([this] { run(); }, "run");
  }
  std::vector<std::int64_t> cycles;

 private:
  /// The adapter offers parts of a write in an order of its own: a number of accesses have each.
  void run() {
    for (const auto& each : asked) {
      const int order = each.data_at > 0 ? 1 : each.address_at > 0 ? 2 : 0;
      while (made_ / 4 % 3 != order) serve(asked.back().access);
      serve(each.access);
      cycles.push_back(pins_->cycles());
    }
    sc_core::sc_stop();
  }
  void serve(const registers::WordAccess& access) {
    pins_->serve(access, file_.values(), [](std::uint32_t, std::uint32_t) { return false; });
    ++made_;
  }

  stage::Context context_ = event::context();
  registers::RegisterFile file_{registers::block("controller")};
  event::Rtl rtl_;
  std::unique_ptr<cosim::RegisterPins> pins_;
  int made_ = 0;
};

}  // namespace topkima::testbenches
