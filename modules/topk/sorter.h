// SPDX-License-Identifier: Apache-2.0
#pragma once
// Digital top-k of a head, as a stage: one sorter for all columns, or one per crossbar, takes an
// element at a time and keeps the largest codes (docs/hardware.md, section 6;
// docs/blocks/sorter.md).

#include <vector>

#include "arith/column_map.h"
#include "arith/sorter.h"
#include "stage/link.h"
#include "stage/probe.h"
#include "stage/row_mask.h"
#include "stage/stage.h"

namespace topkima::topk {

class Sorter : public stage::Stage {
 public:
  struct Config {
    arith::ColumnMap columns;
    /// Winners that each sorter keeps, >= 1: one for all columns, or one per crossbar, which work
    /// in parallel.
    std::vector<int> k;
    int interval;      ///< cycles per element
    int union_cycles;  ///< of joining the sorters' winners
    stage::Fidelity fidelity = stage::Fidelity::row;

    /// Most elements of a row: those of the longest sorter where no crossbar rests.
    int elements() const;
  };
  /// A column that comes to a sorter.
  struct Element {
    bool enabled;  ///< it takes part; else it has neither token nor code
    int token, code;
  };
  /// What one sorter does in a row: its columns in ascending address, masked ones, too.
  struct Part {
    int k;
    std::vector<Element> elements;
  };

  /// Every row's winners, for observers.
  tlm::tlm_analysis_port<stage::EntriesRecord> winners{"winners"};
  /// Says which crossbars rest in a row, whose columns do not come, and each sorter's share of k;
  /// unbound, all come, and k is the configuration's.
  sc_core::sc_port<stage::MaskIf, 1, sc_core::SC_ZERO_OR_MORE_BOUND> mask{"mask"};

  /// in: codes of the participating columns, in ascending address. out: winners, part after part,
  /// each by descending code, of equal ones by ascending address. Holds one row.
  Sorter(const sc_core::sc_module_name& module, stage::Context& context, const std::string& name,
         const Config& config);

  const Config& config() const { return config_; }
  /// How the sorters get a row of codes, one Part each; a row whose crossbars all rest has no
  /// element and takes no cycle.
  std::vector<Part> parts_of(const stage::RowTag& tag, const stage::EntryRow& codes) const;

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
  void clock(int cycle);

  struct Lane {
    arith::SorterCircuit circuit;  ///< cycle fidelity
    stage::Probe valid, column, code, kept, least;
  };

  Config config_;
  std::vector<Part> parts_;                       ///< of the last row that was asked for
  std::vector<std::vector<arith::Winner>> kept_;  ///< by each sorter, of the row in service
  std::vector<Lane> lanes_;
  stage::Meter meter_;
};

}  // namespace topkima::topk
