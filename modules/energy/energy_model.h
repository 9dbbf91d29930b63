// SPDX-License-Identifier: Apache-2.0
#pragma once
// Energy and area of a machine from counted events: energy = events x energy of one + leakage x
// time; area per instance (docs/energy-model.md). Every figure has the bounds that follow from
// those of the constants.

#include <array>
#include <map>
#include <string>
#include <vector>

#include "config/machine_config.h"
#include "energy/area.h"
#include "energy/technology.h"
#include "stage/event.h"
#include "stage/kinds.h"

namespace topkima::energy {

/// A whole encoder: the attention module once per layer, and what is around it.
struct EncoderShape {
  int layers, hidden;
  int inputs, classes;  ///< of the embedding, of the classifier
  int lanes;            ///< of a vector unit
};

struct EventEnergy {
  stage::Event event;
  std::uint64_t count;
  Traced pj;
};

/// One component, all its instances.
struct ComponentReport {
  stage::Component component;
  std::int64_t instances;
  Traced area_mm2;    ///< of all instances
  Traced leakage_mw;  ///< of all instances
  Traced dynamic_pj, leakage_pj;
  std::vector<EventEnergy> events;  ///< those that can happen in it

  Traced energy_pj() const { return dynamic_pj + leakage_pj; }
};

struct EnergyReport {
  Technology technology;
  std::vector<ComponentReport> components;  ///< those that the machine has
  Traced dynamic_pj, leakage_pj, area_mm2;
  Constants used;

  Traced energy_pj() const { return dynamic_pj + leakage_pj; }
  /// The energy from the word lines of K^T to the last probability.
  Traced softmax_pj() const;
  /// Null for one that the machine has not.
  const ComponentReport* find(stage::Component component) const;
};

class EnergyModel {
 public:
  /// Makes the model of what `machine` has. Where nothing writes K and V, of each bank only one is
  /// there.
  EnergyModel(const Technology& technology, const config::MachineConfig& config,
              stage::Has machine);
  /// Makes the model of a whole encoder whose attention modules have that configuration.
  EnergyModel(const Technology& technology, const config::MachineConfig& config,
              const EncoderShape& encoder);

  /// Throws SimulationError for an event that has no energy in its component.
  EnergyReport evaluate(const stage::EventCounts& counts, std::int64_t cycles) const;
  /// What evaluate() says of the events alone, pJ.
  double dynamic_pj(const stage::EventCounts& counts) const;
  /// mW of the component's leakage; what its events take in pJ. 0 for one that is not there.
  double leakage_mw(stage::Component component) const;
  double pj(stage::Component component, stage::Event event) const;
  bool has(stage::Component component) const { return entry(component).instances > 0; }

 private:
  struct Entry {
    std::int64_t instances = 0;
    Traced area_mm2, leakage_mw;              ///< of all instances
    std::map<stage::Event, Traced> energies;  ///< pJ
  };

  Entry& entry(stage::Component component) { return entries_[std::size_t(component)]; }
  const Entry& entry(stage::Component component) const { return entries_[std::size_t(component)]; }
  Traced constant(const char* name) const { return technology_[name]; }
  Traced nand2() const;
  Traced switched(const Traced& gates) const;
  Traced adder(double bits) const;
  Traced registers(double bits) const;
  Traced comparison() const;
  Traced adc_scale(int bits) const;
  Traced conversion(int bits, int rows, const char* column) const;
  void place(stage::Component component, double instances, const Silicon& each);
  Traced tile_accumulators(double outputs, double row_blocks) const;
  Traced further_settings(int bits) const;
  void dense(const EncoderShape& encoder);
  void vector(const EncoderShape& encoder);
  void token_traffic(const EncoderShape& encoder);

  void key_arrays();
  void selection();
  void address_tree();
  void latches();
  void sorter();
  void softmax();
  void value_arrays();
  void projection(double instances, double width);
  void projections();
  void fold();
  void shared();

  Technology technology_;
  config::MachineConfig config_;
  stage::Has machine_;
  double chains_, heads_per_chain_;     ///< heads of queries that take turns in a chain
  double banks_, crossbars_, columns_;  ///< per chain; of a crossbar, their mean
  int address_bits_;                    ///< of a token
  std::array<Entry, stage::component_count> entries_;
};

}  // namespace topkima::energy
