// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stands behind the ramps of a head, as a whole, with RTL block by block or as one macro.

#include "cosim/event_fixtures.h"

namespace topkima::testbenches {

/// Two counters, union and softmax unit. A row is converted by one counter after the other, each in
/// one step, and offered to the union. Rows as in `winners`, from cycle 5 on.
class Head {
 public:
  /// `skips`: all comparators are off, and the counters stop when exhausted.
  Head(By by, std::vector<int> winners, bool skips = false)
      : unite_("union", context_, "head0.union",
               {event::crossbars, false, event::winners, 1, 2, stage::Fidelity::cycle}),
        winners_(std::move(winners)),
        skips_(skips) {
    rows_.out.bind(unite_.in);
    unite_.out.bind(softmax.unit.exponent.in);
    unite_.observe(unite);
    for (std::size_t c = 0; c < 2; ++c) {
      ramps_[c].out.bind(counters_[c].crossings);
      adcs_[c].out.bind(counters_[c].codes);
      hosts_[c].out.bind(counters_[c].control);
      counters_[c].winners.bind(unite_.crossbars[c]);
      hosts_[c].at_start = [this, c] {
        hosts_[c].write32(registers::topk::k.offset, 9);
        hosts_[c].write32(registers::topk::stop.offset, skips_);
      };
    }
    if (by != By::model) replace(by == By::softmax_macro);
  }

  std::vector<std::int64_t> converted;  ///< when each row's last step, if any, had ended

 private:
  stage::Context context_ = event::context();

 public:
  Served unite{context_.clock};
  Softmax softmax{context_};

 private:
  void replace(bool macro) {
    const auto add = [this](event::Rtl rtl) -> cosim::RtlInstance& {
      rtl_.push_back(std::move(rtl));
      return *rtl_.back();
    };
    auto* whole = macro ? &add(event::macro_rtl(context_)) : nullptr;
    for (std::size_t c = 0; c < 2; ++c) {
      auto& rtl = whole ? *whole : add(event::topk_rtl(context_));
      counter_pins_[c] =
          std::make_unique<cosim::TopkPins>(rtl, whole ? int(c) : 0, event::columns, no_stall_);
      counters_[c].replace(*counter_pins_[c]);
    }
    union_pins_ = std::make_unique<cosim::UnionPins>(
        whole ? *whole : add(event::union_rtl(context_)), event::first_columns, 1, event::limits);
    unite_.replace(*union_pins_);
    softmax.replace(whole ? *whole : add(event::softmax_rtl(context_)));
  }

  void convert(Script& script) {
    script.until(5);
    for (std::uint32_t row = 0; row < winners_.size(); ++row) {
      const int first = std::min(winners_[row], 8);
      const int requests[] = {first, winners_[row] - first};
      for (std::size_t c = 0; c < 2; ++c)
        if (sender_.send(ramps_[c].out, row, StepSender::Kind::arm, 0, skips_ ? 0 : event::columns))
          sender_.send(ramps_[c].out, row, StepSender::Kind::last, event::lowest(requests[c]),
                       event::columns);
      converted.push_back(script.now());
      stage::RowPayload payload;
      payload.extension.tag = tag_of(row);
      payload.extension.from = driver_;
      payload.extension.cause = context_.ledger.event(
          driver_, stage::Ledger::start, stage::Ledger::start, script.now(), script.now());
      const std::int32_t complete = 1;
      sc_core::sc_time delay;
      auto& transaction = payload.write(&complete, sizeof complete);
      rows_.out->b_transport(transaction, delay);
      stage::expect_ok(transaction, "row");
    }
  }

  topk::TopkUnion unite_;
  topk::TopkCounter counters_[2]{
      topk::TopkCounter("counter0", context_.clock, event::counter_config()),
      topk::TopkCounter("counter1", context_.clock, event::counter_config())};
  Initiator adcs_[2]{Initiator("adc0"), Initiator("adc1")};
  Initiator hosts_[2]{Initiator("host0"), Initiator("host1")};
  std::vector<int> winners_;
  bool skips_;
  stage::StageId driver_ = context_.ledger.add_label("driver", stage::kinds::source);
  std::vector<event::Rtl> rtl_;
  stage::Stall no_stall_;
  std::unique_ptr<cosim::TopkPins> counter_pins_[2];
  std::unique_ptr<cosim::UnionPins> union_pins_;
  StepSender sender_;
  Script ramps_[2]{Script("ramp0", context_, [](Script&) {}),
                   Script("ramp1", context_, [](Script&) {})};
  Script rows_{"rows", context_, [this](Script& script) { convert(script); }};
};

}  // namespace topkima::testbenches
