// SPDX-License-Identifier: Apache-2.0
#pragma once
// The clocked blocks of a head between sockets that a test drives, as they are or with RTL in their
// place, and notes of the cycles in which something happens. Adapters are used without a platform.

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "cosim/macro_rtl.h"
#include "cosim/ramp_rtl.h"
#include "cosim/rtl_library.h"
#include "cosim/shift_add_rtl.h"
#include "cosim/softmax_rtl.h"
#include "cosim/topk_rtl.h"
#include "cosim/union_rtl.h"
#include "crossbar/av_array.h"
#include "ima/mask_unit.h"
#include "ima/ramp_ima.h"
#include "softmax/softmax_unit.h"
#include "support/row_ends.h"
#include "support/script.h"
#include "topk/topk_counter.h"
#include "topk/topk_union.h"

namespace topkima::testbenches {

/// What does the work of the blocks under test.
enum class By { model, twins, two_lanes, two_grants, softmax_macro };

namespace event {

constexpr int ramp_bits = 5, prob_bits = 5, columns = 64, tokens = 128, winners = 16;
constexpr int code = 7;  ///< of steps, where it does not matter
constexpr std::int64_t timeout = 1000;
const std::vector<int> split{columns, columns}, sub_k{8, 8}, first_columns{0, columns};
const arith::ColumnMap crossbars = arith::ColumnMap::blocked(split, tokens);
const cosim::RowLimits limits{winners, tokens};

inline stage::Context context() { return {stage::Clock(200), stage::Ledger()}; }

using Rtl = std::unique_ptr<cosim::RtlInstance>;

inline Rtl rtl(const stage::Context& context, config::Block block, const char* name,
               const cosim::Fits& fits) {
  const char* word = config::word(block);
  const auto& info = cosim::load_rtl(TOPKIMA_RTL_DIRECTORY, word, name, fits, word);
  return std::make_unique<cosim::RtlInstance>(sc_core::sc_gen_unique_name("rtl"), context.clock,
                                              info, timeout);
}
inline Rtl topk_rtl(const stage::Context& context, const char* name = "rtl") {
  return rtl(context, config::Block::topk, name,
             [](const auto& p) { return cosim::fits_topk(p, columns, ramp_bits); });
}
inline Rtl ramp_rtl(const stage::Context& context) {
  return rtl(context, config::Block::ramp, "rtl",
             [](const auto& p) { return cosim::fits_ramp(p, ramp_bits); });
}
inline Rtl union_rtl(const stage::Context& context) {
  return rtl(context, config::Block::unite, "rtl",
             [](const auto& p) { return cosim::fits_union(p, split, sub_k, tokens, ramp_bits); });
}
inline Rtl softmax_rtl(const stage::Context& context) {
  return rtl(context, config::Block::softmax, "rtl", [](const auto& p) {
    return cosim::fits_softmax(p, winners, tokens, ramp_bits, prob_bits);
  });
}
inline Rtl macro_rtl(const stage::Context& context) {
  return rtl(context, config::Block::macro, "softmax_macro", [](const auto& p) {
    return cosim::fits_macro(p, split, sub_k, tokens, ramp_bits, prob_bits, 2);
  });
}

inline topk::TopkCounter::Config counter_config(int lanes = 1) {
  return {columns, ramp_bits, 0, config::Fidelity::cycle, lanes};
}

/// A word with the lowest `requests` bits set.
inline std::uint64_t lowest(int requests) { return (std::uint64_t{1} << requests) - 1; }

}  // namespace event

/// Plays a ramp in front of a counter.
class StepSender {
 public:
  using Kind = stage::RampStep::Kind;

  /// False when the conversion is over.
  template <typename Socket>
  bool send(Socket& socket, std::uint32_t row, Kind kind, std::uint64_t fired, int participants,
            int code = event::code) {
    auto& step = payload_.step;
    step.tag = tag_of(row);
    step.kind = kind;
    step.code = code;
    step.participants = participants;
    payload_.send(socket, {fired});
    if (payload_.response() != tlm::TLM_OK_RESPONSE)
      throw std::runtime_error("a step is not taken");
    return !step.stop;
  }

