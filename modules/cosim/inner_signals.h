// SPDX-License-Identifier: Apache-2.0
#pragma once
// What goes on within RTL, shown as signals. The library tells it as the text of a value change
// dump, which its tool writes (RtlModel::inner_changes); here that is taken apart.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cosim/rtl_model.h"
#include "stage/probe.h"

namespace topkima::cosim {

class InnerSignals {
 public:
  explicit InnerSignals(RtlModel& model) : model_(model) {}

  /// Where a signal is shown, or null for nowhere. `scope` is the path of what it is in, within the
  /// module that has the pins: "" for that itself, "encoder[0].sum" for what is deeper.
  using Choose =
      std::function<stage::ProbeScope*(const std::string& scope, const stage::Signal& signal)>;

  /// Asks where each signal is to be shown; pins are none of them. When the simulation starts.
  void declare(const Choose& choose);
  /// From when on (ps) it is of use to look; UINT64_MAX where nothing is shown.
  std::uint64_t wanted_from() const;
  /// Shows what has changed since it was looked last.
  void look();

 private:
  struct Shown {
    stage::Signal signal;
    stage::Probe probe;
  };

  /// Tells the declarations of `text` to `choose`; returns where they end.
  std::size_t read_header(const std::string& text, const Choose& choose);
  void add(const std::string& id, const std::string& scope, const stage::Signal& signal,
           const Choose& choose);
  void take_changes(const std::string& text, std::size_t from);
  void show(const std::string& id, const std::string& value);

  RtlModel& model_;
  /// Several names of one value have one id.
  std::unordered_map<std::string, std::vector<std::unique_ptr<Shown>>> by_id_;
  const stage::Probe* any_ = nullptr;
  std::vector<std::uint64_t> words_;
};

}  // namespace topkima::cosim
