#pragma once
// What the SoC's firmware does: loads weights and tokens, calibrates, programs every block, starts
// the controller and waits for its interrupt.

#include "former_soc/former_soc.h"
#include "workload/calibration.h"
#include "workload/workload.h"

namespace topkima::platforms {

class SocFirmware {
 public:
  SocFirmware(config::Settings& settings, const config::MachineConfig& config,
              const workload::Workload& workload);

  void run(pipeline::Host& host);

  const std::vector<workload::HeadScale>& scales() const { return scales_; }
  std::int64_t cycles() const { return cycles_; }
  /// The last sequence's output as it lies in token memory, [rows, heads * d_k].
  const std::vector<std::int8_t>& stored_output() const { return stored_output_; }
  /// The integer rows of Q and K, as the machine gets them.
  workload::RowsView q_rows() const;
  workload::RowsView k_rows() const;

 private:
  void load_projected(pipeline::Host& host);
  void load_given(pipeline::Host& host);
  void program_controller(pipeline::Host& host);

  config::Settings& settings_;
  const config::MachineConfig& config_;
  const workload::Workload& workload_;
  std::vector<workload::HeadScale> scales_;
  std::vector<std::int8_t> q_, k_;  ///< [rows, heads * d_k]
  std::vector<std::int8_t> stored_output_;
  std::int64_t cycles_ = 0;
};

}  // namespace topkima::platforms
