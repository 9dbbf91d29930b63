// SPDX-License-Identifier: Apache-2.0
#pragma once
// First in, first out: the residual stream's rows between two places of an encoder's pipeline,
// while the branch goes through matrices. Rows travel in order, so it is never asked for one that
// it has not.

#include <cstdint>
#include <deque>
#include <vector>

#include "config/errors.h"

namespace topkima::vector {

class ResidualBuffer {
 public:
  using Row = std::vector<std::int16_t>;

  void push(Row row) { rows_.push_back(std::move(row)); }
  Row pop() {
    if (rows_.empty()) throw SimulationError("a residual row is missing");
    Row row = std::move(rows_.front());
    rows_.pop_front();
    return row;
  }

 private:
  std::deque<Row> rows_;
};

}  // namespace topkima::vector
