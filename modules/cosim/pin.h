// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pins of a Verilated block as SystemC signals, of whatever width. This is header-only, since it is
// compiled into the block's own library as well.

#include <algorithm>
#include <cstdint>
#include <string>
#include <systemc>
#include <type_traits>
#include <vector>

#include "cosim/bit_fields.h"

namespace topkima::cosim {

/// What a pin is by contract: so many fields of so many bits each, the first field in the lowest.
struct PinShape {
  int fields, bits;
  bool is_signed = false;

  int width() const { return fields * bits; }
};

/// One pin or bus. A field that is accessed is bits [offset, offset + width), at most 64 of them.
class Pin {
 public:
  Pin(std::string called, const PinShape& of_shape, bool is_input)
      : name(std::move(called)),
        shape(of_shape),
        width(of_shape.width()),
        input(is_input),
        words_(static_cast<std::size_t>(width + 63) / 64) {}
  virtual ~Pin() = default;
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

  const std::string name;
  const PinShape shape;
  const int width;   ///< In bits.
  const bool input;  ///< The block reads it.

  /// Sets an input, which becomes visible in the next delta cycle. Higher bits of `value` than the
  /// pin has are dropped; those of a field likewise.
  void set(std::uint64_t value) { set_field(0, std::min(width, 64), value); }
  void set_field(int offset, int field_width, std::uint64_t value) {
    put_field(words_, offset, field_width, value);
    write();
  }
  /// Sets `count` bits from bit `offset` on to those of 64-bit words.
  void set_bits(int offset, const std::uint64_t* words, int count) {
    put_bits(words_, offset, words, count);
    write();
  }
  void clear_bits(int offset, int count) {
    for (int done = 0; done < count; done += 64)
      put_field(words_, offset + done, std::min(64, count - done), 0);
    write();
  }

  /// The pin's value now.
  std::uint64_t value() { return field(0, std::min(width, 64)); }
  std::uint64_t field(int offset, int field_width) {
    read();
    return get_field(words_, offset, field_width);
  }
  std::int64_t signed_field(int offset, int field_width) {
    const std::uint64_t sign = std::uint64_t{1} << (field_width - 1);
    return static_cast<std::int64_t>((field(offset, field_width) ^ sign) - sign);
  }
  virtual const sc_core::sc_event& changed() const = 0;

 protected:
  /// Takes the words to the signal.
  virtual void write() = 0;
  /// Takes the signal of an output to the words.
  virtual void read() = 0;

  std::vector<std::uint64_t> words_;
};

/// A pin whose port is sc_in<T> or sc_out<T>. Verilator chooses T: bool, an unsigned integer, or
/// sc_bv<width>.
template <typename T>
class SignalPin : public Pin {
 public:
  template <typename Port>
  SignalPin(const std::string& called, Port& port, const PinShape& of_shape, bool is_input)
      : Pin(called, of_shape, is_input), signal_(sc_core::sc_gen_unique_name(called.c_str())) {
    port(signal_);
  }

  const sc_core::sc_event& changed() const override { return signal_.value_changed_event(); }

 private:
  void write() override {
    if constexpr (std::is_integral_v<T>) {
      signal_.write(static_cast<T>(words_[0]));
    } else {
      for (int i = 0; i < value_.length(); i += 32)
        value_.set_word(i / 32, static_cast<sc_dt::sc_digit>(
                                    words_[static_cast<std::size_t>(i / 64)] >> (i % 64)));
      signal_.write(value_);
    }
  }
  void read() override {
    if (input) return;  // The words hold what was set, which may become visible only next.
    if constexpr (std::is_integral_v<T>) {
      words_[0] = static_cast<std::uint64_t>(signal_.read());
    } else {
      const T& value = signal_.read();
      std::fill(words_.begin(), words_.end(), 0);
      for (int i = 0; i < value.length(); i += 32)
        words_[static_cast<std::size_t>(i / 64)] |= std::uint64_t{value.get_word(i / 32)}
                                                    << (i % 64);
    }
  }

  // Several processes drive fields of one pin.
  sc_core::sc_signal<T, sc_core::SC_UNCHECKED_WRITERS> signal_;
  T value_{};
};

}  // namespace topkima::cosim
