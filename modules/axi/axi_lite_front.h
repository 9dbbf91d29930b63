// SPDX-License-Identifier: Apache-2.0
#pragma once
// An AXI4-Lite subordinate in front of a TLM target: 32-bit data, one generic payload of four bytes
// per access. Clock, reset and where time passes: axi/front.h. Pins and diagrams: docs/axi.md.
//
// One write and one read may be outstanding. Address and data of a write are taken in either order;
// each channel is ready again once the response has been taken. Without contention and time of the
// target BVALID follows the later of AW and W, and RVALID follows AR, by one cycle; two accesses of
// one direction are two cycles apart.
//
// The response is OKAY, DECERR for TLM_ADDRESS_ERROR_RESPONSE and SLVERR for any other error.
// SLVERR without an access: an address that is no multiple of 4. Strobes of part of the word become
// byte enables, which most targets refuse (SLVERR); without any strobe there is nothing to write:
// OKAY without an access. RDATA of a failed read is 0.

#include "axi/front.h"

namespace topkima::axi {

template <typename Address>
class BasicAxiLiteFront : public Front {
 public:
  sc_core::sc_in<Address> awaddr{"awaddr"};
  sc_core::sc_in<bool> awvalid{"awvalid"};
  sc_core::sc_out<bool> awready{"awready"};

  sc_core::sc_in<std::uint32_t> wdata{"wdata"};
  sc_core::sc_in<std::uint32_t> wstrb{"wstrb"};  ///< 4 bits
  sc_core::sc_in<bool> wvalid{"wvalid"};
  sc_core::sc_out<bool> wready{"wready"};

  sc_core::sc_out<std::uint32_t> bresp{"bresp"};  ///< 2 bits
  sc_core::sc_out<bool> bvalid{"bvalid"};
  sc_core::sc_in<bool> bready{"bready"};

  sc_core::sc_in<Address> araddr{"araddr"};
  sc_core::sc_in<bool> arvalid{"arvalid"};
  sc_core::sc_out<bool> arready{"arready"};

  sc_core::sc_out<std::uint32_t> rdata{"rdata"};
  sc_core::sc_out<std::uint32_t> rresp{"rresp"};  ///< 2 bits
  sc_core::sc_out<bool> rvalid{"rvalid"};
  sc_core::sc_in<bool> rready{"rready"};

  explicit BasicAxiLiteFront(const sc_core::sc_module_name& name);

 private:
  void serve_writes();
  void serve_reads();
  bool write();  ///< false when reset cut it off
  bool read();
};

extern template class BasicAxiLiteFront<std::uint32_t>;
extern template class BasicAxiLiteFront<std::uint64_t>;

/// `address_bits`: 2 .. 64.
template <unsigned address_bits = 40>
using AxiLiteFront = BasicAxiLiteFront<Pin<address_bits>>;

}  // namespace topkima::axi
