// SPDX-License-Identifier: Apache-2.0
#include "cosim/coverage.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "config/parameter_table.h"
#include "files/json_text.h"
#include "files/names.h"
#include "files/output_file.h"
#include "files/partial.h"
#include "version.h"

namespace topkima::platforms {
namespace {

namespace fs = std::filesystem;
using config::Block;
using json = nlohmann::ordered_json;

const char* const index_name = "index.json";

/// "topk-my_counter-COLUMNS_256_CODE_BITS_8.dat"
std::string counts_name(const cosim::RtlInfo& info) {
  std::string parameters = info.parameters;
  for (char& c : parameters)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return std::string(info.block) + "-" + info.name + "-" + parameters + ".dat";
}

/// As verilator_coverage reads it: lines of all instances together.
std::string counts_text(const cosim::RtlInfo& info,
                        const std::map<std::string, std::uint64_t>& counts) {
  std::string text = "# SystemC::Coverage-3\n";
  for (const auto& [key, count] : counts)
    text += "C '" + key + "\1h\2" + info.block + "' " + std::to_string(count) + "\n";
  return text;
}

/// Where a run's directory grows, in `directory`, whose name it will have, and some letters.
fs::path place_in(const std::string& directory) {
  return fs::path(files::followed(directory)) / "run";
}

[[noreturn]] void cannot_write(const std::string& directory, const std::string& why) {
  throw SimulationError(directory + ": coverage cannot be written: " + why);
}

void write(const std::string& path, const std::string& text, const std::string& directory) {
  files::OutputFile file;
  const bool written = file.create(path) && (file.append(text), file.close());
  if (!written) cannot_write(directory, std::generic_category().message(file.error()));
}

}  // namespace

Coverage::Coverage(const CoverageOptions& options, const config::MachineConfig& config,
                   const config::Settings& settings, const stage::Clock& clock,
                   const Cosimulation& cosimulation, const std::string& tool)
    : options_(options),
      config_(config),
      settings_(settings),
      clock_(clock),
      cosimulation_(cosimulation),
      tool_(tool) {
  const auto place = place_in(options.directory);
  try {
    fs::create_directories(place.parent_path());
    files::Partial probe(place);
  } catch (const std::system_error& error) {
    throw ConfigError("--cosim.coverage " + options.directory +
                      ": cannot be written to: " + error.code().message());
  }
}

void Coverage::bind(AttentionHead& head) {
  for (const Block block : config::single_blocks(config_.softmax.macro)) {
    if (!config_.cosim.of(block).is_tlm() && !config_.cosim.in(head.number())) continue;
    for (std::size_t i = 0; i < instances_in(head, block); ++i) bind(head, block, i);
  }
}

void Coverage::bind(const SocParts& soc) {
  for (const Block block : config::blocks)
    if (config::is_of_soc(block))
      subject(block).cases.push_back(soc_block_rtl(block).cover_in(soc));
}

void Coverage::bind(AttentionHead& head, Block block, std::size_t crossbar) {
  const auto* rtl = cosimulation_.rtl_of(head.number(), block, crossbar);
  subject(block).cases.push_back(block_rtl(block).cover(
      {config_, clock_, head, crossbar, rtl ? &rtl->parameters() : nullptr}));
}

Coverage::Subject& Coverage::subject(Block block) {
  for (auto& subject : subjects_)
    if (subject.block == block) return subject;
  subjects_.push_back({block, {}});
  return subjects_.back();
}

nlohmann::ordered_json Coverage::subject_json(const Subject& subject) const {
  json cases = json::array();
  for (const auto& count : subject.cases.front()->counts())
    cases.push_back({{"name", count.name}, {"section", count.section}, {"times", 0}});
  std::int64_t transactions = 0;
  for (const auto& observer : subject.cases) {
    observer->conclude();
    transactions += observer->transactions();
    const auto counts = observer->counts();
    for (std::size_t i = 0; i < counts.size(); ++i)
      cases[i]["times"] = cases[i]["times"].get<std::int64_t>() + counts[i].times;
  }
  const auto& model = config_.cosim.of(subject.block);
  json rtl;
  if (!model.is_tlm())
    rtl = {{"block", config::word(model.block)}, {"name", model.rtl}, {"beside", !model.is_rtl()}};
  return {{"block", config::word(subject.block)},
          {"rtl", rtl},
          {"transactions", transactions},
          {"cases", cases}};
}

nlohmann::ordered_json Coverage::rtl_json(const cosim::RtlInfo& info) const {
  json rtl{{"block", info.block},
           {"name", info.name},
           {"parameters", info.parameters},
           {"sources", info.sources},
           {"tool", info.tool}};
  if (cosimulation_.counts_of(info).empty()) return rtl;
  rtl["counts"] = counts_name(info);
  rtl["files"] = json::array();
  const std::string files = info.files;  // "DIGEST PATH" each
  for (std::size_t begin = 0, end; begin < files.size(); begin = end + 1) {
    end = files.find('\n', begin);
    const auto space = files.find(' ', begin);
    rtl["files"].push_back({{"sha256", files.substr(begin, space - begin)},
                            {"path", files.substr(space + 1, end - space - 1)}});
  }
  return rtl;
}

/// What has been chosen for the run, beside its input.
nlohmann::ordered_json Coverage::settings_json() const {
  json chosen = json::object();
  for (const auto& parameter : config::parameter_table())
    if (settings_.is_chosen(parameter.name)) chosen[parameter.name] = settings_.shown(parameter);
  return chosen;
}

nlohmann::ordered_json Coverage::index(const std::string& ended) const {
  json about{{"schema", "topkima-coverage"},
             {"schema_version", 1},
             {"tool", tool_},
             {"version", version::project},
             {"git_revision", version::git_revision},
             {"command_line", options_.command_line},
             {"input", options_.input}};
  if (!options_.part.empty()) about["part"] = options_.part;
  about["settings"] = settings_json();
  about["ended"] = ended;
  json blocks = json::array();
  for (const auto& subject : subjects_) blocks.push_back(subject_json(subject));
  about["blocks"] = std::move(blocks);
  about["rtl"] = json::array();
  for (const auto* info : cosimulation_.rtl()) about["rtl"].push_back(rtl_json(*info));
  return about;
}

std::vector<std::pair<std::string, std::string>> Coverage::files(const std::string& ended) const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto* info : cosimulation_.rtl())
    if (const auto counts = cosimulation_.counts_of(*info); !counts.empty())
      all.emplace_back(counts_name(*info), counts_text(*info, counts));
  all.emplace_back(index_name, files::json_text(index(ended), 1) + "\n");
  return all;
}

