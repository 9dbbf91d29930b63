// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signals that a block shows to waveforms. A probe that nobody watches costs the test of a pointer.

#include <cstdint>
#include <string>
#include <type_traits>

namespace topkima::stage {

/// What a probe shows.
struct Signal {
  enum class Kind {
    bit,
    integer,  ///< two's complement of `width` bits if `is_signed`
    real,     ///< an analogue quantity
    text,     ///< a word without spaces
    bits,     ///< `width` wires, the first the lowest bit of the first word
  };

  std::string name;  ///< within its block, "grant_column"
  Kind kind;
  int width = 1;  ///< of an integer or bits
  bool is_signed = false;
  bool inner = false;  ///< of RTL, and none of its pins

  /// What shows `count` wires: as a number where one can read it.
  static Kind kind_of_wires(int count) {
    return count == 1 ? Kind::bit : count <= 32 ? Kind::integer : Kind::bits;
  }
};

/// Takes the values of signals, at the present time of the simulation.
class SignalSink {
 public:
  virtual ~SignalSink() = default;
  virtual void change(int signal, std::int64_t value) = 0;  ///< bit, integer
  virtual void change(int signal, double value) = 0;
  virtual void change(int signal, const std::string& text) = 0;
  virtual void change(int signal, const std::uint64_t* words) = 0;  ///< bits
  /// From when on (ps) changes are of use: of those before then, what holds then is enough. Who has
  /// to look for changes need not look earlier.
  virtual std::uint64_t wanted_from() const { return 0; }
};

/// One signal of a block. What it is set to holds from now until it is set again.
class Probe {
 public:
  void connect(SignalSink& sink, int signal) {
    sink_ = &sink;
    signal_ = signal;
  }
  /// Composing a text or choosing what to show is worth it only then.
  bool watched() const { return sink_ != nullptr; }

  /// SignalSink::wanted_from, of a probe that is watched.
  std::uint64_t wanted_from() const { return sink_->wanted_from(); }

  template <typename T>
  void set(const T& value) const {
    if (!sink_) return;
    if constexpr (std::is_floating_point_v<T>)
      sink_->change(signal_, static_cast<double>(value));
    else if constexpr (std::is_integral_v<T>)
      sink_->change(signal_, static_cast<std::int64_t>(value));
    else
      sink_->change(signal_, std::string(value));
  }
  void set_bits(const std::uint64_t* words) const {
    if (sink_) sink_->change(signal_, words);
  }

 private:
  SignalSink* sink_ = nullptr;
  int signal_ = 0;
};

/// Where a block lists its probes; whether one is watched is decided there.
class ProbeScope {
 public:
  virtual ~ProbeScope() = default;
  virtual void add(Probe& probe, const Signal& signal) = 0;
};

}  // namespace topkima::stage
