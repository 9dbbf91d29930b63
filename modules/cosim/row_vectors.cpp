// SPDX-License-Identifier: Apache-2.0
#include "cosim/row_vectors.h"

#include <algorithm>
#include <cstring>

namespace topkima::cosim {
namespace {

constexpr int cycle_bits = 32, exponent_bits = 16;

std::string parameter(const char* name, int value) {
  return std::string(name) + "=" + std::to_string(value) + " ";
}

int address_bits(int n) { return std::max(clog2(n), 1); }

/// `count` entries, tokens in one field and codes in another.
void put_entries(VectorFile& line, const stage::EntryRow& row, const char* tokens, int token_bits,
                 const char* codes, int code_bits) {
  for (int w = 0; w < row.header.count; ++w) {
    line.set(tokens, w, token_bits, static_cast<std::uint64_t>(row.entries[w].token));
    line.set(codes, w, code_bits, static_cast<std::uint64_t>(row.entries[w].code));
  }
}

/// 0 for a row without winners.
std::int32_t largest_code(const stage::EntryRow& row) {
  std::int32_t largest = row.header.count == 0 ? 0 : row.entries[0].code;
  for (int w = 0; w < row.header.count; ++w) largest = std::max(largest, row.entries[w].code);
  return largest;
}

}  // namespace

RtlParameters UnionVectors::parameters(const Config& c) {
  return RtlParameters(
      parameter("CROSSBARS", static_cast<int>(c.first_columns.size())) +
      parameter("SUB_K", c.sub_k) + parameter("COLUMN_BITS", address_bits(c.columns)) +
      parameter("CODE_BITS", c.code_bits) + parameter("TOKEN_BITS", address_bits(c.tokens)));
}

VectorSet::Layout UnionVectors::layout(const Config& config) {
  const PinWidths w(parameters(config));
  return {{{"in_count", w.crossbars * w.sub_count},
           {"in_column", w.crossbars * w.sub_k * w.column},
           {"in_code", w.crossbars * w.sub_k * w.code},
           {"first_column", w.crossbars * w.token}},
          {{"cycles", cycle_bits},
           {"out_count", w.winner_count},
           {"out_token", w.winners * w.token},
           {"out_code", w.winners * w.code},
           {"out_max", w.code}}};
}

UnionVectors::UnionVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                           const stage::RowRange& rows, topk::TopkUnion& unite)
    : set_(set), config_(config), widths_(parameters(config)), clock_(clock), rows_(rows) {
  unite.observe(*this);
}

void UnionVectors::begun(const stage::RowTag& row, const std::vector<unsigned char>& input) {
  if (!rows_.holds(row.id)) return;
  begun_ = clock_.now();
  auto& line = set_.stimulus();
  const auto* at = input.data();
  for (int c = 0; c < widths_.crossbars; ++c) {
    std::int32_t count = 0;
    std::memcpy(&count, at, sizeof count);
    at += sizeof count;
    line.set("in_count", c, widths_.sub_count, static_cast<std::uint64_t>(count));
    line.set("first_column", c, widths_.token,
             static_cast<std::uint64_t>(config_.first_columns[static_cast<std::size_t>(c)]));
    for (int w = 0; w < count; ++w, at += sizeof(arith::Winner)) {
      arith::Winner winner;
      std::memcpy(&winner, at, sizeof winner);
      const int place = c * widths_.sub_k + w;
      line.set("in_column", place, widths_.column, static_cast<std::uint64_t>(winner.column));
      line.set("in_code", place, widths_.code, static_cast<std::uint64_t>(winner.code));
    }
  }
}

void UnionVectors::finished(const stage::RowTag& row, const std::vector<unsigned char>& output) {
  if (!rows_.holds(row.id)) return;
  const stage::EntryRow winners(output.data());
  auto& line = set_.expected();
  line.set("cycles", static_cast<std::uint64_t>(clock_.now() - begun_));
  line.set("out_count", static_cast<std::uint64_t>(winners.header.count));
  put_entries(line, winners, "out_token", widths_.token, "out_code", widths_.code);
  line.set("out_max", static_cast<std::uint64_t>(largest_code(winners)));
  set_.end_transaction(row);
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

void SoftmaxVectors::write_table() {
  for (std::uint32_t distance = 0; distance >> widths_.code == 0; ++distance) {
    table_.set("table_data", exponent_.exponent(distance));
    table_.end_line();
  }
}

void SoftmaxVectors::ExponentHalf::begun(const stage::RowTag& row,
                                         const std::vector<unsigned char>& input) {
  if (!vectors.rows_.holds(row.id) || stage::EntryRow(input.data()).header.count == 0) return;
  if (vectors.table_.lines() == 0) vectors.write_table();
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
