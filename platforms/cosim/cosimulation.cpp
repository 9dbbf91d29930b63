// SPDX-License-Identifier: Apache-2.0
#include "cosim/cosimulation.h"

#include <algorithm>
#include <string_view>

#include "files/shipped.h"
#include "stage/instance_names.h"

namespace topkima::platforms {
namespace {

using config::Block;
using cosim::AtStart;
using stage::head_name, stage::numbered;

/// SystemC takes no dots in the name of a module.
std::string module_name(std::string scope) {
  std::replace(scope.begin(), scope.end(), '.', '_');
  return scope;
}

std::string words(const cosim::RtlInfo& info) {
  return std::string(info.name) + " (" + info.parameters + ", sources " + info.sources + ", " +
         info.tool + ")";
}

/// What registers start with.
std::string start_word(AtStart registers) {
  return registers == AtStart::zeros ? "zeros" : registers == AtStart::ones ? "ones" : "random";
}

/// Of the names of what belongs to a copy; empty for RTL that is none.
std::string suffix(AtStart registers) {
  return registers == AtStart::random ? "" : "_" + start_word(registers);
}

/// "head3.topk0", and of a block that is one per head "head3.union".
std::string instance_name(int head, Block block, std::size_t crossbar) {
  const std::string name = config::word(block);
  return head_name(head) + "." +
         (config::in_crossbar(block) ? numbered(name.c_str(), crossbar) : name);
}

/// Whether the table of kinds of stage has every block that stands in a crossbar, too: from there
/// it is known which of them is before which.
constexpr bool all_in_arrays() {
  for (const Block block : config::blocks) {
    bool found = config::facts_of(block).one_per != config::OnePer::crossbar;
    for (const std::string_view name : stage::kinds::array_blocks)
      found = found || name == config::word(block);
    if (!found) return false;
  }
  return true;
}
static_assert(all_in_arrays(), "a block of every crossbar is none of stage::kinds::array_blocks");

}  // namespace

std::string rtl_directory(const config::Cosim& cosim) {
  return cosim.directory == "auto" ? files::rtl_directory() : cosim.directory;
}

Cosimulation::Cosimulation(const config::MachineConfig& config, stage::Context& context,
                           bool counting)
    : config_(config),
      context_(context),
      counting_(counting),
      referee_({config.cosim.stop, config.cosim.compare_cycles}),
      first_columns_(config.joins_crossbars() ? std::vector<int>{0}
                                              : config.attention.columns.first_slots()) {
  if (config.cosim.stall > 0) stalls_ = context.ledger.add_label("stall", stage::kinds::stall);
}

const cosim::RtlInfo& Cosimulation::load(const config::Model& model, const cosim::Fits& fits) {
  const std::string block = config::word(model.block);
  const auto& info =
      cosim::load_rtl(rtl_directory(config_.cosim), block, model.rtl, fits, model.key(), counting_);
  if (std::find(loaded_.begin(), loaded_.end(), &info) == loaded_.end()) loaded_.push_back(&info);
  const std::string line = block + ": " + words(info);
  if (std::find(used_.begin(), used_.end(), line) == used_.end()) used_.push_back(line);
  return info;
}

cosim::RtlInstance& Cosimulation::add(const cosim::RtlInfo& info, const std::string& scope,
                                      cosim::AtStart registers) {
  rtl_.push_back(
      {scope, std::make_unique<cosim::RtlInstance>(module_name(scope).c_str(), context_.clock, info,
                                                   config_.cosim.timeout_cycles, registers)});
  return *rtl_.back().instance;
}

void Cosimulation::attach(AttentionHead& head) {
  if (config_.cosim.stall > 0) stall(head);
  if (!config_.cosim.in(head.number())) return;
  for (std::size_t i = 0; i < head.ramps.size(); ++i)
    for (const char* name : stage::kinds::array_blocks)
      if (const Block* block = config::find_word<Block>(name))
        if (i < instances_in(head, *block)) attach(head, *block, i);
  for (const Block block : config::blocks)
    if (config::facts_of(block).one_per == config::OnePer::head) attach(head, block, 0);
}

void Cosimulation::attach(AttentionHead& head, Block block, std::size_t crossbar) {
  make_rtl(block, crossbar, instance_name(head.number(), block, crossbar),
           [&](const BlockRtl::AnyPlace& place) {
             block_rtl(block).attach(*this, {place, head, crossbar, 0});
           });
}

void Cosimulation::attach(const SocParts& soc) {
  for (const Block block : config::blocks) {
    if (!config::is_of_soc(block)) continue;
    const auto& rtl = soc_block_rtl(block);
    const auto names = rtl.instances();
    for (std::size_t i = 0; i < names.size(); ++i)
      make_rtl(block, 0, names[i], [&](const BlockRtl::AnyPlace& place) {
        rtl.attach_to(soc, *this, place, i);
      });
  }
}

void Cosimulation::make_rtl(Block block, std::size_t crossbar, const std::string& instance,
                            const std::function<void(const BlockRtl::AnyPlace&)>& put) {
  const config::Model& model = config_.cosim.given(block);
  if (model.is_tlm()) return;
  const auto& info = load(model, [&](const cosim::RtlParameters& p) {
    return block_rtl(block).fits(p, config_, crossbar);
  });
  for (const auto registers : {AtStart::random, AtStart::zeros, AtStart::ones})
    put({add(info, instance + ".rtl" + suffix(registers), registers), model});
}

const cosim::RtlInstance* Cosimulation::rtl_of(int head, Block block, std::size_t crossbar) const {
  const std::string scope = instance_name(head, config_.cosim.of(block).block, crossbar) + ".rtl";
  for (const auto& rtl : rtl_)
    if (rtl.scope == scope) return rtl.instance.get();
  return nullptr;
}

std::map<std::string, std::uint64_t> Cosimulation::counts_of(const cosim::RtlInfo& info) const {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& rtl : rtl_) {
    const auto* counters = rtl.instance->counters();
    // What copies do, they do to be compared.
    if (&rtl.instance->info() != &info || !counters || rtl.instance->at_start() != AtStart::random)
      continue;
    counters->each([&](const std::string& key, std::uint64_t count) { counts[key] += count; });
  }
  return counts;
}

