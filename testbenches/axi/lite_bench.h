// SPDX-License-Identifier: Apache-2.0
#pragma once
// An AXI4-Lite front between a manager that tests steer and a Ram.

#include "axi/axi_lite_front.h"
#include "axi/channels.h"
#include "axi/ram.h"
#include "axi/wires.h"

namespace topkima::testbenches {

struct LiteWrite {
  std::uint32_t data, strobes;
};
struct LiteRead {
  std::uint32_t data, response;
};

template <unsigned address_bits = 40>
struct LiteBench {
  using Address = axi::Pin<address_bits>;

  sc_core::sc_clock clk{"clk", clock_period};
  Line rst{"rst"};
  axi::AxiLiteWires<address_bits> wires{"wires"};
  axi::AxiLiteFront<address_bits> front{"front"};
  Ram ram{"ram", 256};
  Sender<Address> aw{
      "aw", clk, rst, wires.awvalid, wires.awready, Address(~0ull), [this](Address a) {
        wires.awaddr.write(a);
      }};
  Sender<LiteWrite> w{
      "w", clk, rst, wires.wvalid, wires.wready, LiteWrite{~0u, 9}, [this](const LiteWrite& beat) {
        wires.wdata.write(beat.data);
        wires.wstrb.write(beat.strobes);
      }};
  Receiver<std::uint32_t> b{"b",          clk,          rst,
                            wires.bvalid, wires.bready, [this] { return wires.bresp.read(); }};
  Sender<Address> ar{
      "ar", clk, rst, wires.arvalid, wires.arready, Address(~0ull), [this](Address a) {
        wires.araddr.write(a);
      }};
  Receiver<LiteRead> r{
      "r",          clk,
      rst,          wires.rvalid,
      wires.rready, [this] {
                         return LiteRead{wires.rdata.read(), wires.rresp.read()}; }};
  ProtocolChecker checker{"checker", clk, rst};

  LiteBench() {
    front.clk(clk);
    front.rst(rst);
    wires.connect(front);
    front.out.bind(ram.in);
    checker.watch("AW", wires.awvalid, wires.awready, wires.awaddr);
    checker.watch("W", wires.wvalid, wires.wready, wires.wdata, wires.wstrb);
    checker.watch("B", wires.bvalid, wires.bready, wires.bresp);
    checker.watch("AR", wires.arvalid, wires.arready, wires.araddr);
    checker.watch("R", wires.rvalid, wires.rready, wires.rdata, wires.rresp);
    checker.watch_outputs(wires.awready, wires.wready, wires.bvalid, wires.bresp, wires.arready,
                          wires.rvalid, wires.rdata, wires.rresp);
  }

  void write(std::uint64_t address, std::uint32_t data, std::uint32_t strobes = 0xf) {
    aw.push(static_cast<Address>(address));
    w.push({data, strobes});
  }
  void read(std::uint64_t address) { ar.push(static_cast<Address>(address)); }
  /// Lets so many cycles pass; ends in the middle of one.
  void run(int cycles) {
    sc_core::sc_start((sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME ? 0.5 : 0) * clock_period +
                      cycles * clock_period);
  }
};

}  // namespace topkima::testbenches
