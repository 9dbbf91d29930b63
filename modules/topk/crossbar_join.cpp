// SPDX-License-Identifier: Apache-2.0
#include "topk/crossbar_join.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "arith/ramp.h"
#include "stage/stage.h"

namespace topkima::topk {
namespace {

/// Sets the bits of `from` in `to`, `shift` places higher.
void put_bits(const std::uint64_t* from, std::size_t words, int shift,
              std::vector<std::uint64_t>& to) {
  const auto word = std::size_t(shift) / 64;
  const int bits = shift % 64;
  for (std::size_t w = 0; w < words; ++w) {
    if (from[w] == 0) continue;
    to[word + w] |= from[w] << bits;
    if (bits > 0 && from[w] >> (64 - bits) != 0) to[word + w + 1] |= from[w] >> (64 - bits);
  }
}

}  // namespace

CrossbarJoin::CrossbarJoin(const sc_core::sc_module_name& name, const std::vector<int>& columns)
    : sc_core::sc_module(name),
      columns_(columns),
      bases_(columns.size() + 1, 0),
      is_live_(columns.size(), 1) {
  std::partial_sum(columns.begin(), columns.end(), bases_.begin() + 1);
  codes_.resize(std::size_t(bases_.back()));
  fired_.resize(std::size_t(bases_.back() + 63) / 64);
  codes.init(columns.size());
  crossings.init(columns.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    codes[c].register_b_transport(this, &CrossbarJoin::take_codes, int(c));
    crossings[c].register_b_transport(this, &CrossbarJoin::take_step, int(c));
  }
}

/// The first part of a row or of a step is here; how many are there to be?
void CrossbarJoin::begin(const stage::RowTag& row) {
  const auto& row_mask = mask->of(row);
  waited_for_ = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c)
    waited_for_ += is_live_[c] = row_mask.is_live(int(c));
}

void CrossbarJoin::take_codes(int crossbar, tlm::tlm_generic_payload& payload,
                              sc_core::sc_time& delay) {
  const auto count = std::size_t(columns_[std::size_t(crossbar)]);
  const auto* row =
      stage::accept_row(payload, stage::RowFormat::exactly(count * sizeof(std::int16_t)));
  if (!row) return;
  if (waited_for_ == 0) {
    begin(row->tag);
    std::fill(codes_.begin(), codes_.end(), arith::comparator_off);
  }
  std::memcpy(codes_.data() + bases_[std::size_t(crossbar)], payload.get_data_ptr(),
              count * sizeof(std::int16_t));
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (--waited_for_ > 0) return;
  codes_payload_.extension.tag = row->tag;
  auto& all = codes_payload_.write(codes_.data(), codes_.size() * sizeof codes_[0]);
  joined_codes->b_transport(all, delay);
  payload.set_response_status(all.get_response_status());
}

void CrossbarJoin::add(int crossbar, const stage::RampStep& step) {
  if (waited_for_ == 0) {
    begin(step.tag);
    std::fill(fired_.begin(), fired_.end(), 0);
    listeners_.clear();
    step_.step.tag = step.tag;
    step_.step.kind = step.kind;
    step_.step.code = step.code;
    step_.step.participants = 0;
  }
  step_.step.participants += step.participants;
  if (step.listener) listeners_.push_back(step.listener);
  put_bits(part_.data(), part_.size(), bases_[std::size_t(crossbar)], fired_);
  --waited_for_;
}

void CrossbarJoin::take_step(int crossbar, tlm::tlm_generic_payload& payload,
                             sc_core::sc_time& delay) {
  // Time first: other crossbars' processes use part_, too.
  stage::settle(delay);
  auto* step = stage::accept_step(payload, std::size_t(columns_[std::size_t(crossbar)]), part_);
  if (!step) return;
  add(crossbar, *step);
  if (waited_for_ == 0) {
    make_step();
  } else {
    const std::int64_t before = made_;
    while (made_ == before) sc_core::wait(made_step_);
  }
  step->stop = step_.step.stop;
  payload.set_response_status(step_.response());
}

/// The last crossbar's process takes the step to the counter; the others wait for it.
void CrossbarJoin::make_step() {
  step_.step.listener = this;
  step_.send(joined_crossings, fired_);
  ++made_;
  made_step_.notify();
}

void CrossbarJoin::accepted(bool stop) {
  for (auto* listener : listeners_) listener->accepted(stop);
}

void CrossbarJoin::write(const stage::ConversionRecord& conversion) {
  for (std::size_t c = 0; c < columns_.size(); ++c)
    if (is_live_[c])
      conversions.write({conversion.tag, int(c), conversion.steps, conversion.cycles});
}

}  // namespace topkima::topk
