// SPDX-License-Identifier: Apache-2.0
#pragma once
// The clocked blocks of the machines beside Topkima, as event_fixtures.h has Topkima's.

#include "cosim/event_fixtures.h"
#include "cosim/latch_rtl.h"
#include "cosim/sorter_rtl.h"
#include "support/columns.h"

namespace topkima::testbenches {

/// One sorter, for the columns of the sequence behind the one before.
struct SorterPart {
  int columns, k;
};

/// Sorters behind a source of three rows, which come in cycle 5, of `columns` participants each.
class Sorting {
 public:
  Sorting(By by, const std::vector<SorterPart>& parts, int columns)
      : sorter_("sorter", context_, "head0.sorter", config_of(parts)) {
    source_.out.bind(sorter_.in);
    sorter_.out.bind(sink_.in);
    sorter_.observe(served);
    std::vector<stage::TokenCode> codes;
    for (int i = 0; i < columns; ++i) codes.push_back({i, i % 7 - 3});
    for (std::uint32_t row = 0; row < 3; ++row) source_.add(5, tag_of(row), entry_row(codes));
    if (by == By::model) return;
    std::vector<int> k;
    for (const auto& part : parts) k.push_back(part.k);
    rtl_ = event::rtl(context_, config::Block::sorter, "rtl", [&](const auto& p) {
      return cosim::fits_sorter(p, k, parts.size() > 1, event::tokens, event::ramp_bits);
    });
    pins_ = std::make_unique<cosim::SorterPins>(*rtl_, sorter_, event::limits);
    sorter_.replace(*pins_);
  }

 private:
  static topk::Sorter::Config config_of(const std::vector<SorterPart>& parts) {
    std::vector<int> columns, k;
    for (const auto& part : parts) {
      columns.push_back(part.columns);
      k.push_back(part.k);
    }
    return {blocked(columns), k, 1, parts.size() > 1 ? 1 : 0, stage::Fidelity::cycle};
  }

  stage::Context context_ = event::context();

 public:
  Served served{context_.clock};

 private:
  RowSource source_{"source", context_};
  topk::Sorter sorter_;
  RowSink sink_{"sink", context_};
  event::Rtl rtl_;
  std::unique_ptr<cosim::SorterPins> pins_;
};

/// One bank of latches, behind a ramp that the test plays.
class Latching {
 public:
  /// Runs in the ramp's process, from cycle 5 on, and returns what it measured.
  using Event = std::function<std::int64_t(Latching&)>;

  Latching(By by, Event event)
      : latch_("latch", context_.clock,
               {event::columns, event::ramp_bits, 0, config::Fidelity::cycle}),
        ramp_("ramp", context_, [this, event = std::move(event)](Script& script) {
          script.until(5);
          measured = event(*this);
        }) {
    ramp_.out.bind(latch_.crossings);
    adc_.out.bind(latch_.codes);
    latch_.latched.bind(registers_.in);
    if (by == By::model) return;
    rtl_ = event::rtl(context_, config::Block::latch, "rtl", [](const auto& p) {
      return cosim::fits_latch(p, event::columns, event::ramp_bits);
    });
    pins_ = std::make_unique<cosim::LatchPins>(*rtl_, event::columns);
    latch_.replace(*pins_);
  }

  std::int64_t measured = -1;

  std::int64_t now() const { return context_.clock.now(); }
  /// A conversion begins, in which so many comparators are to fire. Returns its cycles, like the
  /// others.
  std::int64_t arm(int participants = 0) {
    participants_ = participants;
    return send(StepSender::Kind::arm, 0);
  }
  std::int64_t step(int fired) { return send(StepSender::Kind::step, fired); }
  std::int64_t last(int fired) { return send(StepSender::Kind::last, fired); }

 private:
  std::int64_t send(StepSender::Kind kind, int fired) {
    const std::int64_t begun = now();
    sender_.send(ramp_.out, row_, kind, event::lowest(fired), participants_);
    if (kind == StepSender::Kind::last) ++row_;
    return now() - begun;
  }

  stage::Context context_ = event::context();
  topk::CodeLatch latch_;
  Initiator adc_{"adc"};
  Recording registers_{"registers"};
  event::Rtl rtl_;
  std::unique_ptr<cosim::LatchPins> pins_;
  StepSender sender_;
  Script ramp_;
  std::uint32_t row_ = 0;
  int participants_ = 0;
};

}  // namespace topkima::testbenches
