#include "observation.h"

#include <initializer_list>

#include "trace/head_name.h"
#include "trace/scope_filter.h"

namespace topkima::platforms {

void clock_only_watched(const Observation& observation, const std::string& top,
                        config::MachineConfig& config) {
  if (observation.vectors && observation.vectors->needs_steps())
    config.stepped_head = observation.vectors->head;
  if (!observation.wave || !observation.clock_only_watched) return;
  const auto& wave = *observation.wave;
  std::vector<std::string> scopes = wave.scopes;
  if (scopes.empty() && !wave.around) return;  // everything is watched
  if (scopes.empty()) {
    const trace::RowNumbers numbers{std::uint64_t(config.shape.heads),
                                    std::uint64_t(config.shape.query_rows)};
    scopes.push_back(top + ".head" + std::to_string(numbers.tag(*wave.around).head));
  }
  trace::ScopeFilter filter(scopes);
  const auto takes = [&](const std::string& instance) {
    return filter.takes(top + "." + instance);
  };
  config.unwatched.assign(std::size_t(config.shape.heads), 1);
  for (std::size_t h = 0; h < config.unwatched.size(); ++h) {
    const std::string head = "head" + std::to_string(h) + ".";
    for (const char* stage : trace::row_way)
      if (takes(head + stage)) config.unwatched[h] = 0;
    for (std::size_t i = 0; i < config.split.size(); ++i)
      for (const char* block : {"key_tile", "ramp", "topk"})
        if (takes(head + block + std::to_string(i))) config.unwatched[h] = 0;
  }
  const auto leave = [&](config::Fidelity& fidelity, std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (takes(name)) return;
    fidelity = config::Fidelity::row;
  };
  leave(config.fidelity.projection, {"projection.q", "projection.k", "projection.v"});
  leave(config.fidelity.write, {"write.k", "write.v"});
  leave(config.fidelity.bus, {"bus.read", "bus.write"});
}

}  // namespace topkima::platforms
