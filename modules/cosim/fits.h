// SPDX-License-Identifier: Apache-2.0
#pragma once
// Compares what RTL was compiled for with what a machine needs.

#include <string>

#include "cosim/rtl_model.h"

namespace topkima::cosim {

class Fit {
 public:
  explicit Fit(const RtlParameters& parameters) : parameters_(parameters) {}

  Fit& at_least(const char* name, int needed) {
    return need(parameters_[name] >= needed, name, "less than", needed);
  }
  Fit& exactly(const char* name, int needed) {
    return need(parameters_[name] == needed, name, "not", needed);
  }
  /// The first thing that is wrong, "COLUMNS=64 is less than 256"; empty where the RTL fits.
  const std::string& text() const { return text_; }

 private:
  Fit& need(bool met, const char* name, const char* relation, int needed) {
    if (!met && text_.empty())
      text_ = std::string(name) + "=" + std::to_string(parameters_[name]) + " is " + relation +
              " " + std::to_string(needed);
    return *this;
  }

  const RtlParameters& parameters_;
  std::string text_;
};

}  // namespace topkima::cosim
