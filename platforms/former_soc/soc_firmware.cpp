// SPDX-License-Identifier: Apache-2.0
#include "former_soc/soc_firmware.h"

#include <algorithm>
#include <tuple>

#include "arith/fixed_point.h"
#include "arith/quantise.h"
#include "arith/requantise.h"
#include "head/firmware.h"
#include "pipeline/schedule.h"

namespace topkima::platforms {

namespace reg = registers;

namespace {

using Rows = std::vector<std::int8_t>;

// RRAM arrays have windows, which have numbers.
std::uint64_t window_base(std::size_t window) {
  return reg::weights_base + window * reg::weights_stride;
}

void load_weights(pipeline::Host& host, std::size_t window, const Rows& weights) {
  host.preload(window_base(window), weights.data(), weights.size());
}

void calibrate_rram(pipeline::Host& host, std::size_t window, const Rows& rows) {
  host.preload(window_base(window) + reg::calibration_offset, rows.data(), rows.size());
}

/// What the calibration projected.
void peek_results(pipeline::Host& host, std::size_t window, std::int8_t* rows, std::size_t bytes) {
  host.peek(window_base(window) + reg::result_offset, rows, bytes);
}

/// W_K^T [d_k, d_model] of one head of K, of W_K [d_model, kv_heads * d_k].
Rows transposed_head(const Rows& weights, const config::Shape& shape, std::size_t head) {
  const auto d_k = std::size_t(shape.d_k), width = std::size_t(shape.d_model());
  const auto outputs = std::size_t(shape.kv_width());
  Rows transposed(d_k * width);
  for (std::size_t i = 0; i < width; ++i)
    for (std::size_t j = 0; j < d_k; ++j)
      transposed[j * width + i] = weights[i * outputs + head * d_k + j];
  return transposed;
}

}  // namespace

SocFirmware::SocFirmware(config::Settings& settings, const config::MachineConfig& config,
                         const workload::Workload& workload)
    : settings_(settings),
      config_(config),
      workload_(workload),
      scales_(std::size_t(config.shape.heads)) {}

/// Of values [rows, heads * d_k].
workload::RowsView SocFirmware::by_token(const std::vector<std::int8_t>& values, int heads) const {
  const auto d_k = std::size_t(config_.shape.d_k);
  return {values.data(), d_k, std::size_t(heads) * d_k};
}

/// The head of what a projection makes that a head of queries works on.
int SocFirmware::projected_head(std::size_t which, std::size_t head) const {
  const auto h = static_cast<int>(head);
  return which == memory::DmaReader::q ? h : config_.shape.kv_head(h);
}

SocFirmware::Quantised SocFirmware::quantised(const workload::Tensor& tensor, int bits) const {
  Quantised result{Rows(tensor.size()), 1};
  result.scale = arith::quantise(tensor.floats.data(), tensor.size(), arith::magnitude_max(bits),
                                 result.values.data());
  return result;
}

void SocFirmware::load_projected(pipeline::Host& host) {
  const Quantised x = quantised(workload_.x, config_.projection.input_bits);
  host.preload(reg::memory_base + MemoryMap(config_).q, x.values.data(), x.values.size());
  const Quantised wk = quantised(workload_.wk, config_.projection.weight_bits);
  using Reader = memory::DmaReader;
  project(host, Reader::q, x, quantised(workload_.wq, config_.projection.weight_bits),
          config_.score.query_max, &workload::HeadScale::q);
  q_ = projected(host, Reader::q, config_.shape.heads);
  q_rows_ = by_token(q_, config_.shape.heads);
  if (config_.attention.keys_are_inputs()) {
    fold_queries(host, wk);
    narrow_keys(host, x);
  } else {
    project(host, Reader::k, x, wk, config_.score.key_max, &workload::HeadScale::k);
    k_ = projected(host, Reader::k, config_.shape.kv_heads);
    k_rows_ = by_token(k_, config_.shape.kv_heads);
  }
  project(host, Reader::v, x, quantised(workload_.wv, config_.projection.weight_bits),
          config_.av.value_max, &workload::HeadScale::v);
  workload::calibrate(settings_, config_, q_rows_, k_rows_, false, scales_);
}

void SocFirmware::project(pipeline::Host& host, std::size_t which, const Quantised& x,
                          const Quantised& weights, int q_max, double workload::HeadScale::*scale) {
  load_weights(host, which, weights.values);
  calibrate_rram(host, which, x.values);
  const auto& block = reg::block("projection");
  const std::uint64_t maximum = block.base + which * block.stride + reg::projection::maximum.offset;
  for (std::size_t h = 0; h < scales_.size(); ++h)
    scales_[h].*scale = x.scale * weights.scale *
                        host.read(maximum + 4 * std::uint64_t(projected_head(which, h))) / q_max;
}

std::vector<std::int8_t> SocFirmware::projected(pipeline::Host& host, std::size_t which,
                                                int heads) const {
  Rows rows(workload_.x.shape[0] * std::size_t(heads * config_.shape.d_k));
  peek_results(host, which, rows.data(), rows.size());
  return rows;
}

/// From d_k to d_model values: each head's queries times W_K^T of its head of K. Heads that take
/// turns have the arrays in common, and maxima of their own.
void SocFirmware::fold_queries(pipeline::Host& host, const Quantised& wk) {
  const auto d_k = std::size_t(config_.shape.d_k), width = std::size_t(config_.shape.d_model());
  const auto rows = std::size_t(config_.shape.query_rows), each = rows * width;
  const auto& block = reg::block("fold");
  Rows folded(scales_.size() * each), queries(rows * d_k);
  for (std::size_t h = 0; h < scales_.size(); ++h) {
    for (std::size_t r = 0; r < rows; ++r)
      std::copy_n(q_rows_.row(static_cast<int>(h), static_cast<int>(r)), d_k,
                  queries.begin() + std::ptrdiff_t(r * d_k));
    const std::size_t window = reg::first_fold + h;
    if (h % std::size_t(config_.heads_per_chain()) == 0)
      load_weights(host, window,
                   transposed_head(wk.values, config_.shape,
                                   std::size_t(config_.shape.kv_head(static_cast<int>(h)))));
    calibrate_rram(host, window, queries);
    peek_results(host, window, folded.data() + h * each, each);
    const auto m = host.read(block.base + h * block.stride + reg::fold::maximum.offset);
    scales_[h].q = scales_[h].q * wk.scale * m / config_.score.query_max;
  }
  q_ = std::move(folded);
  q_rows_ = {q_.data(), each, width};
}

/// X at the width of the arrays: the keys of all heads.
void SocFirmware::narrow_keys(pipeline::Host& host, const Quantised& x) {
  const std::vector<std::int32_t> wide(x.values.begin(), x.values.end());
  const auto count = static_cast<int>(wide.size());
  const auto m = std::max<std::int64_t>(arith::largest_magnitude(wide.data(), count), 1);
  host.write(reg::block("narrower").base + reg::narrower::maximum.offset,
             static_cast<std::uint32_t>(m));
  k_.resize(wide.size());
  arith::requantise(wide.data(), count, m, config_.score.key_max, k_.data());
  k_rows_ = {k_.data(), 0, std::size_t(config_.shape.d_model())};
  for (auto& scale : scales_) scale.k = x.scale * double(m) / config_.score.key_max;
}

/// All integers are there: nothing is calibrated, and the rows of all sequences are projected
/// ahead.
void SocFirmware::load_trained(pipeline::Host& host) {
  const auto& trained = *workload_.trained;
  const auto& x = workload_.x.integers;
  host.preload(reg::memory_base + MemoryMap(config_).q, x.data(), x.size());
  using Reader = memory::DmaReader;
  const std::tuple<std::size_t, const Rows&, const workload::HeadRanges&> matrices[] = {
      {Reader::q, workload_.wq.integers, trained.query},
      {Reader::k, workload_.wk.integers, trained.key},
      {Reader::v, workload_.wv.integers, trained.value}};
  const auto& block = reg::block("projection");
  for (const auto& [which, weights, ranges] : matrices) {
    const auto& maxima = ranges.maxima;
    const std::uint64_t window = reg::weights_base + which * reg::weights_stride;
    host.preload(window, weights.data(), weights.size());
    const std::vector<std::uint32_t> words(maxima.begin(), maxima.end());
    host.write(block.base + which * block.stride + reg::projection::maximum.offset, words.data(),
               words.size());
    host.preload(window + reg::ahead_offset, x.data(), x.size());
  }
  q_ = projected(host, Reader::q, config_.shape.heads);
  q_rows_ = by_token(q_, config_.shape.heads);
  k_ = projected(host, Reader::k, config_.shape.kv_heads);
  k_rows_ = by_token(k_, config_.shape.kv_heads);
  for (std::size_t h = 0; h < scales_.size(); ++h) {
    scales_[h].q = trained.query.reals[h] / config_.score.query_max;
    const auto shared = std::size_t(config_.shape.kv_head(static_cast<int>(h)));
    scales_[h].k = trained.key.reals[shared] / config_.score.key_max;
    scales_[h].v = trained.value.reals[shared] / config_.av.value_max;
  }
  workload::calibrate(settings_, config_, q_rows_, k_rows_, false, scales_);
}

/// Tells the controller of each sequence when its rows are there.
void SocFirmware::announce_sequences(pipeline::Host& host) const {
  if (!workload_.trained) return;
  const stage::Clock clock(config_.clock.frequency_mhz);
  const auto& arrivals = workload_.trained->arrivals;
  std::int64_t now = 0;
  for (std::size_t s = 0; s < arrivals.size(); ++s) {
    host.wait_for(clock.span(arrivals[s] - now));
    now = arrivals[s];
    host.write(reg::block("controller").base + reg::controller::available.offset,
               static_cast<std::uint32_t>(s + 1));
  }
}

void SocFirmware::load_given(pipeline::Host& host) {
  const auto& shape = config_.shape;
  const auto q = workload::quantise_heads(workload_.q, config_.score.query_max, "q");
  const auto k = workload::quantise_heads(workload_.k, config_.score.key_max, "k");
  const auto v = workload::quantise_heads(workload_.v, config_.av.value_max, "v");
  q_ = workload::token_major(q.values, shape.heads, shape.d_k);
  k_ = workload::token_major(k.values, shape.kv_heads, shape.d_k);
  const auto v_rows = workload::token_major(v.values, shape.kv_heads, shape.d_k);
  const MemoryMap map(config_);
  host.preload(reg::memory_base + map.q, q_.data(), q_.size());
  host.preload(reg::memory_base + map.k, k_.data(), k_.size());
  host.preload(reg::memory_base + map.v, v_rows.data(), v_rows.size());
  for (std::size_t h = 0; h < scales_.size(); ++h) {
    const auto shared = std::size_t(shape.kv_head(static_cast<int>(h)));
    scales_[h] = {q.scales[h], k.scales[shared], v.scales[shared], 1, 0};
  }
  q_rows_ = by_token(q_, shape.heads);
  k_rows_ = by_token(k_, shape.kv_heads);
  workload::calibrate(settings_, config_, q_rows_, k_rows_, workload_.integers(), scales_);
}

void SocFirmware::program_controller(pipeline::Host& host) {
  const MemoryMap map(config_);
  const auto& shape = config_.shape;
  const std::pair<const reg::Register*, std::uint64_t> values[] = {
      {&reg::controller::schedule, pipeline::Schedule::to_register(config_.pipeline.schedule)},
      {&reg::controller::sequences, std::uint64_t(config_.pipeline.sequences)},
      {&reg::controller::banks, std::uint64_t(config_.pipeline.banks)},
      {&reg::controller::tokens, std::uint64_t(shape.tokens)},
      {&reg::controller::query_rows, std::uint64_t(shape.query_rows)},
      {&reg::controller::row_bytes, std::uint64_t(shape.d_model())},
      {&reg::controller::kv_row_bytes,
       std::uint64_t(shape.projected ? shape.d_model() : shape.kv_width())},
      {&reg::controller::q_source, map.q},
      {&reg::controller::k_source, map.k},
      {&reg::controller::v_source, map.v},
      {&reg::controller::sequence_stride, map.stride},
      {&reg::controller::irq_enable, 1}};
  const std::uint64_t base = reg::block("controller").base;
  for (const auto& [r, value] : values)
    host.write(base + r->offset, static_cast<std::uint32_t>(value));
  if (workload_.trained && !workload_.trained->arrivals.empty())
    host.write(base + reg::controller::available.offset, 0);
}

void SocFirmware::run(pipeline::Host& host) {
  if (workload_.trained)
    load_trained(host);
  else if (config_.shape.projected)
    load_projected(host);
  else
    load_given(host);
  program_heads(host, config_, scales_);
  program_controller(host);
  const std::uint64_t base = reg::block("controller").base;
  host.write(base + reg::controller::control.offset, 1);
  announce_sequences(host);
  host.wait_for_interrupt();
  host.write(base + reg::controller::irq_status.offset, 1);
  cycles_ = host.read(base + reg::controller::cycles.offset) |
            std::int64_t{host.read(base + reg::controller::cycles.offset + 4)} << 32;

  const MemoryMap map(config_);
  const bool all = config_.shape.distinct;
  stored_output_.resize(map.output_stride * (all ? std::size_t(map.outputs) : 1));
  const std::uint64_t buffer = all ? 0 : std::uint64_t(config_.pipeline.sequences - 1) % 2;
  host.peek(reg::memory_base + map.output + buffer * map.output_stride, stored_output_.data(),
            stored_output_.size());
}

}  // namespace topkima::platforms
