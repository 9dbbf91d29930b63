// SPDX-License-Identifier: Apache-2.0
#include "encoder/encoder_run.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "arith/fixed_point.h"
#include "arith/ramp.h"
#include "encoder/encoder_machine.h"
#include "files/placed_file.h"
#include "former_soc/simulate.h"
#include "run/kernel.h"
#include "workload/defect_files.h"

namespace topkima::platforms {

using vector::Arrival;
using vector::TokenTimes;

namespace {

workload::Tensor integers(std::vector<std::size_t> shape, std::vector<std::int8_t> values) {
  workload::Tensor tensor;
  tensor.shape = std::move(shape);
  tensor.integers = std::move(values);
  return tensor;
}

config::MachineConfig resolved(config::Settings settings, const workload::ModelPackage& model) {
  auto config = config::resolve(settings, workload::attention_shape(model));
  workload::read_defect_files(settings, config, &model);
  return config;
}

vector::VectorTiming timing_of(const config::Settings& settings) {
  return {settings.integer("vector.lanes"), settings.integer("vector.latency_cycles"),
          settings.integer("vector.root_cycles")};
}

}  // namespace

EncoderRun::EncoderRun(config::Settings& settings, const workload::ModelPackage& model,
                       const workload::Samples& samples, const Observation& observation)
    : settings_(settings),
      model_(model),
      samples_(samples),
      observation_(observation),
      technology_(energy::resolve_technology(settings, encoder_machine().kind.technology)),
      config_(resolved(settings, model)),
      timing_(timing_of(settings)),
      arrival_(settings.choice<Arrival>("encoder.arrival")),
      sample_counts_(std::size_t(samples.count)) {
  check_encoder(settings, config_);
  check_size();
  check_watched();
  result_.machine = encoder_machine().kind;
  result_.trained = model.trained;
  result_.trained_accuracy = model.accuracy;
  result_.float_accuracy = model.float_accuracy;
  result_.task = model.task;
  result_.stream = !config::is_alone(arrival_);
  result_.samples = samples.count;
  result_.tokens = model.tokens;
  result_.classes = model.classes;
  result_.labels = samples.labels;
  result_.shape = {static_cast<int>(model.layers.size()), model.hidden, model.inputs, model.classes,
                   timing_.lanes};
  result_.latency.assign(std::size_t(samples.count), 0);
  ready_.assign(std::size_t(samples.count), 0);
}

/// All samples' rows lie in a memory at once, and one transaction may move them all.
void EncoderRun::check_size() const {
  const std::int64_t residual = 3 * model_.d_model;  // with the activations
  const std::int64_t width = std::max({std::int64_t{model_.inputs}, std::int64_t{model_.hidden},
                                       std::int64_t{model_.classes}, residual});
  const std::int64_t bytes = std::int64_t{samples_.count} * model_.tokens * width;
  if (bytes > UINT32_MAX)
    throw ConfigError("encoder.samples: the rows of " + std::to_string(samples_.count) +
                      " samples take " + std::to_string(bytes) +
                      " bytes; expected less than 4 GB, so run fewer at once");
}

/// Before the modules in front of it are simulated.
void EncoderRun::check_watched() const {
  const int layers = static_cast<int>(model_.layers.size());
  if (observation_.layer >= layers)
    throw ConfigError("command line: --layer = " + std::to_string(observation_.layer) +
                      ": the model's layers are 0.." + std::to_string(layers - 1));
  check_observation(observation_, resolved(layer_settings(std::size_t(observation_.layer)), model_),
                    encoder_machine().kind);
  for (const auto& path : {observation_.wave ? observation_.wave->path : "", observation_.timeline,
                           observation_.annotation})
    if (!path.empty()) files::PlacedFile probe(path);
}

TokenTimes EncoderRun::times(int rows, std::vector<std::int64_t> at) const {
  return {arrival_, samples_.count, rows, std::move(at)};
}

TokenTimes EncoderRun::times_by_sample(int rows) const {
  std::vector<std::int64_t> at;
  for (const auto ready : ready_) at.insert(at.end(), std::size_t(rows), ready);
  return times(rows, std::move(at));
}

void EncoderRun::add(const stage::Tally& tally) {
  for (std::size_t c = 0; c < stage::component_count; ++c)
    for (std::size_t e = 0; e < stage::event_count; ++e)
      counts_.counts[c][e] += tally.counts().counts[c][e];
  sample_counts_.add(tally.by_sequence());
}

/// Of a module's share of the run, as that of the whole.
Progress EncoderRun::module_progress() const {
  if (!observation_.progress) return {};
  return [this](double share) {
    const double modules = 2.0 * double(model_.layers.size()) + 2;
    observation_.progress((double(modules_done_) + share) / modules);
  };
}

void EncoderRun::simulate_tokens(const std::string& name, const TokenPlan& plan,
                                 const TokenTimes& times) {
  fresh_kernel();
  stage::Context context{stage::Clock(config_.clock.frequency_mhz), stage::Ledger(false)};
  context.tally.keep_sequences(std::size_t(samples_.count));
  TokenModule module("module", context, config_, timing_, plan, times, tokens_);
  const auto progress = module_progress();
  run_kernel(config_.clock.frequency_mhz, [&] {
    if (progress) progress(double(module.flow.sequences_left) / samples_.count);
  });
  if (module.flow.sequences_left != unsigned(samples_.count))
    throw SimulationError(name + " came to a standstill in cycle " +
                          std::to_string(context.clock.now()));
  const std::int64_t end = module.flow.left.back();
  context.ledger.close(end);
  result_.modules.push_back({name, end, context.ledger.accounts()});
  add(context.tally);
  for (std::size_t s = 0; s < ready_.size(); ++s) {
    const std::int64_t left = module.flow.left[(s + 1) * std::size_t(times.rows) - 1];
    if (config::is_alone(arrival_))
      result_.latency[s] += left - module.flow.entered[s];
    else
      ready_[s] = left;
  }
  tokens_ = module.output();
  ++modules_done_;
}

void EncoderRun::embed() {
  tokens_ = {workload::embedding_rows(samples_, model_), {}};
  TokenPlan plan;
  plan.writes_residual = true;
  plan.position = &model_.position;
  TokenStep matrix{"embed"}, norm{"norm"};
  matrix.matrix = &model_.embedding;
  matrix.number = workload::embedding_matrix;
  norm.norm = &model_.layers.front().attention_norm;
  norm.branch_gain = model_.embedding_gain;
  plan.steps = {matrix, norm};
  simulate_tokens("embedding", plan, times_by_sample(model_.tokens));
}

/// The package's, at the widths of this run.
std::vector<int> EncoderRun::ramp_lsbs(const workload::EncoderLayer& layer) const {
  config::Settings trained;
  workload::take_hardware(model_, trained);
  const auto largest_score = [](const config::Settings& settings) {
    return double(arith::magnitude_max(settings.integer("score.query_bits"))) *
           double((1 << settings.integer("score.key_cells")) - 1);
  };
  const double factor = settings_.real("encoder.ramp_factor"), largest = largest_score(settings_),
               largest_trained = largest_score(trained),
               finer = std::exp2(trained.integer("ima.bits") - settings_.integer("ima.bits"));
  std::vector<int> steps;
  for (const int step : layer.ramp_lsb) {
    // In this order, so that half a unit stays one and is rounded to even.
    const double scaled = step * factor * largest / largest_trained * finer;
    steps.push_back(int(std::clamp(std::nearbyint(scaled), 1.0, double(arith::largest_ramp_lsb))));
  }
  return steps;
}

config::Settings EncoderRun::layer_settings(std::size_t layer) const {
  auto settings = settings_;
  if (settings.is("ima.ramp_lsb", "auto"))
    settings.resolve("ima.ramp_lsb", ramp_lsbs(model_.layers[layer]));
  settings.resolve("pipeline.sequences", std::vector<int>{samples_.count});
  if (config::is_alone(arrival_)) settings.resolve("pipeline.banks", std::vector<int>{1});
  settings.resolve("report.float_reference", std::string("false"));
  return settings;
}

workload::Workload EncoderRun::attention_workload(std::size_t number) const {
  const auto& layer = model_.layers[number];
  workload::Workload workload;
  workload.shape = workload::attention_shape(model_);
  const auto width = std::size_t(model_.d_model);
  const std::vector<std::size_t> square{width, width},
      shared{width, std::size_t(workload.shape.kv_width())};
  workload.x = integers({tokens_.activations.size() / width, width}, tokens_.activations);
  workload.wq = integers(square, layer.query.weights);
  workload.wk = integers(shared, layer.key.weights);
  workload.wv = integers(shared, layer.value.weights);
  workload.trained = workload::Trained{layer.query.ranges,
                                       layer.key.ranges,
                                       layer.value.ranges,
                                       {},
                                       static_cast<std::uint32_t>(number),
                                       static_cast<std::uint32_t>(samples_.first),
                                       &model_};
  if (!config::is_alone(arrival_)) workload.trained->arrivals = ready_;
  return workload;
}

Observation EncoderRun::observation_of(std::size_t layer) const {
  Observation observation;
  if (layer == std::size_t(observation_.layer)) observation = observation_;
  observation.coverage = observation_.coverage;
  if (observation.coverage) observation.coverage->part = "layer " + std::to_string(layer);
  observation.watchdog = observation_.watchdog;
  observation.keep_causes = false;
  observation.power = false;
  observation.sequence_counts = true;
  observation.progress = module_progress();
  return observation;
}

void EncoderRun::attend(std::size_t number) {
  auto settings = layer_settings(number);
  const auto workload = attention_workload(number);
  const auto observation = observation_of(number);
  const std::string name = "layer" + std::to_string(number) + ".attention";
  fresh_kernel();
  SocRun run(settings, workload, observation);
  const auto found = [&] {
    try {
      run.simulate();
      auto result = run.finish();
      if (result.diverged) throw *result.diverged;
      return result;
    } catch (const Diverged& diverged) {
      Diverged named(name + ": " + diverged.what());
      named.details = diverged.details;
      named.cycle = diverged.cycle;
      named.row = diverged.row;
      named.row_before = diverged.row_before;
      named.instances = diverged.instances;
      named.shows_inside = diverged.shows_inside;
      named.layer = static_cast<int>(number);
      throw named;
    } catch (const SimulationError& error) {
      SimulationError named(name + ": " + error.what());
      named.details = error.details;
      throw named;
    }
  }();
  if (number == 0) keep_resolved(settings);
  const auto fidelity = config_.fidelity;  // the modules around are not looked into
  config_ = run.session.config;
  config_.fidelity = fidelity;
  result_.observed += found.observed;
  result_.modules.push_back({name, found.latency, found.accounts});
  AttentionStatistics statistics{
      found.alpha(), found.mean_conversion(), found.mean_winners(), {}, {}, found.rows_took};
  for (const auto& scale : found.scales) {
    statistics.ramp_lsb.push_back(scale.ramp_lsb);
    statistics.score_step.push_back(scale.score_step);
  }
  result_.attention.push_back(std::move(statistics));
  result_.rtl = found.rtl;
  result_.compared += found.compared;
  add(run.session.context.tally);
  tokens_.activations = found.stored_output;
  attended_ = run.stored_at();
  if (config::is_alone(arrival_))
    for (std::size_t i = 0; i < attended_.size(); ++i)
      if (const std::size_t sample = i / std::size_t(model_.tokens); sample > 0)
        attended_[i] -= found.completed[sample - 1];
  ++modules_done_;
}

/// What the run has resolved, but for what is another in each layer.
void EncoderRun::keep_resolved(const config::Settings& layer) {
  auto resolved = layer;
  for (const char* name : {"ima.ramp_lsb", "softmax.score_step", "pipeline.sequences",
                           "report.float_reference", "fidelity.all"})
    resolved.resolve(name, settings_.text(name));
  settings_ = resolved;
}

void EncoderRun::feed_forward(std::size_t number) {
  const auto& layer = model_.layers[number];
  const bool last = number + 1 == model_.layers.size();
  TokenStep output{"output"}, norm{"norm1"}, expand{"expand"}, gelu{"gelu"}, contract{"contract"},
      next{"norm2"};
  output.matrix = &layer.output;
  output.number = workload::output_matrix;
  expand.number = workload::expand_matrix;
  contract.number = workload::contract_matrix;
  norm.norm = &layer.feed_forward_norm;
  norm.branch_gain = layer.output_gain;
  expand.matrix = &layer.expand;
  gelu.gelu = &layer.gelu;
  contract.matrix = &layer.contract;
  next.norm = last ? &model_.norm : &model_.layers[number + 1].attention_norm;
  next.branch_gain = layer.contract_gain;
  TokenPlan plan;
  plan.instance = static_cast<std::uint32_t>(number);
  plan.reads_residual = true;
  plan.writes_residual = !last;
  plan.steps = {output, norm, expand, gelu, contract, next};
  simulate_tokens("layer" + std::to_string(number) + ".feed_forward", plan,
                  times(model_.tokens, attended_));
}

void EncoderRun::classify() {
  int rows = model_.tokens;
  if (!config::predicts_tokens(model_.task)) {
    // The class token alone.
    const auto width = std::size_t(model_.d_model), sample = width * std::size_t(rows);
    std::vector<std::int8_t> first;
    for (std::size_t at = 0; at < tokens_.activations.size(); at += sample)
      first.insert(first.end(), tokens_.activations.begin() + std::ptrdiff_t(at),
                   tokens_.activations.begin() + std::ptrdiff_t(at + width));
    tokens_ = {std::move(first), {}};
    rows = 1;
  }
  TokenPlan plan;
  TokenStep matrix{"classify"};
  matrix.matrix = &model_.classifier;
  matrix.number = workload::classifier_matrix;
  plan.steps = {matrix};
  simulate_tokens("classifier", plan, times_by_sample(rows));
}

void EncoderRun::predict() {
  result_.logits = tokens_.activations;
  const auto classes = std::size_t(model_.classes);
  for (std::size_t at = 0; at < result_.logits.size(); at += classes)
    result_.predicted.push_back(arith::first_largest(result_.logits.data() + at, model_.classes));
}

EncoderResult EncoderRun::run() {
  embed();
  for (std::size_t layer = 0; layer < model_.layers.size(); ++layer) {
    attend(layer);
    feed_forward(layer);
  }
  classify();
  predict();
  if (config::is_alone(arrival_)) {
    result_.cycles =
        std::accumulate(result_.latency.begin(), result_.latency.end(), std::int64_t{0});
  } else {
    result_.latency = ready_;
    result_.cycles = *std::max_element(ready_.begin(), ready_.end());
  }
  result_.config = config_;
  const energy::EnergyModel model(technology_, config_, result_.shape);
  result_.energy = model.evaluate(counts_, result_.cycles);
  for (std::size_t s = 0; s < result_.latency.size(); ++s)
    result_.sample_dynamic_pj.push_back(model.dynamic_pj(sample_counts_.of(s)));
  return std::move(result_);
}

void check_encoder(const config::Settings& settings, const config::MachineConfig& config) {
  const auto expect = [](bool fits, const std::string& what) {
    if (!fits) throw ConfigError(what);
  };
  expect(
      config.projection.input_bits == 8 && config.projection.weight_bits == 8,
      "projection.input_bits and projection.weight_bits must be 8 for a model, whose activations "
      "and weights have 8 bits");
  expect(!config.attention.keys_are_inputs(),
         "attention.scaling = in_k_weights does not run a model: a fold needs a calibration of its "
         "own; expected scale_free or left_shift");
  expect(settings.is("pipeline.sequences", "1"),
         "pipeline.sequences does not go with a model, whose samples are the sequences; use "
         "encoder.samples");
}

EncoderResult simulate_encoder(config::Settings& settings, const workload::ModelPackage& model,
                               const workload::Samples& samples, const Observation& observation) {
  return EncoderRun(settings, model, samples, observation).run();
}

}  // namespace topkima::platforms
