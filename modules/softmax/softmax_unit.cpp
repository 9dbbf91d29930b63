// SPDX-License-Identifier: Apache-2.0
#include "softmax/softmax_unit.h"

#include <algorithm>

namespace topkima::softmax {
namespace {

using Kind = stage::Signal::Kind;

/// Each crossbar's first grant is its own maximum: the largest of those few is the row's.
std::int32_t largest_code(const stage::EntryRow& winners) {
  std::int32_t largest = INT32_MIN;
  for (int w = 0; w < winners.header.count; ++w)
    largest = std::max(largest, winners.entries[w].code);
  return largest;
}

}  // namespace

ExponentStage::ExponentStage(const sc_core::sc_module_name& module, stage::Context& context,
                             const std::string& name, int winners, int cycles,
                             stage::Fidelity fidelity, int interval, int heads_per_chain)
    : Stage(module, context, name, stage::kinds::exponent, 0, stage::entry_row_format(winners),
            fidelity),
      registers_(std::size_t(heads_per_chain),
                 registers::RegisterFile(registers::block("softmax"))),
      cycles_(cycles),
      interval_(interval),
      clocked_(config::clocked(fidelity)),
      pipeline_(cycles, interval,
                [this](std::uint32_t distance) { return exponent(member_, distance); }),
      meter_(context.meter(stage::Component::exponent)) {
  control.register_b_transport(this, &ExponentStage::access);
}

void ExponentStage::access(int member, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  registers_.at(std::size_t(member)).transport(payload);
  ++table_writes_;
}

std::int64_t ExponentStage::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  const stage::EntryRow winners(row.data.data());
  const int count = winners.header.count;
  const std::int32_t largest = largest_code(winners);
  const std::size_t member = member_of(row.tag);
  std::uint32_t sum = 0;  // 65536 winners of 2^15 fill 31 bits and one
  auto* exponents = stage::make_entry_row(output, {count, 0});
  for (int w = 0; w < count; ++w) {
    const auto distance = static_cast<std::uint32_t>(largest - winners.entries[w].code);
    const auto e = static_cast<std::int32_t>(exponent(member, distance));
    exponents[w] = {winners.entries[w].token, e};
    sum += static_cast<std::uint32_t>(e);
  }
  reinterpret_cast<stage::RowHeader*>(output.data())->sum = sum;
  return count == 0 ? 0 : cycles_ + count * interval_;
}

void ExponentStage::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  const stage::EntryRow winners(row.data.data());
  const std::int32_t largest = largest_code(winners);
  distances_.clear();
  for (int w = 0; w < winners.header.count; ++w)
    distances_.push_back(static_cast<std::uint32_t>(largest - winners.entries[w].code));
  auto* exponents = stage::make_entry_row(output, {winners.header.count, 0});
  member_ = member_of(row.tag);
  pipeline_.start(distances_);
  while (!pipeline_.done()) {
    const auto cycle = pipeline_.clock();
    in_valid_.set(cycle.in >= 0);
    if (cycle.in >= 0) {
      in_token_.set(winners.entries[cycle.in].token);
      in_code_.set(winners.entries[cycle.in].code);
    }
    out_valid_.set(cycle.out >= 0);
    if (cycle.out >= 0) {
      const auto e = static_cast<std::int32_t>(pipeline_.exponents()[std::size_t(cycle.out)]);
      exponents[cycle.out] = {winners.entries[cycle.out].token, e};
      out_token_.set(winners.entries[cycle.out].token);
      exponent_.set(e);
      sum_.set(pipeline_.sum());
    }
    context_.clock.spend(1);
  }
  in_valid_.set(false);
  out_valid_.set(false);
  reinterpret_cast<stage::RowHeader*>(output.data())->sum = pipeline_.sum();
}

void ExponentStage::count(const stage::Row& row, const std::vector<unsigned char>& output,
                          std::int64_t begin, std::int64_t cycles) {
  const auto winners = std::uint64_t(stage::EntryRow(output.data()).header.count);
  meter_.count(row.tag, stage::Event::exponent, winners, begin, cycles);
}

void ExponentStage::declare_probes(stage::ProbeScope& scope) {
  if (!clocked_) return;
  scope.add(in_valid_, {"in_valid", Kind::bit});
  scope.add(in_token_, {"in_token", Kind::integer, 21});
  scope.add(in_code_, {"in_code", Kind::integer, 12, true});
  scope.add(out_valid_, {"out_valid", Kind::bit});
  scope.add(out_token_, {"out_token", Kind::integer, 21});
  scope.add(exponent_, {"exponent", Kind::integer, 16});
  scope.add(sum_, {"sum", Kind::integer, 32});
  for (auto* probe : {&in_token_, &in_code_, &out_token_, &exponent_, &sum_}) probe->set(0);
  for (auto* probe : {&in_valid_, &out_valid_}) probe->set(false);
}

