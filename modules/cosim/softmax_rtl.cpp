// SPDX-License-Identifier: Apache-2.0
#include "cosim/softmax_rtl.h"

#include <algorithm>

#include "cosim/fits.h"
#include "cosim/row_vectors.h"

namespace topkima::cosim {
namespace {

constexpr int exponent_bits = 16;

/// Whether the softmax unit is a part of the RTL.
bool is_inside(const RtlInstance& rtl) { return rtl.block() != config::Block::softmax; }

}  // namespace

ExponentPins::ExponentPins(RtlInstance& rtl, Table table, const RowLimits& limits)
    : RowPins(rtl, rtl.pin(is_inside(rtl) ? "winners_ready" : "in_valid"),
              is_inside(rtl) ? nullptr : &rtl.pin("in_ready"), rtl.pin("exponents_valid"),
              rtl.pin("exponents_ready")),
      table_(std::move(table)),
      limits_(limits),
      result_{rtl.pin("exponents_count"),
              rtl.pin("exponents_token"),
              rtl.pin("exponents"),
              widths_.token,
              exponent_bits,
              false} {
  rtl.configure([this] { return write_table(); });
}

bool ExponentPins::passes_by(const std::vector<unsigned char>& input) const {
  return count_of(input) == 0;
}

/// Writes the next entry, while nobody uses the RTL, or says that there is none.
bool ExponentPins::write_table() {
  if (next_ == 0 && loaded_ == table_.writes()) return false;
  Pin &write = rtl_.pin("table_write"), &address = rtl_.pin("table_address"),
      &data = rtl_.pin("table_data");
  const bool more = next_ >> table_.bits == 0;
  write.set(more);
  if (more) {
    address.set(next_);
    data.set(table_.exponent(next_++));
  } else {
    next_ = 0;
    loaded_ = table_.writes();
  }
  for (Pin* pin : {&write, &address, &data}) rtl_.show(*pin);
  return more;
}

void ExponentPins::drive(const std::vector<unsigned char>& input) {
  if (loaded_ != table_.writes()) fail("holds rows", "its exponent table changes");
  const stage::EntryRow winners(input.data());
  Pin &count = rtl_.pin("in_count"), &max = rtl_.pin("in_max"), &token = rtl_.pin("in_token"),
      &code = rtl_.pin("in_code");
  // Behind the count a union leaves zeros.
  for (Pin* pin : {&token, &code}) pin->clear_bits(0, pin->width);
  std::int32_t largest = winners.entries[0].code;
  for (int w = 0; w < winners.header.count; ++w) {
    const auto& entry = winners.entries[w];
    largest = std::max(largest, entry.code);
    token.set_field(w * widths_.token, widths_.token, static_cast<std::uint64_t>(entry.token));
    code.set_field(w * widths_.code, widths_.code, static_cast<std::uint64_t>(entry.code));
  }
  count.set(static_cast<std::uint64_t>(winners.header.count));
  max.set(static_cast<std::uint64_t>(largest));
  for (Pin* pin : {&count, &max, &token, &code}) rtl_.show(*pin);
}

void ExponentPins::read(std::vector<unsigned char>& output) {
  read_entries(result_, limits_.winners, limits_.tokens, output);
  reinterpret_cast<stage::RowHeader*>(output.data())->sum =
      static_cast<std::uint32_t>(rtl_.pin("exponents_sum").value());
}

DividerPins::DividerPins(RtlInstance& rtl, const RowLimits& limits)
    : RowPins(rtl, rtl.pin("exponents_ready"), nullptr, rtl.pin("out_valid"), rtl.pin("out_ready")),
      limits_(limits),
      result_{rtl.pin("out_count"), rtl.pin("out_token"), rtl.pin("out_prob"),
              widths_.token,        widths_.probability,  false} {}

bool DividerPins::passes_by(const std::vector<unsigned char>& input) const {
  return count_of(input) == 0;
}

std::string DividerPins::inputs(const std::vector<unsigned char>& input) const {
  const stage::EntryRow exponents(input.data());
  return RowPins::inputs(input) + ", sum " + std::to_string(exponents.header.sum);
}

void DividerPins::read(std::vector<unsigned char>& output) {
  read_entries(result_, limits_.winners, limits_.tokens, output);
}

std::string fits_softmax(const RtlParameters& parameters, int winners, int tokens, int code_bits,
                         int prob_bits) {
  return Fit(parameters)
      .at_least("WINNERS", winners)
      .at_least("TOKEN_BITS", clog2(tokens))
      .at_least("CODE_BITS", code_bits)
      .exactly("PROB_BITS", prob_bits)
      .text();
}

RtlParameters SoftmaxVectors::parameters(const Config& c) {
  return RtlParameters(parameter("WINNERS", c.winners) + parameter("CODE_BITS", c.code_bits) +
                       parameter("TOKEN_BITS", address_bits(c.tokens)) +
                       parameter("PROB_BITS", c.prob_bits));
}

VectorSet::Layout SoftmaxVectors::layout(const Config& config) {
  const PinWidths w(parameters(config));
  return {{{"in_count", w.winner_count},
           {"in_max", w.code},
           {"in_token", w.winners * w.token},
           {"in_code", w.winners * w.code}},
          {{"exponent_cycles", cycle_bits},
           {"exponents_count", w.winner_count},
           {"exponents_token", w.winners * w.token},
           {"exponents", w.winners * exponent_bits},
           {"exponents_sum", w.sum},
           {"divide_cycles", cycle_bits},
           {"out_count", w.winner_count},
           {"out_token", w.winners * w.token},
           {"out_prob", w.winners * w.probability}}};
}

SoftmaxVectors::SoftmaxVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                               const stage::RowRange& rows, softmax::SoftmaxUnit& unit)
    : set_(set),
      widths_(parameters(config)),
      clock_(clock),
      rows_(rows),
      exponent_(unit.exponent),
      table_(set.add("table", {{"table_data", exponent_bits}})) {
  unit.exponent.observe(exponent_half_);
  unit.divider.observe(divider_half_);
}

