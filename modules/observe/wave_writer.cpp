// SPDX-License-Identifier: Apache-2.0
#include "observe/wave_writer.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "config/errors.h"
#include "observe/fst_converter.h"
#include "observe/gtkwave_view.h"
#include "observe/machine_state.h"

namespace topkima::observe {

namespace fs = std::filesystem;
using stage::Activity, stage::StageId;

namespace {

/// More would not be kept in memory while the row is awaited.
constexpr std::int64_t most_margin = 100'000;

/// What of a waveform is on the screen around a mark.
constexpr std::uint64_t cycles_before_mark = 100, cycles_behind_mark = 30;

std::string megabytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, bytes < 100'000 ? "%.3f MB" : "%.1f MB",
                static_cast<double>(bytes) / 1e6);
  return text;
}

/// Of these signals, for a line of text.
std::string within_rtl(const std::vector<const WaveSignal*>& signals) {
  const auto count = std::count_if(signals.begin(), signals.end(),
                                   [](const auto* wave) { return wave->signal.inner; });
  return count == 0 ? "" : " (" + std::to_string(count) + " of them within RTL)";
}

WaveWindow window_of(const WaveOptions& options, const stage::Clock& clock) {
  if (options.around) return {clock, options.margin, options.max_bytes};
  return {clock, options.from, options.to, options.max_bytes};
}

}  // namespace

WaveWriter::WaveWriter(const WaveOptions& options, stage::Context& context, std::string top)
    : options_(options),
      context_(context),
      top_(std::move(top)),
      dump_(options.path),
      view_(fs::path(options.path).replace_extension(".gtkw")),
      filter_(options.scopes),
      window_(window_of(options, context.clock)),
      probes_(window_, body_),
      stages_(window_, context.ledger, top_),
      levels_(window_),
      first_way_(head_stages_) {
  check_options();
  if (options.around) first_way_.only(*options.around);
  context.ledger.observe(*this);
}

void WaveWriter::check_options() {
  const fs::path path = options_.path;
  const auto refuse = [this](const std::string& why) {
    throw ConfigError(options_.path + ": " + why);
  };
  fst_ = path.extension() == ".fst";
  if (!fst_ && path.extension() != ".vcd") refuse("a waveform's name must end in .vcd or .fst");
  if (options_.from < 0) refuse("a waveform cannot begin before cycle 0");
  if (options_.to <= options_.from) refuse("a waveform must end after the cycle it begins in");
  if (options_.around && (options_.from != 0 || options_.to != WaveWindow::open_end))
    refuse("a waveform around a row takes neither begin nor end");
  if (options_.margin < 0 || options_.margin > most_margin)
    refuse("the margin around a row must be 0 to " + std::to_string(most_margin) + " cycles");
  if (options_.max_bytes <= 0) refuse("the size of a waveform must be positive");

  if (fst_ && !FstConverter::installed())
    refuse("needs vcd2fst: apt-get install gtkwave, or write a .vcd");
  if (!body_.create_nameless(dump_.partial() + ".body"))
    refuse(std::string("cannot be created: ") + std::strerror(body_.error()));
}

stage::ProbeScope& WaveWriter::scope(const std::string& instance) {
  const std::string name = top_ + "." + instance;
  return scopes_.emplace_back(*this, name, filter_.takes(name));
}

void WaveWriter::announce(const std::string& instance) {
  announced_.push_back(top_ + "." + instance);
  filter_.takes(announced_.back());
}

void WaveWriter::show(std::vector<Levels> levels) {
  for (auto& one : levels) {
    one.scope = top_ + "." + one.scope;
    if (filter_.takes(one.scope))
      shown_levels_.push_back(std::move(one));
    else
      ++unconnected_;
  }
}

void WaveWriter::check_scopes() {
  if (options_.scopes.empty()) return;
  std::string example;
  bool any = probes_.count() > 0;
  for (const auto& instance : announced_) any = filter_.takes(instance) || any;
  for (const auto& account : context_.ledger.accounts()) {
    if (!account.accounted) continue;
    any = filter_.takes(top_ + "." + account.name) || any;
    if (example.empty() || account.kind == stage::kinds::score.name)
      example = top_ + "." + account.name;
  }
  const std::string idle = filter_.idle();
  if (!idle.empty())
    throw ConfigError("waveform: no instance matches '" + echoed(idle) + "'; an instance is " +
                      example);
  if (!any) throw ConfigError("waveform: these instances have no signals at row fidelity");
}

