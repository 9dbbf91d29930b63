// SPDX-License-Identifier: Apache-2.0
#pragma once
// A technology: the value of every constant of the energy model, and where it comes from
// (docs/energy-model.md). Two are shipped, "65nm" and "32nm"; others are files.

#include <string>
#include <vector>

#include "config/settings.h"
#include "config/technology_constants.h"
#include "energy/traced.h"

namespace topkima::energy {

enum class Provenance {
  literature,
  derived,
  measured,
  assumption,
  given,  ///< for a run, by a user who did not say where it is from; no file says so
};
const char* name_of(Provenance provenance);

struct Technology {
  struct Value {
    double value = 0;
    Provenance provenance = Provenance::assumption;
    std::string citation;
  };

  std::string name;
  std::vector<Value> values;  ///< in the order of config::technology_constants()

  /// The constant "sram.row_read"; must be in the list.
  Traced operator[](const std::string& constant) const;
};

/// A shipped one, or that of a file: a path has a '/' or ends in .ini. Throws ConfigError, naming
/// file and section, unless every constant is there once, in its unit and range, with a citation.
Technology read_technology(const std::string& name_or_path);
/// The same of a file's text; `path` is named in errors.
Technology parse_technology(const std::string& text, const std::string& path);

/// The technology that `settings` ask for: energy.technology, "auto" meaning `otherwise`, with what
/// tech.* say instead. Writes back what each became, with its provenance. A value that came without
/// one is an assumption.
Technology resolve_technology(config::Settings& settings, const std::string& otherwise);

}  // namespace topkima::energy
