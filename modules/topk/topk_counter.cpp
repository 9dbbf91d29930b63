// SPDX-License-Identifier: Apache-2.0
#include "topk/topk_counter.h"

#include <algorithm>
#include <cstring>

#include "arith/ramp.h"

namespace topkima::topk {

namespace reg = registers::topk;

TopkCounter::TopkCounter(const sc_core::sc_module_name& name, const stage::Clock& clock,
                         const Config& config)
    : sc_core::sc_module(name),
      clock_(clock),
      config_(config),
      registers_(registers::block("topk")),
      lanes_(static_cast<std::size_t>(config.grants_per_cycle)) {
  codes.register_b_transport(this, &TopkCounter::count);
  crossings.register_b_transport(this, &TopkCounter::take_step);
  control.register_b_transport(this, &TopkCounter::access);
}

void TopkCounter::access(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  registers_.transport(payload);
}

/// A crossbar without participants has no share, and grants nothing whatever its k.
arith::TopkConfig TopkCounter::topk(const stage::RowTag& row) const {
  arith::TopkConfig topk;
  topk.bits = config_.bits;
  topk.k = static_cast<int>(std::clamp<std::uint32_t>(registers_.value(reg::k), 1, 65536));
  if (mask.size() > 0) {
    const auto& shares = mask->of(row).shares;
    if (!shares.empty()) topk.k = std::max(1, shares[std::size_t(config_.crossbar)]);
  }
  topk.reach = static_cast<int>(std::min<std::uint32_t>(registers_.value(reg::reach), 65536));
  topk.stop_when_exhausted = registers_.value(reg::stop) & 1;
  topk.grants_per_cycle = config_.grants_per_cycle;
  topk.step_cycles = config_.step_cycles;
  topk.start_cycles = config_.start_cycles;
  topk.grant_cycles = config_.grant_cycles;
  topk.tree_cycles = config_.tree_cycles;
  return topk;
}

/// Columns that the arbiter looks through in each cycle.
std::uint64_t TopkCounter::columns_searched(const stage::RowTag& row) const {
  if (config_.crossbars_of_head.empty() || mask.size() == 0) return std::uint64_t(config_.columns);
  const auto& row_mask = mask->of(row);
  std::uint64_t columns = 0;
  for (std::size_t c = 0; c < config_.crossbars_of_head.size(); ++c)
    if (row_mask.is_live(int(c))) columns += std::uint64_t(config_.crossbars_of_head[c]);
  return columns;
}

arith::Winner* TopkCounter::winner_places(int k) {
  const auto most = static_cast<std::size_t>(std::min(k, config_.columns));
  output_.resize(sizeof(arith::Conversion) + most * sizeof(arith::Winner));
  return reinterpret_cast<arith::Winner*>(output_.data() + sizeof(arith::Conversion));
}

void TopkCounter::count(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const auto bytes = static_cast<std::size_t>(config_.columns) * sizeof(std::int16_t);
  const auto* row = stage::accept_row(payload, stage::RowFormat::exactly(bytes));
  if (!row) return;
  const auto* values = reinterpret_cast<const std::int16_t*>(payload.get_data_ptr());
  const auto config = topk(row->tag);
  auto* winner = winner_places(config.k);
  arith::Conversion conversion;
  if (config_.crossbars_of_head.empty()) {
    const arith::Interval on = arith::columns_on(values, config_.columns);
    conversion = arith::convert(config, values + on.first, on.size(), winner);
    for (int w = 0; w < conversion.count; ++w) winner[w].column += on.first;
  } else {
    conversion = arith::convert_scattered(config, values, config_.columns, dense_, winner);
  }
  delay += clock_.span(conversion.cycles);
  payload.set_response_status(send(row->tag, conversion, delay));
}

void TopkCounter::count_events(const stage::RowTag& tag, const arith::Conversion& conversion,
                               std::int64_t end) const {
  if (!meter_.counts()) return;
  const std::int64_t cycles = conversion.cycles, begin = end - cycles;
  using stage::Event;
  meter_.count(tag, Event::arbiter_cycle, std::uint64_t(cycles) * columns_searched(tag), begin,
               cycles);
  if (config_.crossbars_of_head.size() > 1)
    meter_.count(tag, Event::tree_node,
                 std::uint64_t(cycles) * (config_.crossbars_of_head.size() - 1), begin, cycles);
  meter_.count(tag, Event::grant, std::uint64_t(conversion.count), begin, cycles);
}

tlm::tlm_response_status TopkCounter::send(const stage::RowTag& tag,
                                           const arith::Conversion& conversion,
                                           sc_core::sc_time& delay) {
  std::memcpy(output_.data(), &conversion, sizeof conversion);
  count_events(tag, conversion, meter_.cycle(delay));
  conversions.write({tag, config_.crossbar, conversion.steps, conversion.cycles});
  payload_.extension.tag = tag;
  auto& result = payload_.write(
      output_.data(),
      sizeof conversion + static_cast<std::size_t>(conversion.count) * sizeof(arith::Winner));
  winners->b_transport(result, delay);
  return result.get_response_status();
}

void TopkCounter::take_step(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  auto* step = stage::accept_step(payload, std::size_t(config_.columns), fired_);
  if (!step) return;
  stage::settle(delay);
  const bool stopped = step->kind == stage::RampStep::Kind::arm ? arm(*step) : serve(*step);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  step->stop = stopped || step->kind == stage::RampStep::Kind::last;
  if (!step->stop) return;
  if (conversion_.steps > 0) idle(config_.tree_cycles);
  payload.set_response_status(send(step->tag, conversion_, delay));
}

/// Whether the conversion is over before its first step.
bool TopkCounter::arm(const stage::RampStep& step) {
  row_ = step.tag;
  conversion_ = {};
  waiting_cycles_ = 0;
  const auto config = topk(row_);
  winner_places(config.k);
  bool over = false;
  if (replaced_by_) {
    over = replaced_by_->arm(row_, config, step.participants);
  } else {
    circuit_.start(config, step.participants);
    over = circuit_.stopped();
    if (!over) idle(config_.start_cycles);
  }
  for (auto* observer : observers_) observer->armed(step, config, over);
  return over;
}

/// Whether the conversion ends with this step.
bool TopkCounter::serve(const stage::RampStep& given) {
  stage::RampStep step = given;
  listener_ = given.listener;
  step.listener = this;
  for (auto* observer : observers_) observer->begun(step, fired_);
  ++conversion_.steps;
  bool stopped = false;
  if (replaced_by_) {
    const auto result = replaced_by_->step(step, fired_, *this);
    conversion_.cycles += result.cycles;
    stopped = result.stop;
  } else {
    circuit_.request(fired_);
    idle(config_.step_cycles + (circuit_.holds_ramp() ? config_.grant_cycles : 0));
    grant(step);
    stopped = circuit_.stopped();
  }
  for (auto* observer : observers_) observer->ended(stopped);
  return stopped;
}

void TopkCounter::accepted(bool stop) {
  if (listener_) listener_->accepted(stop);
  for (auto* observer : observers_) observer->accepted(stop);
}

/// Cycles of the conversion in which the arbiter has nothing to do.
void TopkCounter::idle(int cycles) {
  conversion_.cycles += cycles;
  clock_.spend(cycles);
}

/// The cycles that the step's requests take, one for a step without; the ramp's call waits for
/// them.
void TopkCounter::grant(const stage::RampStep& step) {
  do {
    const bool waits = circuit_.holds_ramp() && stall_.holds(row_, waiting_cycles_++);
    const auto& cycle = waits ? circuit_.idle() : circuit_.clock();
    if (waits) held();
    pending_.set(cycle.pending);
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane)
      lanes_[lane].valid.set(lane < cycle.columns.size());
    count_.set(cycle.counter);
    for (std::size_t lane = 0; lane < cycle.columns.size(); ++lane) {
      lanes_[lane].column.set(cycle.columns[lane]);
      grant_code_.set(step.code);
      granted(cycle.columns[lane], step.code);
    }
    stop_.set(circuit_.stopped());
    ++conversion_.cycles;
    if (!circuit_.holds_ramp()) accepted(circuit_.stopped());
    clock_.spend(1);
  } while (circuit_.holds_ramp());
  pending_.set(0);
  for (const auto& lane : lanes_) lane.valid.set(false);
  stop_.set(false);
}

