// SPDX-License-Identifier: Apache-2.0
#include "cosim/step_vectors.h"

#include <algorithm>

namespace topkima::cosim {
namespace {

constexpr int cycle_bits = 32;

}  // namespace

void StepVectors::armed(const stage::RampStep&, const arith::TopkConfig& config, bool) {
  conversion_ = config;
  first_ = true;
}

void StepVectors::begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  row_ = step.tag;
  begun_ = clock_.now();
  if (asked_for()) put(step, fired);
}

void StepVectors::ended(bool stop) {
  if (asked_for()) {
    put_end(stop, clock_.now() - begun_);
    set_.end_transaction(row_);
  }
  first_ = false;
}

RtlParameters TopkVectors::parameters(const Config& config) {
  return RtlParameters("COLUMNS=" + std::to_string(config.columns) +
                       " CODE_BITS=" + std::to_string(config.code_bits) +
                       " MOST_GRANTS=" + std::to_string(config.winners));
}

VectorSet::Layout TopkVectors::layout(const Config& config) {
  const PinWidths w(parameters(config));
  return {{{"step_first", 1},
           {"step_last", 1},
           {"step_code", w.code},
           {"crossing", w.columns},
           {"k", w.count},
           {"stop_when_exhausted", 1},
           {"participants", w.count}},
          {{"cycles", cycle_bits},
           {"stop", 1},
           {"count", w.count},
           {"grants", w.count},
           {"grant_code", w.code},
           {"grant_column", config.winners * w.column}}};
}

TopkVectors::TopkVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                         const stage::RowRange& rows, topk::TopkCounter& counter)
    : StepVectors(set, clock, rows), config_(config), widths_(parameters(config)) {
  counter.observe(*this);
  counter.grants.bind(*this);
}

void TopkVectors::put(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  if (first_) counted_ = 0;
  grants_ = 0;
  auto& line = set_.stimulus();
  line.set("step_first", first_);
  line.set("step_last", step.kind == stage::RampStep::Kind::last);
  line.set("step_code", static_cast<std::uint64_t>(step.code));
  // Comparators that are off have no bits.
  const int given = std::min(static_cast<int>(64 * fired.size()), widths_.columns);
  line.set_bits("crossing", fired.data(), given);
  // A limit beyond all columns is never reached, whatever its value.
  line.set("k", static_cast<std::uint64_t>(std::min(conversion_.k, widths_.columns + 1)));
  line.set("stop_when_exhausted", conversion_.stop_when_exhausted);
  line.set("participants", static_cast<std::uint64_t>(step.participants));
}

void TopkVectors::write(const stage::GrantRecord& grant) {
  if (!asked_for()) return;
  auto& line = set_.expected();
  line.set("grant_code", static_cast<std::uint64_t>(grant.code));
  line.set("grant_column", grants_, widths_.column, static_cast<std::uint64_t>(grant.column));
  ++grants_;
  ++counted_;
}

void TopkVectors::put_end(bool stop, std::int64_t cycles) {
  auto& line = set_.expected();
  line.set("cycles", static_cast<std::uint64_t>(cycles + (first_ ? config_.start_cycles : 0)));
  line.set("stop", stop);
  line.set("count", static_cast<std::uint64_t>(counted_));
  line.set("grants", static_cast<std::uint64_t>(grants_));
}

RtlParameters RampVectors::parameters(int code_bits) {
  return RtlParameters("CODE_BITS=" + std::to_string(code_bits));
}

VectorSet::Layout RampVectors::layout(int code_bits) {
  return {{{"start", 1}, {"stop", 1}, {"cycles", cycle_bits}},
          {{"step_first", 1}, {"step_last", 1}, {"step_code", code_bits}}};
}

RampVectors::RampVectors(VectorSet& set, const stage::Clock& clock, const stage::RowRange& rows,
                         topk::TopkCounter& counter)
    : StepVectors(set, clock, rows) {
  counter.observe(*this);
}

void RampVectors::put(const stage::RampStep& step, const std::vector<std::uint64_t>&) {
  set_.stimulus().set("start", first_);
  auto& line = set_.expected();
  line.set("step_first", first_);
  line.set("step_last", step.kind == stage::RampStep::Kind::last);
  line.set("step_code", static_cast<std::uint64_t>(step.code));
}

void RampVectors::put_end(bool stop, std::int64_t cycles) {
  set_.stimulus().set("stop", stop);
  set_.stimulus().set("cycles", static_cast<std::uint64_t>(cycles));
}

}  // namespace topkima::cosim
