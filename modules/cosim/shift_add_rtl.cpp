// SPDX-License-Identifier: Apache-2.0
#include "cosim/shift_add_rtl.h"

#include "cosim/fits.h"
#include "cosim/row_vectors.h"

namespace topkima::cosim {

ShiftAddPins::ShiftAddPins(RtlInstance& rtl, const arith::AvProductConfig& config)
    : RowPins(rtl, rtl.pin("in_valid"), &rtl.pin("in_ready"), rtl.pin("out_valid"),
              rtl.pin("out_ready")),
      config_(config),
      codes_(rtl.pin("in_code")),
      values_(rtl.pin("out_value")),
      words_(static_cast<std::size_t>(codes_.width + 63) / 64) {}

void ShiftAddPins::drive(const std::vector<unsigned char>& input) {
  // Codes of what this machine does not have stay 0.
  ArrayCodes(input, config_).each(widths_, [&](int field, int code) {
    put_field(words_, field * widths_.code, widths_.code, static_cast<std::uint64_t>(code));
  });
  codes_.set_bits(0, words_.data(), codes_.width);
  rtl_.show(codes_);
}

void ShiftAddPins::read(std::vector<unsigned char>& output) {
  output.resize(static_cast<std::size_t>(config_.d_k) * sizeof(std::int32_t));
  auto* values = reinterpret_cast<std::int32_t*>(output.data());
  for (int e = 0; e < config_.d_k; ++e)
    values[e] = config_.lsb *
                static_cast<std::int32_t>(values_.signed_field(e * widths_.result, widths_.result));
}

void ShiftAddPins::check() {
  for (int e = config_.d_k; e < widths_.d_k; ++e)
    if (values_.field(e * widths_.result, widths_.result) != 0)
      fail("fills field " + std::to_string(e) + " of its answer",
           std::to_string(config_.d_k) + " elements leave it 0");
}

std::string ShiftAddPins::inputs(const std::vector<unsigned char>& input) const {
  const ArrayCodes codes(input, config_);
  std::string text;
  for (int a = 0; a < codes.arrays(); ++a)
    for (int s = 0; s < config_.slices; ++s) {
      text += (text.empty() ? "array " : ", array ") + std::to_string(a) + " slice " +
              std::to_string(s) + ":";
      for (int e = 0; e < config_.d_k; ++e) text += " " + std::to_string(codes(a, s, e));
    }
  return text;
}

std::string fits_shift_add(const RtlParameters& parameters, const arith::AvProductConfig& config,
                           int arrays) {
  Fit fit(parameters);
  if (arrays > 1) fit.at_least("ARRAYS", arrays);  // 1 where it is not given
  return fit.at_least("SLICES", config.slices)
      .at_least("D_K", config.d_k)
      .at_least("CODE_BITS", config.bits)
      .text();
}

RtlParameters ShiftAddVectors::parameters(const Config& c) {
  return RtlParameters(parameter("ARRAYS", c.arrays) + parameter("SLICES", c.values.slices) +
                       parameter("D_K", c.values.d_k) + parameter("CODE_BITS", c.values.bits));
}

VectorSet::Layout ShiftAddVectors::layout(const Config& config) {
  const PinWidths w(parameters(config));
  return {{{"in_code", w.arrays * w.slices * w.d_k * w.code}},
          {{"cycles", cycle_bits}, {"out_value", w.d_k * w.result}}};
}

ShiftAddVectors::ShiftAddVectors(VectorSet& set, const Config& config, const stage::Clock& clock,
                                 const stage::RowRange& rows, crossbar::ShiftAdd& unit)
    : set_(set), config_(config), widths_(parameters(config)), clock_(clock), rows_(rows) {
  unit.observe(*this);
}

void ShiftAddVectors::begun(const stage::RowTag& row, const std::vector<unsigned char>& codes) {
  if (!rows_.holds(row)) return;
  begun_ = clock_.now();
  ArrayCodes(codes, config_.values).each(widths_, [&](int field, int code) {
    set_.stimulus().set("in_code", field, widths_.code, static_cast<std::uint64_t>(code));
  });
}

void ShiftAddVectors::finished(const stage::RowTag& row, const std::vector<unsigned char>& values) {
  if (!rows_.holds(row)) return;
  auto& line = set_.expected();
  line.set("cycles", static_cast<std::uint64_t>(clock_.now() - begun_));
  const auto* value = reinterpret_cast<const std::int32_t*>(values.data());
  for (int e = 0; e < widths_.d_k; ++e)
    line.set("out_value", e, widths_.result,
             static_cast<std::uint64_t>(value[e] / config_.values.lsb));
  set_.end_transaction(row);
}

}  // namespace topkima::cosim
