// SPDX-License-Identifier: Apache-2.0
#pragma once
// What goes on within a Verilated block, as Verilator writes it into waveforms. This is compiled
// into the block's own library alone (cmake/rtl_glue.cpp.in).

#include <verilated_vcd_c.h>

#include <string>
#include <utility>

#include "cosim/rtl_model.h"

namespace topkima::cosim {

/// A file that is a text in memory.
class DumpText : public VerilatedVcdFile {
 public:
  bool open(const std::string&) override { return true; }
  void close() override {}
  ssize_t write(const char* text, ssize_t length) override {
    text_.append(text, static_cast<std::size_t>(length));
    return length;
  }
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
};

/// A Verilated class that was translated with --trace. As long as nobody asks for what is within it
/// no dump is opened, and the block does nothing more than without.
template <typename Top>
class ShownModel : public PinnedModel<Top> {
 public:
  using PinnedModel<Top>::PinnedModel;

  std::string inner_changes() override {
    constexpr int all_levels = 99;
    if (!dump_.isOpen()) {
      Verilated::traceEverOn(true);
      this->top.trace(&dump_, all_levels);
      dump_.open("in memory");
    }
    dump_.dump(++times_);
    dump_.flush();
    return text_.take();
  }

 private:
  DumpText text_;
  VerilatedVcdC dump_{&text_};
  std::uint64_t times_ = 0;  ///< Of its own: any that grow.
};

}  // namespace topkima::cosim
