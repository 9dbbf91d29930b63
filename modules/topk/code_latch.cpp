// SPDX-License-Identifier: Apache-2.0
#include "topk/code_latch.h"

#include <algorithm>
#include <cstring>

#include "arith/ramp.h"

namespace topkima::topk {

CodeLatch::CodeLatch(const sc_core::sc_module_name& name, const stage::Clock& clock,
                     const Config& config)
    : sc_core::sc_module(name),
      clock_(clock),
      config_(config),
      codes_(static_cast<std::size_t>(config.columns)) {
  codes.register_b_transport(this, &CodeLatch::convert);
  crossings.register_b_transport(this, &CodeLatch::take_step);
}

void CodeLatch::convert(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const auto* row =
      stage::accept_row(payload, stage::RowFormat::exactly(codes_.size() * sizeof codes_[0]));
  if (!row) return;
  const int cycles = 1 << config_.bits;
  delay += clock_.span(cycles);
  payload.set_response_status(
      send(row->tag, reinterpret_cast<const std::int16_t*>(payload.get_data_ptr()), cycles, delay));
}

tlm::tlm_response_status CodeLatch::send(const stage::RowTag& tag, const std::int16_t* values,
                                         std::int64_t cycles, sc_core::sc_time& delay) {
  if (meter_.counts()) {
    const int enabled = arith::columns_on(values, config_.columns).size();
    meter_.count(tag, stage::Event::register_bit,
                 std::uint64_t(enabled) * std::uint64_t(config_.bits), meter_.cycle(delay) - cycles,
                 cycles);
  }
  conversions.write({tag, config_.crossbar, 1 << config_.bits, static_cast<int>(cycles)});
  payload_.extension.tag = tag;
  auto& result = payload_.write(values, codes_.size() * sizeof codes_[0]);
  latched->b_transport(result, delay);
  return result.get_response_status();
}

void CodeLatch::take_step(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  auto* step = stage::accept_step(payload, codes_.size(), fired_);
  if (!step) return;
  stage::settle(delay);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  step->stop = step->kind == stage::RampStep::Kind::last;
  if (step->kind == stage::RampStep::Kind::arm) return arm(*step);
  serve(*step);
  if (step->stop) payload.set_response_status(hand_on(*step, delay));
}

void CodeLatch::arm(const stage::RampStep& step) {
  std::fill(codes_.begin(), codes_.end(), arith::comparator_off);
  held_ = 0;
  cycles_ = 0;
  if (replaced_by_) replaced_by_->arm(step.tag, step.participants);
  for (auto* observer : observers_) observer->armed(step, {}, false);
}

void CodeLatch::serve(const stage::RampStep& step) {
  for (auto* observer : observers_) observer->begun(step, fired_);
  if (replaced_by_) {
    cycles_ += replaced_by_->step(step, fired_);
    if (step.stop) cycles_ += replaced_by_->read(codes_);
  } else {
    latch(step.code);
    clock_.spend(1);
    ++cycles_;
  }
  for (auto* observer : observers_) {
    if (step.stop) observer->latched(codes_);
    observer->ended(step.stop);
  }
}

tlm::tlm_response_status CodeLatch::hand_on(const stage::RampStep& step, sc_core::sc_time& delay) {
  std::int64_t asked = 0;
  cycles_ += stall_.pass(step.tag, asked);
  const auto status = send(step.tag, codes_.data(), cycles_, delay);
  if (replaced_by_) replaced_by_->taken();
  for (auto* observer : observers_) observer->taken();
  return status;
}

void CodeLatch::latch(int code) {
  for (std::size_t w = 0; w < fired_.size(); ++w)
    for (std::uint64_t fired = fired_[w]; fired != 0; fired &= fired - 1) {
      codes_[w * 64 + std::size_t(__builtin_ctzll(fired))] = static_cast<std::int16_t>(code);
      ++held_;
    }
  code_.set(code);
  latched_count_.set(held_);
}

void CodeLatch::declare_probes(stage::ProbeScope& scope) {
  if (!config::clocked(config_.fidelity)) return;
  scope.add(code_, {"code", stage::Signal::Kind::integer, config_.bits, true});
  scope.add(latched_count_, {"latched", stage::Signal::Kind::integer, 17});
  code_.set(0);
  latched_count_.set(0);
}

}  // namespace topkima::topk
