// SPDX-License-Identifier: Apache-2.0
// Random machines, windows and scopes against a model that keeps every value in a list.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <sstream>

#include "observe/wave_writer.h"
#include "stage/instance_names.h"
#include "support/fresh_kernel.h"
#include "wave_machine.h"

using namespace topkima;
using namespace topkima::testbenches;
using observe::WaveOptions, observe::WaveWriter;
using stage::Activity, stage::Probe, stage::Signal, stage::StageId;
using Kind = Signal::Kind;

namespace {

constexpr std::uint64_t period = 5000;

/// What signals were set to, in the order of time.
using Settings = std::map<std::string, std::map<std::uint64_t, std::string>>;

/// The changes that a window from `from` to `to` (ps) shows of a signal.
Dump::Changes shown(const std::map<std::uint64_t, std::string>& settings, std::uint64_t from,
                    std::uint64_t to, const std::string& unknown) {
  std::string present = unknown;
  Dump::Changes changes;
  for (const auto& [time, value] : settings) {
    if (time >= to) break;
    if (time > from && changes.empty()) changes.emplace_back(from, present);
    if (time > from && value != present) changes.emplace_back(time, value);
    present = value;
  }
  if (changes.empty()) changes.emplace_back(from, present);
  return changes;
}

std::string binary(std::uint64_t value) {
  std::string bits;
  for (; value != 0 || bits.empty(); value >>= 1) bits.insert(0, value & 1 ? "1" : "0");
  return bits;
}

/// One thing that happens in a run.
struct Step {
  std::uint64_t time;
  std::function<void()> act;
};

class RandomRun {
 public:
  explicit RandomRun(unsigned seed) : random_(seed) {
    cycles_ = 20 + below(300);
    start_ = below(2) ? period * below(50) + below(2) * 1234 : 0;
    for (int h = 0; h < 2; ++h)
      for (const auto* kind : {&stage::kinds::score, &stage::kinds::unite, &stage::kinds::store})
        stages_.push_back(context_.ledger.add_stage(stage::head_stage(h, *kind), *kind));
    stages_.push_back(context_.ledger.add_stage("bus.read", stage::kinds::bus_read));
    steps_.push_back({start_, [this] { context_.clock.start(); }});
    set_options();
    writer_ = std::make_unique<WaveWriter>(options_, context_, "soc");
    add_probes();
    for (const StageId id : stages_) script_stage(id);
    script_queues();
  }

  void run_and_compare() {
    std::stable_sort(steps_.begin(), steps_.end(),
                     [](const Step& a, const Step& b) { return a.time < b.time; });
    Player player("player", [this] {
      for (const auto& step : steps_) {
        const auto now = sc_core::sc_time_stamp().value();
        if (step.time > now) sc_core::wait(sc_core::sc_time::from_value(step.time - now));
        step.act();
      }
    });
    sc_core::sc_start();
    // The waits that are left have no cause, with or without this.
    if (below(4) > 0) context_.ledger.close(cycles_);
    writer_->finish(cycles_);
    compare();
  }

 private:
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }
  std::uint64_t time_of(std::int64_t cycle) const {
    return start_ + period * static_cast<std::uint64_t>(cycle);
  }

  void set_options() {
    options_.path = place_ / "w.vcd";
    const char* const scopes[] = {"soc.head0.*", "soc.head1", "*.p?", "soc.bus*", "soc.*.union"};
    while (below(2)) options_.scopes.push_back(scopes[below(5)]);
    if (below(3) == 0) {
      around_ = below(12);
      options_.around = static_cast<std::uint64_t>(around_ / 6 * 100 + around_ % 6);
      options_.margin = below(60);
    } else if (below(3)) {
      options_.from = below(cycles_);
      options_.to = options_.from + 1 + below(cycles_);
    }
  }

  /// Whether the model takes instance `name`, without the help of ScopeFilter.
  bool taken(const std::string& name) const {
    const auto begins = [&name](const std::string& with) {
      return name.compare(0, with.size(), with) == 0;
    };
    if (options_.scopes.empty())
      return around_ < 0 || begins("soc.head" + std::to_string(around_ / 6) + ".");
    for (const auto& scope : options_.scopes) {
      if (scope == "soc.head0.*" && begins("soc.head0.")) return true;
      if (scope == "soc.head1" && begins("soc.head1.")) return true;
      if (scope == "*.p?" && name[name.size() - 2] == 'p' && name[name.size() - 3] == '.')
        return true;
      if (scope == "soc.bus*" && begins("soc.bus")) return true;
      if (scope == "soc.*.union" && name.find(".union") != std::string::npos) return true;
    }
    return false;
  }

