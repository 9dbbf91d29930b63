// SPDX-License-Identifier: Apache-2.0
#include "cosim/referee.h"

#include <cstdio>
#include <systemc>

namespace topkima::cosim {
namespace {

constexpr std::size_t transactions_kept = 8;

std::string row_text(const stage::RowTag& row) {
  return "row " + std::to_string(row.id) + " (sequence " + std::to_string(row.sequence) +
         ", head " + std::to_string(row.head) + ", row " + std::to_string(row.row) + ")";
}

std::string cycle_text(std::int64_t cycle, const stage::Clock& clock) {
  char text[64];
  std::snprintf(text, sizeof text, "cycle %lld (%.3f us)", static_cast<long long>(cycle),
                clock.span(cycle).to_seconds() * 1e6);
  return text;
}

}  // namespace

void Referee::report(Divergence divergence) {
  if (count_++ > 0) return;
  first_ = std::move(divergence);
  if (options_.stop && sc_core::sc_get_status() == sc_core::SC_RUNNING) sc_core::sc_stop();
}

std::string Referee::headline(const stage::Clock& clock) const {
  const Divergence& d = *first_;
  const std::string what =
      d.deed.empty() ? d.field + " is " + d.model + ", in RTL " + d.is : "RTL " + d.deed;
  return "model and RTL differ: " + d.block + ", row " + std::to_string(d.row.id) + ", " +
         d.transaction + ": " + what + ", " + cycle_text(d.cycle, clock);
}

std::string Referee::text(const stage::Clock& clock) const {
  const Divergence& d = *first_;
  std::string text = "first divergence\n  time         " + cycle_text(d.cycle, clock) +
                     "\n  row          " + row_text(d.row) + "\n  block        " + d.block +
                     ", RTL " + d.rtl + "\n  transaction  " + d.transaction +
                     (d.inputs.empty() ? "" : "\n  inputs       " + d.inputs) +
                     "\n  field        " + d.field + "\n  model        " + d.model +
                     "\n  RTL          " + d.is + "\n  before it, in this block:\n";
  if (d.before.empty()) text += "    nothing\n";
  for (const auto& line : d.before) text += "    " + line + "\n";
  if (!options_.stop) text += "  in all       " + std::to_string(count_) + "\n";
  return text;
}

void Comparison::begin(const stage::RowTag& row, std::int64_t cycle, std::string transaction,
                       std::string inputs) {
  row_ = row;
  cycle_ = cycle;
  transaction_ = std::move(transaction);
  inputs_ = std::move(inputs);
  differed_ = false;
}

void Comparison::differ(const std::string& field, const std::string& model, const std::string& is) {
  report(field, model, is, "");
}

void Comparison::impossible(const std::string& deed) {
  // What it did, and what was expected.
  const std::string where = " where ";
  const auto at = deed.find(where);
  const bool both = at != std::string::npos;
  report("answer", both ? deed.substr(at + where.size()) : "a possible one", deed.substr(0, at),
         deed);
}

void Comparison::report(const std::string& field, const std::string& model, const std::string& is,
                        const std::string& deed) {
  if (differed_) return;
  differed_ = true;
  referee_.report({block_,
                   rtl_,
                   cycle_,
                   row_,
                   transaction_,
                   inputs_,
                   field,
                   model,
                   is,
                   {before_.begin(), before_.end()},
                   deed});
}

void Comparison::end(const std::string& result) {
  referee_.note();
  before_.push_back("cycle " + std::to_string(cycle_) + ", row " + std::to_string(row_.id) + ", " +
                    transaction_ + ": " + result);
  if (before_.size() > transactions_kept) before_.pop_front();
}

}  // namespace topkima::cosim
