// SPDX-License-Identifier: Apache-2.0
#include "tool/observation_options.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <utility>

#include "files/names.h"
#include "files/text.h"
#include "observe/time_text.h"

namespace topkima::platforms {
namespace {

namespace po = boost::program_options;

/// No single step of a machine takes as long, whatever its parameters.
constexpr std::int64_t default_watchdog = 1'000'000'000;

const char* const prefix = "command line: --";

std::vector<std::string> parts(const std::string& text, const std::string& option) {
  auto result = files::parts_of(text);
  if (result.empty() || std::count(result.begin(), result.end(), "") > 0)
    throw ConfigError(prefix + option + " = '" + echoed(text) + "' is not a list");
  return result;
}

std::uint64_t count(const std::string& text, const std::string& option) {
  return observe::parse_count(text, prefix + option);
}

int small_count(const std::string& text, const std::string& option) {
  const auto value = count(text, option);
  if (value > std::uint64_t(std::numeric_limits<int>::max()))
    throw ConfigError(prefix + option + " = " + echoed(text) + " is too large");
  return static_cast<int>(value);
}

/// In bytes.
std::int64_t megabytes(const std::string& text, const std::string& option) {
  constexpr std::uint64_t bytes_per_mb = 1'000'000, most = 1'000'000'000;
  const auto count = observe::count_in(text);
  if (!count || *count < 1 || *count > most)
    throw ConfigError(prefix + option + " = '" + echoed(text) +
                      "' is not valid; expected whole megabytes, 1.." + std::to_string(most));
  return static_cast<std::int64_t>(*count * bytes_per_mb);
}

std::string path(const std::string& text, const std::string& option) {
  if (text.empty()) throw ConfigError(prefix + option + " needs the name of a file");
  return text;
}

bool lies_in(std::filesystem::path inner, const std::filesystem::path& outer) {
  for (; inner != inner.root_path() && !inner.empty(); inner = inner.parent_path())
    if (inner == outer) return true;
  return false;
}

/// Options that say which vectors, and need a place for them.
bool shape_vectors(const std::string& name, const std::string& text,
                   const observe::Numbering& numbering, VectorOptions& vectors) {
  if (name == "vectors.block") {
    vectors.blocks.clear();
    for (const auto& part : parts(text, name)) {
      const auto* block = config::find_word<config::Block>(part);
      if (!block || config::is_composite(*block))
        throw ConfigError(prefix + name + ": there is no block '" + echoed(part) + "'; expected " +
                          config::listed(config::single_blocks()));
      auto& blocks = vectors.blocks;
      if (std::find(blocks.begin(), blocks.end(), *block) == blocks.end()) blocks.push_back(*block);
    }
  } else if (name == "vectors.head") {
    vectors.head = small_count(text, name);
  } else if (name == "vectors.crossbar") {
    vectors.crossbar = small_count(text, name);
  } else if (name == "vectors.rows") {
    vectors.rows = observe::parse_row_range(text, prefix + name, numbering);
  } else {
    return false;
  }
  return true;
}

/// TIME or TIME=TEXT.
std::pair<std::int64_t, std::string> mark_of(const std::string& text, const stage::Clock& clock,
                                             const std::string& option) {
  constexpr std::size_t longest = 40;
  const auto equals = text.find('=');
  const std::string what = equals == std::string::npos ? "mark" : text.substr(equals + 1);
  if (what.empty() || what.size() > longest)
    throw ConfigError(option + " = '" + echoed(text) +
                      "' is not valid; expected TIME or TIME=TEXT of 1.." +
                      std::to_string(longest) + " characters");
  return {observe::parse_cycles(text.substr(0, equals), clock, option), what};
}

/// Options that say how a waveform is to be cut, and need one.
bool shape_wave(const std::string& name, const std::string& text, const stage::Clock& clock,
                const observe::Numbering& numbering, observe::WaveOptions& wave,
                std::vector<int>& tokens) {
  if (name == "wave.from")
    wave.from = observe::parse_cycles(text, clock, prefix + name);
  else if (name == "wave.to")
    wave.to = observe::parse_cycles(text, clock, prefix + name);
  else if (name == "wave.around") {
    const auto rows = observe::parse_row_range(text, prefix + name, numbering);
    wave.around = rows.last;
    wave.since = rows.first;
  } else if (name == "wave.open")
    for (const auto& part : parts(text, name)) wave.open.push_back(part);
  else if (name == "wave.mark")
    wave.mark = mark_of(text, clock, prefix + name);
  else if (name == "wave.margin")
    wave.margin = small_count(text, name);
  else if (name == "wave.max_mb")
    wave.max_bytes = megabytes(text, name);
  else if (name == "wave.scope")
    for (const auto& part : parts(text, name)) wave.scopes.push_back(part);
  else if (name == "wave.tokens")
    for (const auto& part : parts(text, name)) {
      const int token = small_count(part, name);
      if (std::find(tokens.begin(), tokens.end(), token) == tokens.end()) tokens.push_back(token);
    }
  else
    return false;
  return true;
}

}  // namespace

po::options_description observation_options() {
  const auto text = [](const char* value) { return po::value<std::string>()->value_name(value); };
  const std::string blocks = config::listed(config::single_blocks(), "", ", ");
  const std::string in_crossbars = config::listed(config::crossbar_blocks(), "", " and ");
  po::options_description options("Observing a run (--help observing; docs/debugging.md)");
  options.add_options()(
      "layer", text("N"),
      "with --model: the layer whose attention module is looked into (default 0)")(
      "wave", text("FILE.vcd|.fst"), "waveforms, with a GTKWave save file beside them")(
      "wave.from", text("TIME"), "first cycle to show: 12.5us, or cycles")(
      "wave.to", text("TIME"), "first cycle not to show")(
      "wave.around", text("ROW"),
      "show the way of a row, ID or HEAD:ROW, or of several, 2:4-2:5, through its head")(
      "wave.margin", text("N"), "cycles before and behind that way (default 20)")(
      "wave.scope", text("GLOB,..."), "instances to show: soc.head3.*; repeatable")(
      "wave.open", text("INSTANCE,..."),
      "instances that GTKWave shows first, unfolded; repeatable")(
      "wave.mark", text("TIME[=TEXT]"), "a marker at this time, with this text")(
      "wave.tokens", text("N,..."), "tokens whose bit lines to show; repeatable")(
      "wave.max_mb", text("N"), "size at which a waveform ends (default 200)")(
      "timeline", text("FILE.json"), "every stage's work and waits, for ui.perfetto.dev")(
      "timeline.rows", text("A-B"), "only these rows, as 12-17 or 2:0-2:5")(
      "timeline.max_mb", text("N"), "size at which a timeline ends (default 200)")(
      "vectors", text("DIR"), "stimulus and expected results of blocks (docs/vectors.md)")(
      "vectors.block", text("NAME,..."),
      ("vectors of these blocks: " + blocks + " (default: all of a head)").c_str())(
      "vectors.head", text("N"), "vectors of this head (default: that of the first row, else 0)")(
      "vectors.crossbar", text("N"),
      ("vectors of this crossbar, for " + in_crossbars + " (default 0)").c_str())(
      "vectors.rows", text("A-B"), "only these rows, as 12-17 or 2:0-2:5")(
      "cosim.annotate", text("FILE.ini"),
      "timing parameters with which the model takes the cycles of the RTL (docs/annotation.md)")(
      "cosim.inner", text("GLOB,..."),
      "signals within RTL to show: soc.head0.topk0.rtl; repeatable (default: in the waveform of a "
      "divergence, those of the RTL that differs)")(
      "cosim.inner_depth", text("N"), "levels of the hierarchy of RTL to show (default: all)")(
      "cosim.coverage", text("DIR"),
      "what is covered of pin contracts and RTL, into a directory of its own (docs/coverage.md)")(
      "row", text("ID,..."), "everything about a row, by its id or as HEAD:ROW; repeatable")(
      "row.format", text("text|json"), "how rows are told (default text)")(
      "token", text("N"), "with --row: whether this token was selected, and why")(
      "stop-at", text("POINT"),
      "where to stop: row=ID or row=HEAD:ROW, cycle=N, a time, or stall=N; repeatable")(
      "watchdog", text("N"), "cycles without any progress that are a failure (default 10^9)")(
      "log.level", text("LEVEL"),
      "what is told to standard error as it happens: off, info, debug or trace")(
      "log.filter", text("GLOB=LEVEL,..."),
      "another level of --log.level for some instances; repeatable");
  return options;
}

Observation make_observation(const GivenOptions& given, const config::Settings& settings,
                             const observe::Numbering& numbering) {
  Observation observation;
  const stage::Clock clock(settings.real("clock.frequency_mhz"));
  observe::WaveOptions wave;
  VectorOptions vectors;
  std::string shapes_wave, shapes_timeline, shapes_vectors;
  observation.watchdog = default_watchdog;
  static const std::set<std::string> repeatable{
      "wave.scope", "wave.tokens", "wave.open", "cosim.inner", "row", "stop-at", "log.filter"};
  static const std::set<std::string> paths{"wave", "timeline", "vectors", "cosim.annotate"};
  std::set<std::string> seen;
  for (const auto& [name, value] : given) {
    const std::string text = paths.count(name) > 0 ? value : files::trimmed(value);
    if (!seen.insert(name).second && repeatable.count(name) == 0)
      throw ConfigError(prefix + name + " is given twice");
    if (name == "layer") {
      observation.layer = small_count(text, name);
    } else if (name == "wave") {
      wave.path = path(text, name);
    } else if (shape_wave(name, text, clock, numbering, wave, observation.wave_tokens)) {
      shapes_wave = name;
    } else if (name == "timeline") {
      observation.timeline = path(text, name);
    } else if (name == "timeline.rows") {
      observation.timeline_rows = observe::parse_row_range(text, prefix + name, numbering);
      shapes_timeline = name;
    } else if (name == "timeline.max_mb") {
      observation.timeline_bytes = megabytes(text, name);
      shapes_timeline = name;
    } else if (name == "vectors") {
      if (text.empty()) throw ConfigError(prefix + name + " needs the name of a directory");
      vectors.directory = text;
    } else if (shape_vectors(name, text, numbering, vectors)) {
      shapes_vectors = name;
    } else if (name == "cosim.inner") {
      for (const auto& part : parts(text, name)) observation.inner.globs.push_back(part);
    } else if (name == "cosim.inner_depth") {
      observation.inner.depth = small_count(text, name);
      if (observation.inner.depth == 0)
        throw ConfigError(prefix + name + " = 0 is not valid; expected 1 or more");
    } else if (name == "cosim.annotate") {
      observation.annotation = path(text, name);
    } else if (name == "row") {
      for (const auto& part : parts(text, name))
        observation.rows.push_back(observe::parse_row(part, prefix + name, numbering));
    } else if (name == "row.format") {
      if (text != "text" && text != "json")
        throw ConfigError(prefix + name + " = '" + echoed(text) +
                          "' is not valid; expected text or json");
      observation.rows_as_json = text == "json";
    } else if (name == "token") {
      observation.token = small_count(text, name);
    } else if (name == "stop-at") {
      observation.stop_at.add(text, clock, prefix + name, numbering);
    } else if (name == "watchdog") {
      const auto cycles = count(text, name);
      if (cycles < 1 || cycles > std::uint64_t(default_watchdog))
        throw ConfigError(prefix + name + " = " + echoed(text) + " is not valid; expected 1.." +
                          std::to_string(default_watchdog));
      observation.watchdog = static_cast<std::int64_t>(cycles);
    } else if (name == "log.level") {
      observation.log_level = text;
    } else {
      for (const auto& part : parts(text, name)) observation.log_filters.push_back(part);
    }
  }
  if (wave.path.empty() && !shapes_wave.empty())
    throw ConfigError(prefix + shapes_wave + " needs --wave FILE");
  if (observation.timeline.empty() && !shapes_timeline.empty())
    throw ConfigError(prefix + shapes_timeline + " needs --timeline FILE");
  if (vectors.directory.empty() && !shapes_vectors.empty())
    throw ConfigError(prefix + shapes_vectors + " needs --vectors DIR");
  if (vectors.rows && seen.count("vectors.head") == 0)
    vectors.head = numbering().tag(vectors.rows->first).head;
  if (vectors.blocks.empty())
    vectors.blocks = config::single_blocks(settings.choice<config::SoftmaxMacro>("softmax.macro"));
  if (!vectors.directory.empty()) observation.vectors = vectors;
  if (observation.rows.empty() && observation.token)
    throw ConfigError(std::string(prefix) + "token needs --row ID");
  if (!wave.path.empty()) {
    observation.wave = wave;
    observation.clock_only_watched = settings.is("fidelity.all", "auto");
  }
  return observation;
}

std::optional<CoverageOptions> coverage_of(const std::string& directory, int argc, char** argv,
                                           const std::string& input) {
  if (directory.empty()) return {};
  return CoverageOptions{directory, {argv, argv + argc}, input, ""};
}

void check_places(const Observation& observation, const std::string& output) {
  namespace fs = std::filesystem;
  struct Place {
    std::string path, what;
    fs::path whole;
    bool is_directory;
  };
  std::vector<Place> places;
  const auto add = [&](const std::string& path, const std::string& what, bool is_directory) {
    const Place place{path, what, files::followed(path), is_directory};
    for (const Place& other : places) {
      if (place.whole == other.whole)
        throw ConfigError("command line: " + path + " is to hold both " + other.what + " and " +
                          what);
      for (const auto& [outer, inner] : {std::pair(other, place), std::pair(place, other)})
        if (outer.is_directory && lies_in(inner.whole, outer.whole))
          throw ConfigError("command line: " + inner.path + " lies in the " + outer.what + " " +
                            outer.path + ", which the run replaces; put it beside");
    }
    places.push_back(place);
  };
  add(output, "output directory", true);
  if (observation.wave) {
    add(observation.wave->path, "waveform", false);
    add(fs::path(observation.wave->path).replace_extension(".gtkw"), "the waveform's view", false);
  }
  if (!observation.timeline.empty()) add(observation.timeline, "timeline", false);
  if (!observation.annotation.empty()) add(observation.annotation, "annotation", false);
  if (observation.coverage) add(observation.coverage->directory, "coverage", false);
  if (observation.vectors)
    for (const auto block : observation.vectors->blocks)
      add(observation.vectors->directory + "/" + config::word(block), "vectors' directory", true);
}

}  // namespace topkima::platforms
