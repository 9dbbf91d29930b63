// SPDX-License-Identifier: Apache-2.0
#include "cosim/cosimulation.h"

#include <algorithm>

#include "cosim/ramp_pins.h"
#include "cosim/row_pins.h"
#include "cosim/topk_pins.h"
#include "files/shipped.h"
#include "stage/instance_names.h"

namespace topkima::platforms {
namespace {

using config::Block;
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

}  // namespace

Cosimulation::Cosimulation(const config::MachineConfig& config, stage::Context& context)
    : config_(config),
      context_(context),
      referee_({config.cosim.stop, config.cosim.compare_cycles}),
      first_columns_(first_columns(config.topk.split)) {
  if (config.cosim.stall > 0) stalls_ = context.ledger.add_label("stall", stage::kinds::stall);
}

const cosim::RtlInfo& Cosimulation::load(const config::Model& model, const cosim::Fits& fits) {
  const auto& cosim = config_.cosim;
  const auto directory = cosim.directory == "auto" ? files::rtl_directory() : cosim.directory;
  const std::string block = config::name(model.block);
  const auto& info = cosim::load_rtl(directory, block, model.rtl, fits, model.key());
  if (std::find(loaded_.begin(), loaded_.end(), &info) == loaded_.end()) loaded_.push_back(&info);
  const std::string line = block + ": " + words(info);
  if (std::find(used_.begin(), used_.end(), line) == used_.end()) used_.push_back(line);
  return info;
}

cosim::RtlInstance& Cosimulation::add(const cosim::RtlInfo& info, const std::string& scope) {
  rtl_.push_back(
      {scope, std::make_unique<cosim::RtlInstance>(module_name(scope).c_str(), context_.clock, info,
                                                   config_.cosim.timeout_cycles)});
  return *rtl_.back().instance;
}

void Cosimulation::attach(AttentionHead& head) {
  if (config_.cosim.stall > 0) stall(head);
  if (!config_.cosim.in(head.number())) return;
  const auto& c = config_;
  const auto& cosim = c.cosim;
  const std::string name = head_name(head.number()) + ".";
  const auto fits_softmax = [&](const cosim::RtlParameters& p) {
    return cosim::fits_softmax(p, c.topk.winners, c.shape.tokens, c.ima.bits, c.softmax.prob_bits);
  };
  const auto fits_union = [&](const cosim::RtlParameters& p) {
    return cosim::fits_union(p, c.topk.split, c.topk.sub_k, c.shape.tokens, c.ima.bits);
  };
  const auto& topk = cosim.given(Block::topk);
  for (std::size_t i = 0; i < c.topk.split.size(); ++i) {
    if (!cosim.given(Block::ramp).is_tlm()) attach_ramp(head, i);
    if (topk.is_tlm()) continue;
    const auto& info = load(topk, [&](const cosim::RtlParameters& p) {
      return cosim::fits_topk(p, c.topk.split[i], c.ima.bits);
    });
    attach_counter(head, i, add(info, name + numbered("topk", i) + ".rtl"), 0, topk);
  }
  const auto& unite = cosim.given(Block::unite);
  if (!unite.is_tlm()) attach_union(head, add(load(unite, fits_union), name + "union.rtl"), unite);
  const auto& softmax = cosim.given(Block::softmax);
  if (!softmax.is_tlm())
    attach_softmax(head, add(load(softmax, fits_softmax), name + "softmax.rtl"), softmax);
  const auto& macro = cosim.given(Block::macro);
  if (macro.is_tlm()) return;
  auto& rtl =
      add(load(macro,
               [&](const cosim::RtlParameters& p) {
                 return cosim::fits_macro(p, c.topk.split, c.topk.sub_k, c.shape.tokens, c.ima.bits,
                                          c.softmax.prob_bits, c.pipeline.queue_depth);
               }),
          name + "macro.rtl");
  for (std::size_t i = 0; i < c.topk.split.size(); ++i)
    attach_counter(head, i, rtl, static_cast<int>(i), macro);
  attach_union(head, rtl, macro);
  attach_softmax(head, rtl, macro);
}

void Cosimulation::attach_ramp(AttentionHead& head, std::size_t i) {
  const auto& model = config_.cosim.given(Block::ramp);
  const auto& info = load(
      model, [&](const cosim::RtlParameters& p) { return cosim::fits_ramp(p, config_.ima.bits); });
  const std::string block = head_name(head.number()) + "." + numbered("ramp", i);
  ramps_.push_back(std::make_unique<cosim::RampPins>(add(info, block + ".rtl")));
  if (model.is_rtl()) return head.ramps[i].replace(*ramps_.back());
  auto twin =
      std::make_unique<cosim::RampTwin>(module_name(block + ".twin").c_str(), context_.clock,
                                        *ramps_.back(), comparison(block, info));
  head.counters[i].observe(*twin);
  twins_.push_back(std::move(twin));
}

void Cosimulation::attach_counter(AttentionHead& head, std::size_t i, cosim::RtlInstance& rtl,
                                  int lane, const config::Model& model) {
  const std::string block = head_name(head.number()) + "." + numbered("topk", i);
  grant_stalls_.push_back(std::make_unique<stage::Stall>(stall_at(block + ".grant")));
  counters_.push_back(
      std::make_unique<cosim::TopkPins>(rtl, lane, config_.topk.split[i], *grant_stalls_.back()));
  if (model.is_rtl()) return head.counters[i].replace(*counters_.back());
  twins_.push_back(std::make_unique<cosim::TopkTwin>(
      module_name(block + ".twin").c_str(), context_.clock, *counters_.back(), head.counters[i],
      comparison(block, rtl.info())));
}

void Cosimulation::put(stage::Stage& stage, stage::RowCircuit& circuit, const config::Model& model,
                       const std::string& block, const cosim::RtlInfo& info,
                       const cosim::RowTwin::Fields& fields) {
  if (model.is_rtl()) return stage.replace(circuit);
  auto twin = std::make_unique<cosim::RowTwin>(module_name(block + ".twin").c_str(), context_.clock,
                                               circuit, fields, comparison(block, info));
  stage.observe(*twin);
  twins_.push_back(std::move(twin));
}

void Cosimulation::attach_union(AttentionHead& head, cosim::RtlInstance& rtl,
                                const config::Model& model) {
  const cosim::RowLimits limits{config_.topk.winners, config_.shape.tokens};
  rows_.push_back(std::make_unique<cosim::UnionPins>(rtl, first_columns_, limits));
  put(*head.unite, *rows_.back(), model, head_name(head.number()) + ".union", rtl.info(),
      {"code", false});
}

void Cosimulation::attach_softmax(AttentionHead& head, cosim::RtlInstance& rtl,
                                  const config::Model& model) {
  const cosim::RowLimits limits{config_.topk.winners, config_.shape.tokens};
  const auto& exponent = head.softmax.exponent;
  cosim::ExponentPins::Table table{[&](std::uint32_t d) { return exponent.exponent(d); },
                                   [&] { return exponent.table_writes(); }, config_.ima.bits};
  rows_.push_back(std::make_unique<cosim::ExponentPins>(rtl, std::move(table), limits));
  put(head.softmax.exponent, *rows_.back(), model, head_name(head.number()) + ".exponent",
      rtl.info(), {"exponent", true});
  rows_.push_back(std::make_unique<cosim::DividerPins>(rtl, limits));
  put(head.softmax.divider, *rows_.back(), model, head_name(head.number()) + ".divider", rtl.info(),
      {"probability", false});
}

stage::Stall Cosimulation::stall_at(const std::string& place) {
  if (config_.cosim.stall <= 0) return {};
  return {config_.cosim.stall, config_.cosim.seed, place, stalls_, context_.clock};
}

void Cosimulation::stall(AttentionHead& head) {
  const std::string name = head_name(head.number()) + ".";
  for (std::size_t i = 0; i < head.counters.size(); ++i) {
    head.ramps[i].stall(stall_at(name + numbered("ramp", i) + ".step"));
    head.counters[i].stall(stall_at(name + numbered("topk", i) + ".grant"));
  }
  head.score.stall(stall_at(name + "score.out"));
  head.unite->stall(stall_at(name + "union.out"));
  head.softmax.exponent.stall(stall_at(name + "exponent.out"));
  head.softmax.divider.stall(stall_at(name + "divider.out"));
}

cosim::Comparison Cosimulation::comparison(const std::string& block, const cosim::RtlInfo& info) {
  return {referee_, block, words(info)};
}

void Cosimulation::declare_probes(const Scopes& scopes) {
  for (auto& rtl : rtl_) rtl.instance->declare_probes(scopes(rtl.scope));
}

void Cosimulation::finish() {
  for (auto& twin : twins_) twin->finish();
}

std::optional<Diverged> Cosimulation::diverged() const {
  if (!referee_.first()) return std::nullopt;
  Diverged error(referee_.headline(context_.clock));
  error.details = referee_.text(context_.clock);
  error.cycle = referee_.first()->cycle;
  error.row = referee_.first()->row.id;
  return error;
}

}  // namespace topkima::platforms
