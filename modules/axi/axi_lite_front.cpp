// SPDX-License-Identifier: Apache-2.0
#include "axi/axi_lite_front.h"

#include <array>

namespace topkima::axi {
namespace {

constexpr unsigned word_bytes = 4;
constexpr std::uint32_t all_strobes = 0xf;

using Word = std::array<unsigned char, word_bytes>;

}  // namespace

template <typename Address>
BasicAxiLiteFront<Address>::BasicAxiLiteFront(const sc_core::sc_module_name& name) : Front(name) {
  sc_core::sc_spawn([this] { serve_writes(); }, "serve_writes");
  sc_core::sc_spawn([this] { serve_reads(); }, "serve_reads");
}

template <typename Address>
void BasicAxiLiteFront<Address>::serve_writes() {
  for (;;) {
    while (!edge()) {
    }
    while (write()) {
    }
    awready.write(false);
    wready.write(false);
    bvalid.write(false);
  }
}

template <typename Address>
bool BasicAxiLiteFront<Address>::write() {
  bool has_address = false, has_data = false;
  std::uint64_t address = 0;
  std::uint32_t data = 0, strobes = 0;
  awready.write(true);
  wready.write(true);
  while (!has_address || !has_data) {
    if (!edge()) return false;
    if (!has_address && awvalid.read()) {
      has_address = true;
      address = awaddr.read();
      awready.write(false);
    }
    if (!has_data && wvalid.read()) {
      has_data = true;
      data = wdata.read();
      strobes = wstrb.read() & all_strobes;
      wready.write(false);
    }
  }

  std::optional<Response> response = okay;
  if (address % word_bytes) {
    response = slverr;
  } else if (strobes) {
    Word bytes, enables;
    for (unsigned i = 0; i < word_bytes; ++i) {
      bytes[i] = static_cast<unsigned char>(data >> 8 * i);
      enables[i] = strobes >> i & 1 ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED;
    }
    response = send(tlm::TLM_WRITE_COMMAND, address, bytes.data(), word_bytes,
                    strobes == all_strobes ? nullptr : enables.data());
  }
  if (!response) return false;
  bresp.write(*response);
  bvalid.write(true);
  if (!edge_with(bready)) return false;
  bvalid.write(false);
  return true;
}

template <typename Address>
void BasicAxiLiteFront<Address>::serve_reads() {
  for (;;) {
    while (!edge()) {
    }
    while (read()) {
    }
    arready.write(false);
    rvalid.write(false);
  }
}

template <typename Address>
bool BasicAxiLiteFront<Address>::read() {
  arready.write(true);
  if (!edge_with(arvalid)) return false;
  arready.write(false);
  const std::uint64_t address = araddr.read();

  std::optional<Response> response = slverr;
  Word bytes{};
  if (address % word_bytes == 0)
    response = send(tlm::TLM_READ_COMMAND, address, bytes.data(), word_bytes);
  if (!response) return false;
  std::uint32_t data = 0;
  if (*response == okay)
    for (unsigned i = 0; i < word_bytes; ++i) data |= std::uint32_t{bytes[i]} << 8 * i;
  rdata.write(data);
  rresp.write(*response);
  rvalid.write(true);
  if (!edge_with(rready)) return false;
  rvalid.write(false);
  return true;
}

template class BasicAxiLiteFront<std::uint32_t>;
template class BasicAxiLiteFront<std::uint64_t>;

}  // namespace topkima::axi