void WaveWriter::Scope::add(stage::Probe& probe, const stage::Signal& signal) {
  if (kept_)
    writer_.probes_.add(probe, name_, signal);
  else
    ++writer_.unconnected_;
}

void WaveWriter::resolve_stages() {
  if (resolved_ == context_.ledger.accounts().size()) return;
  resolved_ = context_.ledger.accounts().size();
  held_.resize(resolved_);
  head_stages_.resolve(context_.ledger);
  stages_.resolve([this](const std::string& scope) { return filter_.takes(scope); });
}

void WaveWriter::entered(StageId stage, Activity activity, const stage::RowTag& row,
                         std::int64_t cycle) {
  resolve_stages();
  if (window_.origin() != origin_) {
    origin_ = window_.origin();
    first_way_.restart(window_.from());
  }
  if (activity == Activity::busy)
    first_way_.served(stage, row, cycle);
  else if (activity == Activity::blocked)
    first_way_.done(stage, row, cycle);
}

void WaveWriter::ended(const stage::Span& span) {
  resolve_stages();
  stages_.ended(span);
}

void WaveWriter::queued(StageId stage, const stage::RowTag& row, int rows, std::int64_t cycle) {
  resolve_stages();
  stages_.queued(stage, rows, cycle);
  int& held = held_[static_cast<std::size_t>(stage)];
  const bool came = rows > held;
  held = rows;
  if (!row.of_head()) return;
  if (!came && head_stages_.last(stage)) first_way_.left(row, cycle);
  if (options_.around) follow(stage, row, came, cycle);
}

void WaveWriter::follow(StageId stage, const stage::RowTag& row, bool came, std::int64_t cycle) {
  if (row.id == options_.since.value_or(*options_.around) && !window_.found() && came &&
      head_stages_.first(stage)) {
    if (options_.scopes.empty()) {
      filter_ = ScopeFilter({top_ + "." + group_of(stage)});
      const auto kept = [this](const std::string& scope) { return filter_.takes(scope); };
      probes_.keep(kept);
      stages_.resolve(kept);
    }
    window_.open(std::max<std::int64_t>(cycle - options_.margin, 0));
    probes_.window_found();
    stages_.window_found();
  } else if (row.id == *options_.around && window_.found() && !came && head_stages_.last(stage)) {
    window_.close(cycle + options_.margin);
  }
}

std::string WaveWriter::group_of(StageId stage) const {
  const std::string& name = context_.ledger.name(stage);
  return name.substr(0, name.find('.'));
}

void WaveWriter::finish(std::int64_t end) {
  if (finished_) return;
  finished_ = true;
  probes_.finish();
  resolve_stages();
  if (!window_.found()) {
    summary_ = options_.path + ": not written, row " +
               std::to_string(options_.since.value_or(*options_.around)) +
               " did not come to a head";
    return;
  }
  if (window_.from() >= end) {
    summary_ = options_.path + ": not written, the run ended in cycle " + std::to_string(end) +
               ", before the window";
    return;
  }
  window_.close(std::min(window_.to(), end));
  stages_.finish(end);
  try {
    write_files();
  } catch (...) {
    dump_.discard();
    view_.discard();
    throw;
  }
}

