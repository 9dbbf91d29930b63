// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where RTL can do the work of a channel of the DMA reader, and observers see it.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "memory/read_command.h"
#include "stage/row.h"

namespace topkima::memory {

/// Does the work of a channel clock by clock. A row is asked for by its first read, and then by
/// those for other sources; as a listener it is told when each crosses the bus.
class ReadCircuit : public stage::BeatListener {
 public:
  /// In the cycle in which the command comes; the last one is over.
  virtual void start(const ReadCommand& command) = 0;
  /// Waits until it asks for a row, for which there is room, from the source of `destination`.
  /// Returns the address. The caller is the one whose read is then granted.
  virtual std::uint64_t ask(const stage::RowTag& row, std::size_t destination) = 0;
  /// Waits until it offers the row to `destination`, whose turn it is. Returns its bytes.
  virtual const unsigned char* offer(const stage::RowTag& row, std::size_t destination) = 0;
  /// In the cycle in which `destination` takes the row.
  virtual void taken(const stage::RowTag& row, std::size_t destination) = 0;
};

/// Sees what a channel does, in its processes; as a listener only at cycle fidelity.
class ReadObserver : public stage::BeatListener {
 public:
  virtual void started(const ReadCommand& command) {}
  /// A read for `destination` begins to wait for the bus; it has crossed.
  virtual void asked(const stage::RowTag& row, std::size_t destination) {}
  virtual void fetched(const stage::RowTag& row, std::size_t destination) {}
  virtual void offered(const stage::RowTag& row, std::size_t destination,
                       const unsigned char* bytes) {}
  virtual void taken(const stage::RowTag& row, std::size_t destination) {}
  void granted() override {}
  void crossed(const unsigned char*, unsigned) override {}
};

class ReadSeam : private stage::BeatListener {
 public:
  /// From now on `circuit` does the work; only with a bus of cycle fidelity.
  void replace(ReadCircuit& circuit) {
    circuit_ = &circuit;
    listeners_.push_back(&circuit);
  }
  void observe(ReadObserver& observer) {
    observers_.push_back(&observer);
    listeners_.push_back(&observer);
  }

 protected:
  /// Null: the model does the work.
  ReadCircuit* circuit() const { return circuit_; }
  /// Calls `tell(observer)` for each.
  template <typename Tell>
  void each(Tell tell) const {
    for (auto* observer : observers_) tell(*observer);
  }
  stage::BeatListener* beats() { return this; }

 private:
  void granted() override {
    for (auto* listener : listeners_) listener->granted();
  }
  void crossed(const unsigned char* bytes, unsigned count) override {
    for (auto* listener : listeners_) listener->crossed(bytes, count);
  }

  ReadCircuit* circuit_ = nullptr;
  std::vector<ReadObserver*> observers_;
  std::vector<stage::BeatListener*> listeners_;
};

}  // namespace topkima::memory
