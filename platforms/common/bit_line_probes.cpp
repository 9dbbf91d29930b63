#include "bit_line_probes.h"

#include <algorithm>
#include <numeric>

namespace topkima::platforms {

using Kind = stage::Signal::Kind;

BitLineProbes::BitLineProbes(crossbar::KeyTile& tile, const ima::RampIma& ramp,
                             stage::ProbeScope& scope, const Config& config)
    : tile_(tile),
      ramp_(ramp),
      config_(config),
      ranks_(std::size_t(config.ranks)),
      scores_(std::size_t(config.columns)) {
  for (std::size_t r = 0; r < ranks_.size(); ++r) {
    const std::string rank = "rank" + std::to_string(r + 1);
    scope.add(ranks_[r].name, {rank, Kind::text});
    scope.add(ranks_[r].mv, {rank + "_mv", Kind::real});
    ranks_[r].name.set("-");
    ranks_[r].mv.set(0.0);
    watched_ = watched_ || ranks_[r].mv.watched();
  }
  for (const int token : config.tokens) {
    const int column = token - config.first_token;
    if (column >= 0 && column < config.columns) named_.push_back({column, {}});
  }
  for (auto& named : named_) {
    scope.add(named.mv,
              {"token" + std::to_string(config.first_token + named.column) + "_mv", Kind::real});
    named.mv.set(0.0);
  }
}

void BitLineProbes::choose(const stage::BitLineRecord& record) {
  tile_.evaluate(record.tag.sequence, record.query, scores_.data());
  order_.resize(std::size_t(ramp_.enabled_columns(record.tag.row)));
  std::iota(order_.begin(), order_.end(), 0);
  const auto shown = std::min(order_.size(), ranks_.size());
  std::partial_sort(order_.begin(), order_.begin() + std::ptrdiff_t(shown), order_.end(),
                    [this](int a, int b) {
                      const auto left = scores_[std::size_t(a)], right = scores_[std::size_t(b)];
                      return left != right ? left > right : a < b;
                    });
  for (std::size_t r = 0; r < ranks_.size(); ++r) {
    ranks_[r].column = r < shown ? order_[r] : -1;
    ranks_[r].name.set(r < shown ? std::to_string(order_[r]) : "-");
  }
}

void BitLineProbes::write(const stage::BitLineRecord& record) {
  if (watched_ && record.elapsed == 0) choose(record);
  for (const auto& rank : ranks_)
    rank.mv.set(rank.column < 0 ? 0.0 : record.charge[rank.column] * config_.mv_per_unit);
  for (const auto& named : named_) named.mv.set(record.charge[named.column] * config_.mv_per_unit);
}

void BitLineProbes::write(const stage::GrantRecord& record) {
  for (const auto& rank : ranks_)
    if (rank.column == record.column) rank.name.set(std::to_string(record.column) + "_won");
}

}  // namespace topkima::platforms
