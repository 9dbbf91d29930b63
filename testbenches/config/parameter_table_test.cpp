// SPDX-License-Identifier: Apache-2.0
#include "config/parameter_table.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "config/settings.h"

using namespace topkima::config;

TEST_CASE("parameter names are unique and of the form section.key") {
  std::set<std::string> names;
  for (const auto& parameter : parameter_table()) {
    CHECK(names.insert(parameter.name).second);
    const auto dot = parameter.name.find('.');
    REQUIRE(dot != std::string::npos);
    CHECK(parameter.section() == parameter.name.substr(0, dot));
    CHECK(parameter.name.find('.', dot + 1) == std::string::npos);
    CHECK(parameter.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") ==
          std::string::npos);
    CHECK(find_parameter(parameter.name) == &parameter);
  }
  CHECK(find_parameter("no.such") == nullptr);
}

TEST_CASE("parameters of one section stand together, as an INI file needs them") {
  std::set<std::string> finished;
  std::string section;
  for (const auto& parameter : parameter_table()) {
    if (parameter.section() == section) continue;
    CHECK(finished.insert(parameter.section()).second);
    section = parameter.section();
  }
}

TEST_CASE("every default is accepted as a value and read back as what it says") {
  Settings settings;
  for (const auto& parameter : parameter_table()) {
    INFO(parameter.name);
    CHECK_NOTHROW(settings.set(parameter.name, parameter.default_value, "test"));
    CHECK_FALSE(settings.text(parameter.name).empty());
    if (parameter.kind == Kind::integer && !parameter.is_word(parameter.default_value)) {
      const double value = std::stod(settings.text(parameter.name));
      CHECK(value >= parameter.low);
      CHECK(value <= parameter.high);
    }
  }
}

TEST_CASE("numbers outside a parameter's range are refused, its bounds are not") {
  for (const auto& parameter : parameter_table()) {
    if (!parameter.is_number()) continue;
    INFO(parameter.name);
    Settings settings;
    CHECK(parameter.low < parameter.high);
    CHECK_NOTHROW(settings.set(parameter.name, exact_text(parameter.low), "test"));
    CHECK_NOTHROW(settings.set(parameter.name, exact_text(parameter.high), "test"));
    CHECK_THROWS_AS(settings.set(parameter.name, exact_text(parameter.low - 1), "test"),
                    topkima::ConfigError);
    CHECK_THROWS_AS(settings.set(parameter.name, exact_text(parameter.high * 2), "test"),
                    topkima::ConfigError);
  }
}

TEST_CASE("every parameter says what it means, its range and where its default comes from") {
  for (const auto& parameter : parameter_table()) {
    INFO(parameter.name);
    CHECK_FALSE(parameter.meaning.empty());
    CHECK_FALSE(parameter.range().empty());
    CHECK(parameter.origin != Origin::measured);
    const auto provenance = parameter.provenance();
    if (parameter.origin == Origin::run)
      CHECK(provenance == "run");
    else
      CHECK(provenance.find(": ") != std::string::npos);  // an origin alone is no provenance
  }
}

TEST_CASE("published figures of the reference machine are the defaults") {
  const std::pair<const char*, const char*> published[] = {{"clock.frequency_mhz", "200"},
                                                           {"crossbar.rows", "256"},
                                                           {"crossbar.columns", "256"},
                                                           {"score.query_bits", "5"},
                                                           {"ima.bits", "5"},
                                                           {"topk.k", "5"},
                                                           {"av.value_bits", "5"},
                                                           {"projection.weight_bits", "8"}};
  for (const auto& [name, value] : published) {
    const auto* parameter = find_parameter(name);
    REQUIRE(parameter);
    CHECK(parameter->default_value == value);
    CHECK(parameter->origin == Origin::published);
    CHECK(parameter->provenance().rfind("published: ", 0) == 0);
  }
}

TEST_CASE("a provenance begins with its origin, or the value was given") {
  CHECK(origin_of("measured from RTL softmax twin") == Origin::measured);
  CHECK(origin_of("measured") == Origin::measured);
  CHECK(origin_of("published: a later paper") == Origin::published);
  CHECK(origin_of("derived from the pin contract") == Origin::derived);
  CHECK(origin_of("assumption: ours") == Origin::assumption);
  CHECK(origin_of("given for this run") == Origin::given);
  CHECK(origin_of("as agreed, never measured") == Origin::given);
  CHECK(origin_of("running hot") == Origin::given);  // "run" is the origin of no machine's figure
  CHECK(origin_of("Measured") == Origin::given);
  CHECK(origin_of("") == Origin::given);
}

