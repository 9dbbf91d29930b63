// SPDX-License-Identifier: Apache-2.0
#include "cosim/twins.h"

#include <algorithm>

#include "cosim/rtl_instance.h"
#include "cosim/topk_rtl.h"

namespace topkima::cosim {
namespace {

std::string numbered(const char* name, std::size_t i, const char* field) {
  return std::string(name) + " " + std::to_string(i) + " " + field;
}

std::vector<std::int32_t> values_of(const std::vector<unsigned char>& row) {
  const auto* first = reinterpret_cast<const std::int32_t*>(row.data());
  return {first, first + row.size() / sizeof(std::int32_t)};
}

}  // namespace

Twin::Twin(const sc_core::sc_module_name& name, const stage::Clock& clock, Comparison comparison)
    : sc_core::sc_module(name), clock_(clock), comparison_(std::move(comparison)) {
  sc_core::sc_spawn([this] { run(); }, "run");
}

void Twin::run() {
  try {
    follow();
  } catch (const RtlError& error) {
    failed(error);
  }
}

void Twin::failed(const RtlError& error) {
  comparison_.impossible(clock_.now(), error.does, error.expected);
}

RowTwin::RowTwin(const sc_core::sc_module_name& name, const stage::Clock& clock, RowPins& pins,
                 Comparison comparison)
    : Twin(name, clock, std::move(comparison)), pins_(pins) {}

void RowTwin::begun(const stage::RowTag& row, const std::vector<unsigned char>& input) {
  if (!comparison_.follows(row)) return;
  Job job;
  job.row = row;
  job.input = input;
  job.begun = clock_.now();
  jobs_.push_back(std::move(job));
  model_ = jobs_.size() - 1;
  news_.notify();
}

void RowTwin::finished(const stage::RowTag& row, const std::vector<unsigned char>& output) {
  if (!comparison_.follows(row)) return;
  Job& job = jobs_[model_];
  job.model = output;
  job.model_cycles = clock_.now() - job.begun;
  news_.notify();
}

void RowTwin::taken(const stage::RowTag& row) {
  if (!comparison_.follows(row)) return;
  jobs_[model_].taken = true;
  news_.notify();
}

void RowTwin::follow() {
  for (;;) {
    while (jobs_.empty()) sc_core::wait(news_);
    comparison_.begin(jobs_.front().row, clock_.now(), "row", pins_.inputs(jobs_.front().input));
    const std::int64_t begun = clock_.now();
    std::vector<unsigned char> output;
    pins_.serve(jobs_.front().row, jobs_.front().input, output);
    jobs_.front().rtl = std::move(output);
    jobs_.front().open = pins_.open();
    jobs_.front().rtl_cycles = clock_.now() - begun;
    while (jobs_.front().model_cycles < 0) sc_core::wait(news_);
    compare(jobs_.front());
    while (!jobs_.front().taken) sc_core::wait(news_);
    pins_.taken(jobs_.front().row);
    jobs_.pop_front();
    if (model_ > 0) --model_;
  }
}

void RowTwin::compare(const Job& job) {
  comparison_.begin(job.row, job.begun + job.model_cycles, row_text(job.model),
                    pins_.inputs(job.input));
  compare_results(job.model, job.rtl);
  if (comparison_.compares_cycles()) {
    comparison_.field<std::int64_t>("cycles", job.model_cycles, job.rtl_cycles);
    // RTL in the model's place may be.
    if (!comparison_.of_rtl()) comparison_.field<bool>("ready for another row", false, job.open);
  }
  comparison_.end(std::to_string(job.model_cycles) + " cycles" + result_text(job.model));
}

std::string EntryTwin::row_text(const Bytes& model) const {
  return "row of " + std::to_string(count_of(model)) + " winners";
}

std::string EntryTwin::result_text(const Bytes& model) const {
  const stage::EntryRow row(model.data());
  std::string text;
  for (int w = 0; w < row.header.count; ++w)
    text += (w == 0 ? ", " : " ") + entry_text(row.entries[w].token, row.entries[w].code);
  return text;
}

void EntryTwin::compare_results(const Bytes& model_row, const Bytes& rtl_row) {
  const stage::EntryRow model(model_row.data()), rtl(rtl_row.data());
  comparison_.field<std::int64_t>("count", model.header.count, rtl.header.count);
  const int both = std::min(model.header.count, rtl.header.count);
  for (int w = 0; w < both; ++w) {
    const auto i = static_cast<std::size_t>(w);
    comparison_.field<std::int64_t>(numbered("winner", i, "token"), model.entries[w].token,
                                    rtl.entries[w].token);
    comparison_.field<std::int64_t>(numbered("winner", i, fields_.code), model.entries[w].code,
                                    rtl.entries[w].code);
  }
  if (fields_.sum) comparison_.field<std::int64_t>("sum", model.header.sum, rtl.header.sum);
}

std::string ValueTwin::result_text(const Bytes& model) const {
  std::string text;
  for (const auto value : values_of(model))
    text += (text.empty() ? ", " : " ") + std::to_string(value);
  return text;
}

void ValueTwin::compare_results(const Bytes& model_row, const Bytes& rtl_row) {
  const auto model = values_of(model_row), rtl = values_of(rtl_row);
  for (std::size_t i = 0; i < model.size(); ++i)
    comparison_.field<std::int64_t>("value " + std::to_string(i), model[i], rtl[i]);
}

void RowTwin::finish() {
  if (!comparison_.compares_cycles()) return;  // It may have fallen behind.
  for (const auto& job : jobs_) {
    // What ends with the run itself may still be on its way.
    const bool due = job.model_cycles >= 0 && clock_.now() > job.begun + job.model_cycles;
    if (!due || job.rtl_cycles >= 0) continue;
    comparison_.begin(job.row, job.begun + job.model_cycles, "row", pins_.inputs(job.input));
    comparison_.differ("answer", "after " + std::to_string(job.model_cycles) + " cycles", "none");
    return;
  }
}

void TopkTwin::Job::granted(int column, int code) {
  rtl.push_back({clock->now() - rtl_begun, column, code});
}

TopkTwin::TopkTwin(const sc_core::sc_module_name& name, const stage::Clock& clock,
                   topk::GrantCircuit& circuit, topk::TopkCounter& counter, Comparison comparison)
    : Twin(name, clock, std::move(comparison)), circuit_(circuit) {
  counter.observe(*this);
  counter.grants.bind(grants_);
}

void TopkTwin::armed(const stage::RampStep& step, const arith::TopkConfig& config, bool over) {
  follows_ = comparison_.follows(step.tag);
  if (!follows_) return;
  jobs_.emplace_back();
  Job& job = jobs_.back();
  job.step = step;
  job.step.listener = nullptr;
  job.config = config_ = config;
  job.over = over;
  job.begun = clock_.now();
  job.model_cycles = 0;
  news_.notify();
}

void TopkTwin::begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  if (!follows_) return;
  jobs_.emplace_back();
  Job& job = jobs_.back();
  job.clock = &clock_;
  job.config = config_;
  job.step = step;
  job.step.listener = nullptr;
  job.fired = fired;
  job.begun = clock_.now();
  news_.notify();
}

