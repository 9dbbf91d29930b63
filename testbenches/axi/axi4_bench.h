// SPDX-License-Identifier: Apache-2.0
#pragma once
// An AXI4 front between a manager that tests steer and a Ram.

#include "axi/axi4_front.h"
#include "axi/channels.h"
#include "axi/ram.h"
#include "axi/wires.h"

namespace topkima::testbenches {

/// What AW and AR carry.
struct BurstAddress {
  std::uint64_t address;
  unsigned beats;
  std::uint32_t id = 0, size = 3, kind = 1;  ///< INCR
};
struct WriteBeat {
  std::uint64_t data;
  std::uint32_t strobes;
  bool last;
};
struct WriteResponse {
  std::uint32_t id, response;
  bool operator==(const WriteResponse& o) const { return id == o.id && response == o.response; }
};
struct ReadBeat {
  std::uint64_t data;
  std::uint32_t id, response;
  bool last;
};

template <unsigned address_bits = 40, unsigned id_bits = 4,
          typename ClockSignal = sc_core::sc_clock>
struct Axi4Bench {
  using Address = axi::Pin<address_bits>;
  using Id = axi::Pin<id_bits>;

  ClockSignal clk{"clk", clock_period};
  Line rst{"rst"};
  axi::Axi4Wires<address_bits, id_bits> wires{"wires"};
  axi::Axi4Front<address_bits, id_bits> front{"front"};
  Ram ram{"ram", 1 << 14};
  Sender<BurstAddress> aw{
      "aw", clk, rst, wires.awvalid, wires.awready, noise(), [this](const BurstAddress& burst) {
        wires.awid.write(Id(burst.id));
        wires.awaddr.write(Address(burst.address));
        wires.awlen.write(burst.beats - 1);
        wires.awsize.write(burst.size);
        wires.awburst.write(burst.kind);
      }};
  Sender<WriteBeat> w{"w",
                      clk,
                      rst,
                      wires.wvalid,
                      wires.wready,
                      WriteBeat{~0ull, 0xa5, true},
                      [this](const WriteBeat& beat) {
                        wires.wdata.write(beat.data);
                        wires.wstrb.write(beat.strobes);
                        wires.wlast.write(beat.last);
                      }};
  Receiver<WriteResponse> b{
      "b", clk, rst, wires.bvalid, wires.bready, [this] {
        return WriteResponse{std::uint32_t(wires.bid.read()), wires.bresp.read()};
      }};
  Sender<BurstAddress> ar{
      "ar", clk, rst, wires.arvalid, wires.arready, noise(), [this](const BurstAddress& burst) {
        wires.arid.write(Id(burst.id));
        wires.araddr.write(Address(burst.address));
        wires.arlen.write(burst.beats - 1);
        wires.arsize.write(burst.size);
        wires.arburst.write(burst.kind);
      }};
  Receiver<ReadBeat> r{"r", clk, rst, wires.rvalid, wires.rready, [this] {
                         return ReadBeat{wires.rdata.read(), std::uint32_t(wires.rid.read()),
                                         wires.rresp.read(), wires.rlast.read()};
                       }};
  ProtocolChecker checker{"checker", clk, rst};

  Axi4Bench() {
    front.clk(clk);
    front.rst(rst);
    wires.connect(front);
    front.out.bind(ram.in);
    auto& s = wires;
    checker.watch("AW", s.awvalid, s.awready, s.awid, s.awaddr, s.awlen, s.awsize, s.awburst);
    checker.watch("W", s.wvalid, s.wready, s.wdata, s.wstrb, s.wlast);
    checker.watch("B", s.bvalid, s.bready, s.bid, s.bresp);
    checker.watch("AR", s.arvalid, s.arready, s.arid, s.araddr, s.arlen, s.arsize, s.arburst);
    checker.watch("R", s.rvalid, s.rready, s.rid, s.rdata, s.rresp, s.rlast);
    checker.watch_outputs(s.awready, s.wready, s.bid, s.bresp, s.bvalid, s.arready, s.rid, s.rdata,
                          s.rresp, s.rlast, s.rvalid);
  }

  static BurstAddress noise() { return {~0ull, 7, 5, 1, 2}; }
  void write(const BurstAddress& burst, const std::vector<WriteBeat>& beats) {
    aw.push(burst);
    for (const auto& beat : beats) w.push(beat);
  }
  /// A write of full beats, byte i of the burst being first + i.
  void write(const BurstAddress& burst, unsigned first) { write(burst, beats_of(burst, first)); }
  static std::vector<WriteBeat> beats_of(const BurstAddress& burst, unsigned first) {
    std::vector<WriteBeat> beats;
    for (unsigned i = 0; i < burst.beats; ++i) {
      WriteBeat beat{0, 0xff, i + 1 == burst.beats};
      for (unsigned lane = 0; lane < 8; ++lane)
        beat.data |= std::uint64_t((first + 8 * i + lane) & 0xff) << 8 * lane;
      beats.push_back(beat);
    }
    return beats;
  }
  void read(const BurstAddress& burst) { ar.push(burst); }
  /// Lets so many cycles pass; ends in the middle of one.
  void run(int cycles) {
    sc_core::sc_start((sc_core::sc_time_stamp() == sc_core::SC_ZERO_TIME ? 0.5 : 0) * clock_period +
                      cycles * clock_period);
  }
};

}  // namespace topkima::testbenches
