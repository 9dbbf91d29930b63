// SPDX-License-Identifier: Apache-2.0
#include "cosim/rtl_instance.h"

#include <algorithm>

#include "cosim/referee.h"

namespace topkima::cosim {
namespace {

using sc_core::SC_ZERO_TIME;

/// Returns at once where that has come.
void wait_until(const sc_core::sc_time& then) {
  const auto& now = sc_core::sc_time_stamp();
  if (then > now) sc_core::wait(then - now);
}

}  // namespace

RtlInstance::RtlInstance(const sc_core::sc_module_name& name, const stage::Clock& clock,
                         const RtlInfo& info, std::int64_t timeout, AtStart registers)
    : sc_core::sc_module(name),
      clock_(clock),
      info_(info),
      parameters_(info.parameters),
      timeout_(timeout),
      at_start_(registers),
      model_(info.make("top", registers)),
      inner_(*model_) {
  if (!model_->mismatch().empty())
    throw ConfigError(std::string("RTL ") + info.name + ", module " + info.top + ": " +
                      model_->mismatch() + " (docs/cosimulation.md)");
  model_->on_failure = [this](const std::string& does, const std::string& expected) {
    fail(row_, "", does, expected);
  };
  clk_ = &pin("clk");
  rst_ = &pin("rst");
  sc_core::sc_spawn([this] { run(); }, "run");
}

Pin& RtlInstance::pin(const std::string& name) {
  for (const auto& pin : model_->pins())
    if (pin->name == name) return *pin;
  throw SimulationError(std::string("RTL ") + info_.name + " has no pin " + name);
}

config::Block RtlInstance::block() const {
  if (const auto* block = config::find_word<config::Block>(info_.block)) return *block;
  throw SimulationError(std::string("RTL ") + info_.name + " has the pins of a block '" +
                        info_.block + "'; expected one of " + config::words<config::Block>());
}

void RtlInstance::fail(const stage::RowTag& row, const std::string& inputs, const std::string& does,
                       const std::string& expected) const {
  const std::string which = row.of_head() ? "row " + std::to_string(row.id) + ", " : "";
  throw RtlError(std::string(name()) + ", RTL " + info_.name + ": " + does + " where " + expected +
                     " (" + which + cycle_text(clock_.now(), clock_) +
                     (inputs.empty() ? "" : "; " + inputs) + ")",
                 does, expected);
}

void RtlInstance::run() {
  reset();
  for (;;) {
    while (holds_ == 0 && needed_until_ <= clock_.now()) sc_core::wait(wake_);
    wait_until(clock_.time_of(clock_.now() + 1));
    for (const auto& look : looks_) look();
    looks_.clear();
    clk_->set(1);
    show(*clk_);
    sc_core::wait(SC_ZERO_TIME);  // the edge has been seen
    for (const auto& pulse : pulses_) {
      pulse.pin->set_field(pulse.bit, 1, 0);
      show(*pulse.pin);
    }
    pulses_.clear();
    wait_until(clock_.time_of(clock_.now()) + clock_.period() / 2);
    clk_->set(0);
    show(*clk_);
  }
}

void RtlInstance::hold(const stage::RowTag& row) {
  row_ = row;
  // Several adapters may come in one instant.
  be_ready();
  if (holds_ == 0) {
    preparing_ = true;
    prepare();
    preparing_ = false;
    prepared_.notify();
  }
  if (holds_++ == 0) wake_.notify();
}

/// Writes what has to be written while nobody uses the block.
void RtlInstance::prepare() {
  if (!write_) return;
  // An edge of the running clock may be due at this very instant.
  pass_edge();
  while (write_()) edge_in_no_time();
}

void RtlInstance::reset() {
  rst_->set(1);
  settle();  // assertions sample what was there before an edge
  for (int edge = 0; edge < 2; ++edge) edge_in_no_time();
  rst_->set(0);
  settle();
  show_all();
  if (auto* counters = model_->counters()) counters->reset_is_over();
  preparing_ = false;
  prepared_.notify();
}

void RtlInstance::release() {
  if (--holds_ == 0) needed_until_ = clock_.now() + 1;
}

void RtlInstance::edge_in_no_time() {
  for (const int level : {1, 0}) {
    clk_->set(static_cast<std::uint64_t>(level));
    for (int deltas = 0; deltas < 2; ++deltas) sc_core::wait(SC_ZERO_TIME);
  }
}

// Three delta cycles: the edge is written; it is seen while the last cycle's pulses end; their end
// is seen.
void RtlInstance::pass_edge() {
  for (int deltas = 0; deltas < 3; ++deltas) sc_core::wait(SC_ZERO_TIME);
}

void RtlInstance::settle() {
  for (int deltas = 0; deltas < 2; ++deltas) sc_core::wait(SC_ZERO_TIME);
}

void RtlInstance::middle_of_cycle() {
  wait_until(clock_.time_of(clock_.now()) + clock_.period() / 2);
}

void RtlInstance::quarter_of_cycle() {
  wait_until(clock_.time_of(clock_.now()) + clock_.period() / 4);
  settle();
}

void RtlInstance::next_cycle() {
  wait_until(clock_.time_of(clock_.now() + 1));
  pass_edge();
}

void RtlInstance::pulse(Pin& pin, int bit) {
  pin.set_field(bit, 1, 1);
  pulses_.push_back({&pin, bit});
  show(pin);
}

void RtlInstance::declare_probes(stage::ProbeScope& scope) {
  for (const auto& pin : model_->pins()) {
    const bool watched = declare_probes(*pin, scope);
    if (!watched || pin->input) continue;
    sc_core::sc_spawn_options options;
    options.spawn_method();
    options.set_sensitivity(&pin->changed());
    sc_core::sc_spawn([this, pin = pin.get()] { show(*pin); }, sc_core::sc_gen_unique_name("show"),
                      &options);
  }
}

void RtlInstance::follow_inner() {
  sc_core::sc_spawn_options changes, looks;
  changes.spawn_method();
  changes.dont_initialize();
  for (const auto& pin : model_->pins()) changes.set_sensitivity(&pin->changed());
  // The model is evaluated in the delta cycle in which a pin has changed.
  sc_core::sc_spawn([this] { evaluated_.notify(SC_ZERO_TIME); },
                    sc_core::sc_gen_unique_name("pins_changed"), &changes);
  looks.spawn_method();
  looks.dont_initialize();
  looks.set_sensitivity(&evaluated_);
  sc_core::sc_spawn([this] { look_within(); }, sc_core::sc_gen_unique_name("look_within"), &looks);
}

void RtlInstance::look_within() {
  const std::uint64_t from = inner_.wanted_from(), now = sc_core::sc_time_stamp().value();
  if (from <= now)
    inner_.look();
  else if (from != UINT64_MAX)
    evaluated_.notify(sc_core::sc_time::from_value(from - now));
}

/// Declares a signal per field, and returns whether any is watched.
bool RtlInstance::declare_probes(Pin& pin, stage::ProbeScope& scope) {
  const auto [fields, bits, is_signed] = pin.shape;
  const auto kind = stage::Signal::kind_of_wires(bits);
  bool watched = false;
  for (int field = 0; field < fields; ++field) {
    auto shown = std::make_unique<Shown>(Shown{&pin, field * bits, kind, {}, {}});
    const std::string index = fields == 1 ? "" : std::to_string(field);
    scope.add(shown->probe, {pin.name + index, kind, bits, is_signed});
    watched = shown->probe.watched();
    if (watched) shown_.push_back(std::move(shown));
  }
  if (watched) show(pin);
  return watched;
}

void RtlInstance::show(Pin& pin) {
  for (auto& shown : shown_) {
    if (shown->pin != &pin) continue;
    const int bits = pin.shape.bits;
    if (shown->kind == stage::Signal::Kind::bits) {
      shown->words.clear();
      for (int bit = 0; bit < bits; bit += 64)
        shown->words.push_back(pin.field(shown->offset + bit, std::min(64, bits - bit)));
      shown->probe.set_bits(shown->words.data());
    } else if (pin.shape.is_signed) {
      shown->probe.set(pin.signed_field(shown->offset, bits));
    } else {
      shown->probe.set(static_cast<std::int64_t>(pin.field(shown->offset, bits)));
    }
  }
}

void RtlInstance::show_all() {
  for (const auto& pin : model_->pins()) show(*pin);
}

}  // namespace topkima::cosim