std::string Coverage::finish(const std::string& ended) const {
  const auto all = files(ended);
  const auto place = place_in(options_.directory);
  try {
    for (;;) {
      const files::Partial partial(place);
      fs::create_directory(partial.content());
      for (const auto& [name, text] : all)
        write(partial.content() + "/" + name, text, options_.directory);
      const std::string letters = partial.directory().substr(partial.directory().size() - 6);
      const std::string own = place.string() + "-" + letters;
      // Renamed over a directory with anything in it, which somebody else has made.
      std::error_code error;
      fs::rename(partial.content(), own, error);
      if (error == std::errc::directory_not_empty || error == std::errc::file_exists) continue;
      if (error) throw std::system_error(error);
      return "coverage        " + options_.directory + "/" + fs::path(own).filename().string() +
             without_counts() + "\n";
    }
  } catch (const std::system_error& error) {
    cannot_write(options_.directory, error.code().message());
  }
}

/// What to do for lines and signals that have not been counted.
std::string Coverage::without_counts() const {
  std::set<std::string> targets;
  for (const auto* info : cosimulation_.rtl())
    if (cosimulation_.counts_of(*info).empty())
      targets.insert(std::string("rtl_coverage_") + info->block + "_" + info->name);
  std::string text;
  for (const auto& target : targets) text += (text.empty() ? "" : " ") + target;
  return text.empty() ? "" : " (lines not counted: scripts/setup " + text + " builds what does)";
}

}  // namespace topkima::platforms
