// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stands at the ends of a block under test: a source and a sink of row transactions that note
// every cycle, an initiator for single transactions, and a target that records what it is sent.

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <systemc>
#include <vector>

#include "stage/link.h"
#include "stage/stage.h"

namespace topkima::testbenches {

using Bytes = std::vector<unsigned char>;

template <typename T>
Bytes bytes_of(const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

template <typename T>
std::vector<T> values_of(const Bytes& bytes, std::size_t skip = 0) {
  std::vector<T> values((bytes.size() - skip) / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data() + skip, values.size() * sizeof(T));
  return values;
}

/// A row of entries as the union, the softmax unit and the AV arrays exchange it.
inline Bytes entry_row(const std::vector<stage::TokenCode>& entries, std::uint32_t sum = 0) {
  Bytes bytes;
  auto* to = stage::make_entry_row(bytes, {static_cast<std::int32_t>(entries.size()), sum});
  std::copy(entries.begin(), entries.end(), to);
  return bytes;
}

/// Tag of row `row`; its id is the row's number.
inline stage::RowTag tag_of(std::uint32_t row, std::uint32_t sequence = 0, std::uint16_t head = 0) {
  stage::RowTag tag;
  tag.sequence = sequence;
  tag.head = head;
  tag.row = row;
  tag.id = row;
  return tag;
}

/// An account's causes of waiting and their cycles, in an order that does not depend on time.
using Causes = std::map<stage::StageId, std::int64_t>;
inline Causes causes(const std::vector<std::pair<stage::StageId, std::int64_t>>& booked) {
  return {booked.begin(), booked.end()};
}

/// Offers rows by b_transport, each at its cycle or, later, as soon as the one before was taken.
class RowSource : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<RowSource> out{"out"};

  RowSource(const sc_core::sc_module_name& module, stage::Context& context)
      : sc_core::sc_module(module),
        id(context.ledger.add_label(name(), stage::kinds::source)),
        context_(context) {
    sc_core::sc_spawn([this] { run(); }, "run");
  }

  /// Before the simulation.
  void add(std::int64_t cycle, const stage::RowTag& tag, Bytes data) {
    rows_.push_back({cycle, tag, std::move(data)});
  }
  /// Row after row from cycle 0 on; tags count up.
  void add(Bytes data) {
    add(0, tag_of(static_cast<std::uint32_t>(rows_.size())), std::move(data));
  }

  const stage::StageId id;
  std::vector<std::int64_t> returned;           ///< cycle at which each row was taken
  std::function<void(std::size_t row)> before;  ///< called as the source turns to a row

 private:
  struct Offer {
    std::int64_t cycle;
    stage::RowTag tag;
    Bytes data;
  };

  void run() {
    auto& [clock, ledger, tally] = context_;
    stage::NodeId last = stage::Ledger::start;
    for (const auto& row : rows_) {
      if (before) before(returned.size());
      if (row.cycle > clock.now()) {
        clock.spend(row.cycle - clock.now());
        last = ledger.event(id, stage::Ledger::start, stage::Ledger::start, row.cycle, clock.now());
      }
      payload_.extension.tag = row.tag;
      payload_.extension.cause = last;
      payload_.extension.from = id;
      auto& payload = payload_.write(row.data.data(), row.data.size());
      sc_core::sc_time delay;
      out->b_transport(payload, delay);
      stage::expect_ok(payload, name());
      last = payload_.extension.cause;
      returned.push_back(clock.now());
    }
  }

  stage::Context& context_;
  std::vector<Offer> rows_;
  stage::RowPayload payload_;
};

/// Takes rows; each call returns `hold` cycles (of that row) after it was made.
class RowSink : public sc_core::sc_module {
 public:
  struct Taken {
    std::int64_t cycle;  ///< at which the row was offered
    stage::RowTag tag;
    Bytes data;
  };

  tlm_utils::simple_target_socket<RowSink> in{"in"};

