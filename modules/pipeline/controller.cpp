// SPDX-License-Identifier: Apache-2.0
#include "pipeline/controller.h"

#include <algorithm>
#include <optional>

namespace topkima::pipeline {

namespace reg = registers::controller;

Controller::Controller(const sc_core::sc_module_name& name, stage::Context& context, int heads)
    : sc_core::sc_module(name),
      context_(context),
      heads_(heads),
      id_(context.ledger.add_label("controller", stage::kinds::controller)),
      input_(context.ledger.add_label("input", stage::kinds::input)),
      registers_(registers::block("controller")) {
  control.register_b_transport(this, &Controller::access);
  registers_.on_write = [this](const registers::Register& r, std::uint32_t, std::uint32_t value,
                               tlm::tlm_generic_payload& payload) { on_write(r, value, payload); };
  sc_core::sc_spawn([this] { run(); }, "run");
  sc_core::sc_spawn_options when_drive_irq;
  when_drive_irq.spawn_method();
  when_drive_irq.set_sensitivity(&irq_changed_);
  sc_core::sc_spawn([this] { drive_irq(); }, "drive_irq", &when_drive_irq);
}

void Controller::access(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  ++accesses_;
  registers_.transport(payload, delay);
  --accesses_;
  accessed_.notify(sc_core::SC_ZERO_TIME);
}

/// Whoever writes a command expects to have gone on before it is obeyed.
void Controller::wait_for_accesses() {
  while (accesses_ > 0) sc_core::wait(accessed_);
}

void Controller::on_write(const registers::Register& r, std::uint32_t value,
                          tlm::tlm_generic_payload& payload) {
  if (&r == &reg::control) {
    // The clock's origin and the record of causes begin with START: there is one per simulation.
    if (!(value & 1)) return;
    const auto word = Schedule::from_register(registers_.value(reg::schedule));
    if (started_ || !word) {
      payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
      return;
    }
    schedule_ = &Schedule::of(*word);
    started_ = true;
    start_.notify();
  } else if (&r == &reg::irq_status || &r == &reg::irq_enable) {
    irq_changed_.notify(sc_core::SC_ZERO_TIME);
  } else if (&r == &reg::available && busy_) {
    // From outside the module: nothing in it explains when.
    const auto now = context_.clock.now();
    available_ = {
        true, context_.ledger.event(input_, stage::Ledger::start, stage::Ledger::start, now, now),
        input_, now};
    rung_.notify(sc_core::SC_ZERO_TIME);
  } else if (&r == &reg::doorbell) {
    const auto* extension = payload.get_extension<stage::RowExtension>();
    if (!extension || value < reg::q_projected || value > reg::output_stored ||
        extension->tag.sequence >= progress_.size()) {
      payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
      return;
    }
    const auto delay =
        static_cast<std::int64_t>(registers_.delay().value() / context_.clock.period().value());
    doorbells_.push_back({value, extension->tag.sequence, extension->cause, extension->from,
                          context_.clock.now() + delay});
    rung_.notify(registers_.delay());
  }
}

void Controller::drive_irq() {
  irq.write((registers_.value(reg::irq_status) & registers_.value(reg::irq_enable) & 1) != 0);
}

void Controller::run() {
  while (!started_) sc_core::wait(start_);
  wait_for_accesses();
  busy_ = true;
  context_.clock.start();
  oldest_ = 0;
  progress_.assign(value(reg::sequences), {});
  registers_.set(reg::status, 1);
  registers_.set(reg::completed, 0);
  namespace distributor = registers::distributor;
  const std::uint32_t mode = !schedule_->buffers_queries() ? distributor::bypass
                             : schedule_->rows_overlap()   ? distributor::stream
                                                           : distributor::one_row;
  command_.send(commands,
                registers::block("distributor").base + registers::distributor::mode.offset, mode,
                stage::Ledger::start, id_, {});
  while (oldest_ < progress_.size()) {
    // A step of one sequence may let a later one go on; the window is the banks and one more.
    bool moved = true;
    while (moved) {
      moved = false;
      const auto end = std::min<std::size_t>(progress_.size(), oldest_ + value(reg::banks) + 1);
      for (std::uint32_t s = oldest_; s < end; ++s) moved = advance(s) || moved;
    }
    sc_core::wait(rung_.default_event());
    wait_for_accesses();
    for (auto it = doorbells_.begin(); it != doorbells_.end();) {
      if (it->due <= context_.clock.now()) {
        take(*it);
        it = doorbells_.erase(it);
      } else {
        ++it;
      }
    }
  }
  finish_run();
}

void Controller::take(const Doorbell& bell) {
  Progress& progress = progress_[bell.sequence];
  const Milestone reached{true, bell.cause, bell.from, context_.clock.now()};
  switch (bell.kind) {
    case reg::q_projected: progress.q_projected = reached; break;
    case reg::k_received: progress.k_received = reached; break;
    case reg::v_received: progress.v_received = reached; break;
    case reg::written: progress.written = reached; break;
    case reg::output_stored:
      progress.completed.node = context_.ledger.join(bell.cause, progress.completed.node);
      progress.completed.by = bell.from;
      progress.completed.at = context_.clock.now();
      if (++progress.heads_stored < heads_) break;
      progress.completed.reached = true;
      completions.write({bell.sequence, context_.clock.now()});
      registers_.set(reg::completed, bell.sequence + 1);
      while (oldest_ < progress_.size() && progress_[oldest_].completed.reached) ++oldest_;
      break;
  }
}

Controller::Milestone Controller::joined(const Milestone& a, const Milestone& b) const {
  // What came last is to blame for the wait.
  return {a.reached && b.reached, context_.ledger.join(a.node, b.node), b.at > a.at ? b.by : a.by,
          std::max(a.at, b.at)};
}

/// All that `destinations` name has come in.
Controller::Milestone Controller::received(const Progress& progress,
                                           std::uint32_t destinations) const {
  const Milestone* const all[] = {destinations & to_k ? &progress.k_received : nullptr,
                                  destinations & to_v ? &progress.v_received : nullptr,
                                  destinations & to_q ? &progress.q_projected : nullptr};
  std::optional<Milestone> last;
  for (const Milestone* one : all)
    if (one) last = last ? joined(*last, *one) : *one;
  return last.value();
}

void Controller::start_dma(std::uint64_t channel, std::uint32_t sequence,
                           std::uint32_t destinations, const Milestone& cause) {
  const auto& block = registers::block("dma");
  const std::uint64_t base = block.base + channel * block.stride;
  stage::RowTag tag;
  tag.sequence = sequence;
  const auto write = [&](const registers::Register& r, std::uint32_t element, std::uint32_t word) {
    command_.send(commands, base + r.offset + 4 * element, word, cause.node, cause.by, tag);
  };
  namespace dma = registers::dma;
  const registers::Register* sources[] = {&reg::q_source, &reg::k_source, &reg::v_source};
  const registers::Register* rows[] = {&reg::query_rows, &reg::tokens, &reg::tokens};
  for (std::uint32_t d = 0; d < 3; ++d) {
    write(dma::source, d, value(*sources[d]) + sequence * value(reg::sequence_stride));
    write(dma::rows, d, value(*rows[d]));
  }
  write(dma::row_bytes, 0, value(reg::row_bytes));
  write(dma::kv_row_bytes, 0, value(reg::kv_row_bytes));
  write(dma::destinations, 0, destinations);
  write(dma::sequence, 0, sequence);
  write(dma::start, 0, 1);
}

/// Issues the next load pass of a sequence if it may go.
bool Controller::load(std::uint32_t s) {
  Progress& progress = progress_[s];
  const auto& passes = schedule_->passes();
  const std::size_t pass = progress.passes_issued;
  if (pass == passes.size()) return false;

  Milestone cause{true, stage::Ledger::start, id_, 0};
  if (pass > 0) {
    cause = received(progress, passes[pass - 1]);
  } else if (s > 0) {
    // The arrays of its bank must be free, and the channel.
    const std::uint32_t banks =
        schedule_->sequences_overlap() ? std::max<std::uint32_t>(value(reg::banks), 1) : 1;
    cause = received(progress_[s - 1], schedule_->loaded());
    if (s >= banks) cause = joined(cause, progress_[s - banks].completed);
  }
  if (pass == 0) {
    if (s >= value(reg::available)) return false;
    if (available_.reached) cause = joined(cause, available_);
  }
  if (!cause.reached) return false;
  ++progress.passes_issued;
  start_dma(registers::dma::load_channel, s, passes[pass], cause);
  return true;
}

/// Issues what sequence `s` is ready for; true if there was something.
bool Controller::advance(std::uint32_t s) {
  Progress& progress = progress_[s];
  stage::RowTag tag;
  tag.sequence = s;
  bool moved = load(s);

  const Milestone loaded = received(progress, schedule_->loaded());
  if (!progress.write_issued && loaded.reached) {
    progress.write_issued = moved = true;
    command_.send(commands, registers::block("writer").base + registers::writer::write.offset,
                  s % std::max<std::uint32_t>(value(reg::banks), 1), loaded.node, loaded.by, tag);
  }

  Milestone ready = progress.written;
  const bool queries_follow = !schedule_->buffers_queries();
  if (queries_follow && s > 0) ready = joined(ready, progress_[s - 1].q_projected);
  if (!progress.query_issued && ready.reached) {
    progress.query_issued = moved = true;
    command_.send(commands,
                  registers::block("distributor").base + registers::distributor::release.offset, s,
                  ready.node, ready.by, tag);
    if (queries_follow) start_dma(registers::dma::query_channel, s, to_q, ready);
  }
  return moved;
}

void Controller::finish_run() {
  const std::int64_t cycles = context_.clock.now();
  finish_ = progress_.empty() ? stage::Ledger::start : progress_.back().completed.node;
  registers_.set(reg::cycles, static_cast<std::uint32_t>(cycles), 0);
  registers_.set(reg::cycles, static_cast<std::uint32_t>(cycles >> 32), 1);
  registers_.set(reg::status, 2);
  registers_.raise(reg::irq_status, 1);
  busy_ = false;
  irq_changed_.notify(sc_core::SC_ZERO_TIME);
}

std::string Controller::state() const {
  if (!busy_) return std::string(name()) + ": idle";
  const Progress& progress = progress_[oldest_];
  const std::pair<const char*, bool> steps[] = {{"Q projected", progress.q_projected.reached},
                                                {"K received", progress.k_received.reached},
                                                {"V received", progress.v_received.reached},
                                                {"K^T and V written", progress.written.reached}};
  std::string text = std::string(name()) + ": sequence " + std::to_string(oldest_);
  for (const auto& [step, reached] : steps)
    text += std::string(", ") + step + (reached ? ": yes" : ": no");
  return text + ", heads stored: " + std::to_string(progress.heads_stored);
}

}  // namespace topkima::pipeline
