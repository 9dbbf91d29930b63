// SPDX-License-Identifier: Apache-2.0
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

WordLineDriver::WordLineDriver(const sc_core::sc_module_name& module, stage::Context& context,
                               const std::string& name, const Config& config)
    : Stage(module, context, name, stage::kinds::score, config.queue_depth,
            stage::RowFormat::exactly(static_cast<std::size_t>(config.width)), config.fidelity),
      config_(config),
      queries_(static_cast<std::size_t>(config.row_blocks()) * std::size_t(config.crossbars)),
      is_live_(std::size_t(config.crossbars), 1) {
  arrays.init(queries_.size());
  if (!config::clocked(config.fidelity)) return;
  // The first array is driven by the stage's own process.
  for (std::size_t array = 1; array < queries_.size(); ++array)
    sc_core::sc_spawn(
        [this, array] {
          for (std::int64_t seen = 0;; ++seen) {
            while (started_ == seen) sc_core::wait(start_);
            sc_core::sc_time rest = drive(array, *row_);
            stage::settle(rest);
            if (--converting_ == 0) ended_.notify();
          }
        },
        sc_core::sc_gen_unique_name("drive"));
}

void WordLineDriver::look_at(const stage::RowTag& row) {
  if (mask.size() == 0) return;
  const auto& row_mask = mask->of(row);
  for (std::size_t c = 0; c < is_live_.size(); ++c) is_live_[c] = row_mask.is_live(int(c));
}

/// An array that rests takes no time.
sc_core::sc_time WordLineDriver::drive(std::size_t array, const stage::Row& row) {
  sc_core::sc_time delay;
  if (!is_live_[array % is_live_.size()]) return delay;
  const auto block_width = static_cast<std::size_t>(config_.block_width);
  const std::size_t first = array / std::size_t(config_.crossbars) * block_width;
  queries_[array].extension.tag = row.tag;
  auto& payload = queries_[array].write(row.data.data() + first,
                                        std::min(block_width, row.data.size() - first));
  arrays[array]->b_transport(payload, delay);
  stage::expect_ok(payload, name());
  return delay;
}

std::int64_t WordLineDriver::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  look_at(row.tag);
  sc_core::sc_time slowest;
  for (std::size_t a = 0; a < arrays.size(); ++a) slowest = std::max(slowest, drive(a, row));
  const auto cycles = static_cast<std::int64_t>(slowest.value() / context_.clock.period().value());
  put_cycles(cycles, output);
  return cycles;
}

void WordLineDriver::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  const std::int64_t begin = context_.clock.now();
  look_at(row.tag);
  row_ = &row;
  converting_ = arrays.size();
  ++started_;
  start_.notify();
  sc_core::sc_time rest = drive(0, row);
  stage::settle(rest);
  if (--converting_ > 0) sc_core::wait(ended_);
  put_cycles(context_.clock.now() - begin, output);
}

}  // namespace topkima::crossbar
