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

}  // namespace

std::string cycle_text(std::int64_t cycle, const stage::Clock& clock) {
  char text[64];
  std::snprintf(text, sizeof text, "cycle %lld (%.3f us)", static_cast<long long>(cycle),
                clock.span(cycle).to_seconds() * 1e6);
  return text;
}

void Referee::report(Divergence divergence) {
  if (count_++ > 0) return;
  first_ = std::move(divergence);
  if (options_.stop && sc_core::sc_get_status() == sc_core::SC_RUNNING) sc_core::sc_stop();
}

std::string Referee::headline(const stage::Clock& clock) const {
  const Divergence& d = *first_;
  const Subject& subject = d.subject;
  const std::string rtl = subject.is_copy() ? "RTL that starts with " + subject.start : "RTL";
  return (subject.of_rtl ? "RTL depends on what its registers start with: "
                         : "model and RTL differ: ") +
         subject.block + ", row " + std::to_string(d.row.id) + ", " + d.transaction + ": " +
         (d.impossible ? rtl + " " + d.is + " where " + d.model
                       : d.field + " is " + d.model + ", in " + rtl + " " + d.is) +
         ", " + cycle_text(d.cycle, clock);
}

std::string Referee::text(const stage::Clock& clock) const {
  const Divergence& d = *first_;
  const Subject& subject = d.subject;
  const auto line = [](const char* name, const std::string& value) {
    return "\n  " + (name + std::string(13, ' ')).substr(0, 13) + value;
  };
  std::string text = "first divergence" + line("time", cycle_text(d.cycle, clock)) +
                     line("row", row_text(d.row)) +
                     line("block", subject.block + ", RTL " + subject.rtl);
  if (subject.is_copy()) text += line("registers", "start with " + subject.start);
  text += line("transaction", d.transaction);
  if (!d.inputs.empty()) text += line("inputs", d.inputs);
  text += line("field", d.field) + line(subject.of_rtl ? "in place" : "model", d.model) +
          line("RTL", d.is) + "\n  before it, in this block:\n";
  if (d.before.empty()) text += "    nothing\n";
  for (const auto& each : d.before) text += "    " + each + "\n";
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
  report(field, model, is, false);
}

void Comparison::impossible(std::int64_t cycle, const std::string& does,
                            const std::string& expected) {
  cycle_ = cycle;
  report("answer", expected, does, true);
}

void Comparison::report(const std::string& field, const std::string& model, const std::string& is,
                        bool impossible) {
  if (differed_) return;
  differed_ = true;
  referee_.report({subject_,
                   cycle_,
                   row_,
                   transaction_,
                   inputs_,
                   field,
                   model,
                   is,
                   {before_.begin(), before_.end()},
                   impossible});
}

void Comparison::end(const std::string& result) {
  if (!subject_.is_copy()) referee_.note();
  before_.push_back("cycle " + std::to_string(cycle_) + ", row " + std::to_string(row_.id) + ", " +
                    transaction_ + ": " + result);
  if (before_.size() > transactions_kept) before_.pop_front();
}

}  // namespace topkima::cosim
