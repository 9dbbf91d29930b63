// SPDX-License-Identifier: Apache-2.0
#include "cosim/annotation.h"

#include "cosim/block_rtl.h"
#include "version.h"

namespace topkima::platforms {
namespace {

using config::Block;

constexpr std::size_t longest_provenance = 300;  // config::Settings takes no more.

/// The text as files of parameters can hold it: they take printable ASCII, and '#' begins a
/// comment.
std::string plain(std::string text) {
  for (char& c : text)
    if (c < ' ' || c > '~' || c == '#') c = '?';
  return text;
}

}  // namespace

std::string counted(std::int64_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

Annotation::Annotation(const std::string& path, const config::MachineConfig& config,
                       const stage::Clock& clock)
    : path_(path), config_(config), clock_(clock), file_(path) {}

void Annotation::bind(AttentionHead& head) {
  if (!config_.cosim.in(head.number())) return;
  for (const Block block : config::head_blocks())
    if (measures(block)) block_rtl(block).measure(*this, head);
}

void Annotation::meter_steps(topk::TopkCounter& counter, int start_cycles) {
  step_meters_.push_back(std::make_unique<cosim::StepMeter>(steps_, clock_, start_cycles));
  counter.observe(*step_meters_.back());
  counter.grants.bind(*step_meters_.back());
}

void Annotation::meter_steps(topk::CodeLatch& latch) {
  step_meters_.push_back(std::make_unique<cosim::StepMeter>(steps_, clock_, 0));
  latch.observe(*step_meters_.back());
}

void Annotation::meter_rows(const stage::StageKind& kind, bool all, stage::RowSeam& stage) {
  row_meters_.push_back(std::make_unique<cosim::RowMeter>(rows_[kind.name], clock_, all, stage));
}

void Annotation::meter_values(const stage::StageKind& kind, stage::RowSeam& seam) {
  row_meters_.push_back(std::make_unique<cosim::ValueMeter>(rows_[kind.name], clock_, seam));
}

std::string Annotation::source(const std::vector<Block>& blocks,
                               const cosim::Deviation& deviation) const {
  const std::string how = deviation.deviating == 0
                              ? "measured from RTL "
                              : "fit: " + std::to_string(deviation.deviating) + " of " +
                                    std::to_string(deviation.transactions) + " deviate, by up to " +
                                    counted(deviation.most, "cycle") + "; RTL ";
  std::string text, sources;
  for (const auto block : blocks)
    for (const auto* rtl : rtl_) {
      if (rtl->block != std::string(config::word(config_.cosim.of(block).block))) continue;
      text += (text.empty() ? how : " and ") + rtl->name + " (" + rtl->parameters + ")";
      sources += std::string(sources.empty() ? "" : " ") + rtl->sources;
    }
  const std::string rest = std::string(", commit ") + version::git_revision + ", sources " +
                           sources + ", " + counted(deviation.transactions, "transaction");
  if (text.size() + rest.size() > longest_provenance)
    text = text.substr(0, longest_provenance - rest.size() - 3) + "...";
  return plain(text + rest);
}

void Annotation::put(const std::string& key, int value, const std::string& source) {
  file_.buffer() += key + " = " + std::to_string(value) + "\n";
  if (!source.empty()) provenance_ += section_ + "." + key + " = " + source + "\n";
}

void Annotation::enter(const std::string& section) {
  if (section != section_) file_.buffer() += "[" + section + "]\n";
  section_ = section;
}

void Annotation::note(const std::string& text) { file_.buffer() += "# " + text + "\n"; }

void Annotation::begin(const std::string& section, const cosim::Deviation& deviation,
                       const std::string& transaction) {
  enter(section);
  deviation_.add(deviation);
  note(counted(deviation.transactions, transaction) + ", " +
       (deviation.deviating == 0
            ? "every one as these say"
            : std::to_string(deviation.deviating) + " of them not as these say: by " +
                  counted(deviation.most, "cycle") + " at most, " +
                  std::to_string(deviation.total) + " in all"));
}

void Annotation::put_steps(const cosim::StepFit& fit, const std::vector<Block>& blocks,
                           bool lanes) {
  if (steps_.empty()) return;
  const std::string from = source(blocks, fit.deviation);
  begin("topk", fit.deviation, "ramp step");
  if (lanes && fit.most_grants <= fit.lanes)
    note("no step had more than " + counted(fit.most_grants, "grant") +
         ": more grants per cycle would look the same");
  if (!fit.goes_on)
    note("every conversion had one step: what it took may be of the step or of the start");
  if (!fit.differs)
    note("steps all grant, or none does: what they took may be of the step or of its grants");
  if (lanes) put("grants_per_cycle", fit.lanes, from);
  put("step_cycles", fit.step_cycles, from);
  put("start_cycles", fit.start_cycles, from);
  put("grant_cycles", fit.grant_cycles, from);
}

std::string Annotation::finish(const std::vector<const cosim::RtlInfo*>& rtl) {
  rtl_ = rtl;
  auto& text = file_.buffer();
  text += std::string("# Cycles that RTL took, measured by version ") + version::project + " (" +
          version::git_revision + ").\n";
  for (const Block block : config::head_blocks())
    if (measures(block)) block_rtl(block).annotate(*this);
  if (!provenance_.empty()) text += "[provenance]\n" + provenance_;
  file_.commit();
  return "annotation      " + path_ + ", " + counted(deviation_.transactions, "transaction") +
         (deviation_.deviating == 0
              ? ", every one reproduced"
              : "; " + std::to_string(deviation_.deviating) + " of them deviate, by " +
                    counted(deviation_.most, "cycle") + " at most") +
         "\n";
}

}  // namespace topkima::platforms
