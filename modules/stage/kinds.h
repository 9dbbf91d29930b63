// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one table of kinds of stage: what data pass on their way through a machine, in the order in
// which they do. Metrics, waveform views, timelines, diagrams, pages, energy and co-simulation take
// their lists from here, and --list-stages prints it. A stage or a cause is made with one of these
// (Context::add_stage), so that one which is not listed cannot be built. No SystemC here.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/fidelity.h"
#include "config/machine_kind.h"
#include "config/rtl_blocks.h"
#include "stage/event.h"

namespace topkima::config {
struct MachineConfig;
}

namespace topkima::stage {

/// Where on a row's way the stages of a kind are.
enum class Part {
  shared,  ///< one for all heads, at the entrance or the exit: bus, projections, writers
  head,    ///< one in every head, as rows go
  token,   ///< of the modules around attention in an encoder
  cause,   ///< a name for what others wait for; it has no account of its own
};

/// What of a row leaves the stages of a kind.
enum class Leaves {
  all,            ///< of whatever came in
  early_winners,  ///< winners, for which the ramp was stopped as soon as they were known
  late_winners,   ///< winners, chosen when all columns had been converted
};

using config::Has;
using config::in_encoder;
using config::in_macro;
using config::in_soc;

class StageKind {
 public:
  const char* name;  ///< in accounts, metrics and waveforms: "score"
  Part part;
  unsigned machines;             ///< bits of Has
  const char* label;             ///< in diagrams
  const char* inside;            ///< what is in it, in diagrams; may be empty
  const char* colour;            ///< in charts, "#rrggbb"
  std::uint32_t components = 0;  ///< where it and its blocks count events, as bits of Component
  /// The blocks of section "fidelity" that it goes through time with; null: it has one way.
  config::Fidelity config::BlockFidelity::*blocks = nullptr;
  const char* rtl = nullptr;  ///< the block of RTL that can do its work, or the digital part
                              ///< of it; null: none
  /// It belongs to the softmax macro: between the word lines of K^T and a row's probabilities.
  bool makes_probabilities = false;
  /// It is on the way of every row of queries: a head's kinds, and what makes queries for all
  /// heads.
  bool passed_by_rows;
  Leaves leaves = Leaves::all;

  constexpr StageKind(const char* called, Part where, unsigned has, const char* shown,
                      const char* holding, const char* drawn)
      : name(called),
        part(where),
        machines(has),
        label(shown),
        inside(holding),
        colour(drawn),
        passed_by_rows(where == Part::head) {}

  // The rest of a description, one after the other.
  template <typename... C>
  constexpr StageKind counts_in(C... component) const {
    StageKind kind = *this;
    kind.components = (0u | ... | (1u << unsigned(component)));
    return kind;
  }
  constexpr StageKind with_fidelity(config::Fidelity config::BlockFidelity::*of) const {
    StageKind kind = *this;
    kind.blocks = of;
    return kind;
  }
  /// Its fidelity is that of the block.
  constexpr StageKind with_rtl(config::Block block) const {
    StageKind kind = with_fidelity(config::block_facts[std::size_t(block)].fidelity);
    kind.rtl = config::word(block);
    return kind;
  }
  constexpr StageKind of_softmax_macro() const {
    StageKind kind = *this;
    kind.makes_probabilities = true;
    return kind;
  }

  constexpr StageKind that_makes_queries() const {
    StageKind kind = *this;
    kind.passed_by_rows = true;
    return kind;
  }
  constexpr StageKind that_selects(Leaves winners) const {
    StageKind kind = *this;
    kind.leaves = winners;
    return kind;
  }

