// SPDX-License-Identifier: Apache-2.0
#pragma once
// DMA from token memory to the projections (or, when Q, K, V are given, to the distributor and the
// K^T/V writer). Two channels work at once: one loads K and V (and Q where the schedule projects it
// with them), the other brings the rows of Q.
//
// A channel reads up to `prefetch_rows` rows ahead and offers each row to its destinations in turn,
// in the order Q, K, V; a row that several take from one address crosses the bus once.

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <deque>
#include <systemc>
#include <vector>

#include "memory/read_seam.h"
#include "registers/register_file.h"
#include "stage/stage.h"

namespace topkima::memory {

class DmaReader : public sc_core::sc_module {
 public:
  struct Config {
    int prefetch_rows;
    std::size_t largest_row;  ///< in bytes
  };
  enum Destination { q, k, v, destination_count };
  enum ChannelNumber {
    load = registers::dma::load_channel,
    query = registers::dma::query_channel,
    channel_count
  };

  sc_core::sc_vector<tlm_utils::simple_initiator_socket<DmaReader>> bus{"bus", channel_count};
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<DmaReader>> destinations{"destinations",
                                                                                 destination_count};
  /// Registers "dma", one target per channel.
  sc_core::sc_vector<tlm_utils::passthrough_target_socket_tagged<DmaReader>> control{"control",
                                                                                     channel_count};

  DmaReader(const sc_core::sc_module_name& name, stage::Context& context, const Config& config);

  /// Where RTL does the work of a channel.
  ReadSeam& seam(int channel) { return channels_[static_cast<std::size_t>(channel)]; }

  std::string state() const;

 private:
  /// A row that has been read; one buffer per distinct source.
  struct Fetched {
    std::array<std::vector<unsigned char>, destination_count> data;
    stage::NodeId ready;
    std::int64_t ready_at;
    stage::NodeId freed = stage::Ledger::start;  ///< when this place was freed last
    stage::RowTag tag;
  };
  struct Channel : ReadSeam {
    using ReadSeam::beats, ReadSeam::circuit, ReadSeam::each;
    Channel() : registers(registers::block("dma")) {}
    stage::StageId id = stage::nobody;
    registers::RegisterFile registers;
    ReadCommand command{};
    bool started = false;
    stage::NodeId start_cause = stage::Ledger::start;
    std::vector<Fetched> ring;  ///< prefetch_rows places
    std::size_t first = 0, count = 0;
    sc_core::sc_event start, fetched, room;
    stage::RowPayload read, write;
  };

  void access(int channel, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void fetch(int channel);
  void start(Channel& channel, stage::NodeId cause);
  void fetch_row(int channel, std::uint32_t row, stage::NodeId& cause);
  /// Returns the latency behind the read's last beat.
  sc_core::sc_time read(int channel, Fetched& fetched, std::size_t destination,
                        stage::NodeId& cause);
  void deliver(int channel);
  void hand_on(Channel& channel, const Fetched& fetched, std::size_t destination,
               stage::NodeId& last);
  /// Cycles that the circuit has taken since `begun`, where the model takes none.
  stage::NodeId own_cycles(const Channel& channel, stage::NodeId cause, std::int64_t begun);

  stage::Context& context_;
  stage::StageId latency_;
  std::array<Channel, channel_count> channels_;
  stage::Meter meter_;
};

}  // namespace topkima::memory
