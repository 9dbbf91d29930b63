// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signals within RTL in waveforms: which there are is known when the simulation starts.

#include <map>
#include <string>
#include <vector>

#include "cosim/inner_options.h"
#include "cosim/rtl_instance.h"
#include "head/attention_head.h"
#include "observe/scope_filter.h"

namespace topkima::platforms {

class InnerWaves : public sc_core::sc_module {
 public:
  struct Rtl {
    std::string scope;  ///< "head3.topk0.rtl"
    cosim::RtlInstance* instance;
  };

  /// `top` is the first level of all names. Without a waveform, and so without `scopes`, it is only
  /// checked whether there is what `options` names.
  InnerWaves(const sc_core::sc_module_name& name, const InnerOptions& options, std::string top,
             std::vector<Rtl> rtl, Scopes scopes);

 private:
  /// Throws ConfigError for what RTL does not have.
  void start_of_simulation() override;
  void declare(const Rtl& rtl);
  void expect_all_used() const;

  InnerOptions options_;
  std::string top_;
  std::vector<Rtl> rtl_;
  Scopes scopes_;
  observe::ScopeFilter filter_;
  std::map<std::string, stage::ProbeScope*> places_;  ///< by scope; null where nothing is shown
};

}  // namespace topkima::platforms
