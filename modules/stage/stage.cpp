// SPDX-License-Identifier: Apache-2.0
#include "stage/stage.h"

namespace topkima::stage {

RowQueue::RowQueue(Context& context, StageId owner, int depth, const RowFormat& format)
    : context_(context), owner_(owner), format_(format) {
  ring_.resize(static_cast<std::size_t>(depth) + 1);
  for (auto& row : ring_) row.data.reserve(format.most);
  freed_.assign(ring_.size(), Ledger::start);
}

void RowQueue::offer(tlm::tlm_generic_payload& payload) {
  RowExtension* extension = accept_row(payload, format_);
  if (!extension) return;
  const std::int64_t asked = context_.clock.now();
  bool waited = false;
  while (count_ == ring_.size()) {
    waited = refused_ = true;
    context_.ledger.refuse(owner_, extension->from);
    sc_core::wait(room_);
  }
  const std::size_t place = (first_ + count_) % ring_.size();
  // A sender that had to wait did so for the place to be freed. Within one cycle it makes no
  // difference which of the two came first.
  if (waited && context_.clock.now() > asked)
    extension->cause = context_.ledger.join(extension->cause, freed_[place]);
  Row& row = ring_[place];
  row.tag = extension->tag;
  row.from = extension->from;
  row.arrived = extension->cause;
  row.data.assign(payload.get_data_ptr(), payload.get_data_ptr() + payload.get_data_length());
  extension->taken_by = owner_;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  ++count_;
  context_.ledger.queue(owner_, row.tag, static_cast<int>(count_), context_.clock.now());
  if (waiting_) arrived_.notify();
}

Row& RowQueue::front() {
  while (count_ == 0) {
    waiting_ = true;
    sc_core::wait(arrived_);
  }
  waiting_ = false;
  return first();
}

void RowQueue::pop(NodeId left) {
  const RowTag& tag = ring_[first_].tag;
  freed_[first_] = left;
  first_ = (first_ + 1) % ring_.size();
  --count_;
  context_.ledger.queue(owner_, tag, static_cast<int>(count_), context_.clock.now());
  if (refused_) {
    refused_ = false;
    room_.notify();
  }
}

Stage::Stage(const sc_core::sc_module_name& module, Context& context, const std::string& name,
             const StageKind& kind, int queue_depth, const RowFormat& format, Fidelity fidelity)
    : sc_core::sc_module(module),
      context_(context),
      id_(context.ledger.add_stage(name, kind)),
      fidelity_(fidelity),
      queue_(context, id_, queue_depth, format) {
  in.register_b_transport(this, &Stage::accept);
  sc_core::sc_spawn([this] { run(); }, "run");
}

void Stage::accept(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  settle(delay);
  queue_.offer(payload);
  if (!idle_ || !payload.is_response_ok()) return;
  idle_ = false;
  if (!config::clocked(fidelity_)) {
    take_into_service();
    if (service_ > 0) {
      woken_.notify(context_.clock.span(service_));
      return;
    }
  }
  woken_.notify();
}

void Stage::take_into_service() {
  const Row& row = queue_.first();
  since_ = context_.clock.now();
  const auto& account = context_.ledger.account(id_);
  const bool starved = account.activity == Activity::starved;
  context_.ledger.enter(id_, Activity::busy, since_, row.tag, starved ? row.from : taken_by_);
  tell_begun(row.tag, input_of(row));
  if (!config::clocked(fidelity_)) service_ = serve(row, output_);
}

/// Cycle fidelity: the service.
void Stage::work() {
  const Row& row = queue_.first();
  if (!circuit()) return serve_clocked(row, output_);
  circuit()->serve(row.tag, input_of(row), output_);
  show(row.tag, output_);
}

void Stage::hand_on() {
  auto& [clock, ledger, tally] = context_;
  const Row& row = queue_.first();
  const std::int64_t finished = clock.now();
  const RowTag tag = row.tag;
  count(row, output_, since_, finished - since_);
  ledger.enter(id_, Activity::blocked, finished, tag);
  payload_.extension.tag = tag;
  payload_.extension.from = id_;
  payload_.extension.cause = ledger.event(id_, row.arrived, last_, finished - since_, finished);
  tell_finished(tag, output_);
  std::int64_t asked = 0;
  if (const auto held = stall_.pass(tag, asked); held > 0) {
    auto& cause = payload_.extension.cause;
    cause = ledger.event(stall_.label(), cause, cause, held, clock.now());
    ledger.enter(id_, Activity::blocked, clock.now(), tag, stall_.label());
  }
  auto& payload = payload_.write(output_.data(), output_.size());
  sc_core::sc_time delay;
  out->b_transport(payload, delay);
  expect_ok(payload, name());
  taken_by_ = payload_.extension.taken_by;
  last_ = payload_.extension.cause;
  tell_taken(tag);
  handed_on(tag, last_);
  queue_.pop(last_);
}

void Stage::run() {
  for (;;) {
    bool in_service = false;
    if (queue_.empty()) {
      // A first wait, before any row, ends no wait for a taker.
      auto& [clock, ledger, tally] = context_;
      if (ledger.account(id_).activity != Activity::starved)
        ledger.enter(id_, Activity::starved, clock.now(), {}, taken_by_);
      idle_ = true;
      sc_core::wait(woken_);
      in_service = !config::clocked(fidelity_);
    }
    if (!in_service) {
      take_into_service();
      if (!config::clocked(fidelity_))
        context_.clock.spend(service_);
      else
        work();
    }
    hand_on();
  }
}

}  // namespace topkima::stage
