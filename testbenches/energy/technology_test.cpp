// SPDX-License-Identifier: Apache-2.0
#include "energy/technology.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "config/shipped_technologies.h"
#include "support/temporary_directory.h"

using namespace topkima;
using energy::Provenance;

namespace {

/// The text of a technology with all constants at their lowest, but for what `replaced` says.
std::string text_with(const std::string& section, const std::string& key,
                      const std::string& value) {
  std::string text = "[technology]\nname = test\n";
  for (const auto& constant : config::technology_constants()) {
    const auto put = [&](const std::string& name, const std::string& otherwise) {
      const bool here = section == constant.name && key == name;
      if (!here || value != "-") text += name + " = " + (here ? value : otherwise) + "\n";
    };
    text += "[" + std::string(constant.name) + "]\n";
    put("value", std::to_string(constant.low));
    for (const char* bound : {"low", "high", "node", "conditions"})
      if (section == constant.name && key == bound) put(bound, "");
    put("unit", constant.unit);
    put("provenance", "literature");
    put("citation", "a book");
  }
  return text;
}

/// The same, with a row of SRAM that takes `value`, and what `more` says of it.
std::string text_of_row(const std::string& value, const std::string& more) {
  std::string text = text_with("sram.row_read", "value", value);
  const std::string section = "[sram.row_read]\n";
  return text.insert(text.find(section) + section.size(), more);
}

const energy::Technology::Value& row_of(const energy::Technology& technology) {
  return technology.values[config::technology_constant("sram.row_read")];
}

std::string message_of(const std::string& text) {
  try {
    energy::parse_technology(text, "t.ini");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every constant of a shipped technology has unit, provenance and citation") {
  REQUIRE(std::size(config::shipped_technologies) == 2);
  for (const auto& shipped : config::shipped_technologies) {
    const std::string name = shipped.name;
    const auto technology = energy::read_technology(name);
    CHECK(technology.name == name);
    REQUIRE(technology.values.size() == config::technology_constants().size());
    for (const auto& value : technology.values) CHECK(value.citation.size() > 10);
  }
  CHECK(energy::read_technology("65nm")["process.node"].value == 65);
  CHECK(energy::read_technology("32nm")["process.node"].value == 32);
}

TEST_CASE("the constants fit into what a traced number can tell apart") {
  CHECK(config::technology_constants().size() <= energy::most_constants);
}

TEST_CASE("a technology file is refused with file, section and what was expected") {
  struct Bad {
    std::string section, key, value, message;
  };
  const std::vector<Bad> table{
      {"sram.row_read", "value", "-", "t.ini: [sram.row_read] value is missing"},
      {"sram.row_read", "value", "nan", "t.ini: [sram.row_read] value = 'nan' is not valid"},
      {"sram.row_read", "value", "-1", "t.ini: [sram.row_read] value = '-1' is not valid"},
      {"sram.row_read", "value", "1 pJ", "t.ini: [sram.row_read] value = '1 pJ' is not valid"},
      {"sram.row_read", "value", "", "t.ini: [sram.row_read] value = '' is not valid"},
      {"logic.activity", "value", "1.5", "t.ini: [logic.activity] value = '1.5' is not valid"},
      {"sram.row_read", "unit", "nJ", "t.ini: [sram.row_read] unit = 'nJ'; expected 'pJ'"},
      {"sram.row_read", "provenance", "guess",
       "expected literature, derived, measured or assumption"},
      {"sram.row_read", "provenance", "given", "expected literature, derived, measured or"},
      {"sram.row_read", "citation", "", "t.ini: [sram.row_read] citation: expected 1..280"},
      {"sram.row_read", "citation", "-", "t.ini: [sram.row_read] citation is missing"},
      {"sram.row_read", "conditions", "", "t.ini: [sram.row_read] conditions: expected 1..280"},
      {"sram.row_read", "node", "", "node = '' is not valid; expected 1..1000 nm, or any"},
      {"sram.row_read", "node", "45 nm",
       "node = '45 nm' is not valid; expected 1..1000 nm, or any"},
      {"sram.row_read", "low", "0",
       "t.ini: [sram.row_read] high is missing; expected both low and high, or neither where there "
       "is one source"},
      {"sram.row_read", "high", "9", "t.ini: [sram.row_read] low is missing; expected both"},
  };
  CHECK(message_of(text_with("", "", "")).empty());
  for (const auto& bad : table) {
    const auto message = message_of(text_with(bad.section, bad.key, bad.value));
    INFO(bad.section << " " << bad.key << " = " << bad.value << ": " << message);
    CHECK(message.find(bad.message) != std::string::npos);
  }
}

TEST_CASE("bounds lie around their value, within the constant's range") {
  const auto refused = [](const std::string& low, const std::string& high) {
    return message_of(text_of_row("0.5", "low = " + low + "\nhigh = " + high + "\n"));
  };
  CHECK(refused("0.5", "0.5").empty());
  CHECK(refused("0.6", "0.7") ==
        "t.ini: [sram.row_read] low = '0.6' is not valid; expected at most the value, 0.5");
  CHECK(refused("0.4", "0.45") ==
        "t.ini: [sram.row_read] high = '0.45' is not valid; expected at least the value, 0.5");
  CHECK(refused("-1", "1") == "t.ini: [sram.row_read] low = '-1' is not valid; expected 0..1e+06");
  CHECK(refused("0", "inf") ==
        "t.ini: [sram.row_read] high = 'inf' is not valid; expected 0..1e+06");
}

TEST_CASE("a constant has bounds, node and conditions where its file says so") {
  const auto bare = energy::parse_technology(text_of_row("0.5", ""), "t.ini");
  CHECK(row_of(bare).band.one_source());
  CHECK(row_of(bare).node.empty());
  CHECK(row_of(bare).conditions.empty());
  const auto technology = energy::parse_technology(
      text_of_row("0.5", "low = 0.25\nhigh = 2\nnode = 45\nconditions = 0.9 V\n"), "t.ini");
  const auto& row = row_of(technology);
  CHECK(row.band.low == 0.25);
  CHECK(row.band.high == 2);
  CHECK(row.node == "45");
  CHECK(row.conditions == "0.9 V");
  CHECK(technology["sram.row_read"].low == 0.25);
  CHECK(technology["sram.row_read"].high == 2);
}

TEST_CASE("every constant of a shipped technology says at which node its source has it") {
  for (const auto& shipped : config::shipped_technologies)
    for (const auto& value : energy::read_technology(shipped.name).values)
      CHECK(!value.node.empty());
}

TEST_CASE("unknown, missing and repeated sections and keys of a technology file are errors") {
  const std::string whole = text_with("", "", "");
  CHECK(message_of(whole + "[sram.row_raed]\nvalue = 1\n") ==
        "t.ini: unknown section [sram.row_raed]; did you mean 'sram.row_read'?");
  CHECK(message_of(whole + "[sram.row_read]\nvalue = 1\n") ==
        "t.ini: [sram.row_read] value is given twice");
  CHECK(message_of(whole + "[sram.row_read]\nunits = pJ\n") ==
        "t.ini: [sram.row_read] unknown key 'units'; did you mean 'unit'?");
  CHECK(message_of("value = 1\n" + whole) == "t.ini: 'value' belongs to no section");
  CHECK(message_of("[technology]\nname = x\n") == "t.ini: section [process.node] is missing");
  CHECK(message_of("") == "t.ini: section [technology] is missing");
  CHECK(message_of("[technology]\nrubbish\n").rfind("t.ini: not an INI file", 0) == 0);
}

TEST_CASE("a technology is a shipped name or a file") {
  testbenches::TemporaryDirectory place;
  const std::string path = place / "own.ini";
  std::ofstream(path) << text_with("", "", "");
  CHECK(energy::read_technology(path).name == "test");
  CHECK_THROWS_WITH(energy::read_technology("missing.ini"),
                    "missing.ini: cannot be opened: No such file or directory");
}

TEST_CASE("a technology file may say that a constant was measured") {
  const auto technology =
      energy::parse_technology(text_with("sram.row_read", "provenance", "measured"), "t.ini");
  const auto& value = technology.values[config::technology_constant("sram.row_read")];
  CHECK(value.provenance == Provenance::measured);
  CHECK(technology["sram.row_read"].sourced == 1);
}

TEST_CASE("a value that is set for a run is the user's, unless it comes with a provenance") {
  config::Settings settings;
  settings.set("tech.sram_row_read", "0.5", "test");
  const auto technology = energy::resolve_technology(settings, "65nm");
  const auto place = config::technology_constant("sram.row_read");
  CHECK(technology.values[place].band.value == 0.5);
  CHECK(technology.values[place].provenance == Provenance::given);
  CHECK(settings.provenance("tech.sram_row_read") == "given: for this run");
  CHECK(settings.text("energy.technology") == "65nm");

  // What came out goes in again, provenances included.
  testbenches::TemporaryDirectory directory;
  const std::string path = directory / "run.ini";
  std::ofstream(path) << "[tech]\nsram_row_read = 0.5\nsram_column_read = 0.1\n[provenance]\n"
                      << "tech.sram_row_read = derived: by hand\n"
                      << "tech.sram_column_read = our lab\n";
  config::Settings read;
  read.read_ini(path);
  const auto again = energy::resolve_technology(read, "65nm");
  CHECK(again.values[place].provenance == Provenance::derived);
  CHECK(again.values[place].citation == "by hand");
  const auto& column = again.values[config::technology_constant("sram.column_read")];
  CHECK(column.provenance == Provenance::given);
  CHECK(column.citation == "our lab");
}

TEST_CASE("a constant that is given for a run has the bounds that it is given") {
  config::Settings settings;
  settings.set("tech.sram_row_read", "0.5 pJ, 0.25, 2", "test");
  settings.set("tech.rram_column_read_adc", "0.3", "test");
  const auto technology = energy::resolve_technology(settings, "32nm");
  CHECK(row_of(technology).band.low == 0.25);
  CHECK(row_of(technology).band.high == 2);
  CHECK(row_of(technology).node.empty());
  CHECK(settings.text("tech.sram_row_read") == "0.5,0.25,2");
  // The bounds of the technology are those of another value.
  const auto& column = technology.values[config::technology_constant("rram.column_read_adc")];
  CHECK(column.band.one_source());
  CHECK(column.conditions.empty());
}

TEST_CASE("what a run has resolved is the technology's own again, conditions included") {
  config::Settings settings;
  const auto technology = energy::resolve_technology(settings, "32nm");
  testbenches::TemporaryDirectory directory;
  const std::string path = directory / "run.ini";
  std::ofstream file(path);
  std::string provenances = "[provenance]\n";
  file << "[tech]\n";
  for (const auto& constant : config::technology_constants()) {
    const std::string name = constant.parameter();
    file << name.substr(5) << " = " << settings.text(name) << "\n";
    provenances += name + " = " + settings.provenance(name) + "\n";
  }
  file << provenances;
  file.close();
  config::Settings read;
  read.read_ini(path);
  const auto again = energy::resolve_technology(read, "32nm");
  for (std::size_t i = 0; i < again.values.size(); ++i) {
    CHECK(again.values[i].band.low == technology.values[i].band.low);
    CHECK(again.values[i].band.high == technology.values[i].band.high);
    CHECK(again.values[i].node == technology.values[i].node);
    CHECK(again.values[i].conditions == technology.values[i].conditions);
  }
}
