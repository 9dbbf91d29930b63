#include "stage/stage.h"

namespace topkima::stage {

RowQueue::RowQueue(Bench& bench, StageId owner, int depth, const RowFormat& format)
    : bench_(bench), owner_(owner), format_(format) {
  ring_.resize(static_cast<std::size_t>(depth) + 1);
  for (auto& row : ring_) row.data.reserve(format.most);
  freed_.assign(ring_.size(), Ledger::start);
}

void RowQueue::offer(tlm::tlm_generic_payload& payload) {
  RowExtension* extension = accept_row(payload, format_);
  if (!extension) return;
  bool waited = false;
  while (count_ == ring_.size()) {
    waited = refused_ = true;
    sc_core::wait(room_);
  }
  const std::size_t place = (first_ + count_) % ring_.size();
  // A sender that had to wait did so for the place to be freed.
  extension->cause =
      waited ? bench_.ledger.join(extension->cause, freed_[place]) : extension->cause;
  Row& row = ring_[place];
  row.tag = extension->tag;
  row.from = extension->from;
  row.arrived = extension->cause;
  row.data.assign(payload.get_data_ptr(), payload.get_data_ptr() + payload.get_data_length());
  extension->taken_by = owner_;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  ++count_;
  if (waiting_) arrived_.notify();
}

Row& RowQueue::front() {
  while (count_ == 0) {
    waiting_ = true;
    sc_core::wait(arrived_);
  }
  waiting_ = false;
  return begin();
}

Row& RowQueue::begin() {
  Row& row = ring_[first_];
  bench_.ledger.starved(owner_, row.from, bench_.clock.now() - waiting_since_);
  return row;
}

void RowQueue::pop(NodeId left) {
  freed_[first_] = left;
  first_ = (first_ + 1) % ring_.size();
  --count_;
  waiting_since_ = bench_.clock.now();
  if (refused_) {
    refused_ = false;
    room_.notify();
  }
}

void RowQueue::close(std::int64_t end) {
  if (count_ == 0) bench_.ledger.starved(owner_, nobody, end - waiting_since_);
}

Stage::Stage(const sc_core::sc_module_name& module, Bench& bench, const std::string& name,
             const std::string& kind, int queue_depth, const RowFormat& format)
    : sc_core::sc_module(module),
      bench_(bench),
      id_(bench.ledger.add_stage(name, kind)),
      queue_(bench, id_, queue_depth, format) {
  in.register_b_transport(this, &Stage::accept);
  SC_HAS_PROCESS(Stage);
  SC_THREAD(run);
}

void Stage::accept(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  settle(delay);
  queue_.offer(payload);
  if (!idle_ || !payload.is_response_ok()) return;
  idle_ = false;
  begin_service();
  if (service_ == 0)
    served_.notify();
  else
    served_.notify(bench_.clock.span(service_));
}

void Stage::begin_service() {
  serving_ = &queue_.begin();
  enter(State::busy);
  service_ = serve(*serving_, output_);
}

void Stage::hand_on() {
  auto& [clock, ledger] = bench_;
  ledger.busy(id_, service_);
  enter(State::blocked);
  const std::int64_t finished = since_;
  const RowTag tag = serving_->tag;
  payload_.extension.tag = tag;
  payload_.extension.from = id_;
  payload_.extension.cause = ledger.event(id_, serving_->arrived, last_, service_, finished);
  auto& payload = payload_.write(output_.data(), output_.size());
  sc_core::sc_time delay;
  out->b_transport(payload, delay);
  expect_ok(payload, name());
  ledger.blocked(id_, payload_.extension.taken_by, clock.now() - finished);
  last_ = payload_.extension.cause;
  handed_on(tag, last_);
  queue_.pop(last_);
}

void Stage::run() {
  for (;;) {
    if (queue_.empty()) {
      enter(State::starved);
      idle_ = true;
      sc_core::wait(served_);
    } else {
      begin_service();
      bench_.clock.spend(service_);
    }
    hand_on();
  }
}

void Stage::close(std::int64_t end) {
  auto& ledger = bench_.ledger;
  if (state_ == State::starved) queue_.close(end);
  if (state_ == State::busy) ledger.unfinished(id_, end - since_);
  if (state_ == State::blocked) ledger.blocked(id_, nobody, end - since_);
}

std::string Stage::state() const {
  static const char* const names[] = {"waiting for a row", "busy", "blocked by the next stage"};
  return std::string(name()) + ": " + names[static_cast<int>(state_)] + " since cycle " +
         std::to_string(since_) + ", " + std::to_string(queue_.size()) + " rows in its queue";
}

}  // namespace topkima::stage