DividerStage::DividerStage(const sc_core::sc_module_name& module, stage::Context& context,
                           const std::string& name, int winners, int bits, int cycles,
                           stage::Fidelity fidelity, int interval)
    : Stage(module, context, name, stage::kinds::divider, 0, stage::entry_row_format(winners),
            fidelity),
      bits_(bits),
      cycles_(cycles),
      interval_(interval),
      clocked_(config::clocked(fidelity)),
      pipeline_(bits, cycles, interval),
      meter_(context.meter(stage::Component::divider)) {}

std::int64_t DividerStage::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  const stage::EntryRow exponents(row.data.data());
  const int count = exponents.header.count;
  auto* weights = stage::make_entry_row(output, {count, 0});
  // The sum is zero only while the exponent table has not been programmed.
  const auto quotient = [this](std::int32_t e, std::uint32_t sum) {
    return sum == 0 ? 0 : arith::divide(static_cast<std::uint32_t>(e), sum, bits_);
  };
  for (int w = 0; w < count; ++w)
    weights[w] = {exponents.entries[w].token,
                  quotient(exponents.entries[w].code, exponents.header.sum)};
  show(row.tag, output);
  return count == 0 ? 0 : cycles_ + count * interval_;
}

void DividerStage::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  const stage::EntryRow exponents(row.data.data());
  const int count = exponents.header.count;
  exponents_.clear();
  for (int w = 0; w < count; ++w)
    exponents_.push_back(static_cast<std::uint32_t>(exponents.entries[w].code));
  auto* weights = stage::make_entry_row(output, {count, 0});
  pipeline_.start(exponents_, exponents.header.sum);
  while (!pipeline_.done()) {
    const auto cycle = pipeline_.clock();
    in_valid_.set(cycle.in >= 0);
    if (cycle.in >= 0) {
      in_token_.set(exponents.entries[cycle.in].token);
      in_exponent_.set(exponents.entries[cycle.in].code);
    }
    out_valid_.set(cycle.out >= 0);
    if (cycle.out >= 0) {
      const int p = pipeline_.quotients()[std::size_t(cycle.out)];
      weights[cycle.out] = {exponents.entries[cycle.out].token, p};
      out_token_.set(weights[cycle.out].token);
      probability_.set(p);
    }
    context_.clock.spend(1);
  }
  in_valid_.set(false);
  out_valid_.set(false);
  show(row.tag, output);
}

void DividerStage::show(const stage::RowTag& tag, const std::vector<unsigned char>& output) {
  const stage::EntryRow row(output.data());
  probabilities.write({tag, row.entries, row.header.count});
}

void DividerStage::count(const stage::Row& row, const std::vector<unsigned char>& output,
                         std::int64_t begin, std::int64_t cycles) {
  const auto winners = std::uint64_t(stage::EntryRow(output.data()).header.count);
  meter_.count(row.tag, stage::Event::divide, winners, begin, cycles);
}

void DividerStage::declare_probes(stage::ProbeScope& scope) {
  if (!clocked_) return;
  scope.add(in_valid_, {"in_valid", Kind::bit});
  scope.add(in_token_, {"in_token", Kind::integer, 21});
  scope.add(in_exponent_, {"in_exponent", Kind::integer, 16});
  scope.add(out_valid_, {"out_valid", Kind::bit});
  scope.add(out_token_, {"out_token", Kind::integer, 21});
  scope.add(probability_, {"probability", Kind::integer, bits_});
  for (auto* probe : {&in_token_, &in_exponent_, &out_token_, &probability_}) probe->set(0);
  for (auto* probe : {&in_valid_, &out_valid_}) probe->set(false);
}

SoftmaxUnit::SoftmaxUnit(const sc_core::sc_module_name& module, stage::Context& context,
                         const std::string& head, const Config& config)
    : sc_core::sc_module(module),
      exponent("exponent", context, head + ".exponent", config.winners, config.exponent_cycles,
               config.fidelity, config.exponent_interval, config.heads_per_chain),
      divider("divider", context, head + ".divider", config.winners, config.prob_bits,
              config.divide_cycles, config.fidelity, config.divide_interval) {
  exponent.out.bind(divider.in);
}

}  // namespace topkima::softmax
