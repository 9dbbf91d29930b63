// SPDX-License-Identifier: Apache-2.0
#pragma once
// Every parameter of the machine and of a run, described once. Command line, INI files,
// --list-parameters, report.json and effective.ini are all made from this table.

#include <string>
#include <vector>

#include "config/machine_kind.h"

namespace topkima::config {

/// `file` and `directory`: words, or a path. Whatever a run reads beside its input is named by a
/// parameter of the kind `file`, and so part of its identity (tool/identity.h).
/// `real_band`: a number, or three of them, value, low and high, with low <= value <= high.
enum class Kind {
  integer,
  real,
  boolean,
  choice,
  text,
  file,
  directory,
  integer_list,
  real_list,
  real_band
};
/// "integer_list" and the like.
std::string name(Kind kind);

/// Where a value comes from.
enum class Origin {
  published,   ///< stated by the paper
  derived,     ///< from published figures, by the arithmetic named
  measured,    ///< from RTL; comes with a value, no default is
  assumption,  ///< of this project
  given,       ///< by the user, who did not say where it is from
  run,         ///< describes the run or its workload, not the machine
};

/// What one step of a parameter is, when a run is asked what would help it (--what-if): the way in
/// which an architect turns it first. Workloads, limits and the times of given circuits have none.
enum class Step {
  none,
  half,    ///< of it
  twice,   ///< as much
  both,    ///< half and twice
  less,    ///< one less
  others,  ///< each of the other words
};

struct Parameter {
  std::string name;  ///< "section.key"
  Kind kind;
  std::string default_value;
  std::string unit;
  double low, high;   ///< inclusive range of a number, or of each number of a list
  std::string words;  ///< comma-separated: the choices, or words beside numbers or paths ("auto")
  std::string meaning;
  Step step;
  Origin origin;
  std::string source;          ///< citation or arithmetic behind the default
  unsigned machines = in_any;  ///< on which it has an effect, as bits of Has
  bool view_only = false;  ///< how a run is looked at: results and report.json do not depend on it

  bool is_in(const MachineKind& machine) const { return (machines & machine.has) != 0; }
  bool is_number() const {
    return kind != Kind::boolean && kind != Kind::choice && kind != Kind::text && !is_path();
  }
  bool is_path() const { return kind == Kind::file || kind == Kind::directory; }
  bool is_word(const std::string& text) const;
  std::string section() const { return name.substr(0, name.find('.')); }
  /// "1..12, or auto" and the like.
  std::string range() const { return range_in(""); }
  /// The same with the unit: "1..100000 MHz".
  std::string expected() const { return range_in(unit.empty() ? "" : " " + unit); }
  /// The values that are one step away from `present`, within the range; none of a word that stands
  /// for a number.
  std::vector<std::string> steps_from(const std::string& present) const;
  /// Where the default comes from: "published: Dong et al. 2025" and the like.
  std::string provenance() const;

 private:
  std::string range_in(const std::string& with_unit) const;
};

/// The origin of a machine's value with whose name `provenance` begins ("measured from RTL"), else
/// that it was given.
Origin origin_of(const std::string& provenance);

const std::vector<Parameter>& parameter_table();
/// The same, made anew: what the table consists of.
std::vector<Parameter> parameter_rows();
/// Null when there is none of that name.
const Parameter* find_parameter(const std::string& name);
/// "; did you mean 'topk.k'?": those of `names` that `name` is close to, judged by what is behind
/// their dots. Empty when none is.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& names);
/// The same, of the table's names.
std::string did_you_mean_parameter(const std::string& name);

}  // namespace topkima::config
