#include "crossbar/word_line_driver.h"

#include <algorithm>
#include <cstring>

namespace topkima::crossbar {
namespace {

void put_cycles(std::int64_t cycles, std::vector<unsigned char>& output) {
  const auto value = static_cast<std::int32_t>(cycles);
  output.resize(sizeof value);
  std::memcpy(output.data(), &value, sizeof value);
}

}  // namespace

WordLineDriver::WordLineDriver(const sc_core::sc_module_name& module, stage::Bench& bench,
                               const std::string& name, int crossbar_count, int d_k,
                               int queue_depth, stage::Fidelity fidelity)
    : Stage(module, bench, name, "score", queue_depth,
            stage::RowFormat::exactly(static_cast<std::size_t>(d_k)), fidelity),
      queries_(static_cast<std::size_t>(crossbar_count)) {
  crossbars.init(static_cast<std::size_t>(crossbar_count));
  if (fidelity == stage::Fidelity::row) return;
  // The first crossbar is driven by the stage's own process.
  for (std::size_t crossbar = 1; crossbar < queries_.size(); ++crossbar)
    sc_core::sc_spawn(
        [this, crossbar] {
          for (std::int64_t seen = 0;; ++seen) {
            while (started_ == seen) sc_core::wait(start_);
            sc_core::sc_time rest = drive(crossbar, *row_);
            stage::settle(rest);
            if (--converting_ == 0) ended_.notify();
          }
        },
        sc_core::sc_gen_unique_name("drive"));
}

sc_core::sc_time WordLineDriver::drive(std::size_t crossbar, const stage::Row& row) {
  sc_core::sc_time delay;
  queries_[crossbar].extension.tag = row.tag;
  auto& payload = queries_[crossbar].write(row.data.data(), row.data.size());
  crossbars[crossbar]->b_transport(payload, delay);
  stage::expect_ok(payload, name());
  return delay;
}

std::int64_t WordLineDriver::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  sc_core::sc_time slowest;
  for (std::size_t c = 0; c < crossbars.size(); ++c) slowest = std::max(slowest, drive(c, row));
  const auto cycles = static_cast<std::int64_t>(slowest.value() / bench_.clock.period().value());
  put_cycles(cycles, output);
  return cycles;
}

void WordLineDriver::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  const std::int64_t begin = bench_.clock.now();
  row_ = &row;
  converting_ = crossbars.size();
  ++started_;
  start_.notify();
  sc_core::sc_time rest = drive(0, row);
  stage::settle(rest);
  if (--converting_ > 0) sc_core::wait(ended_);
  put_cycles(bench_.clock.now() - begin, output);
}

}  // namespace topkima::crossbar
