// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL in a machine: loads what the configuration names, puts it in the place of the model's blocks
// or beside them, and says at the end whether they agreed.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cosim/block_rtl.h"
#include "cosim/inner_waves.h"
#include "cosim/referee.h"
#include "cosim/row_pins.h"
#include "cosim/rtl_instance.h"
#include "cosim/rtl_library.h"
#include "cosim/twins.h"
#include "head/attention_head.h"

namespace topkima::platforms {

/// Where RTL libraries lie.
std::string rtl_directory(const config::Cosim& cosim);

class Cosimulation {
 public:
  /// Throws ConfigError when RTL is missing or not made for this machine. `counting`: libraries
  /// that count lines are taken where they have been built.
  Cosimulation(const config::MachineConfig& config, stage::Context& context, bool counting);

  /// Puts RTL and stalls into one head, before the simulation.
  void attach(AttentionHead& head);
  /// Puts RTL into what a SoC has beside its heads.
  void attach(const SocParts& soc);
  /// Declares the pins of all RTL for waveforms.
  void declare_probes(const Scopes& scopes);
  /// Shows signals within RTL; `top` is the first level of all names. Without a waveform, and so
  /// without `scopes`, it is only checked whether there is what `options` names.
  void show_inner(const InnerOptions& options, const std::string& top, const Scopes& scopes);
  /// Is told that the run has ended: RTL beside a model must have answered.
  void finish();
  /// What differed so far.
  std::optional<Diverged> diverged() const;

  /// All RTL used, each once.
  const std::vector<const cosim::RtlInfo*>& rtl() const { return loaded_; }
  /// That which does a block's work or stands beside its model, as a part of a composite block or
  /// by itself; null where there is none.
  const cosim::RtlInstance* rtl_of(int head, config::Block block, std::size_t crossbar) const;
  /// How often lines and signals of RTL have been reached in all of its instances, by what
  /// verilator_coverage calls them; none where its library does not count.
  std::map<std::string, std::uint64_t> counts_of(const cosim::RtlInfo& info) const;
  /// The number of transactions that were compared.
  std::int64_t compared() const { return referee_.compared(); }
  /// One line for each RTL used: block, name, parameters, sources.
  const std::vector<std::string>& used() const { return used_; }

  // What blocks put themselves into a head with (block_rtl.h).

  const config::MachineConfig& config() const { return config_; }
  /// The sizes of the machine that bound what RTL may answer.
  cosim::RowLimits row_limits() const { return {config_.topk.winners, config_.shape.tokens}; }
  const std::vector<int>& first_columns() const { return first_columns_; }
  /// Makes an adapter, or what it needs, which lives as long as the run.
  template <typename T, typename... Arguments>
  T& make(Arguments&&... arguments) {
    auto made = std::make_shared<T>(std::forward<Arguments>(arguments)...);
    kept_.push_back(made);
    return *made;
  }
  /// Makes a twin for the model that is called `instance`, "head3.topk0", and RTL at `place`.
  template <typename T, typename... Arguments>
  T& make_twin(const std::string& instance, const BlockRtl::AnyPlace& place,
               Arguments&&... arguments) {
    T& twin = make<T>(twin_name(instance, place.rtl).c_str(), context_.clock,
                      std::forward<Arguments>(arguments)..., comparison(instance, place));
    twins_.push_back(&twin);
    return twin;
  }
  /// Puts the adapter of a row's circuit into a stage of this kind, or a twin with it beside the
  /// stage: where results are entries, and where they are values.
  void put(const BlockRtl::Place& place, stage::RowSeam& stage, cosim::RowPins& pins,
           const stage::StageKind& kind, const cosim::EntryTwin::Fields& fields);
  void put(const BlockRtl::Place& place, stage::RowSeam& seam, cosim::RowPins& pins,
           const stage::StageKind& kind);
  /// The stalls at a place, "head3.topk0.grant".
  stage::Stall stall_at(const std::string& place);

 private:
  struct Rtl {
    std::string scope;  ///< "head3.topk0.rtl"
    std::unique_ptr<cosim::RtlInstance> instance;
  };

  void attach(AttentionHead& head, config::Block block, std::size_t crossbar);
  /// Makes the RTL of a block, its copies included, and has each put into its place.
  void make_rtl(config::Block block, std::size_t crossbar, const std::string& instance,
                const std::function<void(const BlockRtl::AnyPlace&)>& put);
  const cosim::RtlInfo& load(const config::Model& model, const cosim::Fits& fits);
  cosim::RtlInstance& add(const cosim::RtlInfo& info, const std::string& scope,
                          cosim::AtStart registers);
  void stall(AttentionHead& head);
  std::string twin_name(const std::string& instance, const cosim::RtlInstance& rtl) const;
  cosim::Comparison comparison(const std::string& instance, const BlockRtl::AnyPlace& place);

  const config::MachineConfig& config_;
  stage::Context& context_;
  bool counting_;
  cosim::Referee referee_;
  stage::StageId stalls_ = stage::nobody;
  std::vector<int> first_columns_;
  std::vector<const cosim::RtlInfo*> loaded_;
  std::vector<std::string> used_;
  std::vector<Rtl> rtl_;
  std::unique_ptr<InnerWaves> inner_;
  std::vector<std::shared_ptr<void>> kept_;
  std::vector<cosim::Twin*> twins_;  ///< Some of those kept.
};

}  // namespace topkima::platforms