 private:
  stage::StepPayload payload_;
};

/// One counter, behind a ramp that the test plays.
class Counting {
 public:
  /// Runs in the ramp's process, from cycle 5 on, and returns what it measured.
  using Event = std::function<std::int64_t(Counting&)>;

  Counting(By by, Event event)
      : counter_("counter", context_.clock, event::counter_config(by == By::two_lanes ? 2 : 1)),
        ramp_("ramp", context_, [this, event = std::move(event)](Script& script) {
          script.until(5);
          measured = event(*this);
        }) {
    ramp_.out.bind(counter_.crossings);
    adc_.out.bind(counter_.codes);
    host_.out.bind(counter_.control);
    counter_.winners.bind(latches_.in);
    if (by == By::model || by == By::two_lanes) return;
    const bool macro = by == By::softmax_macro;
    rtl_ = macro ? event::macro_rtl(context_)
                 : event::topk_rtl(context_, by == By::twins ? "rtl" : "two_grants");
    pins_ = std::make_unique<cosim::TopkPins>(*rtl_, macro ? 1 : 0, event::columns, no_stall_);
    counter_.replace(*pins_);
  }

  std::int64_t measured = -1;
  bool stopped = false;  ///< by the last step

  std::int64_t now() const { return context_.clock.now(); }
  /// A conversion begins, at the top of the ramp. Returns its cycles, like the others.
  std::int64_t arm(std::uint32_t k = 8, bool stop_when_exhausted = false,
                   int participants = event::columns, std::uint32_t reach = 0) {
    host_.write32(registers::topk::k.offset, k);
    host_.write32(registers::topk::stop.offset, stop_when_exhausted);
    host_.write32(registers::topk::reach.offset, reach);
    participants_ = participants;
    code_ = 1 << (event::ramp_bits - 1);
    return send(StepSender::Kind::arm, 0);
  }
  std::int64_t step(int requests) { return send(StepSender::Kind::step, event::lowest(requests)); }
  std::int64_t last(int requests) { return send(StepSender::Kind::last, event::lowest(requests)); }

 private:
  std::int64_t send(StepSender::Kind kind, std::uint64_t fired) {
    const std::int64_t begun = now();
    stopped = !sender_.send(ramp_.out, row_, kind, fired, participants_, code_--);
    if (stopped) ++row_;
    return now() - begun;
  }

  stage::Context context_ = event::context();
  topk::TopkCounter counter_;
  Initiator host_{"host"}, adc_{"adc"};
  Recording latches_{"latches"};
  event::Rtl rtl_;
  stage::Stall no_stall_;
  std::unique_ptr<cosim::TopkPins> pins_;
  StepSender sender_;
  Script ramp_;
  std::uint32_t row_ = 0;
  int participants_ = 0;
  int code_ = 0;  ///< of the next step
};

/// A ramp of 4 columns in front of a counter, which is always the model. Two rows come at cycle 10,
/// each with three columns that cross in the first step and one in the last.
class Ramp : private topk::StepObserver {
 public:
  Ramp(By by, std::uint32_t k)
      : ima_("ima", {4, 0, event::ramp_bits, stage::Fidelity::cycle}),
        mask_("mask", arith::ColumnMap::blocked({4}, 4)),
        counter_("counter", context_.clock, {4, event::ramp_bits, 0, config::Fidelity::cycle}),
        sender_("sender", context_, [this](Script& script) { send_rows(script); }) {
    sender_.out.bind(ima_.scores);
    ima_.crossings.bind(counter_.crossings);
    ima_.codes.bind(counter_.codes);
    ima_.mask.bind(mask_);
    mask_host_.out.bind(mask_.control);
    ima_host_.out.bind(ima_.control);
    counter_host_.out.bind(counter_.control);
    counter_.winners.bind(latches_.in);
    counter_.observe(*this);
    counter_host_.at_start = [this, k] {
      counter_host_.write32(registers::topk::k.offset, k);
      ima_host_.write32(registers::ima::ramp_lsb.offset, 4);
    };
    if (by == By::model) return;
    rtl_ = event::ramp_rtl(context_);
    pins_ = std::make_unique<cosim::RampPins>(*rtl_);
    ima_.replace(*pins_);
  }

