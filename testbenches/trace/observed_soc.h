#pragma once
// The whole SoC with its ledger in the open, for observers to watch.

#include <random>
#include <string>
#include <utility>

#include "arith/split.h"
#include "common/kernel.h"
#include "former_soc/former_soc.h"
#include "former_soc/soc_firmware.h"
#include "trace/row_range.h"
#include "trace/selection.h"

namespace topkima::testbenches {

/// A small machine that differs from seed to seed in everything that observers may see.
inline config::Settings random_soc(std::uint32_t seed) {
  std::mt19937 random(seed);
  config::Settings settings;
  const auto pick = [&](int low, int high) {
    return std::to_string(low + int(random() % unsigned(high - low + 1)));
  };
  const int heads = 1 + int(random() % 3);
  settings.set("attention.heads", std::to_string(heads), "test");
  settings.set("attention.d_model", std::to_string(heads * (1 + int(random() % 12))), "test");
  settings.set("attention.tokens", pick(1, 30), "test");
  settings.set("pipeline.queue_depth", pick(0, 2), "test");
  settings.set("pipeline.banks", pick(1, 2), "test");
  settings.set("pipeline.sequences", pick(1, 3), "test");
  settings.set("bus.bytes_per_cycle", pick(1, 16), "test");
  settings.set("topk.k", pick(1, 8), "test");
  settings.set("crossbar.columns", pick(8, 64), "test");
  settings.set("softmax.exponent_cycles", pick(0, 60), "test");
  settings.set("projection.adder_cycles", pick(0, 100), "test");
  settings.set("workload.seed", pick(0, 1000), "test");
  settings.set("attention.causal", random() % 2 ? "true" : "false", "test");
  settings.set("report.float_reference", "false", "test");
  const char* const schedules[] = {"sequential", "coarse", "fine", "buffered"};
  settings.set("pipeline.schedule", schedules[random() % 4], "test");
  settings.set("topk.grants_per_cycle", pick(1, 3), "test");
  settings.set("topk.step_cycles", pick(0, 1), "test");
  settings.set("topk.start_cycles", pick(0, 3), "test");
  settings.set("softmax.exponent_interval", pick(1, 2), "test");
  settings.set("softmax.divide_interval", pick(1, 2), "test");
  return settings;
}

class ObservedSoc {
 public:
  /// `hangs`: the host waits for an interrupt that never comes when the firmware has ended.
  explicit ObservedSoc(config::Settings given, bool keep_causes = true, bool hangs = false)
      : settings(std::move(given)),
        workload(workload::make_workload(settings, true)),
        config(config::resolve(settings, workload.shape)),
        bench{stage::Clock(config.frequency_mhz), platforms::make_ledger(config, keep_causes)},
        firmware(settings, config, workload),
        soc("soc", bench, config,
            [this, hangs](pipeline::Host& host) {
              firmware.run(host);
              if (!hangs) return;
              sc_core::wait(1, sc_core::SC_NS);  // the line falls
              host.wait_for_interrupt();
            }),
        recorder(config) {
    for (auto& head : soc.heads) head.observe(recorder);
  }

  trace::RowNumbers numbers() const {
    return {std::uint64_t(config.shape.heads), std::uint64_t(config.shape.query_rows)};
  }
  std::uint64_t rows() const {
    return std::uint64_t(config.sequences) * numbers().heads * numbers().rows;
  }
  /// To the end.
  void run() {
    platforms::run_kernel(soc.host, recorder, config, {});
    bench.ledger.close(firmware.cycles());
  }
  /// After the run.
  trace::RowScores scores_of(const stage::RowTag& row) const {
    trace::RowScores scores;
    scores.scores.resize(std::size_t(config.shape.tokens));
    workload::HeadScores(config, firmware.k_rows(), row.head)
        .of(firmware.q_rows().row(row.head, int(row.row)), scores.scores.data());
    scores.ramp_lsb = firmware.scales()[row.head].ramp_lsb;
    scores.bits = config.ramp_bits;
    scores.split = config.split;
    scores.sub_k = config.sub_k;
    scores.participants = arith::participants(config.shape.tokens, config.valid_tokens,
                                              config.causal, long(row.row) + config.first_row);
    return scores;
  }

  config::Settings settings;
  workload::Workload workload;
  config::MachineConfig config;
  stage::Bench bench;
  platforms::SocFirmware firmware;
  platforms::FormerSoc soc;
  observe::Recorder recorder;
};

}  // namespace topkima::testbenches
