// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL of a channel of the DMA reader (docs/pins/reader.md): its pin adapter, which machines it
// holds, and test vectors for it elsewhere. What stands beside the model is in reader_twin.h.

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "cosim/pin_contract.h"
#include "cosim/rtl_instance.h"
#include "cosim/vector_set.h"
#include "memory/read_seam.h"

namespace topkima::cosim {

/// What of a machine counts for its reader's channels.
struct ReaderShape {
  int bus_bytes;     ///< Of a beat.
  int latency;       ///< From a beat on the bus to the same beat at the pins, in cycles.
  int places;        ///< Rows that a channel may have asked for and not handed on.
  int row_bytes;     ///< Of a row of Q; those of K and V are no longer.
  int kv_row_bytes;  ///< Of a row of K or V.
  int rows;          ///< The most of a command.
};

/// "row 3 of sequence 0 for K"
std::string read_text(const stage::RowTag& row, std::size_t destination);
/// What a command says, for reports.
std::string command_text(const memory::ReadCommand& command);

/// Plays bus, buffer and destinations for one channel. The bus reads a whole row when its first
/// burst is granted, and takes further bursts of it as they come; a beat is at the pins a latency
/// after it has crossed, or when the channel is ready for it.
class ReaderPins : public memory::ReadCircuit {
 public:
  ReaderPins(RtlInstance& rtl, const stage::Clock& clock, const ReaderShape& shape);

  void start(const memory::ReadCommand& command) override;
  std::uint64_t ask(const stage::RowTag& row, std::size_t destination) override;
  const unsigned char* offer(const stage::RowTag& row, std::size_t destination) override;
  void taken(const stage::RowTag& row, std::size_t destination) override;
  void granted() override;
  void crossed(const unsigned char* bytes, unsigned count) override;

  /// Told of what the RTL must not do while nobody waits for it; where nobody listens, the
  /// simulation fails.
  std::function<void(const RtlError&)> on_error;
  int places() const { return shape_.places; }
  std::size_t beat_bytes() const { return static_cast<std::size_t>(shape_.bus_bytes); }
  /// The first cycle in which the row that `destination` is offered next can be.
  std::int64_t next_offer(std::size_t destination) const;

 private:
  struct Burst {
    int end;          ///< Its beats are those of the read before this one.
    std::int64_t at;  ///< Cycle in which it was taken.
  };
  struct Read {
    stage::RowTag row;
    std::size_t destination;
    std::uint64_t address;
    int beats;
    bool ends_row;
    std::int64_t granted;
    std::vector<Burst> bursts;
    std::vector<unsigned char> data;  ///< That has crossed.
    int given = 0;                    ///< Beats.

    int asked() const { return bursts.back().end; }
  };

  template <typename Act>
  void guarded(Act act);
  void go_on_asking();
  void take_burst(Read& read);
  void give_data();
  void expect_burst(const Read& read, int done, int beats) const;
  void expect_patience() const;
  void give_beat(const Read& read);
  void store();
  template <typename Met, typename GiveUp>
  void poll(Met met, GiveUp give_up);
  std::int64_t due(const Read& read) const;
  [[noreturn]] void fail(const std::string& does, const std::string& expected) const;

  RtlInstance& rtl_;
  const stage::Clock& clock_;
  ReaderShape shape_;
  PinWidths widths_;
  Pin &clk_, &rst_, &start_, &destinations_, &source_, &rows_, &row_bytes_, &places_, &start_ready_,
      &araddr_, &arlen_, &arsize_, &arburst_, &aruser_, &arvalid_, &arready_, &rdata_, &rlast_,
      &rvalid_, &rready_, &buffer_write_, &buffer_address_, &buffer_data_, &row_valid_, &row_ready_,
      &row_address_;
  memory::ReadCommand command_{};
  stage::RowTag asked_row_, row_;  ///< The last is that of the last that was looked at.
  std::size_t asked_for_ = 0;
  std::deque<Read> reads_;  ///< Granted, with data that have not all been given.
  std::deque<std::int64_t>
      complete_;  ///< Of rows that are not gone: when they were first complete.
  std::vector<unsigned char> buffer_;
  std::uint64_t offered_at_ = 0;  ///< The beat of the buffer at which the present row begins.
  /// Cycles in which the last burst was taken, the last row went, and each destination took one.
  std::int64_t burst_at_ = -1, left_ = -1, taken_at_[memory::ReadCommand::destination_count];
  int held_ = 0;              ///< Rows that have been asked for and are not gone.
  bool between_rows_ = true;  ///< All has been asked for of those.
  sc_core::sc_event news_;
};

/// Empty where RTL with these parameters holds the machine, else what is wrong.
std::string fits_reader(const RtlParameters& parameters, const ReaderShape& shape);

/// A line is a row; those of a command stand together, and commands in the order in which they end.
class ReaderVectors : public BlockVectors {
 public:
  static RtlParameters parameters(const ReaderShape& shape);
  static VectorSet::Layout layout(const RtlParameters& parameters);
  /// `set` must have the layout of this machine's parameters.
  ReaderVectors(VectorSet& set, const ReaderShape& shape);
  /// Observes a channel from now on.
  void observe(memory::ReadSeam& channel);

 private:
  /// What has been seen of a row, by destination.
  struct Row {
    unsigned reads = 0, offers = 0;
  };
  struct Channel : memory::ReadObserver {
    explicit Channel(ReaderVectors& to) : of(to) {}
    void started(const memory::ReadCommand& given) override;
    void asked(const stage::RowTag& row, std::size_t destination) override;
    void taken(const stage::RowTag& row, std::size_t destination) override;

    ReaderVectors& of;
    memory::ReadCommand command{};
    std::vector<Row> rows;
  };

  void write(const Channel& channel);

  VectorSet& set_;
  PinWidths widths_;
  int places_;
  std::deque<Channel> channels_;
};

}  // namespace topkima::cosim
