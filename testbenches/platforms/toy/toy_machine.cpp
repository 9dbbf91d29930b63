// SPDX-License-Identifier: Apache-2.0
// A machine of a few lines, which takes as many cycles as it has rows and tokens, and as many more
// as its seed says: what a new kind of machine costs is a folder like this one.

#include <csignal>
#include <memory>
#include <systemc>

#include "energy/technology.h"
#include "report/report_parts.h"
#include "tool/application.h"

namespace topkima::platforms {
namespace {

struct ToyResult {
  std::int64_t cycles, noise;
};

const std::vector<report::MetricOf<ToyResult>>& toy_metrics() {
  static const std::vector<report::MetricOf<ToyResult>> all{
      {"latency_cycles", "cycles", "of the run", [](auto& run) { return double(run.cycles); }, true,
       report::Role::latency},
      {"noise", "cycles", "of that by chance", [](auto& run) { return double(run.noise); }}};
  return all;
}

class ToyOutcome : public Outcome {
 public:
  ToyOutcome(const config::MachineKind& kind, ToyResult result) : kind_(kind), result_(result) {}
  void write_files(const Write& write) const override { write("toy.csv", "cycles\n"); }
  std::string report(const config::Settings& settings) const override {
    nlohmann::ordered_json report{{"schema", "toy-report"}, {"cycles", result_.cycles}};
    const auto none = std::make_unique<config::MachineConfig>();
    report::add_circumstances(report, settings, kind_, *none, {});
    return report.dump();
  }
  std::string summary(const config::Settings&) const override {
    return kind_.tool + ": " + std::to_string(result_.cycles) + " cycles\n";
  }
  std::vector<double> values() const override { return values_of(toy_metrics(), result_); }
  std::string bottleneck() const override { return "toy"; }
  std::string observed() const override { return ""; }
  std::optional<Diverged> diverged() const override { return std::nullopt; }

 private:
  const config::MachineKind& kind_;
  ToyResult result_;
};

class ToyRunner : public Runner {
 public:
  explicit ToyRunner(const config::MachineKind& kind) : kind_(kind) {}
  void take_hardware(const Sources&, config::Settings&) override {}
  std::vector<RunFile> files(const Sources&) const override { return {}; }
  config::MachineConfig resolve(const Sources&, config::Settings& settings, DefectFiles) override {
    energy::resolve_technology(settings, kind_.technology);
    return config::resolve(settings, {1, 1, 4, 6, 8, false});
  }
  void prepare(const Sources& sources, const config::Settings&) override { ready_ = sources; }
  void share(const Sources&, const config::Settings&) override {}
  std::unique_ptr<Outcome> run(config::Settings& settings, const Observation&) override {
    const auto config = resolve(ready_, settings, DefectFiles::unread);
    if (config.topk.winners == 1) throw SimulationError("the toy is broken");
    if (config.ima.bits == 2) std::raise(SIGKILL);  // as the system does for want of memory
    const auto noise = std::int64_t(config.nonidealities.seed);
    return std::make_unique<ToyOutcome>(
        kind_, ToyResult{config.shape.query_rows * config.shape.tokens + noise, noise});
  }

 private:
  const config::MachineKind& kind_;
  Sources ready_;
};

class ToyMachine : public Machine {
 public:
  ToyMachine() : Machine({"toy", "toy", config::Has(1u << 31), "65nm"}) {}
  bool takes_model() const override { return false; }
  std::vector<report::MetricText> metrics() const override { return texts_of(toy_metrics()); }
  std::unique_ptr<Runner> runner() const override { return std::make_unique<ToyRunner>(kind); }
};

}  // namespace
}  // namespace topkima::platforms

int sc_main(int argc, char** argv) {
  static const topkima::platforms::ToyMachine toy;
  topkima::platforms::Program program;
  program.purpose = "a machine that adds and multiplies";
  program.machines = {&toy};
  return run_program(program, argc, argv);
}