  std::vector<std::int64_t> sent;   ///< when each row came
  std::vector<std::int64_t> steps;  ///< when each step began, of both rows

 private:
  void send_rows(Script& script) {
    const std::vector<std::int32_t> scores{1000, 1000, 1000, -1000};
    script.until(10);
    for (std::uint32_t row = 0; row < 2; ++row) {
      stage::RowPayload payload;
      payload.extension.tag = tag_of(row);
      sc_core::sc_time delay;
      auto& transaction = payload.write(scores.data(), scores.size() * sizeof scores[0]);
      sent.push_back(script.now());
      script.out->b_transport(transaction, delay);
      stage::expect_ok(transaction, "row of scores");
    }
  }
  void begun(const stage::RampStep&, const std::vector<std::uint64_t>&) override {
    steps.push_back(context_.clock.now());
  }

  stage::Context context_ = event::context();
  ima::RampIma ima_;
  ima::MaskUnit mask_;
  topk::TopkCounter counter_;
  Initiator ima_host_{"ima_host"}, counter_host_{"counter_host"}, mask_host_{"mask_host"};
  Recording latches_{"latches"};
  event::Rtl rtl_;
  std::unique_ptr<cosim::RampPins> pins_;
  Script sender_;
};

/// When a stage took each row into service, had its result, and was rid of it.
struct Served : stage::ServiceObserver {
  explicit Served(const stage::Clock& of) : clock(of) {}
  void begun(const stage::RowTag&, const std::vector<unsigned char>&) override {
    begins.push_back(clock.now());
  }
  void finished(const stage::RowTag&, const std::vector<unsigned char>&) override {
    ends.push_back(clock.now());
  }
  void taken(const stage::RowTag&) override { leaves.push_back(clock.now()); }
  std::int64_t cycles(std::size_t row = 0) const { return ends.at(row) - begins.at(row); }
  std::int64_t waited(std::size_t row) const { return leaves.at(row) - ends.at(row); }

  const stage::Clock& clock;
  std::vector<std::int64_t> begins, ends, leaves;
};

/// A union of two crossbars, whose latches a source fills. Rows as in `winners`, from cycle 5 on.
class Uniting {
 public:
  Uniting(By by, std::vector<int> winners)
      : unite_("union", context_, "head0.union",
               {event::crossbars, false, event::winners, 1, 2, stage::Fidelity::cycle}),
        winners_(std::move(winners)) {
    source_.out.bind(unite_.in);
    unite_.out.bind(sink_.in);
    for (std::size_t c = 0; c < 2; ++c) crossbars_[c].out.bind(unite_.crossbars[c]);
    unite_.observe(served);
    for (std::size_t row = 0; row < winners_.size(); ++row)
      source_.add(5, tag_of(std::uint32_t(row)), Bytes(4));
    source_.before = [this](std::size_t row) {
      const int first = std::min(winners_[row], 8);
      for (auto& crossbar : crossbars_) crossbar.payload.extension.tag = tag_of(std::uint32_t(row));
      latch(crossbars_[0], first);
      latch(crossbars_[1], winners_[row] - first);
    };
    if (by == By::model) return;
    rtl_ = event::union_rtl(context_);
    pins_ = std::make_unique<cosim::UnionPins>(*rtl_, event::first_columns, 1, event::limits);
    unite_.replace(*pins_);
  }

 private:
  stage::Context context_ = event::context();

 public:
  Served served{context_.clock};

 private:
  static void latch(Initiator& crossbar, int count) {
    Bytes bytes = bytes_of(std::vector<arith::Conversion>{{1, count, count}});
    std::vector<arith::Winner> winners;
    for (int w = 0; w < count; ++w) winners.push_back({w, event::code});
    const Bytes tail = bytes_of(winners);
    bytes.insert(bytes.end(), tail.begin(), tail.end());
    if (crossbar.write(0, bytes) != tlm::TLM_OK_RESPONSE) throw std::runtime_error("latch");
  }