SoftmaxVectors::Job* SoftmaxVectors::job_of(const stage::RowTag& row) {
  for (auto& job : jobs_)
    if (job.row.id == row.id) return &job;
  return nullptr;
}

void SoftmaxVectors::write_table(std::size_t member) {
  for (std::uint32_t distance = 0; distance >> widths_.code == 0; ++distance) {
    table_.set("table_data", exponent_.exponent(member, distance));
    table_.end_line();
  }
}

void SoftmaxVectors::ExponentHalf::begun(const stage::RowTag& row,
                                         const std::vector<unsigned char>& input) {
  if (!vectors.rows_.holds(row) || stage::EntryRow(input.data()).header.count == 0) return;
  if (vectors.table_.lines() == 0) vectors.write_table(vectors.exponent_.member_of(row));
  Job job;
  job.row = row;
  job.winners = input;
  job.begun = vectors.clock_.now();
  vectors.jobs_.push_back(std::move(job));
}

void SoftmaxVectors::ExponentHalf::finished(const stage::RowTag& row,
                                            const std::vector<unsigned char>& output) {
  if (Job* job = vectors.job_of(row)) {
    job->exponents = output;
    job->cycles = vectors.clock_.now() - job->begun;
  }
}

void SoftmaxVectors::DividerHalf::begun(const stage::RowTag& row,
                                        const std::vector<unsigned char>&) {
  if (Job* job = vectors.job_of(row)) job->begun = vectors.clock_.now();
}

void SoftmaxVectors::DividerHalf::finished(const stage::RowTag& row,
                                           const std::vector<unsigned char>& output) {
  if (Job* job = vectors.job_of(row)) {
    vectors.write(*job, output, vectors.clock_.now() - job->begun);
    vectors.jobs_.pop_front();
  }
}

void SoftmaxVectors::write(const Job& job, const std::vector<unsigned char>& weights,
                           std::int64_t cycles) {
  const stage::EntryRow winners(job.winners.data()), exponents(job.exponents.data()),
      probabilities(weights.data());
  auto& stimulus = set_.stimulus();
  stimulus.set("in_count", static_cast<std::uint64_t>(winners.header.count));
  stimulus.set("in_max", static_cast<std::uint64_t>(largest_code(winners)));
  put_entries(stimulus, winners, "in_token", widths_.token, "in_code", widths_.code);
  auto& expected = set_.expected();
  expected.set("exponent_cycles", static_cast<std::uint64_t>(job.cycles));
  expected.set("exponents_count", static_cast<std::uint64_t>(exponents.header.count));
  put_entries(expected, exponents, "exponents_token", widths_.token, "exponents", exponent_bits);
  expected.set("exponents_sum", exponents.header.sum);
  expected.set("divide_cycles", static_cast<std::uint64_t>(cycles));
  expected.set("out_count", static_cast<std::uint64_t>(probabilities.header.count));
  put_entries(expected, probabilities, "out_token", widths_.token, "out_prob", widths_.probability);
  set_.end_transaction(job.row);
}

}  // namespace topkima::cosim
