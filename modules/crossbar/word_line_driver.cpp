#include "crossbar/word_line_driver.h"

#include <algorithm>
#include <cstring>

namespace topkima::crossbar {

WordLineDriver::WordLineDriver(const sc_core::sc_module_name& module, stage::Bench& bench,
                               const std::string& name, int crossbar_count, int d_k,
                               int queue_depth)
    : Stage(module, bench, name, "score", queue_depth,
            stage::RowFormat::exactly(static_cast<std::size_t>(d_k))) {
  crossbars.init(static_cast<std::size_t>(crossbar_count));
}

std::int64_t WordLineDriver::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  sc_core::sc_time slowest;
  query_.extension.tag = row.tag;
  for (auto& crossbar : crossbars) {
    sc_core::sc_time delay;
    auto& payload = query_.write(row.data.data(), row.data.size());
    crossbar->b_transport(payload, delay);
    stage::expect_ok(payload, name());
    slowest = std::max(slowest, delay);
  }
  const auto cycles = static_cast<std::int32_t>(slowest.value() / bench_.clock.period().value());
  output.resize(sizeof cycles);
  std::memcpy(output.data(), &cycles, sizeof cycles);
  return cycles;
}

}  // namespace topkima::crossbar
