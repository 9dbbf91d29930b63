// SPDX-License-Identifier: Apache-2.0
#pragma once
// What users write, cycles as "2500" or "12.5us" and rows as "17", "2:5" or "3-17", and times as
// they read them.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "stage/clock.h"
#include "stage/row_range.h"

namespace topkima::observe {

/// The cycle that `text` means: a plain integer, or an instant with one of the units fs, ps, ns,
/// us, ms and s, blanks between or not, which means the cycle that it lies in. Throws ConfigError
/// that begins with `what`.
std::int64_t parse_cycles(const std::string& text, const stage::Clock& clock,
                          const std::string& what);
/// An integer of 0 or more; nothing where `text` is anything else.
std::optional<std::uint64_t> count_in(const std::string& text);
/// The same; throws ConfigError that begins with `what`.
std::uint64_t parse_count(const std::string& text, const std::string& what);

/// How the rows of the run are numbered. Asked for only where a row is named by its head, since the
/// machine must be resolved to know.
using Numbering = std::function<stage::RowNumbers()>;
/// The id of a row: as it is, "17"; or "HEAD:ROW" in the first sequence, or "SEQUENCE:HEAD:ROW".
/// Throws ConfigError that begins with `what`, also for a head or a row that there is not.
std::uint64_t parse_row(const std::string& text, const std::string& what,
                        const Numbering& numbering);
/// "A-B" or "A" of such; behind HEAD:ROW, B may be a row of the same head. Throws ConfigError that
/// begins with `what`.
stage::RowRange parse_row_range(const std::string& text, const std::string& what,
                                const Numbering& numbering = {});

/// Writes cycles as microseconds without rounding.
class Microseconds {
 public:
  explicit Microseconds(const stage::Clock& clock);

  void append(std::string& to, std::int64_t cycles) const;
  std::string text(std::int64_t cycles) const;

 private:
  std::uint64_t period_, per_us_;
  int digits_;  ///< behind the point, at most
};

}  // namespace topkima::observe
