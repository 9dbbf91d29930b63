// SPDX-License-Identifier: Apache-2.0
#pragma once
// The cases of the DMA reader's channels, whose transactions are rows.

#include <deque>

#include "cosim/cases.h"
#include "memory/read_seam.h"

namespace topkima::cosim {

/// A row that its destinations have taken.
struct ReadRow {
  memory::ReadCommand command;
  std::uint32_t row;
  int bus_bytes;
  std::int64_t asked = -1, behind = -1;  ///< Its first read; when a row before it went last.
  bool waited_for_bus = false, waited_for_taker = false;
  std::int64_t first_taken = -1, taken = -1;  ///< By its first and last destination.

  int takers() const;
  int reads() const;
  /// Bytes of its reads.
  int shortest() const;
  int longest() const;
  /// Whether a read goes on behind a 4 KiB boundary.
  bool crosses_page() const;
};

class ReaderCases : public CountedCases<ReadRow> {
 public:
  ReaderCases(int bus_bytes, const stage::Clock& clock);
  /// Observes a channel from now on.
  void observe(memory::ReadSeam& channel);

 private:
  struct Channel : memory::ReadObserver {
    explicit Channel(ReaderCases& to) : of(to) {}
    void started(const memory::ReadCommand& given) override { command = given; }
    void asked(const stage::RowTag& row, std::size_t destination) override;
    void fetched(const stage::RowTag& row, std::size_t destination) override;
    void offered(const stage::RowTag& row, std::size_t destination,
                 const unsigned char* bytes) override;
    void taken(const stage::RowTag& row, std::size_t destination) override;

    ReaderCases& of;
    memory::ReadCommand command{};
    std::deque<ReadRow> rows;  ///< Asked for and not gone.
    std::int64_t asked_at = 0, offered_at = 0, left = -1;
  };

  static const Table& cases();

  int bus_bytes_;
  const stage::Clock& clock_;
  std::deque<Channel> channels_;
};

}  // namespace topkima::cosim
