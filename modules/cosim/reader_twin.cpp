// SPDX-License-Identifier: Apache-2.0
#include "cosim/reader_twin.h"

#include <algorithm>
#include <utility>

#include "cosim/hex.h"

namespace topkima::cosim {

using memory::ReadCommand;

namespace {

/// A row that belongs to no head is reported under its own number.
stage::RowTag numbered(stage::RowTag row) {
  row.id = row.row;
  return row;
}

/// The first byte that differs and where, for a report.
std::string byte_text(const unsigned char* bytes, std::size_t at) {
  return std::to_string(bytes[at]) + " (byte " + std::to_string(at) + ")";
}

}  // namespace

ReaderTwin::ReaderTwin(const sc_core::sc_module_name& name, const stage::Clock& clock,
                       ReaderPins& pins, memory::ReadSeam& channel, Comparison comparison)
    : Twin(name, clock, std::move(comparison)), pins_(pins) {
  channel.observe(*this);
  pins.on_error = [this](const RtlError& error) { report(asking_, error); };
  sc_core::sc_spawn(
      [this] {
        try {
          follow_offers();
        } catch (const RtlError& error) {
          report(offering_, error);
        }
      },
      "follow_offers");
}

void ReaderTwin::report(const At& at, const RtlError& error) {
  if (ended_) return;
  ended_ = true;
  comparison_.begin(at.row, clock_.now(), at.transaction, at.inputs);
  comparison_.impossible(clock_.now(), error.does, error.expected);
}

void ReaderTwin::started(const ReadCommand& command) {
  command_ = command;
  // A copy does rows of the first one alone, and may never be done with it.
  if (commands_++ > 0 && !comparison_.follows_all()) return;
  asks_.push_back({command, numbered({}), ReadCommand::destination_count, clock_.now(), {}});
  news_.notify();
}

void ReaderTwin::asked(const stage::RowTag& row, std::size_t destination) {
  follows_ = comparison_.follows(row) && (commands_ == 1 || comparison_.follows_all());
  if (!follows_) return;
  asks_.push_back({command_, numbered(row), destination, clock_.now(), {}});
  news_.notify();
}

void ReaderTwin::granted() {
  if (!follows_) return;
  asks_.back().granted = true;
  news_.notify();
}

void ReaderTwin::crossed(const unsigned char* bytes, unsigned count) {
  if (!follows_) return;
  auto& data = asks_.back().data;
  data.insert(data.end(), bytes, bytes + count);
  news_.notify();
}

void ReaderTwin::offered(const stage::RowTag& row, std::size_t destination,
                         const unsigned char* bytes) {
  if (!comparison_.follows(row) || (commands_ > 1 && !comparison_.follows_all())) return;
  offers_.push_back({command_,
                     numbered(row),
                     destination,
                     clock_.now(),
                     {bytes, bytes + command_.row_bytes[destination]}});
  news_.notify();
}

void ReaderTwin::taken(const stage::RowTag&, std::size_t) {
  if (!offers_.empty()) offers_.back().taken = true;
  news_.notify();
}

void ReaderTwin::follow() {
  for (;;) {
    while (ended_ || asks_.empty()) sc_core::wait(news_);
    Ask& ask = asks_.front();
    asking_ = {ask.row,
               ask.is_start() ? "command" : "read of " + read_text(ask.row, ask.destination),
               command_text(ask.command)};
    if (ask.is_start())
      start(ask);
    else
      read(ask);
    asks_.pop_front();
  }
}

void ReaderTwin::start(const Ask& ask) {
  while (gone_ < begun_) sc_core::wait(news_);
  pins_.start(ask.command);
}

void ReaderTwin::read(Ask& ask) {
  bool first = true;
  for (std::size_t d = 0; d < ask.destination; ++d)
    first = first && !ask.command.reads(ask.row.row, d);
  if (first) {
    while (begun_ - gone_ >= pins_.places()) sc_core::wait(news_);
    ++begun_;
  }
  const std::int64_t begun = clock_.now();
  const std::uint64_t address = pins_.ask(ask.row, ask.destination);
  ask.answered = true;
  compare(asking_, ask.asked, "address", hex(ask.command.address_of(ask.row.row, ask.destination)),
          hex(address), clock_.now() - begun);
  while (!ask.granted) sc_core::wait(news_);
  pins_.granted();
  cross(ask);
}

/// Lets beat after beat cross, each at the end of its cycle.
void ReaderTwin::cross(const Ask& ask) {
  const std::size_t beat = pins_.beat_bytes();
  for (std::size_t done = 0; done < ask.command.row_bytes[ask.destination]; done += beat) {
    sc_core::wait(clock_.time_of(clock_.now() + 1) - sc_core::sc_time_stamp());
    while (ask.data.size() < done + beat) sc_core::wait(news_);
    pins_.crossed(&ask.data[done], static_cast<unsigned>(beat));
  }
}

void ReaderTwin::follow_offers() {
  for (;;) {
    while (ended_ || offers_.empty()) sc_core::wait(news_);
    Offer& offer = offers_.front();
    offering_ = {offer.row, "hand-off of " + read_text(offer.row, offer.destination),
                 command_text(offer.command)};
    hand_on(offer);
    offers_.pop_front();
  }
}

void ReaderTwin::hand_on(Offer& offer) {
  const std::int64_t called = clock_.now();
  const unsigned char* bytes = pins_.offer(offer.row, offer.destination);
  offer.answered = true;
  // RTL hands on one row per cycle, and none that has not come.
  const std::int64_t due = std::max(called, pins_.next_offer(offer.destination));
  const auto size = offer.bytes.size();
  const auto differs = static_cast<std::size_t>(
      std::mismatch(offer.bytes.begin(), offer.bytes.end(), bytes).first - offer.bytes.begin());
  const bool same = differs == size;
  compare(offering_, offer.offered, "row", same ? "" : byte_text(offer.bytes.data(), differs),
          same ? "" : byte_text(bytes, differs), clock_.now() - due);
  while (!offer.taken) sc_core::wait(news_);
  pins_.taken(offer.row, offer.destination);
  if (!offer.command.is_last_taker(offer.row.row, offer.destination)) return;
  ++gone_;
  news_.notify();
}

void ReaderTwin::compare(const At& at, std::int64_t cycle, const std::string& field,
                         const std::string& model, const std::string& rtl, std::int64_t cycles) {
  comparison_.begin(at.row, cycle, at.transaction, at.inputs);
  if (model != rtl) comparison_.differ(field, model, rtl);
  if (compares_cycles()) comparison_.field<std::int64_t>("cycles", 0, cycles);
  comparison_.end(model.empty() ? "as the model" : model);
}

/// What the model has done in the run's last cycle may still be on its way.
void ReaderTwin::finish() {
  if (!compares_cycles() || ended_) return;
  const std::int64_t now = clock_.now();
  if (!offers_.empty() && !offers_.front().answered && offers_.front().offered < now)
    return miss(offering_, offers_.front().offered);
  if (!asks_.empty() && !asks_.front().answered && asks_.front().asked < now)
    miss(asking_, asks_.front().asked);
}

void ReaderTwin::miss(const At& at, std::int64_t cycle) {
  comparison_.begin(at.row, cycle, at.transaction, at.inputs);
  comparison_.differ("answer", "in this cycle", "none");
}

}  // namespace topkima::cosim
