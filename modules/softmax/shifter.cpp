// SPDX-License-Identifier: Apache-2.0
#include "softmax/shifter.h"

namespace topkima::softmax {

Shifter::Shifter(const sc_core::sc_module_name& module, stage::Context& context,
                 const std::string& name, const Config& config)
    : Stage(module, context, name, stage::kinds::shifter, 0,
            stage::entry_row_format(config.elements), config.fidelity),
      config_(config),
      meter_(context.meter(stage::Component::shifter)) {}

std::int64_t Shifter::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  output.assign(row.data.begin(), row.data.end());
  return std::int64_t{stage::EntryRow(row.data.data()).header.count} * config_.interval;
}

void Shifter::serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) {
  serve(row, output);
  const stage::EntryRow entries(row.data.data());
  valid_.set(entries.header.count > 0);
  for (int i = 0; i < entries.header.count; ++i) {
    token_.set(entries.entries[i].token);
    code_.set(entries.entries[i].code);
    context_.clock.spend(config_.interval);
  }
  valid_.set(false);
}

void Shifter::count(const stage::Row& row, const std::vector<unsigned char>& output,
                    std::int64_t begin, std::int64_t cycles) {
  const auto elements = std::uint64_t(stage::EntryRow(output.data()).header.count);
  meter_.count(row.tag, stage::Event::shift, elements, begin, cycles);
}

void Shifter::declare_probes(stage::ProbeScope& scope) {
  if (!config::clocked(config_.fidelity)) return;
  using Kind = stage::Signal::Kind;
  scope.add(valid_, {"in_valid", Kind::bit});
  scope.add(token_, {"in_token", Kind::integer, 21});
  scope.add(code_, {"in_code", Kind::integer, 13, true});
  valid_.set(false);
  token_.set(0);
  code_.set(0);
}

}  // namespace topkima::softmax
