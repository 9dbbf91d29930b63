// SPDX-License-Identifier: Apache-2.0
#pragma once
// RTL beside a model: each twin hears of the model's transactions as they begin, lets the RTL do
// the same in a process of its own, at the same times, and compares. The model's time does not
// depend on it; RTL that is slower falls behind and catches up.

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "cosim/referee.h"
#include "cosim/row_pins.h"
#include "ima/ramp_ima.h"
#include "stage/clock.h"
#include "stage/link.h"
#include "stage/ramp_step.h"
#include "stage/stage.h"
#include "topk/code_latch.h"
#include "topk/topk_counter.h"

namespace topkima::cosim {

/// What all twins have: a process. RTL that does what it must not diverges, too, and ends its twin.
class Twin : public sc_core::sc_module {
 public:
  /// Is called at the end of a run: whatever the RTL has not answered by then differs.
  virtual void finish() = 0;

 protected:
  Twin(const sc_core::sc_module_name& name, const stage::Clock& clock, Comparison comparison);

  /// Serves transactions for ever; an RtlError that it throws ends the twin.
  virtual void follow() = 0;
  /// The RTL has done what it must not.
  virtual void failed(const RtlError& error);

  const stage::Clock& clock_;
  Comparison comparison_;
  sc_core::sc_event news_;  ///< The model has done something.

 private:
  void run();
};

/// The twin beside what serves rows: a stage, or the shift-and-add of one.
class RowTwin : public Twin, public stage::ServiceObserver {
 public:
  RowTwin(const sc_core::sc_module_name& name, const stage::Clock& clock, RowPins& pins,
          Comparison comparison);

  void begun(const stage::RowTag& row, const std::vector<unsigned char>& input) override;
  void finished(const stage::RowTag& row, const std::vector<unsigned char>& output) override;
  void taken(const stage::RowTag& row) override;
  void finish() override;

 protected:
  using Bytes = std::vector<unsigned char>;

  /// A result of the model in words: what row it is of, "row of 3 winners", and what it holds.
  virtual std::string row_text(const Bytes& model) const = 0;
  virtual std::string result_text(const Bytes& model) const = 0;
  /// Compares the fields of two results.
  virtual void compare_results(const Bytes& model, const Bytes& rtl) = 0;

 private:
  struct Job {
    stage::RowTag row;
    Bytes input, model, rtl;
    std::int64_t begun = 0, model_cycles = -1, rtl_cycles = -1;
    bool taken = false, open = false;
  };

  void follow() override;
  void compare(const Job& job);

  RowPins& pins_;
  std::deque<Job> jobs_;   ///< The first is the one that the RTL serves, or the next to be served.
  std::size_t model_ = 0;  ///< The one that the model serves.
};

/// Of rows of entries: union, exponent half or divider half.
class EntryTwin : public RowTwin {
 public:
  struct Fields {
    const char* code;  ///< The entries' second number: "code", "exponent" or "probability".
    bool sum;          ///< The header's sum is compared, too.
  };

  EntryTwin(const sc_core::sc_module_name& name, const stage::Clock& clock, RowPins& pins,
            const Fields& fields, Comparison comparison)
      : RowTwin(name, clock, pins, std::move(comparison)), fields_(fields) {}

 private:
  std::string row_text(const Bytes& model) const override;
  std::string result_text(const Bytes& model) const override;
  void compare_results(const Bytes& model, const Bytes& rtl) override;

  Fields fields_;
};

/// Of rows of values, int32 each.
class ValueTwin : public RowTwin {
 public:
  using RowTwin::RowTwin;

 private:
  std::string row_text(const Bytes&) const override { return "row"; }
  std::string result_text(const Bytes& model) const override;
  void compare_results(const Bytes& model, const Bytes& rtl) override;
};

/// The twin beside a top-k counter.
class TopkTwin : public Twin, public topk::StepObserver {
 public:
  TopkTwin(const sc_core::sc_module_name& name, const stage::Clock& clock,
           topk::GrantCircuit& circuit, topk::TopkCounter& counter, Comparison comparison);

  void armed(const stage::RampStep& step, const arith::TopkConfig& config, bool over) override;
  void begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void ended(bool stop) override;
  void finish() override;

 private:
  struct Grant {
    std::int64_t cycle;  ///< Counted from the beginning of the step.
    int column, code;
  };
  struct Job : topk::GrantCircuit::Sink {
    void granted(int column, int code) override;

    const stage::Clock* clock = nullptr;
    stage::RampStep step;
    arith::TopkConfig config;
    bool over = false;  ///< The conversion was over when it was armed.
    std::vector<std::uint64_t> fired;
    std::int64_t begun = 0, rtl_begun = 0, model_cycles = -1;
    std::vector<Grant> model, rtl;
    bool model_stop = false;
  };

  void follow() override;
  void granted(const stage::GrantRecord& grant);
  void compare(const Job& job, const topk::GrantCircuit::Result& result);

  /// Hands the model's grants to the twin.
  struct Grants : tlm::tlm_analysis_if<stage::GrantRecord> {
    explicit Grants(TopkTwin& of) : twin(of) {}
    void write(const stage::GrantRecord& grant) override { twin.granted(grant); }
    TopkTwin& twin;
  };

  topk::GrantCircuit& circuit_;
  Grants grants_{*this};
  arith::TopkConfig config_;  ///< The present conversion's.
  bool follows_ = true;       ///< The present conversion is compared.
  std::deque<Job> jobs_;
};

/// The twin beside a bank of code latches.
class LatchTwin : public Twin, public topk::StepObserver {
 public:
  LatchTwin(const sc_core::sc_module_name& name, const stage::Clock& clock,
            topk::LatchCircuit& circuit, Comparison comparison);

  void armed(const stage::RampStep& step, const arith::TopkConfig& config, bool over) override;
  void begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void latched(const std::vector<std::int16_t>& codes) override;
  void ended(bool stop) override;
  void taken() override;
  void finish() override;

 private:
  struct Job {
    stage::RampStep step;
    std::vector<std::uint64_t> fired;
    std::int64_t begun = 0, model_cycles = -1;
    std::vector<std::int16_t> codes;  ///< The model's, of a last step.
    bool taken = false;
  };

  void follow() override;
  void add(const stage::RampStep& step, const std::vector<std::uint64_t>& fired);
  void begin(const Job& job, std::int64_t cycle);
  void compare(const Job& job, std::int64_t cycles, const std::vector<std::int16_t>& codes);

  topk::LatchCircuit& circuit_;
  bool follows_ = true;  ///< The present conversion is compared.
  std::deque<Job> jobs_;
};

/// The twin beside a ramp.
class RampTwin : public Twin, public topk::StepObserver {
 public:
  RampTwin(const sc_core::sc_module_name& name, const stage::Clock& clock,
           ima::StepCircuit& circuit, Comparison comparison);

  void armed(const stage::RampStep& step, const arith::TopkConfig& config, bool over) override;
  void begun(const stage::RampStep& step, const std::vector<std::uint64_t>& fired) override;
  void accepted(bool stop) override;
  void finish() override;

 private:
  struct Job {
    stage::RowTag row;
    bool start;
    int code;
    bool first, last;
    std::int64_t begun;
    bool accepted, stop;
  };

  void follow() override;

  ima::StepCircuit& circuit_;
  std::deque<Job> jobs_;
  bool first_ = true;    ///< The next step is the first of its conversion.
  bool follows_ = true;  ///< The present conversion is compared.
};

}  // namespace topkima::cosim
