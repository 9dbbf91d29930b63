// SPDX-License-Identifier: Apache-2.0
#pragma once
// A kind of machine, as everything around a simulation knows it: command line, batch mode, Monte
// Carlo and results are made from this alone, so that one more kind costs a folder of its own.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/errors.h"
#include "config/machine_config.h"
#include "config/machine_kind.h"
#include "config/settings.h"
#include "report/metric.h"
#include "run/observation.h"

namespace topkima::platforms {

/// Where what a run works on comes from; empty: not given.
struct Sources {
  std::string input;  ///< tensors, or a model's samples
  std::string model;  ///< a package's directory

  bool operator==(const Sources& other) const {
    return input == other.input && model == other.model;
  }
};

/// A file that a run reads: what it is to the run, whatever the file is called and wherever it
/// lies, and its path.
struct RunFile {
  std::string what, path;
};

/// Those of a directory that is `what`: "input/q.npy".
inline std::vector<RunFile> files_of(const std::string& what,
                                     const std::vector<std::string>& paths) {
  std::vector<RunFile> files;
  for (const auto& path : paths)
    files.push_back({what + "/" + std::filesystem::path(path).filename().string(), path});
  return files;
}

/// What a run found out.
class Outcome {
 public:
  virtual ~Outcome() = default;

  using Write = std::function<void(const std::string& name, const std::string& bytes)>;
  /// The files of a result directory but report.json, effective.ini and run.json.
  virtual void write_files(const Write& write) const = 0;
  /// report.json (docs/files.md): equal runs give equal bytes.
  virtual std::string report(const config::Settings& settings) const = 0;
  /// What fits a screen.
  virtual std::string summary(const config::Settings& settings) const = 0;
  /// One per metric of the machine, in their order; NaN where the run has none.
  virtual std::vector<double> values() const = 0;
  virtual std::string bottleneck() const = 0;
  /// What bounds the latency, as it stands in a table: the bottleneck, or more of it.
  virtual std::string limit() const { return bottleneck(); }
  /// What observers have to tell, for the terminal.
  virtual std::string observed() const = 0;
  /// Where RTL differed from the model beside it, whose results these are.
  virtual std::optional<Diverged> diverged() const = 0;
};

/// Runs of one machine, one after the other. What they work on is read, made or computed once and
/// kept for as long as it stays the same.
class Runner {
 public:
  virtual ~Runner() = default;

  /// Takes what the sources say of the machine into `settings`. Throws ConfigError or DataError.
  virtual void take_hardware(const Sources& sources, config::Settings& settings) = 0;

  /// The files from which the runner gets what the sources name. Throws DataError.
  virtual std::vector<RunFile> files(const Sources& sources) const = 0;

  enum class DefectFiles { unread, read };
  /// Replaces every `auto` of `settings` that needs no simulation, and returns the machine that
  /// they describe. Throws ConfigError, or DataError for a file.
  virtual config::MachineConfig resolve(const Sources& sources, config::Settings& settings,
                                        DefectFiles files) = 0;

  /// Gets ready what run() will work on. Throws ConfigError or DataError.
  virtual void prepare(const Sources& sources, const config::Settings& settings) = 0;
  /// More than one run of what is prepared will follow: computes what is the same in all of them.
  /// Throws ConfigError.
  virtual void share(const Sources& sources, const config::Settings& settings) = 0;
  /// Simulates what is prepared; `settings` are resolved to the end. Throws as Session::simulate.
  virtual std::unique_ptr<Outcome> run(config::Settings& settings,
                                       const Observation& observation) = 0;
};

class Machine {
 public:
  explicit Machine(config::MachineKind of) : kind(std::move(of)) {}
  virtual ~Machine() = default;

  const config::MachineKind kind;

  /// It works on a model, whose layers can be looked into one at a time.
  virtual bool takes_model() const = 0;
  /// Whether this is the machine for `sources`, among those that a program offers.
  virtual bool runs(const Sources& sources) const { return takes_model() != sources.model.empty(); }
  /// The numbers by which its runs are compared.
  virtual std::vector<report::MetricText> metrics() const = 0;
  virtual std::unique_ptr<Runner> runner() const = 0;
};

}  // namespace topkima::platforms
