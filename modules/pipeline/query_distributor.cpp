// SPDX-License-Identifier: Apache-2.0
#include "pipeline/query_distributor.h"

#include <algorithm>

namespace topkima::pipeline {

namespace reg = registers::distributor;
using stage::Ledger;
using stage::NodeId;

QueryDistributor::QueryDistributor(const sc_core::sc_module_name& name, stage::Context& context,
                                   const Config& config)
    : sc_core::sc_module(name),
      context_(context),
      config_(config),
      registers_(registers::block("distributor")),
      ring_(1),
      chains_(static_cast<std::size_t>(config.chains())),
      meter_(context.meter(stage::Component::control)) {
  heads.init(static_cast<std::size_t>(config.chains()));
  in.register_b_transport(this, &QueryDistributor::receive);
  control.register_b_transport(this, &QueryDistributor::access);
  finished.register_b_transport(this, &QueryDistributor::note_finished);
  registers_.on_write = [this](const registers::Register& r, std::uint32_t, std::uint32_t,
                               tlm::tlm_generic_payload& payload) {
    if (&r == &reg::mode && mode() != reg::bypass) {
      ring_.resize(static_cast<std::size_t>(config_.rows) * config_.sequences_held);
      for (auto& place : ring_) {
        place.row.data.reserve(static_cast<std::size_t>(config_.heads) * config_.d_k);
        place.taken.assign(chains_.size(), Ledger::start);
      }
    }
    if (&r != &reg::release) return;
    const auto* extension = payload.get_extension<stage::RowExtension>();
    releases_.push_back({extension ? extension->cause : Ledger::start, context_.clock.now(),
                         extension ? extension->from : stage::nobody});
    wake_all();
  };
  for (int chain = 0; chain < config.chains(); ++chain)
    sc_core::sc_spawn([this, chain] { feed(chain); }, sc_core::sc_gen_unique_name("feed"));
}

std::uint32_t QueryDistributor::mode() const { return registers_.value(reg::mode); }

void QueryDistributor::wake_all() {
  for (auto& chain : chains_) chain.wake.notify();
}

void QueryDistributor::access(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  registers_.transport(payload);
}

void QueryDistributor::note_finished(int, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  const std::uint64_t head = payload.get_address();
  if (head >= static_cast<std::uint64_t>(config_.heads)) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (mode() != reg::one_row) return;
  auto& chain = chains_[head / static_cast<std::uint64_t>(config_.heads_per_chain)];
  ++chain.finished;
  chain.finished_at = context_.clock.now();
  if (const auto* extension = payload.get_extension<stage::RowExtension>()) {
    chain.finished_node = extension->cause;
    chain.finished_by = extension->from;
  }
  chain.wake.notify();
}

void QueryDistributor::receive(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  stage::settle(delay);
  const auto width = static_cast<std::size_t>(config_.heads) * config_.d_k;
  auto* extension = stage::accept_row(payload, stage::RowFormat::exactly(width));
  if (!extension) return;
  const auto oldest = [this] {
    return next_row(
        *std::min_element(chains_.begin(), chains_.end(),
                          [](const auto& a, const auto& b) { return a.taken < b.taken; }));
  };
  const std::int64_t offered_at = context_.clock.now();
  while (received_ - oldest() >= static_cast<std::int64_t>(ring_.size())) sc_core::wait(taken_);
  Place& place = place_of(received_);
  NodeId arrived = extension->cause;
  for (const NodeId taken : place.taken) arrived = context_.ledger.wait_for(arrived, taken);
  place.row.tag = extension->tag;
  place.row.from = extension->from;
  place.row.arrived = arrived;
  place.row.data.assign(payload.get_data_ptr(), payload.get_data_ptr() + payload.get_data_length());
  place.arrived_at = context_.clock.now();
  ++received_;
  if (mode() != reg::bypass)
    meter_.count(extension->tag, stage::Event::buffer_write_byte, width, context_.clock.now(), 0);
  takers_ = config_.heads;
  wake_all();
  if (mode() == reg::bypass) {
    while (takers_ > 0) sc_core::wait(taken_);
    for (const auto& chain : chains_) arrived = context_.ledger.join(arrived, chain.last);
  }
  extension->cause = arrived;
  extension->taken_by = context_.clock.now() > offered_at ? last_taker() : stage::nobody;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  const bool last = extension->tag.row + 1 == static_cast<std::uint32_t>(config_.rows);
  if (last && doorbell.get_base_port().bind_count() > 0)
    command_.send(doorbell, registers::controller::doorbell.offset,
                  registers::controller::q_projected, extension->cause, extension->from,
                  extension->tag);
}

/// Of the chains that still have no room, the first: the one that refused last may have taken its
/// query by now.
void QueryDistributor::name_who_is_waited_for() {
  for (const auto& chain : chains_) {
    if (!chain.offering || chain.taken_by == stage::nobody) continue;
    context_.ledger.refuse(chain.taken_by, chain.payload.extension.from);
    return;
  }
}

// The chain whose taking a query ended a wait; of several in one cycle the first.
stage::StageId QueryDistributor::last_taker() const {
  const auto last =
      std::max_element(chains_.begin(), chains_.end(),
                       [](const auto& a, const auto& b) { return a.taken_at < b.taken_at; });
  return last->taken_by;
}

bool QueryDistributor::may_go(const ChainState& chain) const {
  if (next_row(chain) >= received_) return false;
  if (place_of(next_row(chain)).row.tag.sequence >= releases_.size()) return false;
  return mode() != reg::one_row || chain.finished >= chain.taken;
}

int QueryDistributor::next_head(int chain) const {
  const auto turn = chains_[static_cast<std::size_t>(chain)].taken % config_.heads_per_chain;
  return chain * config_.heads_per_chain + static_cast<int>(turn);
}

void QueryDistributor::feed(int chain) {
  ChainState& state = chains_[static_cast<std::size_t>(chain)];
  for (;;) {
    while (!may_go(state)) sc_core::wait(state.wake);
    state.offering = true;
    offer(chain, place_of(next_row(state)));
    state.offering = false;
    ++state.taken;
    name_who_is_waited_for();
    if (mode() != reg::bypass || --takers_ == 0) taken_.notify();
  }
}

/// The row goes as soon as it is here, released, and its turn has come; the latest of these is what
/// the chain has been waiting for.
NodeId QueryDistributor::prepare(const ChainState& state, const Place& place, bool first_of_row,
                                 stage::RowExtension& extension) const {
  const Release& release = releases_[place.row.tag.sequence];
  extension.from = place.row.from;
  const NodeId here = context_.ledger.join(place.row.arrived, release.node);
  std::int64_t latest = place.arrived_at;
  if (release.at > latest) {
    latest = release.at;
    extension.from = release.by;
  }
  if (mode() == reg::one_row) {
    if (state.finished_at > latest) extension.from = state.finished_by;
    return context_.ledger.join(here, state.finished_node);
  }
  // A row that comes through in bypass finds the one before taken.
  const bool waits_for_turn = mode() == reg::stream || !first_of_row;
  return waits_for_turn ? context_.ledger.join(here, state.last) : here;
}

void QueryDistributor::offer(int chain, Place& place) {
  ChainState& state = chains_[static_cast<std::size_t>(chain)];
  const int head = next_head(chain);
  auto& extension = state.payload.extension;
  extension.cause = prepare(state, place, head % config_.heads_per_chain == 0, extension);
  const stage::RowTag& row = place.row.tag;
  extension.tag = row;
  extension.tag.head = static_cast<std::uint16_t>(head);
  extension.tag.id = (std::uint64_t{row.sequence} * config_.heads + head) * config_.rows + row.row;
  const auto bytes = static_cast<std::size_t>(config_.d_k);
  if (mode() != reg::bypass)
    meter_.count(row, stage::Event::buffer_read_byte, bytes, context_.clock.now(), 0);
  auto& payload = state.payload.write(place.row.data.data() + bytes * head, bytes);
  sc_core::sc_time delay;
  heads[static_cast<std::size_t>(chain)]->b_transport(payload, delay);
  stage::expect_ok(payload, name());
  state.last = extension.cause;
  state.taken_at = context_.clock.now();
  state.taken_by = extension.taken_by;
  if (!place.taken.empty()) place.taken[static_cast<std::size_t>(chain)] = state.last;
}

}  // namespace topkima::pipeline
