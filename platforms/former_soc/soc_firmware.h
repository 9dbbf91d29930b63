// SPDX-License-Identifier: Apache-2.0
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
  /// The output as it lies in token memory, [rows, heads * d_k]: the last sequence's, or of a
  /// trained encoder those of all sequences, one after the other.
  const std::vector<std::int8_t>& stored_output() const { return stored_output_; }
  /// The integer rows of Q and K, as the arrays get them.
  workload::RowsView q_rows() const { return q_rows_; }
  workload::RowsView k_rows() const { return k_rows_; }

 private:
  struct Quantised {
    std::vector<std::int8_t> values;
    double scale;
  };

  void load_projected(pipeline::Host& host);
  void load_trained(pipeline::Host& host);
  void announce_sequences(pipeline::Host& host) const;
  void project(pipeline::Host& host, std::size_t which, const Quantised& x,
               const Quantised& weights, int q_max, double workload::HeadScale::*scale);
  std::vector<std::int8_t> projected(pipeline::Host& host, std::size_t which, int heads) const;
  void fold_queries(pipeline::Host& host, const Quantised& wk);
  void narrow_keys(pipeline::Host& host, const Quantised& x);
  Quantised quantised(const workload::Tensor& tensor, int bits) const;
  workload::RowsView by_token(const std::vector<std::int8_t>& values, int heads) const;
  int projected_head(std::size_t which, std::size_t head) const;
  void load_given(pipeline::Host& host);
  void program_controller(pipeline::Host& host);

  config::Settings& settings_;
  const config::MachineConfig& config_;
  const workload::Workload& workload_;
  std::vector<workload::HeadScale> scales_;
  std::vector<std::int8_t> q_, k_;
  workload::RowsView q_rows_{}, k_rows_{};  ///< of q_ and k_
  std::vector<std::int8_t> stored_output_;
  std::int64_t cycles_ = 0;
};

}  // namespace topkima::platforms
