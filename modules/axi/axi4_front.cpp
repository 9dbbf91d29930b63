// SPDX-License-Identifier: Apache-2.0
#include "axi/axi4_front.h"

#include <algorithm>

namespace topkima::axi {
namespace {

constexpr unsigned beat_bytes = 8;
constexpr std::uint32_t size_of_beat = 3, incrementing = 1;
constexpr unsigned page_bytes = 4096;

struct Burst {
  std::uint64_t address;
  unsigned beats, skip;  ///< lanes of the first beat below the address
  bool legal;

  Burst(std::uint64_t start, std::uint32_t length, std::uint32_t size, std::uint32_t kind)
      : address(start), beats((length & 0xff) + 1), skip(address % beat_bytes) {
    const std::uint64_t in_page = address % page_bytes - skip;
    legal =
        size == size_of_beat && kind == incrementing && in_page + beats * beat_bytes <= page_bytes;
  }
  unsigned bytes() const { return beats * beat_bytes; }
};

}  // namespace

template <typename Address, typename Id>
BasicAxi4Front<Address, Id>::BasicAxi4Front(const sc_core::sc_module_name& name) : Front(name) {
  sc_core::sc_spawn([this] { serve_writes(); }, "serve_writes");
  sc_core::sc_spawn([this] { serve_reads(); }, "serve_reads");
}

template <typename Address, typename Id>
void BasicAxi4Front<Address, Id>::serve_writes() {
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

template <typename Address, typename Id>
bool BasicAxi4Front<Address, Id>::write() {
  awready.write(true);
  if (!edge_with(awvalid)) return false;
  awready.write(false);
  Burst burst(awaddr.read(), awlen.read(), awsize.read(), awburst.read());
  const Id id = awid.read();

  written_.resize(burst.bytes());
  enables_.resize(burst.bytes());
  wready.write(true);
  for (unsigned beat = 0; beat < burst.beats; ++beat) {
    if (!edge_with(wvalid)) return false;
    const std::uint64_t data = wdata.read();
    const std::uint32_t strobes = wstrb.read();
    for (unsigned lane = 0; lane < beat_bytes; ++lane) {
      written_[beat * beat_bytes + lane] = static_cast<unsigned char>(data >> 8 * lane);
      enables_[beat * beat_bytes + lane] =
          strobes >> lane & 1 ? TLM_BYTE_ENABLED : TLM_BYTE_DISABLED;
    }
    burst.legal &= wlast.read() == (beat + 1 == burst.beats);
  }
  wready.write(false);

  const auto enabled = [](unsigned char enable) { return enable == TLM_BYTE_ENABLED; };
  const auto first = std::find_if(enables_.begin(), enables_.end(), enabled);
  const auto last = std::find_if(enables_.rbegin(), enables_.rend(), enabled).base();
  const auto offset = static_cast<unsigned>(first - enables_.begin());
  std::optional<Response> response = okay;
  if (!burst.legal || offset < burst.skip)
    response = slverr;
  else if (first != enables_.end())
    response = send(tlm::TLM_WRITE_COMMAND, burst.address - burst.skip + offset, &written_[offset],
                    static_cast<unsigned>(last - first),
                    std::all_of(first, last, enabled) ? nullptr : &enables_[offset]);
  if (!response) return false;
  bid.write(id);
  bresp.write(*response);
  bvalid.write(true);
  if (!edge_with(bready)) return false;
  bvalid.write(false);
  return true;
}

template <typename Address, typename Id>
void BasicAxi4Front<Address, Id>::serve_reads() {
  for (;;) {
    while (!edge()) {
    }
    while (read()) {
    }
    arready.write(false);
    rvalid.write(false);
  }
}

template <typename Address, typename Id>
bool BasicAxi4Front<Address, Id>::read() {
  arready.write(true);
  if (!edge_with(arvalid)) return false;
  arready.write(false);
  const Burst burst(araddr.read(), arlen.read(), arsize.read(), arburst.read());
  rid.write(arid.read());

  read_.assign(burst.bytes(), 0);
  std::optional<Response> response = slverr;
  if (burst.legal)
    response =
        send(tlm::TLM_READ_COMMAND, burst.address, &read_[burst.skip], burst.bytes() - burst.skip);
  if (!response) return false;
  if (*response != okay) std::fill(read_.begin(), read_.end(), 0);
  rresp.write(*response);
  rvalid.write(true);
  for (unsigned beat = 0; beat < burst.beats; ++beat) {
    std::uint64_t data = 0;
    for (unsigned lane = 0; lane < beat_bytes; ++lane)
      data |= std::uint64_t{read_[beat * beat_bytes + lane]} << 8 * lane;
    rdata.write(data);
    rlast.write(beat + 1 == burst.beats);
    if (!edge_with(rready)) return false;
  }
  rvalid.write(false);
  return true;
}

template class BasicAxi4Front<std::uint32_t, bool>;
template class BasicAxi4Front<std::uint32_t, std::uint32_t>;
template class BasicAxi4Front<std::uint64_t, bool>;
template class BasicAxi4Front<std::uint64_t, std::uint32_t>;

}  // namespace topkima::axi
