// SPDX-License-Identifier: Apache-2.0
#include "cosim/reader_cases.h"

#include <algorithm>
#include <limits>

#include "arith/fixed_point.h"

namespace topkima::cosim {

using memory::ReadCommand;

namespace {

constexpr std::uint64_t page = 4096;

}  // namespace

int ReadRow::takers() const {
  int all = 0;
  for (std::size_t d = 0; d < ReadCommand::destination_count; ++d) all += command.wants(row, d);
  return all;
}

int ReadRow::reads() const {
  int all = 0;
  for (std::size_t d = 0; d < ReadCommand::destination_count; ++d) all += command.reads(row, d);
  return all;
}

int ReadRow::shortest() const {
  std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t d = 0; d < ReadCommand::destination_count; ++d)
    if (command.reads(row, d)) least = std::min(least, command.row_bytes[d]);
  return static_cast<int>(least);
}

int ReadRow::longest() const {
  std::uint32_t most = 0;
  for (std::size_t d = 0; d < ReadCommand::destination_count; ++d)
    if (command.reads(row, d)) most = std::max(most, command.row_bytes[d]);
  return static_cast<int>(most);
}

bool ReadRow::crosses_page() const {
  for (std::size_t d = 0; d < ReadCommand::destination_count; ++d) {
    const std::uint64_t first = command.address_of(row, d);
    if (command.reads(row, d) && first / page != (first + command.row_bytes[d] - 1) / page)
      return true;
  }
  return false;
}

// clang-format off
const ReaderCases::Table& ReaderCases::cases() {
  using Row = const ReadRow&;
  static const Table cases{
      {"a row for one destination", "reader#behaviour",
       [](Row r) { return r.takers() == 1; }},
      {"several take a row from one address", "reader#behaviour",
       [](Row r) { return r.takers() > r.reads(); }},
      {"a row is read from several addresses", "reader#behaviour",
       [](Row r) { return r.reads() > 1; }},
      {"a row that not all of the command's destinations take", "reader#easy-to-get-wrong",
       [](Row r) {
         return r.takers() < ReadRow{r.command, 0, r.bus_bytes}.takers();
       }},
      {"a row of one beat", "reader#easy-to-get-wrong",
       [](Row r) { return r.shortest() == r.bus_bytes; }},
      {"a row of several beats", "reader#behaviour",
       [](Row r) { return r.longest() > r.bus_bytes; }},
      {"a row is longer for Q than for K and V", "reader#easy-to-get-wrong",
       [](Row r) { return r.longest() > r.shortest(); }},
      {"a row goes on behind a 4 KiB boundary", "reader#easy-to-get-wrong",
       [](Row r) { return r.crosses_page(); }},
      {"the only row of a command", "reader#easy-to-get-wrong",
       [](Row r) { return r.command.all_rows() == 1; }},
      {"the last of several rows", "reader#behaviour",
       [](Row r) { return r.row > 0 && r.row + 1 == r.command.all_rows(); }},
      {"a row is asked for in the cycle in which another one goes", "reader#easy-to-get-wrong",
       [](Row r) { return r.asked == r.behind; }},
      {"the bus is somebody else's when a row is asked for", "reader#behaviour",
       [](Row r) { return r.waited_for_bus; }},
      {"a destination lets a row wait", "README#stalls",
       [](Row r) { return r.waited_for_taker; }},
      {"several destinations take a row in one cycle", "reader#easy-to-get-wrong",
       [](Row r) { return r.takers() > 1 && r.first_taken == r.taken; }},
  };
  return cases;
}
// clang-format on

ReaderCases::ReaderCases(int bus_bytes, const stage::Clock& clock)
    : CountedCases(cases()), bus_bytes_(bus_bytes), clock_(clock) {}

void ReaderCases::observe(memory::ReadSeam& channel) {
  channels_.emplace_back(*this);
  channel.observe(channels_.back());
}

void ReaderCases::Channel::asked(const stage::RowTag& row, std::size_t) {
  asked_at = of.clock_.now();
  if (!rows.empty() && rows.back().row == row.row && rows.back().command.sequence == row.sequence)
    return;
  rows.push_back({command, row.row, of.bus_bytes_, asked_at, left});
}

void ReaderCases::Channel::fetched(const stage::RowTag&, std::size_t destination) {
  const std::int64_t beats = arith::ceil_div(command.row_bytes[destination], of.bus_bytes_);
  if (of.clock_.now() > asked_at + beats) rows.back().waited_for_bus = true;
}

void ReaderCases::Channel::offered(const stage::RowTag&, std::size_t, const unsigned char*) {
  offered_at = of.clock_.now();
}

void ReaderCases::Channel::taken(const stage::RowTag& row, std::size_t destination) {
  ReadRow& read = rows.front();
  read.taken = of.clock_.now();
  if (read.first_taken < 0) read.first_taken = read.taken;
  if (read.taken > offered_at) read.waited_for_taker = true;
  if (!read.command.is_last_taker(row.row, destination)) return;
  left = read.taken;
  of.count(read);
  rows.pop_front();
}

}  // namespace topkima::cosim
