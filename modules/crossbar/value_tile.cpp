#include "crossbar/value_tile.h"

namespace topkima::crossbar {

ValueTile::ValueTile(const sc_core::sc_module_name& module, stage::Bench& bench,
                     const std::string& name, const Config& config)
    : Stage(module, bench, name, "weighted", config.queue_depth,
            stage::entry_row_format(config.winners)),
      config_(config) {
  for (int b = 0; b < config.banks; ++b) banks_.emplace_back(config.arrays, config.tokens);
  program.register_b_transport(this, &ValueTile::write_token);
  program.register_transport_dbg(this, &ValueTile::debug_write);
}

tlm::tlm_response_status ValueTile::store(const tlm::tlm_generic_payload& payload) {
  const auto d_k = static_cast<std::uint64_t>(config_.arrays.d_k);
  const auto tokens = static_cast<std::uint64_t>(config_.tokens);
  const std::uint64_t line = payload.get_address() / d_k;
  if (payload.get_address() % d_k || line >= tokens * banks_.size())
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (!payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr()) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (payload.get_data_length() != d_k || payload.get_streaming_width() < d_k)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  banks_[line / tokens].write(static_cast<int>(line % tokens),
                              reinterpret_cast<const std::int8_t*>(payload.get_data_ptr()));
  return tlm::TLM_OK_RESPONSE;
}

void ValueTile::write_token(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  payload.set_response_status(store(payload));
}

unsigned ValueTile::debug_write(tlm::tlm_generic_payload& payload) {
  return store(payload) == tlm::TLM_OK_RESPONSE ? payload.get_data_length() : 0;
}

std::int64_t ValueTile::serve(const stage::Row& row, std::vector<unsigned char>& output) {
  const stage::EntryRow weights(row.data.data());
  weights_.clear();
  for (int w = 0; w < weights.header.count; ++w)
    weights_.push_back({weights.entries[w].token, weights.entries[w].code});
  output.resize(static_cast<std::size_t>(config_.arrays.d_k) * sizeof(std::int32_t));
  auto* values = reinterpret_cast<std::int32_t*>(output.data());
  banks_[row.tag.sequence % banks_.size()].read(weights_.data(), weights.header.count, values);
  outputs.write({row.tag, values, config_.arrays.d_k});
  return weights.header.count == 0 ? 0 : config_.cycles;
}

void ValueTile::handed_on(const stage::RowTag& tag, stage::NodeId taken) {
  notice_.extension.tag = tag;
  notice_.extension.cause = taken;
  notice_.extension.from = id();
  auto& payload = notice_.write(&tag.row, sizeof tag.row, tag.head);
  sc_core::sc_time delay;
  finished->b_transport(payload, delay);
  stage::expect_ok(payload, name());
}

}  // namespace topkima::crossbar
