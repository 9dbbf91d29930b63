// SPDX-License-Identifier: Apache-2.0
#pragma once
// The vector unit at its places in an encoder's pipeline: integer residual addition with
// normalisation, and GELU (docs/encoder.md). `lanes` elements pass in a cycle; each place has lanes
// of its own, so that none waits for another.

#include "arith/vector_unit.h"
#include "stage/stage.h"
#include "vector/residual_buffer.h"

namespace topkima::vector {

struct VectorTiming {
  int lanes;    ///< elements per cycle
  int latency;  ///< cycles of the pipeline, beside the passes
  int root;     ///< cycles of a root and its reciprocal
};

/// Adds a branch to the residual stream and normalises the sum. Two passes: one adds, and sums up
/// for mean and deviation; the other normalises.
class NormUnit : public stage::Stage {
 public:
  struct Config {
    int width;
    VectorTiming timing;
    int queue_depth;

    std::int64_t cycles() const;
  };
  /// Gain of the branch; gain and bias of the normalisation, [width] each.
  struct Constants {
    std::int32_t branch_gain;
    const std::int32_t *gain, *bias;
  };

  /// in, out: int8[width]. Takes the residual row from `residual` and gives the sum to `sum`. What
  /// `constants` point to must outlive it.
  NormUnit(const sc_core::sc_module_name& module, stage::Context& context, const std::string& name,
           const Config& config, const Constants& constants, ResidualBuffer& residual,
           ResidualBuffer& sum);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void count(const stage::Row& row, const std::vector<unsigned char>& output, std::int64_t begin,
             std::int64_t cycles) override;

  Config config_;
  Constants constants_;
  ResidualBuffer &residual_, &sum_;
  stage::Meter meter_;
};

/// One pass through a table.
class GeluUnit : public stage::Stage {
 public:
  struct Config {
    int width;
    VectorTiming timing;
    int queue_depth;

    std::int64_t cycles() const;
  };

  /// in, out: int8[width]. `table` must outlive it.
  GeluUnit(const sc_core::sc_module_name& module, stage::Context& context, const std::string& name,
           const Config& config, const arith::GeluTable& table);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void count(const stage::Row& row, const std::vector<unsigned char>& output, std::int64_t begin,
             std::int64_t cycles) override;

  Config config_;
  const arith::GeluTable& table_;
  stage::Meter meter_;
};

}  // namespace topkima::vector
