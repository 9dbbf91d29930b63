// SPDX-License-Identifier: Apache-2.0
#include "crossbar/kv_writer.h"

#include <algorithm>
#include <numeric>

#include "arith/ternary.h"
#include "config/errors.h"
#include "stage/instance_names.h"

namespace topkima::crossbar {

using stage::Activity;

KvWriter::KvWriter(const sc_core::sc_module_name& module, stage::Context& context,
                   const Config& config)
    : sc_core::sc_module(module),
      context_(context),
      config_(config),
      key_id_(context.ledger.add_stage(stage::kinds::write_k.name, stage::kinds::write_k)),
      value_id_(context.ledger.add_stage(stage::kinds::write_v.name, stage::kinds::write_v)),
      key_queue_(context, key_id_, config.queue_depth,
                 stage::RowFormat::exactly(std::size_t(config.key_count() * config.key_width()))),
      value_queue_(context, value_id_, config.queue_depth,
                   stage::RowFormat::exactly(std::size_t(config.heads) * config.d_k)),
      registers_(registers::block("writer")),
      transposed_(std::size_t(config.key_count() * config.key_width()) *
                  config.columns.all_columns()),
      cells_(std::size_t(config.columns.all_columns())),
      meter_(context.meter(stage::Component::writer)) {
  key_arrays.init(std::size_t(config.chains() * config.arrays()) * config.columns.crossbars());
  av_arrays.init(std::size_t(config.chains()));
  keys.register_b_transport(this, &KvWriter::take_key);
  values.register_b_transport(this, &KvWriter::take_value);
  control.register_b_transport(this, &KvWriter::access);
  registers_.on_write = [this](const registers::Register&, std::uint32_t, std::uint32_t bank,
                               tlm::tlm_generic_payload& payload) {
    if (!complete_ || commanded_) {
      payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
      return;
    }
    bank_ = bank % static_cast<std::uint32_t>(config_.banks);
    const auto* extension = payload.get_extension<stage::RowExtension>();
    commanded_ = true;
    command_cause_ = extension ? extension->cause : stage::Ledger::start;
    commanded_by_ = extension ? extension->from : stage::nobody;
    command_.notify();
  };
  sc_core::sc_spawn([this] { write_keys(); }, "write_keys");
  sc_core::sc_spawn([this] { write_values(); }, "write_values");
}

void KvWriter::take(stage::RowQueue& queue, tlm::tlm_generic_payload& payload) {
  const auto* row = payload.get_extension<stage::RowExtension>();
  if (row && row->tag.row >= static_cast<std::uint32_t>(config_.tokens)) {
    payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
    return;
  }
  queue.offer(payload);
}

void KvWriter::take_key(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  stage::settle(delay);
  take(key_queue_, payload);
}

void KvWriter::take_value(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  stage::settle(delay);
  take(value_queue_, payload);
}

void KvWriter::access(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  registers_.transport(payload);
}

void KvWriter::transpose(const stage::Row& row) {
  const std::size_t width = row.data.size(), columns = cells_.size();
  const auto column = std::size_t(config_.columns.address_of(int(row.tag.row)));
  const auto* key = row.as<std::int8_t>();
  for (std::size_t i = 0; i < width; ++i) transposed_[i * columns + column] = key[i];
  meter_.count(row.tag, stage::Event::buffer_write_byte, width, context_.clock.now(), 0);
}

void KvWriter::write_word_line(int line, const stage::RowTag& tag) {
  const int count = config_.key_count(), chains = config_.chains() / count;
  const int width = config_.key_width(), in_block = line / config_.cells;
  key_payload_.extension.tag = tag;
  for (int key = 0; key < count; ++key)
    for (int b = 0; b < config_.row_blocks(); ++b) {
      const int dimension = b * config_.block_width + in_block;
      if (dimension >= width) continue;  // the last block has fewer
      arith::ternary_digits(
          transposed_.data() + (std::size_t(key) * width + dimension) * cells_.size(),
          static_cast<int>(cells_.size()), line % config_.cells, cells_.data());
      // A head's own key goes to its chains alone, a shared one to all.
      for (int copy = 0; copy < chains; ++copy) write_block(key * chains + copy, b, line);
    }
}

/// Writes cells_ to a word line of the crossbars of one row block.
void KvWriter::write_block(int chain, int block, int line) {
  const int crossbars = config_.columns.crossbars(), width = config_.key_width();
  const int before = block * config_.block_width;  // values in the blocks before
  const int dimensions = config_.joined ? width : std::min(config_.block_width, width - before);
  const int first_line = config_.joined ? before * config_.cells : 0;
  const std::uint64_t at = std::uint64_t{bank_} * dimensions * config_.cells + first_line + line;
  const int row_block = config_.joined ? 0 : block;
  std::size_t array = std::size_t(chain * config_.arrays() + row_block) * std::size_t(crossbars);
  const std::int8_t* first = cells_.data();
  for (int c = 0; c < crossbars; ++c) {
    const int columns = config_.columns.columns(c);
    auto& payload = key_payload_.write(first, std::size_t(columns), at * std::size_t(columns));
    sc_core::sc_time delay;
    key_arrays[array++]->b_transport(payload, delay);
    stage::expect_ok(payload, name());
    first += columns;
  }
}

/// Each value is read from the buffer once, for all its word lines and all chains that get it.
void KvWriter::count_key_writes(const stage::RowTag& token, std::int64_t begin,
                                std::int64_t cycles) const {
  const auto lines = std::uint64_t(config_.key_width()) * std::uint64_t(config_.cells);
  const std::uint64_t crossbars = std::uint64_t(config_.chains()) * config_.columns.crossbars();
  const std::uint64_t bytes =
      std::uint64_t(config_.key_count()) * config_.key_width() * config_.tokens;
  using stage::Event;
  meter_.count(token, Event::key_row_write, lines * crossbars, begin, cycles);
  meter_.count(token, Event::buffer_read_byte, bytes, begin, cycles);
}

void KvWriter::declare_probes(stage::ProbeScope& key_scope, stage::ProbeScope& value_scope) {
  if (!config::clocked(config_.fidelity)) return;
  using Kind = stage::Signal::Kind;
  key_scope.add(key_write_, {"write", Kind::bit});
  key_scope.add(word_line_, {"word_line", Kind::integer, 17});
  value_scope.add(value_write_, {"write", Kind::bit});
  value_scope.add(token_, {"token_row", Kind::integer, 21});
  for (auto* probe : {&key_write_, &value_write_}) probe->set(false);
  for (auto* probe : {&word_line_, &token_}) probe->set(0);
}

void KvWriter::write_keys() {
  auto& [clock, ledger, tally] = context_;
  stage::NodeId last = stage::Ledger::start;
  for (;;) {
    const stage::Row& row = key_queue_.front();
    transpose(row);
    last = ledger.join(row.arrived, last);
    if (row.tag.row + 1 == static_cast<std::uint32_t>(config_.tokens)) {
      const stage::RowTag tag = row.tag;
      // What follows is a wait for the command.
      ledger.enter(key_id_, Activity::starved, clock.now(), tag, row.from);
      complete_ = true;
      key_doorbell_.send(doorbell, registers::controller::doorbell.offset,
                         registers::controller::k_received, last, row.from, tag);
      while (!commanded_) sc_core::wait(command_);
      commanded_ = false;
      complete_ = false;
      ledger.enter(key_id_, Activity::busy, clock.now(), tag, commanded_by_);
      const int lines = config_.lines();
      const std::int64_t cycles = std::int64_t{lines} * config_.word_line_cycles;
      count_key_writes(tag, clock.now(), cycles);
      const bool clocked = config::clocked(config_.fidelity);
      if (!clocked) clock.spend(cycles);
      key_write_.set(true);
      for (int line = 0; line < lines; ++line) {
        word_line_.set(line);
        if (clocked) clock.spend(config_.word_line_cycles);
        write_word_line(line, tag);
      }
      key_write_.set(false);
      ledger.enter(key_id_, Activity::starved, clock.now(), tag);
      last = ledger.event(key_id_, command_cause_, last, cycles, clock.now());
      key_queue_.pop(last);
      key_doorbell_.send(doorbell, registers::controller::doorbell.offset,
                         registers::controller::written, last, key_id_, tag);
    } else {
      // A key that is put into the buffer takes no time.
      ledger.enter(key_id_, Activity::busy, clock.now(), row.tag, row.from);
      ledger.enter(key_id_, Activity::starved, clock.now(), row.tag);
      key_queue_.pop(last);
    }
  }
}

void KvWriter::write_values() {
  auto& [clock, ledger, tally] = context_;
  stage::NodeId last = stage::Ledger::start;
  const auto d_k = std::size_t(config_.d_k);
  for (;;) {
    const stage::Row& row = value_queue_.front();
    ledger.enter(value_id_, Activity::busy, clock.now(), row.tag, row.from);
    value_write_.set(true);
    token_.set(row.tag.row);
    meter_.count(row.tag, stage::Event::value_row_write, av_arrays.size(), clock.now(),
                 config_.token_cycles);
    clock.spend(config_.token_cycles);
    value_write_.set(false);
    const std::uint64_t bank = row.tag.sequence % static_cast<std::uint32_t>(config_.banks);
    value_payload_.extension.tag = row.tag;
    for (std::size_t chain = 0; chain < av_arrays.size(); ++chain) {
      const std::size_t head = chain / std::size_t(config_.copies);
      auto& payload = value_payload_.write(row.data.data() + head * d_k, d_k,
                                           (bank * config_.tokens + row.tag.row) * d_k);
      sc_core::sc_time delay;
      av_arrays[chain]->b_transport(payload, delay);
      stage::expect_ok(payload, name());
    }
    ledger.enter(value_id_, Activity::starved, clock.now(), row.tag);
    last = ledger.event(value_id_, row.arrived, last, config_.token_cycles, clock.now());
    const stage::RowTag tag = row.tag;
    value_queue_.pop(last);
    if (tag.row + 1 == static_cast<std::uint32_t>(config_.tokens))
      value_doorbell_.send(doorbell, registers::controller::doorbell.offset,
                           registers::controller::v_received, last, value_id_, tag);
  }
}

}  // namespace topkima::crossbar
