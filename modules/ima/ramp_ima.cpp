// SPDX-License-Identifier: Apache-2.0
#include "ima/ramp_ima.h"

#include <algorithm>

namespace topkima::ima {

namespace reg = registers::ima;

RampIma::RampIma(const sc_core::sc_module_name& name, const Config& config)
    : sc_core::sc_module(name),
      config_(config),
      registers_(std::size_t(config.heads_per_chain),
                 registers::RegisterFile(registers::block("ima"))),
      codes_(static_cast<std::size_t>(config.columns)),
      ramp_(config.bits) {
  scores.register_b_transport(this, &RampIma::convert);
  control.register_b_transport(this, &RampIma::access);
  // The ramp's level while idle follows its step.
  for (auto& own : registers_)
    own.on_write = [this](const registers::Register& r, std::uint32_t, std::uint32_t,
                          tlm::tlm_generic_payload&) {
      if (&r == &reg::ramp_lsb) show_idle();
    };
  if (!config.defects.any()) return;
  real_.emplace(config.defects, arith::score_ramp_effects, config.bits, config.columns);
  seen_.resize(codes_.size());
}

void RampIma::access(int member, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  registers_.at(std::size_t(member)).transport(payload);
}

arith::Interval RampIma::enabled_columns(const stage::RowTag& row) const {
  return mask->of(row).columns[std::size_t(config_.crossbar)];
}

int RampIma::ramp_lsb() const {
  return static_cast<int>(std::clamp<std::uint32_t>(registers_[member_].value(reg::ramp_lsb), 1,
                                                    arith::largest_ramp_lsb));
}

void RampIma::convert(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const auto* row =
      stage::accept_row(payload, stage::RowFormat::exactly(codes_.size() * sizeof(std::int32_t)));
  if (!row) return;
  const auto* score = reinterpret_cast<const std::int32_t*>(payload.get_data_ptr());
  begin_ = meter_.cycle(delay);
  member_ = row->tag.member(std::uint32_t(config_.heads_per_chain));
  if (config::clocked(config_.fidelity)) {
    stage::settle(delay);
    fall(row->tag, score);
    payload.set_response_status(step_.response());
    return;
  }
  const arith::Interval enabled = enabled_columns(row->tag);
  auto* codes_on = codes_.data() + enabled.first;
  if (real_) {
    disturb(row->tag, score, enabled);
    real_->codes(seen_.data() + enabled.first, enabled.size(), codes_on);
  } else {
    arith::ramp_codes(score + enabled.first, enabled.size(), ramp_lsb(), config_.bits, codes_on);
  }
  std::fill(codes_.data(), codes_on, arith::comparator_off);
  std::fill(codes_.begin() + enabled.end, codes_.end(), arith::comparator_off);
  payload_.extension.tag = row->tag;
  auto& result = payload_.write(codes_.data(), codes_.size() * sizeof codes_[0]);
  codes->b_transport(result, delay);
  payload.set_response_status(result.get_response_status());
}

/// Draws belong to columns: those before the first one that is on are drawn and not used.
void RampIma::disturb(const stage::RowTag& row, const std::int32_t* sums, arith::Interval enabled) {
  real_->disturb(sums, enabled.end, ramp_lsb(), row.sequence,
                 row.turn(std::uint32_t(config_.heads_per_chain)), seen_.data());
}

void RampIma::write(const stage::ConversionRecord& conversion) {
  if (!meter_.counts()) return;
  const stage::RowTag& row = conversion.tag;
  const auto steps = static_cast<std::uint64_t>(conversion.steps);
  using stage::Event;
  meter_.count(row, Event::ramp_cell_discharge, steps * std::uint64_t(ramp_lsb()), begin_,
               conversion.cycles);
  meter_.count(row, Event::comparator_decision, steps * std::uint64_t(enabled_columns(row).size()),
               begin_, conversion.cycles);
}

void RampIma::fall(const stage::RowTag& row, const std::int32_t* sums) {
  held_.assign(sums, sums + config_.columns);
  step_.step.tag = row;
  const arith::Interval enabled = enabled_columns(row);
  step_.step.participants = enabled.size();
  if (real_) {
    disturb(row, sums, enabled);
    ramp_.start(ramp_lsb(), *real_, seen_.data(), enabled);
  } else {
    ramp_.start(ramp_lsb(), held_.data(), enabled);
  }
  asked_ = 0;
  step_.step.listener = replaced_by_ ? this : nullptr;
  bool on = send_step(stage::RampStep::Kind::arm);
  if (on && replaced_by_) replaced_by_->start(row);
  while (on && next_step()) {
    ramp_mv_.set(ramp_.level() * mv_per_unit_);
    code_.set(ramp_.code());
    if (crossing_.watched()) show_crossings();
    stall_.pass(row, asked_);
    on = send_step(last_ ? stage::RampStep::Kind::last : stage::RampStep::Kind::step);
  }
  show_idle();
}

bool RampIma::next_step() {
  if (replaced_by_) {
    const auto step = replaced_by_->step();
    last_ = step.last;
    ramp_.move_to(step.code, last_);
    return true;
  }
  if (!ramp_.step()) return false;
  last_ = ramp_.code() == -(1 << (config_.bits - 1));
  return true;
}

/// False when the conversion is over.
bool RampIma::send_step(stage::RampStep::Kind kind) {
  step_.step.kind = kind;
  step_.step.code = ramp_.code();
  step_.send(crossings, ramp_.fired());
  return step_.response() == tlm::TLM_OK_RESPONSE && !step_.step.stop;
}

void RampIma::declare_probes(stage::ProbeScope& scope, double mv_per_unit) {
  if (!config::clocked(config_.fidelity)) return;
  using Kind = stage::Signal::Kind;
  mv_per_unit_ = mv_per_unit;
  scope.add(ramp_mv_, {"ramp_mv", Kind::real});
  scope.add(code_, {"code", Kind::integer, config_.bits + 1, true});
  scope.add(crossing_, {"crossing", Kind::bits, config_.columns});
  show_idle();
}

/// The whole vector, also where the masks leave comparators off.
void RampIma::show_crossings() {
  shown_.assign(static_cast<std::size_t>(config_.columns + 63) / 64, 0);
  std::copy(ramp_.fired().begin(), ramp_.fired().end(), shown_.begin());
  crossing_.set_bits(shown_.data());
}

/// Between conversions the ramp is charged, one step above its highest.
void RampIma::show_idle() {
  if (!crossing_.watched() && !ramp_mv_.watched() && !code_.watched()) return;
  const int above = 1 << (config_.bits - 1);
  ramp_mv_.set((above - 0.5) * ramp_lsb() * mv_per_unit_);
  code_.set(above);
  shown_.assign(static_cast<std::size_t>(config_.columns + 63) / 64, 0);
  crossing_.set_bits(shown_.data());
}

}  // namespace topkima::ima
