// SPDX-License-Identifier: Apache-2.0
#pragma once
// Digital top-k of a head, as a stage: one sorter for all columns, or one per crossbar, takes an
// element at a time and keeps the largest codes (docs/hardware.md, section 6;
// docs/blocks/sorter.md).

#include <vector>

#include "arith/sorter.h"
#include "stage/link.h"
#include "stage/probe.h"
#include "stage/stage.h"

namespace topkima::topk {

class Sorter : public stage::Stage {
 public:
  /// One sorter, for the columns of the sequence behind the one before.
  struct Part {
    int columns;  ///< that hold tokens, >= 0; masked ones take their time too
    int k;        ///< winners that it keeps, >= 1
  };
  struct Config {
    std::vector<Part> parts;  ///< they work in parallel
    int interval;             ///< cycles per element
    int union_cycles;         ///< of joining the sorters' winners
    stage::Fidelity fidelity = stage::Fidelity::row;

    int tokens() const;
    int elements() const;  ///< of each row: columns of the longest sorter
    int winners() const;
  };

  /// Every row's winners, for observers.
  tlm::tlm_analysis_port<stage::EntriesRecord> winners{"winners"};

  /// in: codes of the participating columns, in ascending address. out: winners, part after part,
  /// each by descending code, of equal ones by ascending address. Holds one row.
  Sorter(const sc_core::sc_module_name& module, stage::Context& context, const std::string& name,
         const Config& config);

  const Config& config() const { return config_; }

  /// Cycle fidelity, per sorter: the element that comes in, how many are kept, and the
  /// least of them.
  void declare_probes(stage::ProbeScope& scope);

 private:
  std::int64_t serve(const stage::Row& row, std::vector<unsigned char>& output) override;
  void serve_clocked(const stage::Row& row, std::vector<unsigned char>& output) override;
  void count(const stage::Row& row, const std::vector<unsigned char>& output, std::int64_t begin,
             std::int64_t cycles) override;
  void show(const stage::RowTag& tag, const std::vector<unsigned char>& output) override;
  void put(const stage::RowTag& tag, std::vector<unsigned char>& output);
  void clock(const stage::EntryRow& row, int cycle);

  struct Lane {
    arith::SorterCircuit circuit;  ///< cycle fidelity
    stage::Probe valid, column, code, kept, least;
  };

  Config config_;
  std::int64_t cycles_;
  std::vector<arith::Winner> elements_;
  std::vector<int> kept_;  ///< winners of each part, at the front of its elements
  std::vector<Lane> lanes_;
  stage::Meter meter_;
};

}  // namespace topkima::topk