void TopkCounter::granted(int column, int code) {
  auto* winner = reinterpret_cast<arith::Winner*>(output_.data() + sizeof(arith::Conversion));
  winner[conversion_.count++] = {column, code};
  grants.write({row_, config_.crossbar, column, code, conversion_.count});
}

void TopkCounter::held() {
  for (auto* observer : observers_) observer->held();
}

void TopkCounter::declare_probes(stage::ProbeScope& scope) {
  if (!config::clocked(config_.fidelity)) return;
  using Kind = stage::Signal::Kind;
  scope.add(pending_, {"pending", Kind::integer, 17});
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const std::string lane = i == 0 ? "" : std::to_string(i);
    scope.add(lanes_[i].valid, {"grant_valid" + lane, Kind::bit});
    scope.add(lanes_[i].column, {"grant_column" + lane, Kind::integer, 17});
    lanes_[i].valid.set(false);
    lanes_[i].column.set(0);
  }
  scope.add(grant_code_, {"grant_code", Kind::integer, config_.bits, true});
  scope.add(count_, {"counter", Kind::integer, 17});
  scope.add(stop_, {"stop", Kind::bit});
  for (const auto* probe : {&pending_, &grant_code_, &count_}) probe->set(0);
  stop_.set(false);
}

}  // namespace topkima::topk