void TopkTwin::granted(const stage::GrantRecord& grant) {
  if (!follows_) return;
  Job& job = jobs_.back();
  job.model.push_back({clock_.now() - job.begun, grant.column, grant.code});
}

void TopkTwin::ended(bool stop) {
  if (!follows_) return;
  Job& job = jobs_.back();
  job.model_cycles = clock_.now() - job.begun;
  job.model_stop = stop;
  news_.notify();
}

void TopkTwin::follow() {
  for (;;) {
    while (jobs_.empty()) sc_core::wait(news_);
    Job& job = jobs_.front();
    comparison_.begin(job.step.tag, clock_.now(), "step of code " + std::to_string(job.step.code),
                      step_inputs(job.fired, job.config.k, job.step.participants));
    if (job.step.kind == stage::RampStep::Kind::arm) {
      const bool over = circuit_.arm(job.step.tag, job.config, job.step.participants);
      comparison_.field<bool>("over at the start", job.over, over);
    } else {
      job.rtl_begun = clock_.now();
      const auto result = circuit_.step(job.step, job.fired, job);
      while (job.model_cycles < 0) sc_core::wait(news_);
      compare(job, result);
    }
    jobs_.pop_front();
  }
}

void TopkTwin::compare(const Job& job, const topk::GrantCircuit::Result& result) {
  comparison_.begin(job.step.tag, job.begun, "step of code " + std::to_string(job.step.code),
                    step_inputs(job.fired, job.config.k, job.step.participants));
  std::string grants;
  for (std::size_t g = 0; g < job.model.size(); ++g) {
    const Grant& model = job.model[g];
    grants += (g == 0 ? "" : " ") + std::to_string(model.column);
    if (g >= job.rtl.size()) continue;
    comparison_.field<std::int64_t>(numbered("grant", g, "column"), model.column,
                                    job.rtl[g].column);
    comparison_.field<std::int64_t>(numbered("grant", g, "code"), model.code, job.rtl[g].code);
    if (comparison_.compares_cycles())
      comparison_.field<std::int64_t>(numbered("grant", g, "cycle"), model.cycle, job.rtl[g].cycle);
  }
  comparison_.field("grants", static_cast<std::int64_t>(job.model.size()),
                    static_cast<std::int64_t>(job.rtl.size()));
  comparison_.field("stop", job.model_stop, result.stop);
  if (comparison_.compares_cycles())
    comparison_.field<std::int64_t>("cycles", job.model_cycles, result.cycles);
  comparison_.end((grants.empty() ? "no grant" : "columns " + grants) +
                  (job.model_stop ? ", stop" : ""));
}