void WaveWriter::write_files() {
  if (!body_.flush()) dump_.fail("written", body_.error());
  WaveDump dump;
  levels_.set(shown_levels_);
  dump.collect(probes_, stages_, levels_);
  const RowWay* way = first_way_.first(window_.to());
  Grants grants;
  if (way) {
    for (const auto& [stage, begin] : way->services)
      if (head_stages_.score(stage))
        grants =
            Grants(dump.signals(), top_ + "." + group_of(stage) + ".", window_.time_of(begin),
                   window_.time_of(std::max(way->scored, begin)), context_.clock.period().value());
  }
  // The converter may leave a file of the hierarchy, too; what is beside the dump goes with it.
  const std::string written = dump_.partial() + (fst_ ? ".vcd" : "");
  files::OutputFile file;
  if (file.create(written)) dump.write(file, probes_, stages_, levels_, body_, window_, grants);
  if (!file.close() || body_.error() != 0)
    dump_.fail("written", file.error() != 0 ? file.error() : body_.error());
  if (fst_) {
    const std::string why = FstConverter::convert(written, dump_.partial());
    if (!why.empty()) throw SimulationError(options_.path + ": cannot be written: " + why);
  }

  // A row that was cut off by the size is not shown as a whole.
  if (way && window_.time_of(way->left) > dump.end()) way = nullptr;
  files::OutputFile view;
  if (view.create(view_.partial())) view.append(view_of(dump, way, grants));
  if (!view.close()) view_.fail("written", view.error());
  view_.commit();
  try {
    dump_.commit();
  } catch (...) {
    ::unlink(view_.path().c_str());
    throw;
  }
  summary_ = describe(dump);
}

std::string WaveWriter::view_of(const WaveDump& dump, const RowWay* way,
                                const Grants& grants) const {
  WaveView view;
  view.dump = fs::path(options_.path).filename().string();
  view.from = window_.from_time();
  view.to = dump.end();
  for (const auto* wave : dump.signals())
    if (wave->first_change < dump.end()) view.signals.push_back(wave);
  if (way) {
    view.from = window_.time_of(way->services.front().second);
    view.to = window_.time_of(way->left);
    view.open = group_of(way->services.front().first);
    view.title = row_name(way->row);
    for (const auto& [stage, cycle] : way->services) {
      const auto& name = context_.ledger.name(stage);
      view.markers.push_back({window_.time_of(cycle), name.substr(name.find('.') + 1)});
    }
    view.markers.push_back({window_.time_of(way->left), "has left"});
    if (grants.any()) {
      view.markers.push_back({grants.first(), "first grant"});
      view.markers.push_back({grants.last(), "last grant"});
    }
    std::stable_sort(view.markers.begin(), view.markers.end(),
                     [](const WaveMarker& a, const WaveMarker& b) { return a.time < b.time; });
  }
  for (const auto& instance : options_.open)
    view.first.push_back(instance.substr(std::min(instance.size(), top_.size() + 1)));
  if (options_.mark) {
    const std::uint64_t at = window_.time_of(options_.mark->first);
    view.markers.push_back({at, options_.mark->second});
    view.cursor = at;
    if (!way) {  // the row did not come to its end
      const std::uint64_t cycle = context_.clock.period().value();
      view.from = std::max(view.from, at - std::min(at, cycles_before_mark * cycle));
      view.to = std::min(view.to, at + cycles_behind_mark * cycle);
    }
  }
  return gtkwave_view(view);
}

std::string WaveWriter::describe(const WaveDump& dump) const {
  const auto period = context_.clock.period().value();
  const auto last = static_cast<std::int64_t>((dump.end() - window_.origin()) / period);
  std::error_code untold;
  const auto bytes = fs::file_size(options_.path, untold);
  std::string text = options_.path + ": cycles " + std::to_string(window_.from()) + " to " +
                     std::to_string(last) + ", " + std::to_string(dump.signals().size()) +
                     " signals" + within_rtl(dump.signals()) +
                     (untold ? "" : ", " + megabytes(std::int64_t(bytes))) + "; gtkwave " +
                     options_.path + " " + view_.path();
  if (dump.cut())
    text += "\nnothing from cycle " + std::to_string(last) +
            " on: " + megabytes(options_.max_bytes) +
            " of VCD are full; --wave.max_mb for more, --wave.from, --wave.to or --wave.scope for "
            "less";
  const std::string idle = filter_.idle();
  if (!idle.empty()) text += "\nno instance matches " + idle;
  const std::size_t all = stages_.all_signals() + probes_.count() + unconnected_;
  if (all > dump.signals().size())
    text += "\n" + std::to_string(all - dump.signals().size()) +
            " signals of other instances left out; --wave.scope brings them";
  return text;
}

}  // namespace topkima::observe