void Cosimulation::put(const BlockRtl::Place& place, stage::RowSeam& stage, cosim::RowPins& pins,
                       const stage::StageKind& kind, const cosim::EntryTwin::Fields& fields) {
  if (place.in_the_models_place()) return stage.replace(pins);
  stage.observe(make_twin<cosim::EntryTwin>(stage::head_stage(place.head.number(), kind), place,
                                            pins, fields));
}

void Cosimulation::put(const BlockRtl::Place& place, stage::RowSeam& seam, cosim::RowPins& pins,
                       const stage::StageKind& kind) {
  if (place.in_the_models_place()) return seam.replace(pins);
  seam.observe(
      make_twin<cosim::ValueTwin>(stage::head_stage(place.head.number(), kind), place, pins));
}

stage::Stall Cosimulation::stall_at(const std::string& place) {
  if (config_.cosim.stall <= 0) return {};
  return {config_.cosim.stall, config_.cosim.seed, place, stalls_, context_.clock};
}

void Cosimulation::stall(AttentionHead& head) {
  const std::string name = head_name(head.number()) + ".";
  for (std::size_t i = 0; i < head.ramps.size(); ++i)
    head.ramps[i].stall(stall_at(name + numbered("ramp", i) + ".step"));
  for (std::size_t i = 0; i < head.counters.size(); ++i)
    head.counters[i].stall(stall_at(name + numbered("topk", i) + ".grant"));
  for (std::size_t i = 0; i < head.latches.size(); ++i)
    head.latches[i].stall(stall_at(name + numbered("latch", i) + ".codes"));
  head.score.stall(stall_at(name + "score.out"));
  if (head.unite) head.unite->stall(stall_at(name + "union.out"));
  if (head.latch) head.latch->stall(stall_at(name + "latch.out"));
  if (head.sorter) head.sorter->stall(stall_at(name + "sorter.out"));
  head.softmax.exponent.stall(stall_at(name + "exponent.out"));
  head.softmax.divider.stall(stall_at(name + "divider.out"));
  head.av.stall(stall_at(name + "av.out"));
}

std::string Cosimulation::twin_name(const std::string& instance,
                                    const cosim::RtlInstance& rtl) const {
  return module_name(instance + ".twin" + suffix(rtl.at_start()));
}

cosim::Comparison Cosimulation::comparison(const std::string& instance,
                                           const BlockRtl::AnyPlace& place) {
  const std::string start = place.is_copy() ? start_word(place.rtl.at_start()) : "";
  return {referee_, {instance, words(place.rtl.info()), start, place.model.is_rtl()}};
}

void Cosimulation::declare_probes(const Scopes& scopes) {
  for (auto& rtl : rtl_) rtl.instance->declare_probes(scopes(rtl.scope));
}

void Cosimulation::show_inner(const InnerOptions& options, const std::string& top,
                              const Scopes& scopes) {
  std::vector<InnerWaves::Rtl> all;
  for (const auto& rtl : rtl_) all.push_back({rtl.scope, rtl.instance.get()});
  inner_ = std::make_unique<InnerWaves>("inner_waves", options, top, std::move(all), scopes);
}

void Cosimulation::finish() {
  for (auto* twin : twins_) twin->finish();
}

std::optional<Diverged> Cosimulation::diverged() const {
  if (!referee_.first()) return std::nullopt;
  Diverged error(referee_.headline(context_.clock));
  error.details = referee_.text(context_.clock);
  error.cycle = referee_.first()->cycle;
  const auto& first = *referee_.first();
  error.row = first.row.id;
  error.row_before = first.row.row > 0 ? first.row.id - 1 : first.row.id;
  const cosim::Subject& subject = first.subject;
  error.instances.push_back(subject.block);
  // RTL of the block itself, or the one of its head: what differs, not its copies.
  const std::string start = subject.is_copy() ? subject.start : start_word(AtStart::random);
  const std::string head = subject.block.substr(0, subject.block.find('.') + 1);
  for (const auto& rtl : rtl_) {
    const auto& instance = *rtl.instance;
    const std::string own = subject.block + ".rtl" + suffix(instance.at_start());
    if (start_word(instance.at_start()) == start &&
        (rtl.scope == own ||
         (rtl.scope.rfind(head, 0) == 0 && words(instance.info()) == subject.rtl &&
          config::facts_of(instance.block()).one_per == config::OnePer::head))) {
      error.instances.push_back(rtl.scope);
      error.shows_inside = instance.info().shows_inside;
    }
  }
  return error;
}

}  // namespace topkima::platforms
