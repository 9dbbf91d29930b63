// SPDX-License-Identifier: Apache-2.0
#pragma once
// The values of all parameters for one run, checked one by one against the table.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/choices.h"
#include "config/errors.h"
#include "config/parameter_table.h"

namespace topkima::config {

/// Starts with every default; later calls override earlier ones.
class Settings {
 public:
  Settings();

  /// Takes one value; `origin` ("command line", a file name) is named in errors. A path becomes
  /// absolute, as seen from `directory`, or else from the working directory. Throws ConfigError for
  /// an unknown name or a value outside the parameter's range.
  void set(const std::string& name, const std::string& value, const std::string& origin,
           const std::string& directory = "");
  /// The same of a value that came as data: in a file, or with a point of a batch. Where libraries
  /// lie, which run inside the program, is no part of data: see check_libraries().
  void set_from_data(const std::string& name, const std::string& value, const std::string& origin,
                     const std::string& directory = "");
  /// Throws ConfigError when data, and nothing set() since, name a place of libraries.
  void check_libraries() const;

  /// Takes an INI file's values as data, and from its section [provenance] where values of
  /// parameters come from: keys are their names, each set by this file or before. A value that is
  /// set again loses what came with the earlier one. A key `given` there lists the parameters that
  /// were given their defaults; in a file with it, as effective.ini, other defaults came of
  /// themselves. Paths are seen from the file. With `only_section`, keys outside any section belong
  /// to it, and any other section is an error.
  void read_ini(const std::string& path, const std::string& only_section = "");

  bool is(const std::string& name, const std::string& word) const { return text(name) == word; }
  const std::string& text(const std::string& name) const;
  /// The same, of a path without its directories: what equal runs at different places have alike.
  std::string shown(const Parameter& parameter) const;
  int integer(const std::string& name) const;
  std::int64_t long_integer(const std::string& name) const;
  double real(const std::string& name) const;
  bool flag(const std::string& name) const;
  /// The enumerator of a choice (config/choices.h).
  template <typename E>
  E choice(const std::string& name) const {
    const E* found = find_word<E>(text(name));
    if (!found) throw std::logic_error(name + " = " + text(name) + " is none of " + words<E>());
    return *found;
  }
  std::vector<int> integers(const std::string& name) const;
  std::vector<double> reals(const std::string& name) const;

  /// Whether a source has set it.
  bool is_chosen(const std::string& name) const { return given_.count(name) > 0; }

  /// What the file holds that the value names, as a digest for reports; empty until it is set.
  void set_content(const std::string& name, const std::string& digest);
  std::string content(const std::string& name) const;

  /// What came with the present value, empty where nothing did.
  std::string given_provenance(const std::string& name) const;
  /// That; or else, of a value of the machine that a source has set, that it was given; or else
  /// what the table says of the default.
  std::string provenance(const std::string& name) const;
  Origin origin(const std::string& name) const;
  /// What a file with the key `given` must say for the present value to be the same again: that the
  /// default was given, or a provenance.
  bool is_given_default(const std::string& name) const;
  bool needs_provenance(const std::string& name) const;

  /// Replaces a word such as "auto" by what it became.
  void resolve(const std::string& name, const std::vector<int>& values);
  void resolve(const std::string& name, const std::vector<double>& values);
  /// The same, and where the value comes from; empty: as the table says.
  void resolve(const std::string& name, const std::string& value,
               const std::string& provenance = "");

 private:
  bool is_given(const std::string& name) const;
  void keep_given(const std::set<std::string>& names, const std::string& listed,
                  const std::string& path);
  void set_provenance(const std::string& name, const std::string& text, const std::string& path);

  std::map<std::string, std::string> values_;
  std::set<std::string> set_;    ///< parameters that a source has set
  std::set<std::string> given_;  ///< those of them that did not come of themselves there
  std::map<std::string, std::string> provenance_;
  std::map<std::string, std::string> contents_;
  std::string libraries_origin_;  ///< the data that name a place of libraries; empty: none do
};

/// A number with the 17 digits that give the same double back.
std::string exact_text(double value);

}  // namespace topkima::config
