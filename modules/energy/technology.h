// SPDX-License-Identifier: Apache-2.0
#pragma once
// A technology: the value and the bounds of every constant of the energy model, under which
// conditions they hold and where they come from (docs/energy-model.md). Two are shipped, "65nm" and
// "32nm"; others are files.

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
    Band band;
    std::string node;        ///< nm of the source's process, or "any"; empty where nobody says
    std::string conditions;  ///< voltage, bits, rows, device; empty where nobody says
    Provenance provenance = Provenance::assumption;
    std::string citation;  ///< the value's source, and those of its bounds

    /// "literature: NeuroSim V1.3, ..."
    std::string sources() const;
  };

  std::string name;
  std::vector<Value> values;  ///< in the order of config::technology_constants()

  /// The constant "sram.row_read"; must be in the list.
  Traced operator[](const std::string& constant) const;
};

/// A shipped one, or that of a file: a path has a '/' or ends in .ini. Throws ConfigError, naming
/// file, section and key, unless every constant is there once, in its unit and range, with a
/// citation. A constant has both bounds, around its value, or none; it need not have them, nor node
/// and conditions.
Technology read_technology(const std::string& name_or_path);
/// The same of a file's text; `path` is named in errors.
Technology parse_technology(const std::string& text, const std::string& path);

/// The technology that `settings` ask for: energy.technology, "auto" meaning `otherwise`, with what
/// tech.* say instead. Writes back what each became, bounds included, with its provenance. Of a
/// value that is given for the run nobody says node and conditions, unless it is the technology's
/// own, bounds and provenance included.
Technology resolve_technology(config::Settings& settings, const std::string& otherwise);

}  // namespace topkima::energy
