// SPDX-License-Identifier: Apache-2.0
#include "config/parameter_table.h"

#include <catch2/catch.hpp>
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
    if (parameter.kind == Kind::integer && parameter.default_value.find_first_of("al") != 0) {
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

TEST_CASE("a provenance begins with its origin, or has that of the default") {
  const auto of = [](const char* text) { return origin_of(text, Origin::assumption); };
  CHECK(of("measured from RTL softmax twin") == Origin::measured);
  CHECK(of("measured") == Origin::measured);
  CHECK(of("published: a later paper") == Origin::published);
  CHECK(of("derived from the pin contract") == Origin::derived);
  CHECK(of("as agreed, never measured") == Origin::assumption);
  CHECK(of("running hot") == Origin::assumption);  // "run" is the origin of no machine's figure
  CHECK(of("") == Origin::assumption);
  CHECK(origin_of("assumption: ours", Origin::published) == Origin::assumption);
  CHECK(origin_of("Measured", Origin::published) == Origin::published);
}

TEST_CASE("the nearest name is the one with the fewest changed letters") {
  CHECK(nearest_parameter("topk.K") == "topk.k");
  CHECK(nearest_parameter("pipeline.shedule") == "pipeline.schedule");
  CHECK(nearest_parameter("bus.latency") == "bus.latency_cycles");
  CHECK(nearest_parameter("crossbar.row") == "crossbar.rows");
}