  void set(const std::string& name, std::uint64_t time, const std::string& value) {
    settings_[name][time] = value;
  }

  void add_probes() {
    const Kind kinds[] = {Kind::bit, Kind::integer, Kind::real, Kind::text, Kind::bits};
    const auto count = static_cast<std::size_t>(1 + below(8));
    probes_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string instance =
          "head" + std::to_string(below(2)) + ".p" + std::to_string(below(2));
      Signal signal{"s" + std::to_string(i), kinds[below(5)], 1 + static_cast<int>(below(63))};
      if (signal.kind == Kind::bits) signal.width += static_cast<int>(below(2)) * 64;
      writer_->scope(instance).add(probes_[i], signal);
      std::string name = "soc." + instance + "." + signal.name;
      const bool wide = signal.kind == Kind::integer || signal.kind == Kind::bits;
      if (wide && signal.width > 1) name += "[" + std::to_string(signal.width - 1) + ":0]";
      unknown_[name] = signal.kind == Kind::real ? "nan" : signal.kind == Kind::text ? "-" : "x";
      for (auto changes = below(60); changes > 0; --changes)
        script_change(probes_[i], signal, name);
    }
  }

  void script_change(const Probe& probe, const Signal& signal, const std::string& name) {
    const std::int64_t end = static_cast<std::int64_t>(time_of(cycles_ + 5));
    const std::uint64_t time =
        below(2) ? time_of(below(cycles_ + 5)) : static_cast<std::uint64_t>(below(end));
    const int width = signal.width;
    const std::uint64_t number = static_cast<std::uint64_t>(random_()) << 32 | random_();
    const std::uint64_t few = below(2) ? number : static_cast<std::uint64_t>(below(3));
    const std::uint64_t masked = width >= 64 ? few : few & ((std::uint64_t{1} << width) - 1);
    switch (signal.kind) {
      case Kind::bit:
        set(name, time, few % 2 ? "1" : "0");
        steps_.push_back({time, [&probe, few] { probe.set(few % 2 == 1); }});
        return;
      case Kind::integer:
        set(name, time, binary(masked));
        steps_.push_back({time, [&probe, few] { probe.set(few); }});
        return;
      case Kind::real: {
        const double value = static_cast<double>(few % 1000) / 8 - 20;
        std::ostringstream text;
        text << value;
        set(name, time, text.str());
        steps_.push_back({time, [&probe, value] { probe.set(value); }});
        return;
      }
      case Kind::text:
        set(name, time, "word_" + std::to_string(few % 5));
        steps_.push_back({time, [&probe, few] { probe.set("word " + std::to_string(few % 5)); }});
        return;
      case Kind::bits: {
        const std::uint64_t low = width > 64 ? few : masked;
        const std::uint64_t high = width > 64 ? few & ((std::uint64_t{1} << (width - 64)) - 1) : 0;
        std::string bits = binary(low);
        if (high != 0) bits = binary(high) + std::string(64 - bits.size(), '0') + bits;
        set(name, time, bits);
        steps_.push_back({time, [&probe, few] {
                            const std::uint64_t words[] = {few, few};
                            probe.set_bits(words);
                          }});
        return;
      }
    }
  }

  /// Spans of random lengths, some booked late.
  void script_stage(StageId id) {
    const std::string name = "soc." + context_.ledger.name(id) + ".";
    unknown_[name + "state"] = "starved";
    unknown_[name + "cause"] = "no_more_rows";
    unknown_[name + "row[63:0]"] = unknown_[name + "token[31:0]"] = "x";
    unknown_[name + "queue[15:0]"] = "0";
    const bool kept = taken(name.substr(0, name.size() - 1));
    Activity activity = Activity::starved;
    stage::RowTag row;
    std::uint64_t booked = 0;
    for (std::int64_t begin = 0;;) {
      const bool last = below(12) == 0;
      const std::int64_t end =
          last ? cycles_ : std::min(cycles_, begin + (below(4) ? below(20) : 0));
      const StageId by = last || end == cycles_ ? stage::nobody : stages_[std::size_t(below(7))];
      if (end > begin && kept) {
        set(name + "state", time_of(begin), stage::name_of(activity));
        set(name + "cause", time_of(begin),
            activity == Activity::busy ? "-"
            : by == stage::nobody      ? "no_more_rows"
                                       : context_.ledger.name(by));
        const bool starved = activity == Activity::starved;
        set(name + "row[63:0]", time_of(begin), starved || !row.of_head() ? "x" : binary(row.id));
        set(name + "token[31:0]", time_of(begin), starved || row.of_head() ? "x" : binary(row.row));
      }
      if (end == cycles_) return;
      activity = static_cast<Activity>((static_cast<int>(activity) + 1 + below(2)) % 3);
      row = head_row(static_cast<std::uint16_t>(below(2)), static_cast<std::uint32_t>(below(6)));
      if (below(3) == 0) row.id = stage::RowTag::no_id;
      booked = std::max(booked, time_of(end + (below(3) ? 0 : below(10))));
      steps_.push_back({booked, [this, id, activity, end, row, by] {
                          context_.ledger.enter(id, activity, end, row, by);
                        }});
      begin = end;
    }
  }

  /// Rows come and go; around a row, the window follows from it.
  void script_queues() {
    for (const StageId id : stages_) {
      const auto& name = context_.ledger.name(id);
      const std::string signal = "soc." + name + ".queue[15:0]";
      const bool kept = taken("soc." + name);
      if (name == "bus.read") continue;
      const int head = name[4] - '0';
      const std::int64_t base = name.find("score") != std::string::npos   ? 0
                                : name.find("union") != std::string::npos ? 10
                                                                          : 20;
      // One row after the other: row r is there in [come, go).
      std::int64_t cycle = base + below(20);
      for (std::uint32_t r = 0; r < 6; ++r) {
        const std::int64_t come = cycle + below(20), go = come + below(30);
        cycle = go;
        if (go >= cycles_) break;
        const auto row = head_row(static_cast<std::uint16_t>(head), r);
        const auto queue = [&](std::int64_t at, int rows) {
          if (kept) set(signal, time_of(at), std::to_string(rows));
          steps_.push_back({time_of(at), [this, id, row, rows, at] {
                              context_.ledger.queue(id, row, rows, at);
                            }});
        };
        queue(come, 1);
        queue(go, 0);
        if (around_ < 0 || row.id != *options_.around) continue;
        if (base == 0) came_ = come;
        if (base == 20) left_ = go;
      }
    }
  }

  void compare() {
    std::int64_t from = options_.from, to = std::min(options_.to, cycles_);
    if (around_ >= 0) {
      if (!came_) {
        CHECK_FALSE(std::filesystem::exists(options_.path));
        return;
      }
      from = std::max<std::int64_t>(*came_ - options_.margin, 0);
      // Out of order, as a random row may leave before it has come: that is not seen.
      if (left_ && *left_ >= *came_) to = std::min(*left_ + options_.margin, cycles_);
    }
    const Dump dump = read_dump(place_.read("w.vcd"));
    CHECK(dump.begin() == time_of(from));
    CHECK(dump.end() == time_of(to));
    CHECK(std::is_sorted(dump.times.begin(), dump.times.end()));
    std::size_t expected = 0;
    for (const auto& [name, unknown] : unknown_) {
      CAPTURE(name);
      const std::string instance = name.substr(0, name.rfind('.'));
      if (!taken(instance)) {
        CHECK(dump.signals.count(name) == 0);
        continue;
      }
      ++expected;
      REQUIRE(dump.signals.count(name) == 1);
      CHECK(dump.signals.at(name) == shown(settings_[name], time_of(from), time_of(to), unknown));
    }
    CHECK(dump.signals.size() == expected);
  }

  std::mt19937 random_;
  std::int64_t cycles_ = 0;
  std::uint64_t start_ = 0;
  stage::Context context_{stage::Clock(200), stage::Ledger(false)};
  TemporaryDirectory place_;
  WaveOptions options_;
  std::int64_t around_ = -1;
  std::optional<std::int64_t> came_, left_;
  std::vector<StageId> stages_;
  std::vector<Probe> probes_;
  std::vector<Step> steps_;
  Settings settings_;
  std::map<std::string, std::string> unknown_;
  std::unique_ptr<WaveWriter> writer_;
};

}  // namespace

TEST_CASE("random machines in random windows show what a list of all values says") {
  for (unsigned seed = 0; seed < 1500; ++seed) {
    CAPTURE(seed);
    fresh_kernel();
    RandomRun(seed).run_and_compare();
  }
}
