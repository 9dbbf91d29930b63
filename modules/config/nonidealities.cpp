// SPDX-License-Identifier: Apache-2.0
#include "config/nonidealities.h"

#include <algorithm>
#include <iterator>

#include "config/settings.h"

namespace topkima::config {
namespace {

using arith::CellDefects;
using arith::RampDefects;

/// Of `all`, the cells of this machine with a place of first .. last.
CellDefects within(const CellDefects& all, const arith::RandomKey& key, std::uint32_t first,
                   std::uint32_t last) {
  CellDefects part{all.share, {}, key, first};
  std::copy_if(all.given.begin(), all.given.end(), std::back_inserter(part.given),
               [&](const auto& cell) {
                 return cell.place >= first && cell.place <= last &&
                        cell.instance.value_or(key.instance) == key.instance;
               });
  return part;
}

constexpr std::uint32_t last_array = 0xfff, last_slice = 0xf;

}  // namespace

bool Nonidealities::random() const {
  const auto of = [](const RampDefects& ramp) {
    return ramp.noise_sigma > 0 || ramp.comparator_sigma > 0 || ramp.ramp_sigma > 0;
  };
  return of(score) || of(value) || key_cells.share > 0 || value_cells.share > 0 ||
         rram_cells.share > 0 || rram_sigma > 0;
}

RampDefects Nonidealities::at(RampDefects ramp, std::uint32_t place) const {
  ramp.key = key();
  ramp.place = place;
  ramp.first_sequence = first_sequence;
  return ramp;
}

RampDefects Nonidealities::score_ramp(int head, int array) const {
  return at(score, arith::array_place(head, array));
}

CellDefects Nonidealities::key_arrays(int head, int first, int last) const {
  return within(key_cells, key(), arith::array_place(head, first), arith::array_place(head, last));
}

RampDefects Nonidealities::av_ramp(int head) const {
  return at(value, arith::array_place(head, 0));
}

CellDefects Nonidealities::av_array(int head) const {
  const std::uint32_t place = arith::array_place(head, 0);
  return within(value_cells, key(), place, place + last_array);
}

arith::RramDefects Nonidealities::rram(std::uint32_t projection) const {
  const std::uint32_t place = arith::rram_place(projection, 0);
  return {rram_sigma, within(rram_cells, key(), place, place + last_slice), key(), projection};
}

Nonidealities resolve_nonidealities(const Settings& settings) {
  Nonidealities result;
  result.seed = static_cast<std::uint32_t>(settings.long_integer("noise.seed"));
  result.score.noise_sigma = settings.real("noise.score_sigma");
  result.score.comparator_sigma = settings.real("noise.comparator_sigma");
  result.score.ramp_sigma = settings.real("noise.ramp_sigma");
  result.value.noise_sigma = settings.real("noise.value_sigma");
  result.value.comparator_sigma = settings.real("noise.value_comparator_sigma");
  result.value.ramp_sigma = settings.real("noise.value_ramp_sigma");
  result.rram_sigma = settings.real("noise.rram_sigma");
  result.key_cells.share = settings.real("fault.key_cells");
  result.value_cells.share = settings.real("fault.value_cells");
  result.rram_cells.share = settings.real("fault.rram_cells");
  return result;
}

}  // namespace topkima::config
