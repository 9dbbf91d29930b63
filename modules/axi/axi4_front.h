// SPDX-License-Identifier: Apache-2.0
#pragma once
// An AXI4 subordinate in front of a TLM target that holds data: 64-bit data, INCR bursts of 1 ..
// 256 beats, one generic payload per burst. Clock, reset and where time passes: axi/front.h. Pins
// and diagrams: docs/axi.md.
//
// One write burst and one read burst may be outstanding; a response carries the ID of its request,
// so responses of a direction are in order. AWLEN says how many beats a burst has. W beats are
// taken once AW has been. Without contention and time of the target a write of n beats takes AW, n
// cycles of W, and BVALID one cycle after the last; a read takes AR and n cycles of R from the next
// on. A target sees a write when its last beat has come, and a read before its first beat leaves.
//
// The payload of a write reaches from the first to the last byte with a strobe: a start or an end
// inside a beat needs no byte enables. Bytes without a strobe in between become disabled byte
// enables, for the target to take or to refuse; the front never reads in order to write. Without
// any strobe there is nothing to write: OKAY without an access. A read begins at ARADDR, also
// inside a beat; lanes below it are 0.
//
// The response is OKAY, DECERR for TLM_ADDRESS_ERROR_RESPONSE and SLVERR for any other error.
// SLVERR without an access, after all beats: a burst that is not INCR, a size that is not 8 bytes,
// a burst across a 4 KiB boundary, WLAST anywhere but on the last beat, a strobe below AWADDR. All
// beats of a failed read carry the response and data 0.

#include <vector>

#include "axi/front.h"

namespace topkima::axi {

template <typename Address, typename Id>
class BasicAxi4Front : public Front {
 public:
  sc_core::sc_in<Id> awid{"awid"};
  sc_core::sc_in<Address> awaddr{"awaddr"};
  sc_core::sc_in<std::uint32_t> awlen{"awlen"};      ///< 8 bits
  sc_core::sc_in<std::uint32_t> awsize{"awsize"};    ///< 3 bits
  sc_core::sc_in<std::uint32_t> awburst{"awburst"};  ///< 2 bits
  sc_core::sc_in<bool> awvalid{"awvalid"};
  sc_core::sc_out<bool> awready{"awready"};

  sc_core::sc_in<std::uint64_t> wdata{"wdata"};
  sc_core::sc_in<std::uint32_t> wstrb{"wstrb"};  ///< 8 bits
  sc_core::sc_in<bool> wlast{"wlast"};
  sc_core::sc_in<bool> wvalid{"wvalid"};
  sc_core::sc_out<bool> wready{"wready"};

  sc_core::sc_out<Id> bid{"bid"};
  sc_core::sc_out<std::uint32_t> bresp{"bresp"};  ///< 2 bits
  sc_core::sc_out<bool> bvalid{"bvalid"};
  sc_core::sc_in<bool> bready{"bready"};

  sc_core::sc_in<Id> arid{"arid"};
  sc_core::sc_in<Address> araddr{"araddr"};
  sc_core::sc_in<std::uint32_t> arlen{"arlen"};      ///< 8 bits
  sc_core::sc_in<std::uint32_t> arsize{"arsize"};    ///< 3 bits
  sc_core::sc_in<std::uint32_t> arburst{"arburst"};  ///< 2 bits
  sc_core::sc_in<bool> arvalid{"arvalid"};
  sc_core::sc_out<bool> arready{"arready"};

  sc_core::sc_out<Id> rid{"rid"};
  sc_core::sc_out<std::uint64_t> rdata{"rdata"};
  sc_core::sc_out<std::uint32_t> rresp{"rresp"};  ///< 2 bits
  sc_core::sc_out<bool> rlast{"rlast"};
  sc_core::sc_out<bool> rvalid{"rvalid"};
  sc_core::sc_in<bool> rready{"rready"};

  explicit BasicAxi4Front(const sc_core::sc_module_name& name);

 private:
  void serve_writes();
  void serve_reads();
  bool write();  ///< false when reset cut it off
  bool read();

  std::vector<unsigned char> written_, enables_, read_;  ///< the burst of each direction
};

extern template class BasicAxi4Front<std::uint32_t, bool>;
extern template class BasicAxi4Front<std::uint32_t, std::uint32_t>;
extern template class BasicAxi4Front<std::uint64_t, bool>;
extern template class BasicAxi4Front<std::uint64_t, std::uint32_t>;

/// `address_bits`: 2 .. 64; `id_bits`: 1 .. 32.
template <unsigned address_bits = 40, unsigned id_bits = 4>
using Axi4Front = BasicAxi4Front<Pin<address_bits>, Pin<id_bits>>;

}  // namespace topkima::axi
