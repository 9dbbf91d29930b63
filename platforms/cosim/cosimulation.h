// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL in a machine: loads what the configuration names, puts it in the place of the model's blocks
// or beside them, and says at the end whether they agreed.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cosim/referee.h"
#include "cosim/rtl_instance.h"
#include "cosim/rtl_library.h"
#include "cosim/twins.h"
#include "head/attention_head.h"

namespace topkima::platforms {

class Cosimulation {
 public:
  /// Throws ConfigError when RTL is missing or not made for this machine.
  Cosimulation(const config::MachineConfig& config, stage::Context& context);

  /// Before the simulation: puts RTL into one head, and stalls.
  void attach(AttentionHead& head);
  /// Declares the pins of all RTL for waveforms.
  void declare_probes(const Scopes& scopes);
  /// The run has ended: RTL beside a model must have answered.
  void finish();
  /// What differed so far.
  std::optional<Diverged> diverged() const;

  /// All RTL used, each once.
  const std::vector<const cosim::RtlInfo*>& rtl() const { return loaded_; }
  /// Transactions compared.
  std::int64_t compared() const { return referee_.compared(); }
  /// One line for each RTL used: block, name, parameters, sources.
  const std::vector<std::string>& used() const { return used_; }

 private:
  struct Rtl {
    std::string scope;  ///< "head3.topk0.rtl"
    std::unique_ptr<cosim::RtlInstance> instance;
  };

  const cosim::RtlInfo& load(const config::Model& model, const cosim::Fits& fits);
  cosim::RtlInstance& add(const cosim::RtlInfo& info, const std::string& scope);
  void attach_ramp(AttentionHead& head, std::size_t crossbar);
  void attach_counter(AttentionHead& head, std::size_t crossbar, cosim::RtlInstance& rtl, int lane,
                      const config::Model& model);
  void attach_union(AttentionHead& head, cosim::RtlInstance& rtl, const config::Model& model);
  void attach_softmax(AttentionHead& head, cosim::RtlInstance& rtl, const config::Model& model);
  void put(stage::Stage& stage, stage::RowCircuit& circuit, const config::Model& model,
           const std::string& block, const cosim::RtlInfo& info,
           const cosim::RowTwin::Fields& fields);
  void stall(AttentionHead& head);
  stage::Stall stall_at(const std::string& place);
  cosim::Comparison comparison(const std::string& block, const cosim::RtlInfo& info);

  const config::MachineConfig& config_;
  stage::Context& context_;
  cosim::Referee referee_;
  stage::StageId stalls_ = stage::nobody;
  std::vector<int> first_columns_;
  std::vector<const cosim::RtlInfo*> loaded_;
  std::vector<std::string> used_;
  std::vector<Rtl> rtl_;
  std::vector<std::unique_ptr<stage::Stall>> grant_stalls_;
  std::vector<std::unique_ptr<topk::GrantCircuit>> counters_;
  std::vector<std::unique_ptr<ima::StepCircuit>> ramps_;
  std::vector<std::unique_ptr<stage::RowCircuit>> rows_;
  std::vector<std::unique_ptr<cosim::Twin>> twins_;
};

}  // namespace topkima::platforms
