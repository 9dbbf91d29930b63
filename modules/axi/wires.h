// SPDX-License-Identifier: Apache-2.0
#pragma once
// The signals between an AXI manager and a front, as bundles: bind a front by connect(), the
// manager's ports one by one.

#include <systemc>

#include "axi/pins.h"

namespace topkima::axi {

template <unsigned address_bits = 40>
class AxiLiteWires : public sc_core::sc_module {
 public:
  using Address = Pin<address_bits>;

  sc_core::sc_signal<Address> awaddr{"awaddr"}, araddr{"araddr"};
  sc_core::sc_signal<bool> awvalid{"awvalid"}, awready{"awready"};
  sc_core::sc_signal<bool> arvalid{"arvalid"}, arready{"arready"};
  sc_core::sc_signal<std::uint32_t> wdata{"wdata"}, wstrb{"wstrb"};
  sc_core::sc_signal<bool> wvalid{"wvalid"}, wready{"wready"};
  sc_core::sc_signal<std::uint32_t> bresp{"bresp"};
  sc_core::sc_signal<bool> bvalid{"bvalid"}, bready{"bready"};
  sc_core::sc_signal<std::uint32_t> rdata{"rdata"}, rresp{"rresp"};
  sc_core::sc_signal<bool> rvalid{"rvalid"}, rready{"rready"};

  explicit AxiLiteWires(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {}

  /// Binds the ports of a module that calls them as the signals are called here.
  template <typename Module>
  void connect(Module& module) {
    module.awaddr(awaddr), module.awvalid(awvalid), module.awready(awready);
    module.wdata(wdata), module.wstrb(wstrb), module.wvalid(wvalid), module.wready(wready);
    module.bresp(bresp), module.bvalid(bvalid), module.bready(bready);
    module.araddr(araddr), module.arvalid(arvalid), module.arready(arready);
    module.rdata(rdata), module.rresp(rresp), module.rvalid(rvalid), module.rready(rready);
  }
  void declare_probes(sc_core::sc_trace_file* file) const {
    const auto each = [file](const auto&... signals) {
      (sc_trace(file, signals, signals.name()), ...);
    };
    each(awaddr, awvalid, awready, wdata, wstrb, wvalid, wready, bresp, bvalid, bready);
    each(araddr, arvalid, arready, rdata, rresp, rvalid, rready);
  }
};

template <unsigned address_bits = 40, unsigned id_bits = 4>
class Axi4Wires : public sc_core::sc_module {
 public:
  using Address = Pin<address_bits>;
  using Id = Pin<id_bits>;

  sc_core::sc_signal<Id> awid{"awid"}, bid{"bid"}, arid{"arid"}, rid{"rid"};
  sc_core::sc_signal<Address> awaddr{"awaddr"}, araddr{"araddr"};
  sc_core::sc_signal<std::uint32_t> awlen{"awlen"}, awsize{"awsize"}, awburst{"awburst"};
  sc_core::sc_signal<bool> awvalid{"awvalid"}, awready{"awready"};
  sc_core::sc_signal<std::uint64_t> wdata{"wdata"};
  sc_core::sc_signal<std::uint32_t> wstrb{"wstrb"};
  sc_core::sc_signal<bool> wlast{"wlast"}, wvalid{"wvalid"}, wready{"wready"};
  sc_core::sc_signal<std::uint32_t> bresp{"bresp"};
  sc_core::sc_signal<bool> bvalid{"bvalid"}, bready{"bready"};
  sc_core::sc_signal<std::uint32_t> arlen{"arlen"}, arsize{"arsize"}, arburst{"arburst"};
  sc_core::sc_signal<bool> arvalid{"arvalid"}, arready{"arready"};
  sc_core::sc_signal<std::uint64_t> rdata{"rdata"};
  sc_core::sc_signal<std::uint32_t> rresp{"rresp"};
  sc_core::sc_signal<bool> rlast{"rlast"}, rvalid{"rvalid"}, rready{"rready"};

  explicit Axi4Wires(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {}

  /// Binds the ports of a module that calls them as the signals are called here.
  template <typename Module>
  void connect(Module& module) {
    module.awid(awid), module.awaddr(awaddr), module.awlen(awlen), module.awsize(awsize);
    module.awburst(awburst), module.awvalid(awvalid), module.awready(awready);
    module.wdata(wdata), module.wstrb(wstrb), module.wlast(wlast);
    module.wvalid(wvalid), module.wready(wready);
    module.bid(bid), module.bresp(bresp), module.bvalid(bvalid), module.bready(bready);
    module.arid(arid), module.araddr(araddr), module.arlen(arlen), module.arsize(arsize);
    module.arburst(arburst), module.arvalid(arvalid), module.arready(arready);
    module.rid(rid), module.rdata(rdata), module.rresp(rresp), module.rlast(rlast);
    module.rvalid(rvalid), module.rready(rready);
  }
  void declare_probes(sc_core::sc_trace_file* file) const {
    const auto each = [file](const auto&... signals) {
      (sc_trace(file, signals, signals.name()), ...);
    };
    each(awid, awaddr, awlen, awsize, awburst, awvalid, awready);
    each(wdata, wstrb, wlast, wvalid, wready, bid, bresp, bvalid, bready);
    each(arid, araddr, arlen, arsize, arburst, arvalid, arready);
    each(rid, rdata, rresp, rlast, rvalid, rready);
  }
};

}  // namespace topkima::axi