  RowSink(const sc_core::sc_module_name& module, stage::Context& context)
      : sc_core::sc_module(module),
        id(context.ledger.add_label(name(), stage::kinds::sink)),
        context_(context) {
    in.register_b_transport(this, &RowSink::take);
  }

  const stage::StageId id;
  std::vector<Taken> rows;
  std::function<std::int64_t(std::size_t row)> hold;  ///< none: no cycle

  std::vector<std::int64_t> cycles() const {
    std::vector<std::int64_t> cycles;
    for (const auto& row : rows) cycles.push_back(row.cycle);
    return cycles;
  }

 private:
  void take(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    auto* row = stage::accept_row(payload, stage::RowFormat{1, SIZE_MAX});
    if (!row) return;
    auto& [clock, ledger, tally] = context_;
    const std::int64_t cycles = hold ? hold(rows.size()) : 0;
    const auto* data = payload.get_data_ptr();
    rows.push_back({clock.now(), row->tag, Bytes(data, data + payload.get_data_length())});
    clock.spend(cycles);
    if (cycles > 0) row->cause = ledger.event(id, row->cause, row->cause, cycles, clock.now());
    row->taken_by = id;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  stage::Context& context_;
};

/// Single transactions from outside the simulation, to targets that answer at once. Bind, then
/// sc_start(SC_ZERO_TIME), then call; or call from `at_start`, before any process runs.
class Initiator : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Initiator> out{"out"};

  explicit Initiator(const sc_core::sc_module_name& module) : sc_core::sc_module(module) {
    sc_core::sc_spawn_options when_idle;
    when_idle.spawn_method();
    sc_core::sc_spawn([this] { idle(); }, "idle", &when_idle);
  }

  std::function<void()> at_start;

  tlm::tlm_response_status write(std::uint64_t address, const Bytes& data) {
    return send(payload.write(data.data(), data.size(), address));
  }
  tlm::tlm_response_status write32(std::uint64_t address, std::uint32_t value) {
    return write(address, bytes_of<std::uint32_t>({value}));
  }
  tlm::tlm_response_status read(std::uint64_t address, Bytes& data) {
    return send(payload.read(data.data(), data.size(), address));
  }
  /// For transactions that a caller makes unusual first. Adds to `delay`.
  tlm::tlm_response_status send(tlm::tlm_generic_payload& transaction) {
    out->b_transport(transaction, delay);
    return transaction.get_response_status();
  }

  stage::RowPayload payload;
  sc_core::sc_time delay;

 private:
  void start_of_simulation() override {
    if (at_start) at_start();
  }
  void idle() {}
};

/// Answers every write with `response` at once and keeps what came, in order.
class Recording : public sc_core::sc_module {
 public:
  struct Write {
    sc_core::sc_time time, delay;
    std::uint64_t address;
    stage::RowTag tag;
    Bytes data;
  };

  tlm_utils::simple_target_socket<Recording> in{"in"};

  explicit Recording(const sc_core::sc_module_name& module) : sc_core::sc_module(module) {
    in.register_b_transport(this, &Recording::take);
  }

  std::vector<Write> writes;
  tlm::tlm_response_status response = tlm::TLM_OK_RESPONSE;
  std::function<sc_core::sc_time(std::size_t write)> takes;  ///< what to add to the delay

 private:
  void take(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const auto* row = payload.get_extension<stage::RowExtension>();
    const auto* data = payload.get_data_ptr();
    writes.push_back({sc_core::sc_time_stamp(), delay, payload.get_address(),
                      row ? row->tag : stage::RowTag{},
                      Bytes(data, data + payload.get_data_length())});
    if (takes) delay += takes(writes.size() - 1);
    payload.set_response_status(response);
  }
};

/// Hands what an analysis port shows to a function.
template <typename T>
class Observer : public tlm::tlm_analysis_if<T> {
 public:
  explicit Observer(std::function<void(const T&)> see) : see_(std::move(see)) {}
  void write(const T& record) override { see_(record); }

 private:
  std::function<void(const T&)> see_;
};

}  // namespace topkima::testbenches
