// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a machine must know of each block of the table (data/rtl/blocks.json) to co-simulate it:
// which RTL holds the machine, where in a head its adapters go, and how its test vectors and
// latencies are taken there. Each block says so in a file of its own, <name>_block.cpp, without
// which nothing links.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/machine_config.h"
#include "cosim/cases.h"
#include "cosim/rtl_instance.h"
#include "cosim/vector_set.h"
#include "head/attention_head.h"
#include "memory/dma_reader.h"
#include "pipeline/controller.h"
#include "stage/row_range.h"

namespace topkima::platforms {

class Annotation;
class Cosimulation;

/// What a SoC has beside its heads whose work RTL can do.
struct SocParts {
  const config::MachineConfig& config;
  const stage::Clock& clock;
  pipeline::Controller& controller;
  memory::DmaReader& reader;
};

class BlockRtl {
 public:
  /// Whether RTL is put into the model's place or beside it.
  struct AnyPlace {
    cosim::RtlInstance& rtl;
    const config::Model& model;

    /// A copy starts with other registers and stands beside whatever does the block's work.
    bool is_copy() const { return rtl.at_start() != cosim::AtStart::random; }
    bool in_the_models_place() const { return model.is_rtl() && !is_copy(); }
  };
  /// Where in a head.
  struct Place : AnyPlace {
    AttentionHead& head;
    std::size_t crossbar;  ///< Counts for a block that stands in a crossbar.
    int lane;              ///< Which crossbar's pins of the RTL these are.
  };
  using MakeSet = std::function<cosim::VectorSet&(const cosim::RtlParameters&,
                                                  const cosim::VectorSet::Layout&)>;
  /// What test vectors are taken of, and how their set is made.
  struct Recording {
    const config::MachineConfig& config;
    const stage::Clock& clock;
    AttentionHead& head;
    std::size_t crossbar;
    stage::RowRange rows;
    bool by_rtl;  ///< RTL does the block's work.
    MakeSet make_set;
  };

  /// What cases are counted of, and for which RTL.
  struct Covering {
    const config::MachineConfig& config;
    const stage::Clock& clock;
    AttentionHead& head;
    std::size_t crossbar;
    const cosim::RtlParameters* rtl;  ///< Null where the model is alone.
  };

  virtual ~BlockRtl() = default;

  /// Empty where RTL with these parameters holds the machine and, for a block that stands in a
  /// crossbar, the array of this number; else what is wrong.
  virtual std::string fits(const cosim::RtlParameters& parameters,
                           const config::MachineConfig& config, std::size_t crossbar) const = 0;
  virtual void attach(Cosimulation& cosimulation, const Place& place) const = 0;
  /// Observes the block from now on and writes its transactions to a set.
  virtual std::unique_ptr<cosim::BlockVectors> record(const Recording& recording) const = 0;
  /// Observes the block from now on and counts the cases of its contract.
  virtual std::unique_ptr<cosim::BlockCases> cover(const Covering& covering) const = 0;
  /// The parameters behind the cycles that a model's vectors expect.
  virtual nlohmann::ordered_json timing(const config::MachineConfig& config) const = 0;
  /// Measures RTL that does the block's work in a head from now on.
  virtual void measure(Annotation& annotation, AttentionHead& head) const = 0;
  /// Writes the timing parameters with which the model takes the times that were measured.
  virtual void annotate(Annotation& annotation) const = 0;
};

/// A block beside the heads. Its latencies are not measured.
class SocBlockRtl : public BlockRtl {
 public:
  /// What each one of it is called.
  virtual std::vector<std::string> instances() const = 0;
  /// `instance` counts these.
  virtual void attach_to(const SocParts& soc, Cosimulation& cosimulation, const AnyPlace& place,
                         std::size_t instance) const = 0;
  virtual std::unique_ptr<cosim::BlockVectors> record_in(const SocParts& soc,
                                                         const MakeSet& make_set) const = 0;
  virtual std::unique_ptr<cosim::BlockCases> cover_in(const SocParts& soc) const = 0;

  void attach(Cosimulation&, const Place&) const final {}
  std::unique_ptr<cosim::BlockVectors> record(const Recording&) const final { return nullptr; }
  std::unique_ptr<cosim::BlockCases> cover(const Covering&) const final { return nullptr; }
  nlohmann::ordered_json timing(const config::MachineConfig&) const override { return {}; }
  void measure(Annotation&, AttentionHead&) const override {}
  void annotate(Annotation&) const override {}
};

/// A block that consists of others: its RTL goes to the places of all of them. They are recorded
/// and measured one by one, whatever does their work, and their cases counted, so that nothing of
/// the kind is left to the whole.
class CompositeRtl : public BlockRtl {
 public:
  explicit CompositeRtl(config::Block block) : block_(block) {}

  void attach(Cosimulation& cosimulation, const Place& place) const override;
  std::unique_ptr<cosim::BlockVectors> record(const Recording&) const override { return nullptr; }
  std::unique_ptr<cosim::BlockCases> cover(const Covering&) const override { return nullptr; }
  nlohmann::ordered_json timing(const config::MachineConfig&) const override { return {}; }
  void measure(Annotation&, AttentionHead&) const override {}
  void annotate(Annotation&) const override {}

 private:
  config::Block block_;
};

/// How many of a block a head has.
std::size_t instances_in(const AttentionHead& head, config::Block block);
/// The counter behind a crossbar's ramp: its own, or the one of the head, with whose steps all
/// ramps fall, those of crossbars that rest in a row alone excepted.
topk::TopkCounter& counter_of(AttentionHead& head, std::size_t crossbar);

/// Specialised in each block's own file.
template <config::Block block>
const BlockRtl& block_rtl();

const BlockRtl& block_rtl(config::Block block);
/// That of a block beside the heads.
const SocBlockRtl& soc_block_rtl(config::Block block);

}  // namespace topkima::platforms
