// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the results of a run depend on. Runs of one identity have equal results, every tensor and
// every number, wherever their files lie and whatever else differs between them.

#include <string>
#include <vector>

#include "config/settings.h"
#include "run/machine.h"

namespace topkima::platforms {

struct Identity {
  struct File {
    std::string what, path, sha256;

    bool operator==(const File& other) const {
      return what == other.what && path == other.path && sha256 == other.sha256;
    }
  };

  /// Every file that the run reads, but for those that say no more than the settings do.
  std::vector<File> files;
  /// The digest of program and machine, model revision, resolved settings and files, as SHA-256.
  std::string digest;
  /// The settings, resolved as far as that needs no simulation.
  config::Settings resolved;
  int winners_beyond = 0;  ///< MachineConfig::winners_beyond_participants()

  /// Throws DataError unless every file holds what it held when the identity was taken: what was
  /// read in between is of that identity, then.
  void expect_unchanged() const;
};

/// Files with what is in them. Throws DataError.
std::vector<Identity::File> with_contents(const std::vector<RunFile>& files);

/// The identity of a run of `settings`, in which it notes what the files hold that they name.
/// `read`: those of the sources, with what was in them before the runner took anything from them.
/// Throws ConfigError or DataError where there could be no such run.
Identity identity_of(const Machine& machine, Runner& runner, const Sources& sources,
                     std::vector<Identity::File> read, config::Settings& settings);

}  // namespace topkima::platforms
