// SPDX-License-Identifier: Apache-2.0
#pragma once
// Shifter of left-shift scaling, as a stage: moves the binary point of every converted score, one
// element after the other (docs/hardware.md, section 6; docs/baselines.md). It drops no bit, so
// codes pass unchanged; what it costs is time.

#include "stage/link.h"
#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::softmax {

class Shifter : public stage::Stage {
 public:
  struct Config {
    int elements;  ///< most of a row
    int interval;  ///< cycles per element
    stage::Fidelity fidelity = stage::Fidelity::row;
  };

  /// in, out: winners or codes (stage/link.h). Holds one row; an empty one passes in no time.
  Shifter(const sc_core::sc_module_name& module, stage::Context& context, const std::string& name,
          const Config& config);

  /// Cycle fidelity: the element that is shifted.
  void declare_probes(stage::ProbeScope& scope);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void count(const stage::Row& row, const std::vector<unsigned char>& output, std::int64_t begin,
             std::int64_t cycles) override;
  void serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) override;

  Config config_;
  stage::Probe valid_, token_, code_;
  stage::Meter meter_;
};

}  // namespace topkima::softmax
