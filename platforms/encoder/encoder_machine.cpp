// SPDX-License-Identifier: Apache-2.0
#include "encoder/encoder_machine.h"

#include "encoder/encoder_report.h"
#include "encoder/encoder_run.h"
#include "files/stop_point.h"
#include "workload/defect_files.h"

namespace topkima::platforms {
namespace {

class EncoderOutcome : public Outcome {
 public:
  explicit EncoderOutcome(EncoderResult run) : run_(std::move(run)) {}

  void write_files(const Write& write) const override;
  std::string report(const config::Settings& settings) const override {
    return encoder_json(settings, run_);
  }
  std::string summary(const config::Settings& settings) const override {
    return encoder_summary(settings, run_);
  }
  std::vector<double> values() const override { return report::values_of(encoder_metrics(), run_); }
  std::string bottleneck() const override { return encoder_bottleneck(run_); }
  std::string observed() const override { return run_.observed; }
  /// A module that differs ends the run.
  std::optional<Diverged> diverged() const override { return std::nullopt; }

 private:
  EncoderResult run_;
};

void EncoderOutcome::write_files(const Write& write) const {
  const std::vector<std::size_t> predictions{run_.predicted.size()};
  write("predicted.npy", workload::npy_bytes(predictions, run_.predicted));
  const std::vector<std::size_t> logits{run_.predicted.size(), std::size_t(run_.classes)};
  const std::vector<std::int32_t> values(run_.logits.begin(), run_.logits.end());
  write("logits.npy", workload::npy_bytes(logits, values));
  write("samples.csv", samples_csv(run_));
}

class EncoderRunner : public Runner {
 public:
  void take_hardware(const Sources& sources, config::Settings& settings) override {
    workload::take_hardware(model(sources), settings);
  }
  std::vector<RunFile> files(const Sources& sources) const override {
    auto all = files_of("model", workload::model_files(sources.model));
    if (!sources.input.empty()) all.push_back({"input", sources.input});
    return all;
  }
  config::MachineConfig resolve(const Sources& sources, config::Settings& settings,
                                DefectFiles files) override;
  void prepare(const Sources& sources, const config::Settings& settings) override;
  void share(const Sources&, const config::Settings&) override {}
  std::unique_ptr<Outcome> run(config::Settings& settings,
                               const Observation& observation) override {
    return std::make_unique<EncoderOutcome>(
        simulate_encoder(settings, *model_, *samples_, observation));
  }

 private:
  const workload::ModelPackage& model(const Sources& sources);

  std::optional<workload::ModelPackage> model_;
  std::optional<workload::Samples> samples_;
  std::string samples_key_;  ///< all on which they depend beside the model
};

const workload::ModelPackage& EncoderRunner::model(const Sources& sources) {
  if (!model_ || model_->directory != sources.model) {
    model_.reset();
    samples_.reset();
    model_ = workload::read_model(sources.model);
  }
  return *model_;
}

config::MachineConfig EncoderRunner::resolve(const Sources& sources, config::Settings& settings,
                                             DefectFiles files) {
  const auto& package = model(sources);
  energy::resolve_technology(settings, encoder_machine().kind.technology);
  auto config = config::resolve(settings, workload::attention_shape(package));
  check_encoder(settings, config);
  if (files == DefectFiles::read) workload::read_defect_files(settings, config, &package);
  return config;
}

void EncoderRunner::prepare(const Sources& sources, const config::Settings& settings) {
  const auto& package = model(sources);
  const std::string key = sources.input + '\n' + settings.text("encoder.first_sample") + '\n' +
                          settings.text("encoder.samples");
  if (samples_ && key == samples_key_) return;
  if (sources.input.empty())
    throw ConfigError("command line: --model needs --input FILE.npz with samples");
  const int most = settings.is("encoder.samples", "all") ? 0 : settings.integer("encoder.samples");
  samples_ = workload::read_samples(sources.input, package,
                                    settings.integer("encoder.first_sample"), most);
  samples_key_ = key;
  files::stop_point("read");
}

class EncoderMachine : public Machine {
 public:
  EncoderMachine() : Machine({"topkima-soc", "soc", config::in_encoder, "32nm"}) {}

  bool takes_model() const override { return true; }
  std::vector<report::MetricText> metrics() const override {
    return report::texts_of(encoder_metrics());
  }
  std::unique_ptr<Runner> runner() const override { return std::make_unique<EncoderRunner>(); }
};

}  // namespace

const Machine& encoder_machine() {
  static const EncoderMachine machine;
  return machine;
}

}  // namespace topkima::platforms