void TopkTwin::finish() {
  if (!comparison_.compares_cycles()) return;  // It may have fallen behind.
  for (const auto& job : jobs_) {
    if (job.model_cycles < 0 || clock_.now() <= job.begun + job.model_cycles) continue;
    comparison_.begin(job.step.tag, job.begun, "step of code " + std::to_string(job.step.code),
                      step_inputs(job.fired, job.config.k, job.step.participants));
    comparison_.differ("answer", "after " + std::to_string(job.model_cycles) + " cycles", "none");
    return;
  }
}

LatchTwin::LatchTwin(const sc_core::sc_module_name& name, const stage::Clock& clock,
                     topk::LatchCircuit& circuit, Comparison comparison)
    : Twin(name, clock, std::move(comparison)), circuit_(circuit) {}

void LatchTwin::armed(const stage::RampStep& step, const arith::TopkConfig&, bool) {
  follows_ = comparison_.follows(step.tag);
  add(step, {});
}

void LatchTwin::begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  add(step, fired);
}

void LatchTwin::add(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) {
  if (!follows_) return;
  Job job;
  job.step = step;
  job.step.listener = nullptr;
  job.fired = fired;
  job.begun = clock_.now();
  jobs_.push_back(std::move(job));
  news_.notify();
}

void LatchTwin::latched(const std::vector<std::int16_t>& codes) {
  if (follows_) jobs_.back().codes = codes;
}

void LatchTwin::ended(bool) {
  if (!follows_) return;
  jobs_.back().model_cycles = clock_.now() - jobs_.back().begun;
  news_.notify();
}

void LatchTwin::taken() {
  if (!follows_) return;
  jobs_.back().taken = true;
  news_.notify();
}

void LatchTwin::follow() {
  for (;;) {
    while (jobs_.empty()) sc_core::wait(news_);
    Job& job = jobs_.front();
    begin(job, clock_.now());
    if (job.step.kind == stage::RampStep::Kind::arm) {
      circuit_.arm(job.step.tag, job.step.participants);
    } else {
      std::int64_t cycles = circuit_.step(job.step, job.fired);
      const bool last = job.step.kind == stage::RampStep::Kind::last;
      std::vector<std::int16_t> codes;
      if (last) cycles += circuit_.read(codes);
      while (job.model_cycles < 0) sc_core::wait(news_);
      compare(job, cycles, codes);
      while (last && !job.taken) sc_core::wait(news_);
      if (last) circuit_.taken();
    }
    jobs_.pop_front();
  }
}

