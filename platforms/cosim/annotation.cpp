// SPDX-License-Identifier: Apache-2.0
#include "cosim/annotation.h"

#include "version.h"

namespace topkima::platforms {
namespace {

using config::Block;

constexpr std::size_t longest_provenance = 300;  // config::Settings takes no more

std::string count_of(std::int64_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

/// Files of parameters take printable ASCII, and '#' begins a comment.
std::string plain(std::string text) {
  for (char& c : text)
    if (c < ' ' || c > '~' || c == '#') c = '?';
  return text;
}

}  // namespace

Annotation::Annotation(const std::string& path, const config::MachineConfig& config,
                       const stage::Clock& clock)
    : path_(path), config_(config), clock_(clock), file_(path) {}

void Annotation::bind(AttentionHead& head) {
  if (!config_.cosim.in(head.number())) return;
  const bool counters = measures(Block::topk);
  if (counters || measures(Block::ramp))
    for (auto& counter : head.counters)
      step_meters_.push_back(std::make_unique<cosim::StepMeter>(
          steps_, clock_, counters ? 0 : config_.topk.start_cycles, counter));
  const auto measure = [&](cosim::RowCounts& counts, bool all, stage::Stage& stage) {
    row_meters_.push_back(std::make_unique<cosim::RowMeter>(counts, clock_, all, stage));
  };
  if (measures(Block::unite)) measure(unions_, true, *head.unite);
  if (measures(Block::softmax)) {
    measure(exponents_, false, head.softmax.exponent);
    measure(divisions_, false, head.softmax.divider);
  }
}

std::string Annotation::source(const std::vector<Block>& blocks, std::int64_t transactions) const {
  std::string text, sources;
  for (const auto block : blocks)
    for (const auto* rtl : rtl_) {
      if (rtl->block != std::string(config::name(config_.cosim.of(block).block))) continue;
      text += std::string(text.empty() ? "measured from RTL " : " and ") + rtl->name + " (" +
              rtl->parameters + ")";
      sources += std::string(sources.empty() ? "" : " ") + rtl->sources;
    }
  const std::string rest = std::string(", commit ") + version::git_revision + ", sources " +
                           sources + ", " + count_of(transactions, "transaction");
  if (text.size() + rest.size() > longest_provenance)
    text = text.substr(0, longest_provenance - rest.size() - 3) + "...";
  return plain(text + rest);
}

void Annotation::put(const std::string& key, int value, const std::string& source) {
  file_.buffer() += key + " = " + std::to_string(value) + "\n";
  if (!source.empty()) provenance_ += section_ + "." + key + " = " + source + "\n";
}

void Annotation::put_deviation(const cosim::Deviation& deviation, const char* transactions) {
  deviation_.add(deviation);
  const std::string all = count_of(deviation.transactions, transactions);
  file_.buffer() += "# " + all + ", " +
                    (deviation.deviating == 0
                         ? "every one as these say"
                         : std::to_string(deviation.deviating) + " of them not as these say: by " +
                               count_of(deviation.most, "cycle") + " at most, " +
                               std::to_string(deviation.total) + " in all") +
                    "\n";
}

void Annotation::put_topk() {
  if (steps_.empty()) return;
  const bool counters = measures(Block::topk);
  const auto fit = counters ? cosim::fit_steps(steps_)
                            : cosim::fit_steps(steps_, config_.topk.grants_per_cycle,
                                               config_.topk.grants_per_cycle);
  std::vector<Block> blocks;
  if (counters) blocks.push_back(Block::topk);
  if (measures(Block::ramp)) blocks.push_back(Block::ramp);
  const std::string from = source(blocks, fit.deviation.transactions);
  put_deviation(fit.deviation, "ramp step");
  auto& text = file_.buffer();
  if (counters && fit.most_grants <= fit.lanes)
    text += "# no step had more than " + count_of(fit.most_grants, "grant") +
            ": more grants per cycle would look the same\n";
  if (!fit.goes_on)
    text += "# every conversion had one step: what it took may be of the step or of the start\n";
  if (counters) put("grants_per_cycle", fit.lanes, from);
  put("step_cycles", fit.step_cycles, from);
  put("start_cycles", fit.start_cycles, from);
}

void Annotation::put_union() {
  if (unions_.empty()) return;
  const auto fit = cosim::fit_constant(unions_);
  put_deviation(fit.deviation, "row");
  put("union_cycles", fit.cycles, source({Block::unite}, fit.deviation.transactions));
}

void Annotation::put_half(const std::string& half, const cosim::RowCounts& counts,
                          int default_interval) {
  if (counts.empty()) return;
  const auto fit = cosim::fit_rows(counts, default_interval);
  const std::string from = source({Block::softmax}, fit.deviation.transactions);
  put_deviation(fit.deviation, "row");
  if (!fit.varies)
    file_.buffer() += "# each had " + count_of(counts.begin()->first.winners, "winner") +
                      ": the interval is the default, not measured\n";
  put(half + "_cycles", fit.cycles, from);
  put(half + "_interval", fit.interval, fit.varies ? from : "");
}

std::string Annotation::finish(const std::vector<const cosim::RtlInfo*>& rtl) {
  rtl_ = rtl;
  auto& text = file_.buffer();
  text += std::string("# Cycles that RTL took, measured by version ") + version::project + " (" +
          version::git_revision + ").\n";
  const auto section = [&](const std::string& name) {
    section_ = name;
    text += "[" + name + "]\n";
  };
  if (!steps_.empty() || !unions_.empty()) section("topk");
  put_topk();
  put_union();
  if (!exponents_.empty()) section("softmax");
  const auto default_of = [](const char* name) {
    return std::atoi(config::find_parameter(name)->default_value.c_str());
  };
  put_half("exponent", exponents_, default_of("softmax.exponent_interval"));
  put_half("divide", divisions_, default_of("softmax.divide_interval"));
  if (!provenance_.empty()) text += "[provenance]\n" + provenance_;
  file_.commit();
  return "annotation      " + path_ + ", " + count_of(deviation_.transactions, "transaction") +
         (deviation_.deviating == 0
              ? ", every one reproduced"
              : "; " + std::to_string(deviation_.deviating) + " of them deviate, by " +
                    count_of(deviation_.most, "cycle") + " at most") +
         "\n";
}

}  // namespace topkima::platforms
