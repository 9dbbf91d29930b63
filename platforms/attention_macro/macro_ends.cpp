// SPDX-License-Identifier: Apache-2.0
#include "attention_macro/macro_ends.h"

#include <algorithm>

namespace topkima::platforms {

QuerySource::QuerySource(const sc_core::sc_module_name& name, stage::Context& context,
                         const std::vector<std::int8_t>& rows, std::size_t bytes_per_row)
    : sc_core::sc_module(name),
      rows_(rows),
      bytes_per_row_(bytes_per_row),
      id_(context.ledger.add_label("source", stage::kinds::source)) {
  sc_core::sc_spawn([this] { run(); }, "run");
}

void QuerySource::run() {
  sc_core::wait(start);
  payload_.extension.from = id_;
  for (std::size_t first = 0; first < rows_.size(); first += bytes_per_row_) {
    payload_.extension.tag.row = static_cast<std::uint32_t>(first / bytes_per_row_);
    payload_.extension.cause = stage::Ledger::start;
    auto& payload = payload_.write(rows_.data() + first, bytes_per_row_);
    sc_core::sc_time delay;
    out->b_transport(payload, delay);
    stage::expect_ok(payload, this->name());
  }
}

OutputSink::OutputSink(const sc_core::sc_module_name& name, stage::Context& context,
                       std::int64_t rows, int d_k)
    : sc_core::sc_module(name),
      context_(context),
      rows_left_(rows),
      d_k_(d_k),
      id_(context.ledger.add_label("sink", stage::kinds::sink)) {
  in.register_b_transport(this, &OutputSink::take);
  sc_core::sc_spawn_options when_drive_done;
  when_drive_done.spawn_method();
  when_drive_done.set_sensitivity(&last_row_);
  when_drive_done.dont_initialize();
  sc_core::sc_spawn([this] { drive_done(); }, "drive_done", &when_drive_done);
}

void OutputSink::take(int head, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  auto* row = stage::accept_row(
      payload, stage::RowFormat::exactly(static_cast<std::size_t>(d_k_) * sizeof(std::int32_t)));
  if (!row) return;
  row->taken_by = id_;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  last_.resize(std::max(last_.size(), static_cast<std::size_t>(head) + 1), stage::Ledger::start);
  last_[static_cast<std::size_t>(head)] = row->cause;
  finished_at_ = context_.clock.now();
  if (--rows_left_ > 0) return;
  // Joined in the order of the heads, whichever came first within a cycle.
  for (const auto last : last_) finish_ = context_.ledger.join(finish_, last);
  last_row_.notify(sc_core::SC_ZERO_TIME);
}

void OutputSink::drive_done() { done.write(true); }

}  // namespace topkima::platforms
