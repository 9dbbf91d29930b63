// SPDX-License-Identifier: Apache-2.0
#include "cosim/reader_rtl.h"

#include <algorithm>
#include <cstring>

#include "cosim/fits.h"
#include "cosim/hex.h"
#include "cosim/row_vectors.h"

namespace topkima::cosim {

using memory::ReadCommand;

namespace {

constexpr std::size_t destinations = ReadCommand::destination_count;
constexpr std::uint64_t incr = 1, page = 4096;
constexpr int register_bits = 32;  // of an address in the reader's registers
const char* const names[destinations] = {"Q", "K", "V"};

}  // namespace

std::string read_text(const stage::RowTag& row, std::size_t destination) {
  return "row " + std::to_string(row.row) + " of sequence " + std::to_string(row.sequence) +
         " for " + names[destination];
}

std::string command_text(const ReadCommand& command) {
  std::string text;
  for (std::size_t d = 0; d < destinations; ++d)
    if (command.takes(d))
      text += std::string(text.empty() ? "" : ", ") + names[d] + ": " +
              std::to_string(command.rows[d]) + " rows of " + std::to_string(command.row_bytes[d]) +
              " bytes from " + hex(command.source[d]);
  return text;
}

ReaderPins::ReaderPins(RtlInstance& rtl, const stage::Clock& clock, const ReaderShape& shape)
    : rtl_(rtl),
      clock_(clock),
      shape_(shape),
      widths_(rtl.parameters()),
      clk_(rtl.pin("clk")),
      rst_(rtl.pin("rst")),
      start_(rtl.pin("start")),
      destinations_(rtl.pin("destinations")),
      source_(rtl.pin("source")),
      rows_(rtl.pin("rows")),
      row_bytes_(rtl.pin("row_bytes")),
      places_(rtl.pin("places")),
      start_ready_(rtl.pin("start_ready")),
      araddr_(rtl.pin("araddr")),
      arlen_(rtl.pin("arlen")),
      arsize_(rtl.pin("arsize")),
      arburst_(rtl.pin("arburst")),
      aruser_(rtl.pin("aruser")),
      arvalid_(rtl.pin("arvalid")),
      arready_(rtl.pin("arready")),
      rdata_(rtl.pin("rdata")),
      rlast_(rtl.pin("rlast")),
      rvalid_(rtl.pin("rvalid")),
      rready_(rtl.pin("rready")),
      buffer_write_(rtl.pin("buffer_write")),
      buffer_address_(rtl.pin("buffer_address")),
      buffer_data_(rtl.pin("buffer_data")),
      row_valid_(rtl.pin("row_valid")),
      row_ready_(rtl.pin("row_ready")),
      row_address_(rtl.pin("row_address")),
      buffer_(destinations *
              static_cast<std::size_t>(widths_.places * widths_.row_beats * widths_.bus_bytes)) {
  std::fill(std::begin(taken_at_), std::end(taken_at_), -1);
  sc_core::sc_spawn([this] { guarded([this] { go_on_asking(); }); },
                    sc_core::sc_gen_unique_name("go_on_asking"));
  sc_core::sc_spawn([this] { guarded([this] { give_data(); }); },
                    sc_core::sc_gen_unique_name("give_data"));
  sc_core::sc_spawn_options edges;
  edges.spawn_method();
  edges.dont_initialize();
  edges.set_sensitivity(&clk_.changed());
  sc_core::sc_spawn([this] { guarded([this] { store(); }); }, sc_core::sc_gen_unique_name("store"),
                    &edges);
}

template <typename Act>
void ReaderPins::guarded(Act act) {
  try {
    act();
  } catch (const RtlError& error) {
    if (!on_error) throw;
    on_error(error);
  }
}

void ReaderPins::fail(const std::string& does, const std::string& expected) const {
  rtl_.fail(row_,
            "row " + std::to_string(row_.row) + " of sequence " + std::to_string(row_.sequence) +
                "; " + command_text(command_),
            does, expected);
}

/// Waits for what is met in this cycle or a later one, and calls `give_up` when that is too late.
/// The clock must be held.
template <typename Met, typename GiveUp>
void ReaderPins::poll(Met met, GiveUp give_up) {
  const std::int64_t most = rtl_.timeout();
  for (std::int64_t waited = 0; !met(); rtl_.next_cycle())
    if (++waited > most) give_up(most);
}

void ReaderPins::start(const ReadCommand& command) {
  command_ = command;
  rtl_.hold(row_);
  rtl_.pass_edge();
  for (std::size_t d = 0; d < destinations; ++d) {
    const int field = static_cast<int>(d);
    source_.set_field(field * widths_.address, widths_.address, command.source[d]);
    rows_.set_field(field * widths_.row_count, widths_.row_count, command.rows[d]);
    row_bytes_.set_field(field * widths_.row_bytes, widths_.row_bytes, command.row_bytes[d]);
  }
  destinations_.set(command.destinations);
  places_.set(static_cast<std::uint64_t>(shape_.places));
  for (Pin* pin : {&source_, &rows_, &destinations_, &row_bytes_, &places_}) rtl_.show(*pin);
  poll(
      [this] {
        rtl_.pulse(start_);
        rtl_.quarter_of_cycle();
        return start_ready_.value() != 0;
      },
      [this](std::int64_t most) {
        fail("does not take a command in " + std::to_string(most) + " cycles", "one waits");
      });
  rtl_.release();
}

std::uint64_t ReaderPins::ask(const stage::RowTag& row, std::size_t destination) {
  // What is asked for in the cycle in which a burst is taken is that burst.
  while (!reads_.empty() && reads_.back().asked() < reads_.back().beats) sc_core::wait(news_);
  row_ = asked_row_ = row;
  asked_for_ = destination;
  rtl_.hold(row);
  if (burst_at_ == clock_.now()) rtl_.next_cycle();
  poll(
      [this] {
        rtl_.quarter_of_cycle();
        return arvalid_.value() != 0;
      },
      [this](std::int64_t most) {
        fail("does not ask for a row in " + std::to_string(most) + " cycles",
             "there is room for one");
      });
  rtl_.release();
  return araddr_.value();
}

void ReaderPins::granted() {
  const bool ends_row = command_.is_last_read(asked_row_.row, asked_for_);
  if (between_rows_) ++held_;
  reads_.push_back({asked_row_,
                    asked_for_,
                    araddr_.value(),
                    static_cast<int>(command_.row_bytes[asked_for_]) / shape_.bus_bytes,
                    ends_row,
                    clock_.now(),
                    {},
                    {}});
  rtl_.hold(asked_row_);
  take_burst(reads_.back());
  between_rows_ = ends_row && reads_.back().asked() == reads_.back().beats;
  rtl_.release();
  news_.notify();
}

/// Takes the burst that is asked for at the end of this cycle.
void ReaderPins::take_burst(Read& read) {
  const int done = read.bursts.empty() ? 0 : read.asked();
  const int beats = static_cast<int>(arlen_.value()) + 1, asked = done + beats;
  expect_burst(read, done, beats);
  if (asked > read.beats)
    fail("asks for " + std::to_string(asked) + " beats of a row",
         std::to_string(read.beats) + " are all");
  if (aruser_.value() != 0 && asked == read.beats)
    fail("says that a row goes on", "all of its beats have been asked for");
  if (aruser_.value() == 0 && asked < read.beats)
    fail("says that a row ends", "some of its beats have not been asked for");
  burst_at_ = clock_.now();
  read.bursts.push_back({asked, burst_at_});
  rtl_.pulse(arready_);
}

/// Its form and place; `done` beats of the read have been asked for.
void ReaderPins::expect_burst(const Read& read, int done, int beats) const {
  const auto bytes = static_cast<std::uint64_t>(shape_.bus_bytes);
  const auto size = static_cast<std::uint64_t>(clog2(shape_.bus_bytes));
  const std::uint64_t address = araddr_.value();
  const std::uint64_t last = address + static_cast<std::uint64_t>(beats) * bytes - 1;
  const std::uint64_t due = read.address + static_cast<std::uint64_t>(done) * bytes;
  if (arsize_.value() != size || arburst_.value() != incr)
    fail("asks for other bursts", "INCR with beats of the bus is due");
  if (address % bytes != 0)
    fail("asks for address " + std::to_string(address), "beats begin at multiples of their size");
  if (address / page != last / page)
    fail("asks for addresses " + std::to_string(address) + " to " + std::to_string(last),
         "no burst crosses 4 KiB");
  if (address != due)
    fail("goes on at address " + std::to_string(address),
         "its row goes on at " + std::to_string(due));
}

/// Takes further bursts of the row that the bus has granted last, as soon as they come.
void ReaderPins::go_on_asking() {
  for (;;) {
    while (reads_.empty() || reads_.back().asked() == reads_.back().beats) sc_core::wait(news_);
    Read& read = reads_.back();
    rtl_.hold(read.row);
    while (read.asked() < read.beats) {
      rtl_.next_cycle();
      poll(
          [this] {
            rtl_.quarter_of_cycle();
            return arvalid_.value() != 0;
          },
          [this](std::int64_t most) {
            fail("does not ask for the rest of a row in " + std::to_string(most) + " cycles",
                 "the bus has granted it");
          });
      take_burst(read);
      between_rows_ = read.ends_row && read.asked() == read.beats;
      news_.notify();
    }
    rtl_.release();
  }
}

void ReaderPins::crossed(const unsigned char* bytes, unsigned count) {
  auto& data = reads_.back().data;
  data.insert(data.end(), bytes, bytes + count);
  news_.notify();
}

void ReaderPins::give_data() {
  for (;;) {
    while (reads_.empty()) sc_core::wait(news_);
    Read& read = reads_.front();
    const auto each = static_cast<std::size_t>(shape_.bus_bytes);
    for (; read.given < read.beats; ++read.given) {
      while (read.given >= read.asked() ||
             read.data.size() < (static_cast<std::size_t>(read.given) + 1) * each)
        sc_core::wait(news_);
      give_beat(read);
    }
    reads_.pop_front();
  }
}

/// The first cycle in which the read's next beat can be at the pins.
std::int64_t ReaderPins::due(const Read& read) const {
  std::size_t b = 0;
  while (read.bursts[b].end <= read.given) ++b;
  const int first = b == 0 ? 0 : read.bursts[b - 1].end;
  return shape_.latency +
         std::max(read.granted + read.given, read.bursts[b].at + read.given - first);
}

/// What it must not do yet.
void ReaderPins::expect_patience() const {
  const bool leaves = left_ == clock_.now();  // A row is on its way out.
  if (row_valid_.value() != 0 && complete_.empty() && !leaves)
    fail("offers a row", "none is complete");
  const bool another = burst_at_ != clock_.now();  // Than the burst that is being taken.
  if (arvalid_.value() != 0 && another && held_ == shape_.places && between_rows_ && !leaves)
    fail("asks for a row", "no place is free");
}

void ReaderPins::give_beat(const Read& read) {
  clock_.spend(due(read) - clock_.now());
  rtl_.hold(read.row);
  rtl_.pass_edge();
  std::uint64_t words[16] = {};  // 128 bytes are AXI's widest beat
  std::memcpy(words, &read.data[static_cast<std::size_t>(read.given * shape_.bus_bytes)],
              static_cast<std::size_t>(shape_.bus_bytes));
  rdata_.set_bits(0, words, 8 * shape_.bus_bytes);
  rlast_.set(std::any_of(read.bursts.begin(), read.bursts.end(),
                         [&](const Burst& burst) { return burst.end == read.given + 1; }));
  rtl_.show(rdata_);
  rtl_.show(rlast_);
  poll(
      [&, offered = clock_.now(), taken = false]() mutable {
        if (taken) return true;
        rtl_.pulse(rvalid_);
        rtl_.middle_of_cycle();
        expect_patience();
        taken = rready_.value() != 0;
        if (taken && read.ends_row && read.given + 1 == read.beats)
          complete_.push_back(offered + 1);
        return false;
      },
      [this](std::int64_t most) {
        fail("does not take a beat in " + std::to_string(most) + " cycles", "one waits");
      });
  rtl_.release();
}

/// The buffer's memory: writes what the edge samples.
void ReaderPins::store() {
  if (clk_.value() == 0 || rst_.value() != 0 || buffer_write_.value() == 0) return;
  const auto bytes = static_cast<std::size_t>(shape_.bus_bytes);
  const auto beat = buffer_address_.value(), last = buffer_.size() / bytes - 1;
  if (beat > last)
    fail("writes beat " + std::to_string(beat) + " of its buffer",
         std::to_string(last) + " is the last");
  const int chunk = std::min(64, 8 * shape_.bus_bytes);
  for (int bit = 0; bit < 8 * shape_.bus_bytes; bit += chunk) {
    const std::uint64_t word = buffer_data_.field(bit, chunk);
    for (int i = 0; i < chunk; i += 8)
      buffer_[beat * bytes + static_cast<std::size_t>((bit + i) / 8)] =
          static_cast<unsigned char>(word >> i);
  }
}

std::int64_t ReaderPins::next_offer(std::size_t destination) const {
  return std::max(taken_at_[destination] + 1,
                  complete_.empty() ? std::int64_t{0} : complete_.front());
}

const unsigned char* ReaderPins::offer(const stage::RowTag& row, std::size_t destination) {
  const int bit = static_cast<int>(destination);
  rtl_.hold(row);
  // What it is offered in the cycle in which it takes a row is that row.
  if (taken_at_[destination] == clock_.now()) rtl_.next_cycle();
  rtl_.pass_edge();
  poll([&] { return row_valid_.field(bit, 1) != 0; },
       [&](std::int64_t most) {
         row_ = row;
         fail("does not offer a row to destination " + std::to_string(bit) + " in " +
                  std::to_string(most) + " cycles",
              "one is due");
       });
  rtl_.release();
  row_ = row;
  if (complete_.empty()) fail("offers a row", "none is complete");
  for (int behind = bit + 1; behind < static_cast<int>(destinations); ++behind)
    if (row_valid_.field(behind, 1) != 0 && taken_at_[behind] != clock_.now())
      fail("offers a row to destination " + std::to_string(behind),
           std::to_string(bit) + " has not taken it");
  const auto bytes = static_cast<std::size_t>(shape_.bus_bytes);
  offered_at_ = row_address_.field(bit * widths_.buffer, widths_.buffer);
  const std::size_t last = (buffer_.size() - command_.row_bytes[destination]) / bytes;
  if (offered_at_ > last)
    fail("offers a row at beat " + std::to_string(offered_at_) + " of its buffer",
         std::to_string(last) + " is the last for one");
  return buffer_.data() + offered_at_ * bytes;
}

void ReaderPins::taken(const stage::RowTag& row, std::size_t destination) {
  const int bit = static_cast<int>(destination);
  rtl_.hold(row);
  rtl_.pass_edge();
  if (row_valid_.field(bit, 1) == 0 ||
      row_address_.field(bit * widths_.buffer, widths_.buffer) != offered_at_)
    fail("changes or withdraws its row", "it must stay until it is taken");
  rtl_.pulse(row_ready_, bit);
  rtl_.release();
  taken_at_[destination] = clock_.now();
  if (!command_.is_last_taker(row.row, destination)) return;
  left_ = clock_.now();
  complete_.pop_front();
  --held_;
}

std::string fits_reader(const RtlParameters& parameters, const ReaderShape& shape) {
  if (shape.latency < 1) return "bus.latency_cycles is 0; AXI needs 1";
  for (const int bytes : {shape.row_bytes, shape.kv_row_bytes})
    if (bytes % shape.bus_bytes != 0)
      return "rows of " + std::to_string(bytes) + " bytes are no whole beats of " +
             std::to_string(shape.bus_bytes);
  return Fit(parameters)
      .exactly("BUS_BYTES", shape.bus_bytes)
      .at_least("ADDRESS_BITS", register_bits)
      .at_least("ROW_BEATS", shape.row_bytes / shape.bus_bytes)
      .at_least("ROW_BITS", clog2(shape.rows + 1))
      .at_least("PLACES", shape.places)
      .text();
}

RtlParameters ReaderVectors::parameters(const ReaderShape& shape) {
  return RtlParameters(
      parameter("ADDRESS_BITS", register_bits) + parameter("BUS_BYTES", shape.bus_bytes) +
      parameter("ROW_BEATS", (shape.row_bytes + shape.bus_bytes - 1) / shape.bus_bytes) +
      parameter("ROW_BITS", clog2(shape.rows + 1)) + parameter("PLACES", shape.places));
}

VectorSet::Layout ReaderVectors::layout(const RtlParameters& parameters) {
  const PinWidths w(parameters);
  const int many = destinations;
  return {{{"start", 1},
           {"destinations", many},
           {"source", many * w.address},
           {"rows", many * w.row_count},
           {"row_bytes", many * w.row_bytes},
           {"places", w.place_count}},
          {{"reads", many}, {"address", many * w.address}, {"offers", many}}};
}

ReaderVectors::ReaderVectors(VectorSet& set, const ReaderShape& shape)
    : set_(set), widths_(parameters(shape)), places_(shape.places) {}

void ReaderVectors::observe(memory::ReadSeam& channel) {
  channels_.emplace_back(*this);
  channel.observe(channels_.back());
}

void ReaderVectors::Channel::started(const ReadCommand& given) {
  command = given;
  rows.assign(given.all_rows(), {});
}

void ReaderVectors::Channel::asked(const stage::RowTag& row, std::size_t destination) {
  rows[row.row].reads |= 1u << destination;
}

void ReaderVectors::Channel::taken(const stage::RowTag& row, std::size_t destination) {
  rows[row.row].offers |= 1u << destination;
  if (row.row + 1 == rows.size() && command.is_last_taker(row.row, destination)) of.write(*this);
}

void ReaderVectors::write(const Channel& channel) {
  const auto& command = channel.command;
  auto& given = set_.stimulus();
  auto& expected = set_.expected();
  for (std::uint32_t row = 0; row < channel.rows.size(); ++row) {
    given.set("start", row == 0);
    given.set("destinations", command.destinations);
    given.set("places", static_cast<std::uint64_t>(places_));
    expected.set("reads", channel.rows[row].reads);
    expected.set("offers", channel.rows[row].offers);
    for (std::size_t d = 0; d < destinations; ++d) {
      const int field = static_cast<int>(d);
      given.set("source", field, widths_.address, command.source[d]);
      given.set("rows", field, widths_.row_count, command.rows[d]);
      given.set("row_bytes", field, widths_.row_bytes, command.row_bytes[d]);
      if (channel.rows[row].reads >> d & 1)
        expected.set("address", field, widths_.address, command.address_of(row, d));
    }
    stage::RowTag tag;
    tag.id = row;
    set_.end_transaction(tag);
  }
}

}  // namespace topkima::cosim
