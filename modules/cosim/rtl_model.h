// SPDX-License-Identifier: Apache-2.0
#pragma once
// A block's RTL in a loadable library: what the library says of itself, and its pins. This is
// header-only, since it is compiled into that library as well (cmake/rtl_glue.cpp.in).

#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cosim/pin.h"
#include "cosim/rtl_counters.h"

namespace topkima::cosim {

/// The integer parameters that a block was compiled with, by name.
class RtlParameters {
 public:
  /// `text` is like "COLUMNS=256 CODE_BITS=8".
  explicit RtlParameters(const std::string& text) : text_(text) {
    std::istringstream words(text);
    words.exceptions(std::ios::badbit);
    for (std::string word; words >> word;) {
      const auto equals = word.find('=');
      if (equals != std::string::npos)
        values_[word.substr(0, equals)] = std::atoi(word.c_str() + equals + 1);
    }
  }
  /// The value of one; 0 where it is not given.
  int operator[](const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? 0 : found->second;
  }
  const std::string& text() const { return text_; }
  const std::map<std::string, int>& values() const { return values_; }

 private:
  std::string text_;
  std::map<std::string, int> values_;
};

/// Bits that count 0 .. n - 1, as $clog2 gives them.
constexpr int clog2(int n) {
  int bits = 0;
  while ((1ll << bits) < n) ++bits;
  return bits;
}

/// One instance of a Verilated top, with a signal bound to every pin.
class RtlModel {
 public:
  virtual ~RtlModel() = default;

  const std::vector<std::unique_ptr<Pin>>& pins() const { return pins_; }
  /// What is wrong with its pins, for a message; empty where nothing is.
  const std::string& mismatch() const { return mismatch_; }
  /// What is within the block, as the text of a value change dump (IEEE 1364): at first what there
  /// is, and all values; with every further call what has changed since the one before. Only while
  /// it is simulated. Empty where the library was made without (RtlInfo::shows_inside).
  virtual std::string inner_changes() { return {}; }
  /// Null where its library does not count.
  virtual RtlCounters* counters() { return nullptr; }
  /// Called where the RTL gives up, as at an assertion that fails: what it does, and where. Throws.
  std::function<void(const std::string& does, const std::string& expected)> on_failure;

 protected:
  std::vector<std::unique_ptr<Pin>> pins_;
  std::string mismatch_;
};

/// What registers hold when the simulation starts, before the reset; the values are Verilator's.
enum class AtStart { zeros = 0, ones = 1, random = 2 };

/// What a library exports, by a function called `rtl_entry`.
struct RtlInfo {
  int version;             ///< The interface's: rtl_interface_version.
  const char* block;       ///< The block whose pins it has, by its name: "topk".
  const char* name;        ///< The name by which the user picks it.
  const char* top;         ///< The module.
  const char* parameters;  ///< Its parameters, as RtlParameters takes them.
  const char* sources;     ///< A digest of its sources.
  const char* tool;        ///< The tool that compiled them.
  bool shows_inside;       ///< Its models tell what goes on within them.
  const char* files;       ///< Of a library that counts: a line per file, SHA-256 and path.
  RtlModel* (*make)(const char* instance, AtStart registers);
};

constexpr int rtl_interface_version = 4;
constexpr const char* rtl_entry = "topkima_rtl";

enum class Direction { input, output };

/// A Verilated class with its ports bound one by one.
template <typename Verilated>
class PinnedModel : public RtlModel {
 public:
  explicit PinnedModel(const char* instance) : top(instance) {}

  /// Says which direction the pins have that are added from now on.
  void expect(Direction direction) { direction_ = direction; }
  template <typename T>
  void add(const char* name, sc_core::sc_in<T>& port, const PinShape& shape) {
    add_pin<T>(name, port, shape, true);
  }
  template <typename T>
  void add(const char* name, sc_core::sc_out<T>& port, const PinShape& shape) {
    add_pin<T>(name, port, shape, false);
  }

  Verilated top;

 private:
  Direction direction_ = Direction::input;

  template <typename T, typename Port>
  void add_pin(const char* name, Port& port, const PinShape& shape, bool input) {
    const int width = shape.width();
    // The type of a narrow port tells only the size of the word that holds it.
    int least = 2, most = 32;
    if constexpr (std::is_same_v<T, bool>) {
      least = most = 1;
    } else if constexpr (std::is_integral_v<T>) {
      if (sizeof(T) > 4) least = 33, most = 64;
    } else {
      least = most = T().length();
    }
    if (input != (direction_ == Direction::input) && mismatch_.empty())
      mismatch_ = std::string("pin ") + name + " is an " + (input ? "input" : "output") +
                  "; expected an " + (input ? "output" : "input");
    if ((width < least || width > most) && mismatch_.empty())
      mismatch_ = std::string("pin ") + name + " has " +
                  (least == most ? std::to_string(least)
                                 : std::to_string(least) + ".." + std::to_string(most)) +
                  " bits; expected " + std::to_string(width);
    pins_.push_back(std::make_unique<SignalPin<T>>(name, port, shape, input));
  }
};

}  // namespace topkima::cosim