void LatchTwin::begin(const Job& job, std::int64_t cycle) {
  comparison_.begin(job.step.tag, cycle, "step of code " + std::to_string(job.step.code),
                    crossing_text(job.fired));
}

void LatchTwin::compare(const Job& job, std::int64_t cycles,
                        const std::vector<std::int16_t>& codes) {
  begin(job, job.begun);
  for (std::size_t column = 0; column < codes.size(); ++column)
    if (codes[column] != job.codes[column])
      comparison_.field<std::int64_t>(numbered("column", column, "code"), job.codes[column],
                                      codes[column]);
  if (comparison_.compares_cycles())
    comparison_.field<std::int64_t>("cycles", job.model_cycles, cycles);
  comparison_.end(codes.empty() ? "taken" : "taken, all codes");
}

void LatchTwin::finish() {
  if (!comparison_.compares_cycles()) return;  // It may have fallen behind.
  for (const auto& job : jobs_) {
    if (job.model_cycles < 0 || clock_.now() <= job.begun + job.model_cycles) continue;
    begin(job, job.begun);
    comparison_.differ("answer", "after " + std::to_string(job.model_cycles) + " cycles", "none");
    return;
  }
}

RampTwin::RampTwin(const sc_core::sc_module_name& name, const stage::Clock& clock,
                   ima::StepCircuit& circuit, Comparison comparison)
    : Twin(name, clock, std::move(comparison)), circuit_(circuit) {}

void RampTwin::armed(const stage::RampStep& step, const arith::TopkConfig&, bool over) {
  follows_ = comparison_.follows(step.tag);
  if (over || !follows_) return;
  first_ = true;
  jobs_.push_back({step.tag, true, 0, false, false, clock_.now(), true, false});
  news_.notify();
}

void RampTwin::begun(const stage::RampStep& step, const std::vector<std::uint64_t>&) {
  if (!follows_) return;
  const bool last = step.kind == stage::RampStep::Kind::last;
  jobs_.push_back({step.tag, false, step.code, first_, last, clock_.now(), false, false});
  first_ = false;
  news_.notify();
}

void RampTwin::accepted(bool stop) {
  if (!follows_) return;
  jobs_.back().accepted = true;
  jobs_.back().stop = stop;
  news_.notify();
}

void RampTwin::follow() {
  for (;;) {
    while (jobs_.empty()) sc_core::wait(news_);
    const Job job = jobs_.front();
    if (job.start) {
      comparison_.begin(job.row, job.begun, "start");
      circuit_.start(job.row);
      comparison_.end("started");
    } else {
      comparison_.begin(job.row, job.begun, "step of code " + std::to_string(job.code));
      const auto step = circuit_.step();
      const std::int64_t late = clock_.now() - job.begun;
      comparison_.field<std::int64_t>("code", job.code, step.code);
      comparison_.field<bool>("first", job.first, step.first);
      comparison_.field<bool>("last", job.last, step.last);
      // Under stalls the model's step comes later than the RTL's offer; it must not be earlier.
      if (comparison_.compares_cycles()) comparison_.field<std::int64_t>("cycles late", 0, late);
      while (!jobs_.front().accepted) sc_core::wait(news_);
      const bool stop = jobs_.front().stop;
      circuit_.accepted(stop);
      comparison_.end(stop ? "taken, stop" : "taken");
    }
    jobs_.pop_front();
  }
}

void RampTwin::finish() {
  if (!comparison_.compares_cycles()) return;  // It may have fallen behind.
  for (const auto& job : jobs_) {
    if (job.start || !job.accepted || clock_.now() <= job.begun + 1) continue;
    comparison_.begin(job.row, job.begun, "step of code " + std::to_string(job.code));
    comparison_.differ("answer", "offered", "none");
    return;
  }
}

}  // namespace topkima::cosim
