// SPDX-License-Identifier: Apache-2.0
// What selects a row's winners: where tokens lie, how k is shared out, what stops the ramps.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "arith/fixed_point.h"
#include "arith/split.h"
#include "config/resolution.h"

namespace topkima::config {
namespace {

/// Three result files of 4 bytes per winner are held in memory.
constexpr double most_entries = 1e8;

/// The most bits of a ramp whose codes, summed over so many arrays, the exponent table still has.
int bits_for_distances(long long row_blocks) {
  int bits = 0;
  while (row_blocks * ((1LL << (bits + 1)) - 1) < most_distances) ++bits;
  return bits;
}

/// The most winners that a row is asked for, and the words for what makes them so many.
std::pair<long long, std::string> most_winners(const MachineConfig& config) {
  if (config.selects_per_crossbar()) {
    long long most = sum_of(config.topk.sub_k);
    if (config.shares_out())
      for_every_row(config, [&](std::int64_t sequence, int row) {
        most = std::max(most, sum_of(config.shares_of(sequence, row)));
      });
    return {most, "topk.sub_k sums to "};
  }
  switch (config.softmax.macro) {
    case SoftmaxMacro::conventional:
      return {config.shape.tokens, "softmax.macro = conventional makes "};
    case SoftmaxMacro::topkima:
    case SoftmaxMacro::digital_topk: return {config.topk.k, "topk.k makes "};
  }
  throw std::logic_error("softmax.macro");
}

void resolve_winners(MachineConfig& config) {
  const auto [winners, from] = most_winners(config);
  if (winners > 65536)
    throw ConfigError(from + text(winners) + " winners per row; expected at most 65536");
  config.topk.winners = static_cast<int>(winners);
  const double entries = 1.0 * config.topk.winners * config.shape.heads * config.shape.query_rows;
  if (entries > most_entries)
    throw ConfigError(from + text(config.topk.winners) + " winners per row, " +
                      text(std::llround(entries)) + " in all; expected at most " +
                      text(std::llround(most_entries)));
  const int row_blocks = config.score.row_blocks();
  const long long distances = 1LL * row_blocks * ((1 << config.ima.bits) - 1);
  if (distances >= most_distances)
    throw ConfigError(text(row_blocks) + " row-split arrays with ima.bits = " +
                      text(config.ima.bits) + " make sums of codes that differ by up to " +
                      text(distances) + "; the exponent table has " + text(most_distances) +
                      " entries" + would_fit({{"ima.bits", bits_for_distances(row_blocks)}}));
}

/// The fewest columns of a crossbar with which `most` of them hold a sequence; 0 when none do.
long long columns_for(int most, const MachineConfig& config) {
  const long long side_by_side = most / config.score.arrays;
  return side_by_side == 0 ? 0 : arith::ceil_div(config.shape.tokens, side_by_side);
}

/// Who selects in each crossbar finds each of its columns once at most. `shared_out`: topk.sub_k
/// follows from topk.k.
void check_winners(const Settings& settings, const MachineConfig& config, int columns,
                   bool shared_out) {
  const auto most = *std::max_element(config.topk.sub_k.begin(), config.topk.sub_k.end());
  if (!config.selects_per_crossbar() || most <= columns) return;
  throw ConfigError("topk.k = " + settings.text("topk.k") +
                    " and topk.sub_k = " + settings.text("topk.sub_k") + " want " + text(most) +
                    " winners of a crossbar with crossbar.columns = " + text(columns) +
                    (shared_out ? would_fit({{"topk.k", config.shape.tokens}}) : ""));
}

/// Which columns of which crossbar the sequence is in. `columns`: those of a crossbar.
void resolve_columns(Settings& settings, MachineConfig& config, int columns) {
  const int tokens = config.shape.tokens;
  const auto placement = settings.choice<Placement>("attention.placement");
  const bool split_given = !settings.is("topk.split", "auto");
  if (!split_given) switch (placement) {
      case Placement::blocked:
        settings.resolve("topk.split", arith::auto_split(tokens, columns));
        break;
      case Placement::interleaved:
        settings.resolve("topk.split", arith::even_split(tokens, columns));
        break;
    }
  auto& split = config.topk.split;
  split = settings.integers("topk.split");
  for (const int part : split)
    if (part > columns)
      throw ConfigError("topk.split: " + text(part) + " columns exceed crossbar.columns = " +
                        text(columns) + would_fit({{"crossbar.columns", part}}));
  const long long held = sum_of(split);
  if (held < tokens)
    throw ConfigError("topk.split holds " + text(held) + " columns, but the sequence has " +
                      text(tokens));
  switch (placement) {
    case Placement::blocked:
      config.attention.columns = arith::ColumnMap::blocked(split, tokens);
      break;
    case Placement::interleaved:
      config.attention.columns = arith::ColumnMap::interleaved(split, tokens);
      const auto crossbars = static_cast<int>(split.size());
      for (int c = 0; c < crossbars; ++c) {
        const auto slots = arith::ceil_div(std::max(0, tokens - c), crossbars);
        if (slots > split[std::size_t(c)])
          throw ConfigError("attention.placement = interleaved puts " + text(slots) +
                            " tokens into crossbar " + text(c) + ", which topk.split gives " +
                            text(split[std::size_t(c)]) + " columns");
      }
      break;
  }
}

void check_crossbars(const Settings& settings, const MachineConfig& config, int columns) {
  const int most = settings.integer("crossbar.max_per_head");
  const auto crossbars = static_cast<long long>(config.topk.split.size());
  const int arrays = config.score.arrays;
  const std::string times = arrays > 1 ? text(arrays) + " times " : "";
  if (crossbars * arrays > most)
    throw ConfigError("a sequence of " + text(config.shape.tokens) + " tokens needs " + times +
                      text(crossbars) + " crossbars of " + text(columns) +
                      " columns per head, but crossbar.max_per_head = " + text(most) +
                      would_fit({{"crossbar.max_per_head", crossbars * arrays},
                                 {"crossbar.columns", columns_for(most, config)}}));
}

/// k of each crossbar. Under a mask that shares k out row by row there is no such list: the
/// parameter stays what it is.
void resolve_sub_k(Settings& settings, MachineConfig& config) {
  auto& topk = config.topk;
  const bool shared_out = settings.is("topk.sub_k", "auto");
  if (config.joins_crossbars()) {
    if (!shared_out)
      throw ConfigError("topk.sub_k = " + settings.text("topk.sub_k") +
                        " with topk.scope = head, which has one counter; expected auto");
    topk.sub_k.assign(topk.split.size(), topk.k);
    return;
  }
  const auto by = settings.choice<SubKBy>("topk.sub_k_by");
  if (!shared_out) {
    topk.sub_k = settings.integers("topk.sub_k");
    if (topk.sub_k.size() != topk.split.size())
      throw ConfigError("topk.sub_k has " + text(static_cast<long long>(topk.sub_k.size())) +
                        " entries, but topk.split has " +
                        text(static_cast<long long>(topk.split.size())));
    return;
  }
  // A given split may hold more columns than the sequence has: those that hold tokens count.
  std::vector<int> used;
  for (int c = 0; c < config.attention.columns.crossbars(); ++c)
    used.push_back(config.attention.columns.slots_in(c));
  topk.sub_k = arith::auto_sub_k(used, topk.k);
  switch (by) {
    case SubKBy::columns: break;
    case SubKBy::participants: topk.sub_k_follows = !config.attention.mask.is_dense(); break;
  }
  if (!topk.sub_k_follows) settings.resolve("topk.sub_k", topk.sub_k);
}

void resolve_reach(const Settings& settings, MachineConfig& config) {
  config.topk.reach = settings.integer("topk.reach");
  if (config.topk.reach > 0 && !config.softmax.stops_early())
    throw ConfigError("topk.reach = " + text(config.topk.reach) + " with softmax.macro = " +
                      word(config.softmax.macro) + ", whose ramps run through; expected 0");
}

/// Registers of the tree that joins the crossbars' addresses.
void resolve_tree(Settings& settings, MachineConfig& config) {
  int levels = 0;
  if (config.joins_crossbars())
    while ((std::size_t{1} << levels) < config.topk.split.size()) ++levels;
  const int cycles = integer_or(settings, "topk.tree_cycles", "auto", levels);
  config.topk.tree_cycles = config.joins_crossbars() ? cycles : 0;
}

}  // namespace

void resolve_selection(Settings& settings, MachineConfig& config) {
  auto& topk = config.topk;
  config.ima.bits = settings.integer("ima.bits");
  config.ima.saturate_share = settings.real("ima.saturate_share");
  config.sort.sorters = settings.choice<Sorters>("sort.sorters");
  config.sort.element_cycles = settings.integer("sort.element_cycles");
  config.shift.element_cycles = settings.integer("shift.element_cycles");
  const int columns = settings.integer("crossbar.columns");
  resolve_columns(settings, config, columns);
  check_crossbars(settings, config, columns);
  topk.k = settings.integer("topk.k");
  topk.scope = settings.choice<Scope>("topk.scope");
  const bool shared_out = settings.is("topk.sub_k", "auto");
  resolve_sub_k(settings, config);
  resolve_reach(settings, config);
  resolve_tree(settings, config);
  resolve_winners(config);
  check_winners(settings, config, columns, shared_out);
  topk.stop_when_exhausted = settings.flag("topk.stop_when_exhausted");
  topk.grants_per_cycle = settings.integer("topk.grants_per_cycle");
  topk.step_cycles = settings.integer("topk.step_cycles");
  topk.start_cycles = settings.integer("topk.start_cycles");
  topk.grant_cycles = settings.integer("topk.grant_cycles");
  topk.union_cycles = settings.integer("topk.union_cycles");

  for (const char* name : {"ima.ramp_lsb", "softmax.score_step"}) {
    if (settings.is(name, "auto")) continue;
    const auto entries = static_cast<int>(settings.reals(name).size());
    if (entries != 1 && entries != config.shape.heads)
      throw ConfigError(std::string(name) + " has " + text(entries) +
                        " entries; expected one, or one per head (" + text(config.shape.heads) +
                        ")");
  }
}

bool MachineConfig::selects_per_crossbar() const {
  switch (softmax.macro) {
    case SoftmaxMacro::topkima: return !topk.joins_crossbars();
    case SoftmaxMacro::conventional: return false;
    case SoftmaxMacro::digital_topk: return sort.per_crossbar();
  }
  throw std::logic_error("softmax.macro");
}

std::vector<int> MachineConfig::participants_of(std::int64_t sequence, std::int64_t row) const {
  const arith::Interval tokens = attention.mask.of(sequence, row);
  std::vector<int> participants(topk.split.size());
  for (std::size_t c = 0; c < participants.size(); ++c)
    participants[c] = attention.columns.columns_of(tokens, int(c)).size();
  return participants;
}

std::vector<int> MachineConfig::shares_of(std::int64_t sequence, std::int64_t row) const {
  return topk.sub_k_follows ? arith::share_out(topk.k, participants_of(sequence, row)) : topk.sub_k;
}

std::vector<int> MachineConfig::most_shares() const {
  if (!selects_per_crossbar()) return {topk.winners};
  if (!topk.sub_k_follows) return topk.sub_k;
  std::vector<int> most(topk.split.size(), 1);
  for_every_row(*this, [&](std::int64_t sequence, int row) {
    const auto shares = shares_of(sequence, row);
    for (std::size_t c = 0; c < most.size(); ++c) most[c] = std::max(most[c], shares[c]);
  });
  return most;
}

int MachineConfig::looked_for() const {
  return selects_per_crossbar() ? static_cast<int>(sum_of(topk.sub_k)) : topk.winners;
}

int MachineConfig::calibrated_scores(std::int64_t sequence, std::int64_t row) const {
  const bool one_selector =
      (softmax.sorts() && !sort.per_crossbar()) || (!softmax.sorts() && topk.joins_crossbars());
  return one_selector ? topk.k : static_cast<int>(sum_of(shares_of(sequence, row)));
}

int MachineConfig::winners_above_k() const {
  return selects_per_crossbar() ? std::max(0, topk.winners - topk.k) : 0;
}

int MachineConfig::winners_beyond_participants() const {
  int most = 0;
  for_every_row(*this, [&](std::int64_t sequence, int row) {
    const auto participants = participants_of(sequence, row);
    int found = static_cast<int>(sum_of(participants));
    if (selects_per_crossbar()) {
      const auto shares = shares_of(sequence, row);
      found = 0;
      for (std::size_t c = 0; c < shares.size(); ++c) found += std::min(shares[c], participants[c]);
    }
    most = std::max(most, found);
  });
  switch (softmax.macro) {
    case SoftmaxMacro::conventional: return 0;
    case SoftmaxMacro::topkima:
    case SoftmaxMacro::digital_topk: return std::max(0, topk.winners - most);
  }
  throw std::logic_error("softmax.macro");
}

}  // namespace topkima::config
