#include "softmax/softmax_unit.h"

#include <algorithm>

#include "arith/softmax.h"

namespace topkima::softmax {

ExponentStage::ExponentStage(const sc_core::sc_module_name& module, stage::Bench& bench,
                             const std::string& name, int winners, int cycles)
    : Stage(module, bench, name, "exponent", 0, stage::entry_row_format(winners)),
      registers_(registers::block("softmax")),
      cycles_(cycles) {
  control.register_b_transport(this, &ExponentStage::access);
}

void ExponentStage::access(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  registers_.transport(payload);
}

std::int64_t ExponentStage::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  const stage::EntryRow winners(row.data.data());
  const int count = winners.header.count;
  // Each crossbar's first grant is its own maximum: the largest of those few is the row's.
  std::int32_t largest = INT32_MIN;
  for (int w = 0; w < count; ++w) largest = std::max(largest, winners.entries[w].code);
  stage::RowHeader header{count, 0};
  std::uint32_t sum = 0;  // 65536 winners of 2^15 fill 31 bits and one
  auto* exponents = stage::make_entry_row(output, header);
  for (int w = 0; w < count; ++w) {
    const auto distance = static_cast<std::uint32_t>(largest - winners.entries[w].code);
    const auto e =
        static_cast<std::int32_t>(registers_.value(registers::softmax::exponent, distance));
    exponents[w] = {winners.entries[w].token, e};
    sum += static_cast<std::uint32_t>(e);
  }
  reinterpret_cast<stage::RowHeader*>(output.data())->sum = sum;
  return count == 0 ? 0 : cycles_ + count;
}

DividerStage::DividerStage(const sc_core::sc_module_name& module, stage::Bench& bench,
                           const std::string& name, int winners, int bits, int cycles)
    : Stage(module, bench, name, "divider", 0, stage::entry_row_format(winners)),
      bits_(bits),
      cycles_(cycles) {}

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
  probabilities.write({row.tag, weights, count});
  return count == 0 ? 0 : cycles_ + count;
}

SoftmaxUnit::SoftmaxUnit(const sc_core::sc_module_name& module, stage::Bench& bench,
                         const std::string& head, const Config& config)
    : sc_core::sc_module(module),
      exponent("exponent", bench, head + ".exponent", config.winners, config.exponent_cycles),
      divider("divider", bench, head + ".divider", config.winners, config.prob_bits,
              config.divide_cycles) {
  exponent.out.bind(divider.in);
}

}  // namespace topkima::softmax
