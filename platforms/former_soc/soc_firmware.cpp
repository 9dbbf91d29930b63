#include "former_soc/soc_firmware.h"

#include "arith/fixed_point.h"
#include "arith/quantise.h"
#include "head/firmware.h"

namespace topkima::platforms {

namespace reg = registers;

SocFirmware::SocFirmware(config::Settings& settings, const config::MachineConfig& config,
                         const workload::Workload& workload)
    : settings_(settings),
      config_(config),
      workload_(workload),
      scales_(std::size_t(config.shape.heads)) {}

workload::RowsView SocFirmware::q_rows() const {
  return {q_.data(), std::size_t(config_.shape.d_k), std::size_t(config_.shape.d_model())};
}

workload::RowsView SocFirmware::k_rows() const {
  return {k_.data(), std::size_t(config_.shape.d_k), std::size_t(config_.shape.d_model())};
}

void SocFirmware::load_projected(pipeline::Host& host) {
  const auto quantised = [](const workload::Tensor& tensor, int bits, double& scale) {
    std::vector<std::int8_t> values(tensor.size());
    scale = arith::quantise(tensor.floats.data(), values.size(), arith::magnitude_max(bits),
                            values.data());
    return values;
  };
  double x_scale = 1;
  const auto x = quantised(workload_.x, config_.input_bits, x_scale);
  host.preload(reg::memory_base + MemoryMap(config_).q, x.data(), x.size());

  const workload::Tensor* weights[] = {&workload_.wq, &workload_.wk, &workload_.wv};
  double workload::HeadScale::*const scale_of[] = {&workload::HeadScale::q, &workload::HeadScale::k,
                                                   &workload::HeadScale::v};
  const int q_max[] = {config_.query_max, config_.key_max, config_.value_max};
  const auto& block = reg::block("projection");
  for (std::size_t p = 0; p < 3; ++p) {
    const std::uint64_t window = reg::weights_base + p * reg::weights_stride;
    double weight_scale = 1;
    const auto w = quantised(*weights[p], config_.weight_bits, weight_scale);
    host.preload(window, w.data(), w.size());
    host.preload(window + reg::calibration_offset, x.data(), x.size());
    for (std::size_t h = 0; h < scales_.size(); ++h) {
      const std::uint64_t maximum =
          block.base + p * block.stride + reg::projection::maximum.offset + 4 * h;
      scales_[h].*scale_of[p] = x_scale * weight_scale * host.read(maximum) / q_max[p];
    }
  }
  q_.resize(x.size());
  k_.resize(x.size());
  host.peek(reg::weights_base + reg::result_offset, q_.data(), q_.size());
  host.peek(reg::weights_base + reg::weights_stride + reg::result_offset, k_.data(), k_.size());
  workload::calibrate(settings_, config_, q_rows(), k_rows(), false, scales_);
}

void SocFirmware::load_given(pipeline::Host& host) {
  const auto& shape = config_.shape;
  const auto q = workload::quantise_heads(workload_.q, config_.query_max, "q");
  const auto k = workload::quantise_heads(workload_.k, config_.key_max, "k");
  const auto v = workload::quantise_heads(workload_.v, config_.value_max, "v");
  q_ = workload::token_major(q.values, shape);
  k_ = workload::token_major(k.values, shape);
  const auto v_rows = workload::token_major(v.values, shape);
  const MemoryMap map(config_);
  host.preload(reg::memory_base + map.q, q_.data(), q_.size());
  host.preload(reg::memory_base + map.k, k_.data(), k_.size());
  host.preload(reg::memory_base + map.v, v_rows.data(), v_rows.size());
  for (std::size_t h = 0; h < scales_.size(); ++h)
    scales_[h] = {q.scales[h], k.scales[h], v.scales[h], 1, 0};
  workload::calibrate(settings_, config_, q_rows(), k_rows(), workload_.integers(), scales_);
}

void SocFirmware::program_controller(pipeline::Host& host) {
  const MemoryMap map(config_);
  const std::pair<const reg::Register*, std::uint64_t> values[] = {
      {&reg::controller::schedule, static_cast<std::uint64_t>(config_.schedule)},
      {&reg::controller::sequences, std::uint64_t(config_.sequences)},
      {&reg::controller::banks, std::uint64_t(config_.banks)},
      {&reg::controller::tokens, std::uint64_t(config_.shape.tokens)},
      {&reg::controller::query_rows, std::uint64_t(config_.shape.query_rows)},
      {&reg::controller::row_bytes, std::uint64_t(config_.shape.d_model())},
      {&reg::controller::q_source, map.q},
      {&reg::controller::k_source, map.k},
      {&reg::controller::v_source, map.v},
      {&reg::controller::irq_enable, 1}};
  const std::uint64_t base = reg::block("controller").base;
  for (const auto& [r, value] : values)
    host.write(base + r->offset, static_cast<std::uint32_t>(value));
}

void SocFirmware::run(pipeline::Host& host) {
  if (config_.shape.projected)
    load_projected(host);
  else
    load_given(host);
  program_heads(host, config_, scales_);
  program_controller(host);
  const std::uint64_t base = reg::block("controller").base;
  host.write(base + reg::controller::control.offset, 1);
  host.wait_for_interrupt();
  host.write(base + reg::controller::irq_status.offset, 1);
  cycles_ = host.read(base + reg::controller::cycles.offset) |
            std::int64_t{host.read(base + reg::controller::cycles.offset + 4)} << 32;

  const MemoryMap map(config_);
  stored_output_.resize(map.output_stride);
  const std::uint64_t buffer = std::uint64_t(config_.sequences - 1) % 2;
  host.peek(reg::memory_base + map.output + buffer * map.output_stride, stored_output_.data(),
            stored_output_.size());
}

}  // namespace topkima::platforms
