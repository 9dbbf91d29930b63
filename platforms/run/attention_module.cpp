// SPDX-License-Identifier: Apache-2.0
#include "run/attention_module.h"

#include "energy/technology.h"
#include "report/limits.h"
#include "report/metrics.h"
#include "report/report.h"
#include "workload/defect_files.h"

namespace topkima::platforms {
namespace {

constexpr double most_held_bytes = 512e6;

class ModuleOutcome : public Outcome {
 public:
  explicit ModuleOutcome(report::RunResult run) : run_(std::move(run)) {}

  void write_files(const Write& write) const override;
  std::string report(const config::Settings& settings) const override {
    return report::report_json(settings, run_);
  }
  std::string summary(const config::Settings& settings) const override {
    return report::summary(settings, run_);
  }
  std::vector<double> values() const override {
    return report::values_of(report::metrics(run_.machine.has), run_);
  }
  std::string bottleneck() const override { return report::bottleneck(run_); }
  std::string limit() const override { return report::limit(run_); }
  std::string observed() const override { return run_.observed; }
  std::optional<Diverged> diverged() const override { return run_.diverged; }

 private:
  report::RunResult run_;
};

void ModuleOutcome::write_files(const Write& write) const {
  const auto& results = run_.results;
  const auto heads = std::size_t(results.heads), rows = std::size_t(results.rows);
  const std::vector<std::size_t> winners{heads, rows, std::size_t(results.winners)};
  const std::vector<std::size_t> crossbars{heads, rows, std::size_t(results.crossbars)};
  const std::vector<std::size_t> values{heads, rows, std::size_t(results.d_k)};
  write("topk_index.npy", workload::npy_bytes(winners, results.topk_index));
  write("topk_code.npy", workload::npy_bytes(winners, results.topk_code));
  write("probability.npy", workload::npy_bytes(winners, results.probability));
  write("convert_cycles.npy", workload::npy_bytes(crossbars, results.convert_cycles));
  write("output.npy", workload::npy_bytes(values, results.output));
  write("output_real.npy",
        workload::npy_bytes(values, report::real_output(results, run_.config, run_.scales)));
  write("rows.csv", run_.rows_took.csv());
  if (!run_.power.components.empty())
    write("power.csv", energy::power_csv(run_.power, run_.config.clock.frequency_mhz));
}

class ModuleRunner : public Runner {
 public:
  ModuleRunner(const config::MachineKind& kind, bool projects, AttentionModule::Simulate simulate)
      : kind_(kind), projects_(projects), simulate_(simulate) {}

  void take_hardware(const Sources& sources, config::Settings& settings) override {
    if (!sources.input.empty()) workload::read_meta(sources.input, settings);
  }
  std::vector<RunFile> files(const Sources& sources) const override {
    if (sources.input.empty()) return {};
    return files_of("input", workload::input_files(sources.input));
  }
  config::MachineConfig resolve(const Sources& sources, config::Settings& settings,
                                DefectFiles files) override;
  void prepare(const Sources& sources, const config::Settings& settings) override;
  void share(const Sources& sources, const config::Settings& settings) override;
  std::unique_ptr<Outcome> run(config::Settings& settings, const Observation& observation) override;

 private:
  workload::Workload load(const Sources& sources, const config::Settings& settings) const;

  const config::MachineKind& kind_;
  bool projects_;
  AttentionModule::Simulate simulate_;
  std::optional<workload::Workload> workload_;
  std::string workload_key_;  ///< all on which it depends
  /// The exact attention of the workload; null where no run will ask for it, or where it is too
  /// large and each run computes it anew, row by row.
  std::unique_ptr<report::FloatReference> reference_;
};

config::MachineConfig ModuleRunner::resolve(const Sources& sources, config::Settings& settings,
                                            DefectFiles files) {
  prepare(sources, settings);
  energy::resolve_technology(settings, kind_.technology);
  auto config = config::resolve(settings, workload_->shape);
  if (files == DefectFiles::read) workload::read_defect_files(settings, config);
  return config;
}

void ModuleRunner::prepare(const Sources& sources, const config::Settings& settings) {
  std::string key = sources.input;
  for (const char* name : {"attention.heads", "attention.kv_heads"})
    key += '\n' + settings.text(name);
  if (sources.input.empty())
    for (const char* name :
         {"attention.tokens", "attention.query_rows", "attention.d_model", "workload.seed"})
      key += '\n' + settings.text(name);
  if (workload_ && key == workload_key_) return;
  reference_.reset();
  workload_ = load(sources, settings);
  workload_key_ = key;
}

workload::Workload ModuleRunner::load(const Sources& sources,
                                      const config::Settings& settings) const {
  if (!sources.input.empty()) return workload::read_workload(sources.input, settings);
  // What does not fit is refused before its tensors are made.
  auto tried = settings;
  config::resolve(tried, workload::synthetic_shape(settings, projects_));
  return workload::make_workload(settings, projects_);
}

void ModuleRunner::share(const Sources& sources, const config::Settings& settings) {
  auto resolved = settings;
  const auto config = resolve(sources, resolved, DefectFiles::unread);
  const auto mask = report::float_mask(config);
  if (reference_ && reference_->mask() == mask) return;
  reference_.reset();
  if (!settings.flag("report.float_reference") || workload_->integers() ||
      report::FloatReference::size(config.shape) > most_held_bytes)
    return;
  reference_ = std::make_unique<report::FloatReference>(*workload_, mask);
  reference_->hold();
}

std::unique_ptr<Outcome> ModuleRunner::run(config::Settings& settings,
                                           const Observation& observation) {
  auto own = observation;
  own.float_reference = reference_.get();
  return std::make_unique<ModuleOutcome>(simulate_(settings, *workload_, own));
}

}  // namespace

std::vector<report::MetricText> AttentionModule::metrics() const {
  return report::texts_of(report::metrics(kind.has));
}

std::unique_ptr<Runner> AttentionModule::runner() const {
  return std::make_unique<ModuleRunner>(kind, projects_, simulate_);
}

}  // namespace topkima::platforms