  RowSource source_{"source", context_};
  topk::TopkUnion unite_;
  RowSink sink_{"sink", context_};
  Initiator crossbars_[2]{Initiator("crossbar0"), Initiator("crossbar1")};
  std::vector<int> winners_;
  event::Rtl rtl_;
  std::unique_ptr<cosim::UnionPins> pins_;
};

/// A softmax unit with a programmed table, and RTL in the place of both halves.
class Softmax {
 public:
  explicit Softmax(stage::Context& context)
      : unit("softmax", context, 0,
             {event::winners, event::prob_bits, 2, 1 + event::prob_bits, stage::Fidelity::cycle}),
        exponents(context.clock),
        divider(context.clock),
        sink_("sink", context) {
    host_.out.bind(unit.exponent.control);
    unit.divider.out.bind(sink_.in);
    unit.exponent.observe(exponents);
    unit.divider.observe(divider);
    host_.at_start = [this] { host_.write(0, bytes_of<std::uint32_t>({32768, 16384, 8192})); };
  }
  void replace(cosim::RtlInstance& rtl) {
    const auto& stage = unit.exponent;
    exponent_pins_ = std::make_unique<cosim::ExponentPins>(
        rtl,
        cosim::ExponentPins::Table{[&stage](std::uint32_t d) { return stage.exponent(0, d); },
                                   [&stage] { return stage.table_writes(); }, event::ramp_bits},
        event::limits);
    divider_pins_ = std::make_unique<cosim::DividerPins>(rtl, event::limits);
    unit.exponent.replace(*exponent_pins_);
    unit.divider.replace(*divider_pins_);
  }

  softmax::SoftmaxUnit unit;
  Served exponents, divider;

 private:
  Initiator host_{"host"};
  RowSink sink_;
  std::unique_ptr<cosim::ExponentPins> exponent_pins_;
  std::unique_ptr<cosim::DividerPins> divider_pins_;
};

/// A softmax unit behind a source. Rows as in `winners`, from cycle 5 on.
class Weighing {
 public:
  Weighing(By by, const std::vector<int>& winners) {
    source_.out.bind(softmax.unit.exponent.in);
    for (std::size_t row = 0; row < winners.size(); ++row)
      source_.add(
          5, tag_of(std::uint32_t(row)),
          entry_row(std::vector<stage::TokenCode>(std::size_t(winners[row]), {3, event::code})));
    if (by == By::model) return;
    rtl_ = event::softmax_rtl(context_);
    softmax.replace(*rtl_);
  }

 private:
  stage::Context context_ = event::context();

 public:
  Softmax softmax{context_};

 private:
  RowSource source_{"source", context_};
  event::Rtl rtl_;
};

/// AV arrays behind a source of three rows, which all come at once. The next stage takes the second
/// one late.
class Adding {
 public:
  explicit Adding(By by) {
    source_.out.bind(arrays_.in);
    host_.out.bind(arrays_.program);
    arrays_.out.bind(sink_.in);
    arrays_.finished.bind(finished_.in);
    arrays_.shift_add.observe(added);
    sink_.hold = [](std::size_t row) { return row == 1 ? 100 : 0; };
    for (std::uint32_t row = 0; row < 3; ++row)
      source_.add(5, tag_of(row), entry_row({{0, 20}, {3, 11}}));
    if (by == By::model) return;
    rtl_ = event::rtl(context_, config::Block::shift_add, "rtl",
                      [](const auto& p) { return cosim::fits_shift_add(p, config().arrays, 2); });
    pins_ = std::make_unique<cosim::ShiftAddPins>(*rtl_, config().arrays);
    arrays_.shift_add.replace(*pins_);
  }

 private:
  static crossbar::AvArray::Config config() {
    return {{2, 4, 2, 5, 3, 31}, 4, 1, 3, 1, 2, 2, stage::Fidelity::cycle};
  }
  stage::Context context_ = event::context();

 public:
  Served added{context_.clock};

 private:
  RowSource source_{"source", context_};
  Initiator host_{"host"};
  crossbar::AvArray arrays_{"av", context_, "head0.av", config()};
  RowSink sink_{"sink", context_};
  Recording finished_{"finished"};
  event::Rtl rtl_;
  std::unique_ptr<cosim::ShiftAddPins> pins_;
};

}  // namespace topkima::testbenches