  bool has_account() const { return part != Part::cause; }
  /// Its key in section "fidelity"; null where it has one way through time.
  constexpr const char* fidelity() const { return blocks ? config::key_of(blocks) : nullptr; }
  /// How its stages go through time. Throws SimulationError where it has one way.
  config::Fidelity fidelity_in(const config::BlockFidelity& ways) const;
  bool is_in(Has machine) const { return (machines & machine) != 0; }
  bool counts(Component component) const { return (components >> unsigned(component) & 1) != 0; }
};

namespace kinds {

using C = Component;
using F = config::BlockFidelity;
constexpr unsigned attention = config::with_memory, everywhere = config::in_any;
constexpr const char* const plain = "#7f8790";

// Shared by the heads, from memory on.
inline constexpr StageKind bus_read =
    StageKind("bus.read", Part::shared, attention, "Bus", "", "#5f6875")
        .counts_in(C::bus, C::memory)
        .with_fidelity(&F::bus);
inline constexpr StageKind projection_q =
    StageKind("projection.q", Part::shared, attention, "Projection Q", "RRAM", "#0072b2")
        .counts_in(C::projection, C::projection_adc)
        .with_fidelity(&F::projection)
        .that_makes_queries();
inline constexpr StageKind projection_k =
    StageKind("projection.k", Part::shared, attention, "Projection K", "RRAM", "#56b4e9")
        .counts_in(C::projection, C::projection_adc)
        .with_fidelity(&F::projection);
inline constexpr StageKind projection_v =
    StageKind("projection.v", Part::shared, attention, "Projection V", "RRAM", "#9fc9ea")
        .counts_in(C::projection, C::projection_adc)
        .with_fidelity(&F::projection);
inline constexpr StageKind write_k =
    StageKind("write.k", Part::shared, attention, "Kᵀ writer", "", "#8c6d31")
        .counts_in(C::writer)
        .with_fidelity(&F::write);
inline constexpr StageKind write_v =
    StageKind("write.v", Part::shared, attention, "V writer", "", "#c9a65a")
        .counts_in(C::writer)
        .with_fidelity(&F::write);

// A head's, as rows go; no machine has all of them (docs/baselines.md).
inline constexpr StageKind fold =
    StageKind("fold", Part::head, in_soc, "Query times W_Kᵀ", "RRAM", "#3c9dd0")
        .counts_in(C::fold)
        .with_fidelity(&F::projection);
inline constexpr StageKind score =
    StageKind("score", Part::head, everywhere, "Kᵀ crossbar and ramp", "", "#d55e00")
        .counts_in(C::key_array, C::key_ramp, C::topk)
        .with_fidelity(&F::score)
        .of_softmax_macro();
inline constexpr StageKind unite =
    StageKind("union", Part::head, everywhere, "Sub-top-k union", "", "#b7a800")
        .counts_in(C::unite)
        .with_rtl(config::Block::unite)
        .of_softmax_macro()
        .that_selects(Leaves::early_winners);
inline constexpr StageKind latch =
    StageKind("latch", Part::head, everywhere, "Code latches", "", "#e0a030")
        .counts_in(C::latch)
        .with_fidelity(&F::unite)
        .of_softmax_macro();
inline constexpr StageKind shifter =
    StageKind("shifter", Part::head, everywhere, "Shifter", "scale", "#e8c547")
        .counts_in(C::shifter)
        .with_fidelity(&F::softmax)
        .of_softmax_macro();
inline constexpr StageKind sorter =
    StageKind("sorter", Part::head, everywhere, "Digital sorter", "", "#b7a800")
        .counts_in(C::sorter)
        .with_rtl(config::Block::sorter)
        .of_softmax_macro()
        .that_selects(Leaves::late_winners);
inline constexpr StageKind exponent =
    StageKind("exponent", Part::head, everywhere, "Exponent", "", "#cc79a7")
        .counts_in(C::exponent)
        .with_rtl(config::Block::softmax)
        .of_softmax_macro();
inline constexpr StageKind divider =
    StageKind("divider", Part::head, everywhere, "Divider", "", "#8f4e8b")
        .counts_in(C::divider)
        .with_rtl(config::Block::softmax)
        .of_softmax_macro();
inline constexpr StageKind av = StageKind("av", Part::head, everywhere, "AV arrays", "", "#009e73")
                                    .counts_in(C::av_array, C::av_ramp)
                                    .with_rtl(config::Block::shift_add);
// Around attention in an encoder.
inline constexpr StageKind matrix =
    StageKind("matrix", Part::token, in_encoder, "Matrix", "RRAM", "#0072b2")
        .counts_in(C::dense, C::dense_adc)
        .with_fidelity(&F::projection);
inline constexpr StageKind norm =
    StageKind("norm", Part::token, in_encoder, "Normalisation", "", "#cc79a7").counts_in(C::vector);
inline constexpr StageKind gelu =
    StageKind("gelu", Part::token, in_encoder, "GELU", "", "#e0a030").counts_in(C::vector);

// At the exit.
inline constexpr StageKind store =
    StageKind("store", Part::head, attention, "Output DMA", "store", "#7dbb78").counts_in(C::dma);
inline constexpr StageKind bus_write =
    StageKind("bus.write", Part::shared, attention, "Bus", "", "#9aa2ad")
        .counts_in(C::bus, C::memory)
        .with_fidelity(&F::bus);

// What others wait for.
inline constexpr StageKind controller =
    StageKind("controller", Part::cause, attention, "Controller", "", plain).counts_in(C::control);
inline constexpr StageKind input("input", Part::cause, attention, "Input", "", plain);
inline constexpr StageKind dma =
    StageKind("dma", Part::cause, attention, "DMA reader", "", "#707a87").counts_in(C::dma);
inline constexpr StageKind bus_latency("bus latency", Part::cause, attention, "Bus latency", "",
                                       "#b3bac3");
inline constexpr StageKind source("source", Part::cause, in_macro, "Host", "gives queries", plain);
inline constexpr StageKind sink("sink", Part::cause, in_macro, "Output", "", plain);
inline constexpr StageKind stall("stall", Part::cause, everywhere, "Stall", "given back-pressure",
                                 plain);

/// All of them, as data pass them.
inline constexpr std::array all{
    &bus_read, &projection_q, &projection_k, &projection_v, &write_k, &write_v,   &fold,
    &score,    &unite,        &latch,        &shifter,      &sorter,  &exponent,  &divider,
    &av,       &matrix,       &norm,         &gelu,         &store,   &bus_write, &controller,
    &input,    &dma,          &bus_latency,  &source,       &sink,    &stall};

inline constexpr std::array projections{&projection_q, &projection_k, &projection_v};
inline constexpr std::array writers{&write_k, &write_v};
inline constexpr std::array buses{&bus_read, &bus_write};

/// Kinds of stage that are asked together what they would gain if they were faster: one of them
/// alone gains little where the others are as slow.
struct Group {
  const char* name;   ///< in reports
  const char* label;  ///< for people
  bool (*has)(const StageKind& kind);
};
inline constexpr std::array groups{
    Group{"projections", "all projections",
          [](const StageKind& kind) {
            return &kind == &fold || &kind == &projection_q || &kind == &projection_k ||
                   &kind == &projection_v;
          }},
    Group{"keys_and_values", "K with V",
          [](const StageKind& kind) {
            return &kind == &projection_k || &kind == &projection_v || &kind == &write_k ||
                   &kind == &write_v;
          }},
    Group{"bus", "the bus",
          [](const StageKind& kind) { return &kind == &bus_read || &kind == &bus_write; }},
    Group{"softmax_macro", "the softmax macro",
          [](const StageKind& kind) { return kind.makes_probabilities; }},
    Group{"head", "all of a head", [](const StageKind& kind) { return kind.part == Part::head; }}};

/// The blocks of each array of a head, which do the work of its score, as they are called.
inline constexpr std::array array_blocks{"ramp", "topk", "latch", "key_array"};

}  // namespace kinds

/// Throws SimulationError unless `kind` is one of kinds::all.
const StageKind& listed(const StageKind& kind);
/// Null when no kind is called that.
const StageKind* find_kind(const std::string& name);
/// Those of `machine` that have accounts, in the order of the table.
std::vector<const StageKind*> stage_kinds(Has machine);
/// Whether one of `machine`'s kinds counts in `component`.
bool counts(Has machine, Component component);
/// Which step of a row's way through a head the stages of `kind` are, from 0; -1: none.
int step_of(const std::string& kind);

/// The kinds of a head of this machine, as rows go; the macro leaves out those that it has not.
std::vector<const StageKind*> head_kinds(const config::MachineConfig& config);
/// Whether a head of this machine has a stage of `kind`.
bool has(const config::MachineConfig& config, const StageKind& kind);

/// An account with a name of its own, of a kind.
struct NamedAccount {
  const char* name;
  const StageKind* kind;
  const char* colour;
};
/// Those of the modules around attention, as tokens go, and those that rows are waited for from.
inline constexpr std::array named_accounts{NamedAccount{"embed", &kinds::matrix, "#0072b2"},
                                           NamedAccount{"norm", &kinds::norm, "#cc79a7"},
                                           NamedAccount{"output", &kinds::matrix, "#56b4e9"},
                                           NamedAccount{"norm1", &kinds::norm, "#cc79a7"},
                                           NamedAccount{"expand", &kinds::matrix, "#0072b2"},
                                           NamedAccount{"gelu", &kinds::gelu, "#e0a030"},
                                           NamedAccount{"contract", &kinds::matrix, "#9fc9ea"},
                                           NamedAccount{"norm2", &kinds::norm, "#e2a9c8"},
                                           NamedAccount{"classify", &kinds::matrix, "#009e73"},
                                           NamedAccount{"reader", &kinds::dma, "#707a87"},
                                           NamedAccount{"dma.load", &kinds::dma, "#707a87"},
                                           NamedAccount{"dma.query", &kinds::dma, "#4c5866"}};
/// Throws SimulationError when none is called that.
const NamedAccount& named_account(const std::string& name);

}  // namespace topkima::stage
