// SPDX-License-Identifier: Apache-2.0
#pragma once
// The choices of the machine and of a run: each a word that users type and the enumerator that the
// code knows, side by side in one table. The parameter table takes its words from here and settings
// become enumerators here, so that a word without an enumerator cannot be written down, and one
// that a `switch` does not serve does not compile (-Werror=switch).

#include <cstddef>
#include <stdexcept>
#include <string>

#include "arith/bit_lines.h"
#include "config/fidelity.h"

namespace topkima::config {

/// How far the stages overlap; what each means is written in pipeline/schedule.h.
enum class Schedule { sequential, coarse, fine, buffered };
/// What selects a row's winners (docs/baselines.md).
enum class SoftmaxMacro { topkima, conventional, digital_topk };
/// Where the score scale is applied.
enum class Scaling { scale_free, left_shift, in_k_weights };
/// How heads of queries share K and V of one head: they take turns in one chain, or each has a
/// chain with a copy of its own.
enum class KvSharing { multiplexed, replicated };
/// What a digital sorter sorts: all columns of a head, or those of one crossbar.
enum class Sorters { head, crossbar };
/// Which column a token's slot is (docs/hardware.md, section 7).
enum class Placement {
  blocked,     ///< crossbar after crossbar
  interleaved  ///< the crossbars in turn
};
/// Whose columns one top-k counter grants: a crossbar's, or a whole head's.
enum class Scope { crossbar, head };
/// What a crossbar's share of k is in proportion to: its columns, or those that take part in a row.
enum class SubKBy { columns, participants };
/// Whether the bit lines of several arrays may be joined to a longer one.
enum class RowSplit { none, join };
/// How a K^T cell's weight acts: by its current, or by the length of its pulse.
using Weighting = arith::BitLines::Weighting;
/// How the samples of an encoder follow each other.
enum class Arrival {
  alone,  ///< a sample enters a module when the one before has left it; times are relative to that
  stream  ///< times are those of the whole run
};
/// What must agree between a model and RTL beside it.
enum class Compare { cycles, values };
/// What a run does when RTL beside a model differs from it.
enum class OnDivergence { stop, count };

/// Samples enter one by one; else all wait at the entrance.
constexpr bool is_alone(Arrival arrival) {
  switch (arrival) {
    case Arrival::alone: return true;
    case Arrival::stream: return false;
  }
  throw std::logic_error("encoder.arrival");
}

template <typename E>
struct Word {
  const char* word;
  E value;
};

/// The words of a choice in the order of its enumerators.
template <typename E>
struct Words;

template <>
struct Words<Schedule> {
  static constexpr Word<Schedule> table[] = {{"sequential", Schedule::sequential},
                                             {"coarse", Schedule::coarse},
                                             {"fine", Schedule::fine},
                                             {"buffered", Schedule::buffered}};
};
template <>
struct Words<SoftmaxMacro> {
  static constexpr Word<SoftmaxMacro> table[] = {{"topkima", SoftmaxMacro::topkima},
                                                 {"conventional", SoftmaxMacro::conventional},
                                                 {"digital_topk", SoftmaxMacro::digital_topk}};
};
template <>
struct Words<Scaling> {
  static constexpr Word<Scaling> table[] = {{"scale_free", Scaling::scale_free},
                                            {"left_shift", Scaling::left_shift},
                                            {"in_k_weights", Scaling::in_k_weights}};
};
template <>
struct Words<KvSharing> {
  static constexpr Word<KvSharing> table[] = {{"multiplexed", KvSharing::multiplexed},
                                              {"replicated", KvSharing::replicated}};
};
template <>
struct Words<Sorters> {
  static constexpr Word<Sorters> table[] = {{"head", Sorters::head},
                                            {"crossbar", Sorters::crossbar}};
};
template <>
struct Words<Placement> {
  static constexpr Word<Placement> table[] = {{"blocked", Placement::blocked},
                                              {"interleaved", Placement::interleaved}};
};
template <>
struct Words<Scope> {
  static constexpr Word<Scope> table[] = {{"crossbar", Scope::crossbar}, {"head", Scope::head}};
};
template <>
struct Words<SubKBy> {
  static constexpr Word<SubKBy> table[] = {{"columns", SubKBy::columns},
                                           {"participants", SubKBy::participants}};
};
template <>
struct Words<RowSplit> {
  static constexpr Word<RowSplit> table[] = {{"none", RowSplit::none}, {"join", RowSplit::join}};
};
template <>
struct Words<Weighting> {
  static constexpr Word<Weighting> table[] = {{"drive", Weighting::drive},
                                              {"pulse", Weighting::pulse}};
};
template <>
struct Words<Fidelity> {
  static constexpr Word<Fidelity> table[] = {{"row", Fidelity::row}, {"cycle", Fidelity::cycle}};
};
template <>
struct Words<Arrival> {
  static constexpr Word<Arrival> table[] = {{"alone", Arrival::alone}, {"stream", Arrival::stream}};
};
template <>
struct Words<Compare> {
  static constexpr Word<Compare> table[] = {{"cycles", Compare::cycles},
                                            {"values", Compare::values}};
};
template <>
struct Words<OnDivergence> {
  static constexpr Word<OnDivergence> table[] = {{"stop", OnDivergence::stop},
                                                 {"count", OnDivergence::count}};
};

/// How many enumerators a choice has.
template <typename E>
constexpr std::size_t choice_count = std::size(Words<E>::table);

/// "sequential,coarse,fine,buffered"
template <typename E>
std::string words() {
  std::string text;
  for (const auto& entry : Words<E>::table)
    text += (text.empty() ? "" : ",") + std::string(entry.word);
  return text;
}

template <typename E>
constexpr const char* word(E value) {
  for (const auto& entry : Words<E>::table)
    if (entry.value == value) return entry.word;
  throw std::logic_error("choices.h: an enumerator without a word among " + words<E>());
}

/// Null when `text` is none of the words.
template <typename E>
const E* find_word(const std::string& text) {
  for (const auto& entry : Words<E>::table)
    if (text == entry.word) return &entry.value;
  return nullptr;
}

}  // namespace topkima::config