TEST_CASE("names are suggested by what is behind the dot, and only when they are close") {
  CHECK(did_you_mean_parameter("topk.K") == "; did you mean 'topk.k'?");
  CHECK(did_you_mean_parameter("topk.kk") == "; did you mean 'topk.k'?");
  CHECK(did_you_mean_parameter("pipeline.shedule") == "; did you mean 'pipeline.schedule'?");
  CHECK(did_you_mean_parameter("bus.latency") == "; did you mean 'bus.latency_cycles'?");
  CHECK(did_you_mean_parameter("crossbar.row") == "; did you mean 'crossbar.rows'?");
  CHECK(did_you_mean_parameter("schedule") == "; did you mean 'pipeline.schedule'?");
  CHECK(did_you_mean_parameter("heads") == "; did you mean 'attention.heads' or 'cosim.heads'?");
  CHECK(did_you_mean_parameter("attention.heeds") == "; did you mean 'attention.heads'?");
  CHECK(did_you_mean_parameter("mux") ==
        "; did you mean 'projection.column_mux' or 'tech.logic_mux_gates'?");
  CHECK(did_you_mean_parameter("crossbar.rwos") == "; did you mean 'crossbar.rows'?");
  CHECK(did_you_mean_parameter("bus.width") ==
        "; there is 'bus.bytes_per_cycle' or 'bus.latency_cycles'");
  const std::vector<std::string> options{"row",   "wave",          "input",
                                         "quiet", "crossbar.rows", "fidelity.av"};
  CHECK(did_you_mean("crossbar.row", options) == "; did you mean 'crossbar.rows'?");
  CHECK(did_you_mean("rwo", options) == "; did you mean 'row'?");
  CHECK(did_you_mean("wav", options) == "; did you mean 'wave'?");
  CHECK(did_you_mean("inptu", options) == "; did you mean 'input'?");
  CHECK(did_you_mean("quite", options) == "; did you mean 'quiet'?");
  for (const char* far : {"n", "d", "L", "b", "adc", "foo", "size", "zzzzzz", "", "x.", "."})
    CHECK(did_you_mean_parameter(far) == "");
}

TEST_CASE("whoever mistypes one letter of a long key is told its name") {
  std::mt19937 random(1);
  for (const auto& parameter : parameter_table()) {
    const std::size_t dot = parameter.name.find('.');
    if (parameter.name.size() - dot < 6) continue;
    std::string mistyped = parameter.name;
    mistyped[dot + 1 + random() % (mistyped.size() - dot - 1)] = '#';
    const std::string said = did_you_mean_parameter(mistyped);
    INFO(mistyped << said);
    CHECK(said.find("'" + parameter.name + "'") != std::string::npos);
  }
}

TEST_CASE("steps are values within the range, each another than the present one") {
  Settings settings;
  for (const auto& parameter : parameter_table()) {
    INFO(parameter.name);
    if (parameter.step != Step::none) {
      const bool counted = parameter.step != Step::others;
      CHECK((parameter.kind == Kind::integer) == counted);
    }
    for (const std::string& present :
         {settings.text(parameter.name), std::string("1"), std::string("8")})
      for (const auto& value : parameter.steps_from(present)) {
        CHECK(value != present);
        CHECK_NOTHROW(settings.set(parameter.name, value, "step"));
      }
  }
}

TEST_CASE("a step is half, twice, one less, or each other word") {
  using Values = std::vector<std::string>;
  const auto steps = [](const char* name, const char* present) {
    return find_parameter(name)->steps_from(present);
  };
  CHECK(steps("projection.column_mux", "8") == Values{"4"});
  CHECK(steps("projection.column_mux", "3") == Values{"1"});
  CHECK(steps("projection.column_mux", "1").empty());
  CHECK(steps("pipeline.queue_depth", "0") == Values{"1"});
  CHECK(steps("pipeline.queue_depth", "1024").empty());
  CHECK(steps("crossbar.columns", "256") == Values{"128", "512"});
  CHECK(steps("ima.bits", "5") == Values{"4"});
  CHECK(steps("pipeline.schedule", "fine") == Values{"sequential", "coarse", "buffered"});
  CHECK(steps("topk.stop_when_exhausted", "false") == Values{"true"});
  CHECK(steps("rram.adc_bits", "auto").empty());
  CHECK(steps("attention.tokens", "384").empty());
}
