// SPDX-License-Identifier: Apache-2.0
#pragma once
// The base of every pipeline stage: a process with a bounded input queue, in TLM-2.0 loosely-timed
// style, whose time splits without rest into busy, starved (by whom) and blocked (by whom).
//
// Hand-off: the sender calls b_transport; it returns in the cycle in which the queue has room, so a
// full queue blocks the sender. A delay that the sender annotated passes first; none is returned. A
// row leaves the queue when the next stage has taken its result.

#include <tlm_utils/passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstddef>
#include <systemc>
#include <vector>

#include "config/fidelity.h"
#include "stage/clock.h"
#include "stage/ledger.h"
#include "stage/meter.h"
#include "stage/row.h"
#include "stage/stall.h"

namespace topkima::stage {

using config::Fidelity;

/// What every stage of one machine shares.
struct Context {
  Clock clock;
  Ledger ledger;
  Tally tally{};

  Meter meter(Component component) { return {tally, clock, component}; }
};

/// A row waiting or in service.
struct Row {
  RowTag tag;
  NodeId arrived = Ledger::start;
  StageId from = nobody;
  std::vector<unsigned char> data;  ///< as long as the payload was

  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(data.data());
  }
};

/// A ring of rows: the one in service and those waiting. Storage is reused.
class RowQueue {
 public:
  RowQueue(Context& context, StageId owner, int depth, const RowFormat& format);

  /// Called by the sender's process: blocks it until there is room. Sets the payload's response.
  void offer(tlm::tlm_generic_payload& payload);
  /// Called by the owner's process: blocks it until there is a row.
  Row& front();
  /// The first row, which must be there.
  Row& first() { return ring_[first_]; }
  /// The front row has left, at event `left`.
  void pop(NodeId left);

  bool empty() const { return count_ == 0; }

 private:
  Context& context_;
  StageId owner_;
  RowFormat format_;
  std::vector<Row> ring_;
  std::vector<NodeId> freed_;  ///< when each place was freed last
  std::size_t first_ = 0, count_ = 0;
  bool waiting_ = false;  ///< the owner waits for a row
  bool refused_ = false;  ///< a sender waits for room
  sc_core::sc_event arrived_, room_;
};

/// Does the work of a stage clock by clock in place of the stage's own model: RTL behind pins.
class RowCircuit {
 public:
  virtual ~RowCircuit() = default;
  /// Computes `output` from `input`, both as on the stage's sockets unless the header of the stage
  /// or of its seam says otherwise, and spends the cycles that it takes in the caller's process.
  virtual void serve(const RowTag& row, const std::vector<unsigned char>& input,
                     std::vector<unsigned char>& output) = 0;
  /// The next stage has taken the output, in this cycle.
  virtual void taken(const RowTag& row) = 0;
  /// Whether it would have taken another row while the last one's output was there, not taken.
  virtual bool open() const { return false; }
};

/// Sees the rows of a stage as it serves them, in its process.
class ServiceObserver {
 public:
  virtual ~ServiceObserver() = default;
  virtual void begun(const RowTag& row, const std::vector<unsigned char>& input) {}
  virtual void finished(const RowTag& row, const std::vector<unsigned char>& output) {}
  virtual void taken(const RowTag& row) {}
};

/// Where a RowCircuit can do the work of a model, and observers see it.
class RowSeam {
 public:
  /// From now on `circuit` does the work; only at cycle fidelity.
  void replace(RowCircuit& circuit) { circuit_ = &circuit; }
  void observe(ServiceObserver& observer) { observers_.push_back(&observer); }

 protected:
  /// Null: the model does the work.
  RowCircuit* circuit() const { return circuit_; }
  void tell_begun(const RowTag& row, const std::vector<unsigned char>& input) const {
    for (auto* observer : observers_) observer->begun(row, input);
  }
  void tell_finished(const RowTag& row, const std::vector<unsigned char>& output) const {
    for (auto* observer : observers_) observer->finished(row, output);
  }
  /// Tells the circuit, too.
  void tell_taken(const RowTag& row) const {
    if (circuit_) circuit_->taken(row);
    for (auto* observer : observers_) observer->taken(row);
  }

 private:
  RowCircuit* circuit_ = nullptr;
  std::vector<ServiceObserver*> observers_;
};

/// A stage with one input and one output.
class Stage : public sc_core::sc_module, public RowSeam {
 public:
  tlm_utils::passthrough_target_socket<Stage> in{"in"};
  tlm_utils::simple_initiator_socket<Stage> out{"out"};

  StageId id() const { return id_; }

  /// Back-pressure at the hand-off to the next stage.
  void stall(const Stall& stall) { stall_ = stall; }

 protected:
  /// `format`: of an input row. `name` and `kind` are those of the account.
  Stage(const sc_core::sc_module_name& module, Context& context, const std::string& name,
        const StageKind& kind, int queue_depth, const RowFormat& format,
        Fidelity fidelity = Fidelity::row);

  /// Row fidelity: computes the result of `row` into `output` and returns the cycles it takes.
  virtual std::int64_t serve(const Row& row, std::vector<unsigned char>& output) = 0;
  /// Cycle fidelity: the same, spending those cycles one by one in the stage's process.
  virtual void serve_clocked(const Row& row, std::vector<unsigned char>& output) {
    context_.clock.spend(serve(row, output));
  }
  /// What a RowCircuit or an observer is given of a row.
  virtual const std::vector<unsigned char>& input_of(const Row& row) { return row.data; }
  /// Shows the observers of this kind of stage a result that a RowCircuit computed.
  virtual void show(const RowTag& tag, const std::vector<unsigned char>& output) {}
  /// Counts the events of a row's service, which took `cycles` from cycle `begin` on, whoever did
  /// the work.
  virtual void count(const Row& row, const std::vector<unsigned char>& output, std::int64_t begin,
                     std::int64_t cycles) {}
  /// The result has been taken by the next stage, at event `taken`.
  virtual void handed_on(const RowTag& tag, NodeId taken) {}

  Context& context_;

 private:
  void accept(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void run();
  void take_into_service();
  void work();
  void hand_on();

  StageId id_;
  Fidelity fidelity_;
  RowQueue queue_;
  std::vector<unsigned char> output_;
  RowPayload payload_;
  Stall stall_;
  NodeId last_ = Ledger::start;
  StageId taken_by_ = nobody;  ///< of the last row
  std::int64_t since_ = 0;     ///< cycle in which the row in service was taken into service
  // At row fidelity, a row that finds the stage idle is taken into service by its sender's process,
  // which spares a change of process; the stage's own wakes up when the service ends.
  std::int64_t service_ = 0;
  bool idle_ = false;
  sc_core::sc_event woken_;
};

}  // namespace topkima::stage
