// SPDX-License-Identifier: Apache-2.0
#include "vector/vector_units.h"

#include "arith/fixed_point.h"

namespace topkima::vector {

using stage::Event;

std::int64_t NormUnit::Config::cycles() const {
  return 2 * arith::ceil_div(width, timing.lanes) + timing.root + timing.latency;
}

std::int64_t GeluUnit::Config::cycles() const {
  return arith::ceil_div(width, timing.lanes) + timing.latency;
}

NormUnit::NormUnit(const sc_core::sc_module_name& module, stage::Context& context,
                   const std::string& name, const Config& config, const Constants& constants,
                   ResidualBuffer& residual, ResidualBuffer& sum)
    : Stage(module, context, name, stage::kinds::norm, config.queue_depth,
            stage::RowFormat::exactly(std::size_t(config.width))),
      config_(config),
      constants_(constants),
      residual_(residual),
      sum_(sum),
      meter_(context.meter(stage::Component::vector)) {}

std::int64_t NormUnit::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  auto sum = residual_.pop();
  arith::add_branch(sum.data(), row.as<std::int8_t>(), config_.width, constants_.branch_gain);
  output.resize(std::size_t(config_.width));
  arith::normalise(sum.data(), config_.width, constants_.gain, constants_.bias,
                   reinterpret_cast<std::int8_t*>(output.data()));
  sum_.push(std::move(sum));
  return config_.cycles();
}

/// Of every element: branch times gain, square, two products of the normalisation; the sums of
/// residual and branch, of elements, of squares, deviation and bias; and the residual row is read
/// from its buffer and written to the next.
void NormUnit::count(const stage::Row& row, const std::vector<unsigned char>&, std::int64_t begin,
                     std::int64_t cycles) {
  const auto width = std::uint64_t(config_.width);
  meter_.count(row.tag, Event::multiplication, 4 * width, begin, cycles);
  meter_.count(row.tag, Event::addition, 5 * width, begin, cycles);
  meter_.count(row.tag, Event::root, 1, begin, cycles);
  meter_.count(row.tag, Event::buffer_read_byte, 2 * width, begin, cycles);
  meter_.count(row.tag, Event::buffer_write_byte, 2 * width, begin, cycles);
}

GeluUnit::GeluUnit(const sc_core::sc_module_name& module, stage::Context& context,
                   const std::string& name, const Config& config, const arith::GeluTable& table)
    : Stage(module, context, name, stage::kinds::gelu, config.queue_depth,
            stage::RowFormat::exactly(std::size_t(config.width))),
      config_(config),
      table_(table),
      meter_(context.meter(stage::Component::vector)) {}

std::int64_t GeluUnit::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  output = row.data;
  arith::look_up(table_, reinterpret_cast<std::int8_t*>(output.data()), config_.width);
  return config_.cycles();
}

void GeluUnit::count(const stage::Row& row, const std::vector<unsigned char>&, std::int64_t begin,
                     std::int64_t cycles) {
  meter_.count(row.tag, Event::lookup, std::uint64_t(config_.width), begin, cycles);
}

}  // namespace topkima::vector
