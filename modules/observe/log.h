// SPDX-License-Identifier: Apache-2.0
#pragma once
// A line of text for what happens, as it does: from a few milestones to every turn of every stage.

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "observe/time_text.h"
#include "stage/row_range.h"
#include "stage/stage.h"

namespace topkima::observe {

/// info: beginnings and ends of sequences, K^T writes, notes; debug: every span; trace: also every
/// turn and every queue level.
enum class LogLevel { off, info, debug, trace };

/// What is logged of which instance.
class LogFilter {
 public:
  /// `level`: of what no filter names. `filters`: "GLOB=LEVEL", the last that matches an instance's
  /// full name ("soc.head3.score") decides. Throws ConfigError.
  LogFilter(const std::string& level, const std::vector<std::string>& filters);

  LogLevel of(const std::string& instance) const;

 private:
  LogLevel level_;
  std::vector<std::pair<std::string, LogLevel>> filters_;
};

class Log : public stage::LedgerObserver {
 public:
  /// Observes the ledger of `context` from now on. Instances are named below `top`. A line appears
  /// when its event is known; stages that book after the fact tell it a little late.
  Log(const LogFilter& filter, const stage::RowNumbers& numbers, stage::Context& context,
      const std::string& top, std::FILE* to);

  void entered(stage::StageId stage, stage::Activity activity, const stage::RowTag& row,
               std::int64_t cycle) override;
  void ended(const stage::Span& span) override;
  void queued(stage::StageId stage, const stage::RowTag& row, int rows,
              std::int64_t cycle) override;

  /// Something that others have to tell, level info, in the present cycle. `instance` is named
  /// without the top.
  void note(const std::string& instance, const std::optional<stage::RowTag>& row,
            const std::string& text);

 private:
  struct Instance {
    LogLevel level;
    std::string name;
    bool first = false, last = false;   ///< stage of a row's way through a head
    bool keys = false, values = false;  ///< writer of K^T, of V
  };
  struct Sequence {
    bool begun = false;
    std::uint64_t rows = 0;    ///< that left the last stage
    std::uint64_t values = 0;  ///< tokens of V written
  };

  Instance& instance(stage::StageId stage);
  void add_instance();
  void follow(const stage::Span& span, const Instance& instance);
  void line(std::int64_t cycle, const std::string& instance,
            const std::optional<stage::RowTag>& row, const std::string& text);

  LogFilter filter_;
  stage::RowNumbers numbers_;
  stage::Context& context_;
  std::string top_;
  std::FILE* to_;
  Microseconds us_;
  std::vector<Instance> instances_;  ///< by stage
  std::unordered_map<std::string, LogLevel> others_;
  std::unordered_map<std::uint32_t, Sequence> sequences_;
};

}  // namespace topkima::observe
