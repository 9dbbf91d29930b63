// SPDX-License-Identifier: Apache-2.0
#include "head/bit_line_probes.h"

#include <algorithm>
#include <numeric>

namespace topkima::platforms {

using Kind = stage::Signal::Kind;

BitLineProbes::BitLineProbes(crossbar::KeyArray& tile, const ima::RampIma& ramp,
                             stage::ProbeScope& scope, const Config& config)
    : tile_(tile),
      ramp_(ramp),
      config_(config),
      scores_(std::size_t(config.columns.columns(config.crossbar))) {
  std::vector<std::string> names;
  for (const int token : config.tokens) {
    const auto [crossbar, column] = config.columns.place_of(token);
    if (crossbar != config.crossbar) continue;
    names.push_back("token" + std::to_string(token));
    lines_.push_back({column, {}, {}});
  }
  tokens_ = lines_.size();
  for (int rank = 1; rank <= config.ranks; ++rank) names.push_back("rank" + std::to_string(rank));
  lines_.resize(names.size());
  for (std::size_t i = 0; i < lines_.size(); ++i) declare(scope, names[i], lines_[i]);
}

void BitLineProbes::declare(stage::ProbeScope& scope, const std::string& name, Line& line) {
  scope.add(line.name, {name, Kind::text});
  scope.add(line.mv, {name + "_mv", Kind::real});
  line.name.set("-");
  line.mv.set(0.0);
  watched_ = watched_ || line.mv.watched();
}

void BitLineProbes::choose(const stage::BitLineRecord& record) {
  tile_.evaluate(record.tag.sequence, record.query, scores_.data());
  const arith::Interval enabled = ramp_.enabled_columns(record.tag);
  order_.resize(std::size_t(enabled.size()));
  std::iota(order_.begin(), order_.end(), enabled.first);
  const auto shown = std::min(order_.size(), lines_.size() - tokens_);
  std::partial_sort(order_.begin(), order_.begin() + std::ptrdiff_t(shown), order_.end(),
                    [this](int a, int b) {
                      const auto left = scores_[std::size_t(a)], right = scores_[std::size_t(b)];
                      return left != right ? left > right : a < b;
                    });
  for (std::size_t i = tokens_; i < lines_.size(); ++i)
    lines_[i].column = i - tokens_ < shown ? order_[i - tokens_] : -1;
  for (const auto& line : lines_) line.name.set(line.column < 0 ? "-" : name_of(line.column));
}

/// "22@47": a viewer draws each analogue trace to a scale of its own, so the number is needed too.
std::string BitLineProbes::name_of(int column) const {
  return std::to_string(column) + "@" + std::to_string(scores_[std::size_t(column)]);
}

void BitLineProbes::write(const stage::BitLineRecord& record) {
  if (!watched_) return;
  if (record.elapsed == 0) choose(record);
  for (const auto& line : lines_)
    line.mv.set(line.column < 0 ? 0.0 : record.charge[line.column] * config_.mv_per_unit);
}

void BitLineProbes::write(const stage::GrantRecord& record) {
  if (!watched_) return;
  const int column = record.column - config_.first_address;
  for (const auto& line : lines_)
    if (line.column >= 0 && line.column == column) line.name.set(name_of(column) + "_won");
}

}  // namespace topkima::platforms
