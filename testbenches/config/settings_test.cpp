// SPDX-License-Identifier: Apache-2.0
#include "config/settings.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <random>

#include "support/temporary_directory.h"

using namespace topkima;
using Catch::Matchers::Contains;
using config::Settings;

namespace {

void read(Settings& settings, const std::string& text, const std::string& section = "") {
  const testbenches::TemporaryDirectory directory;
  directory.write("settings.ini", text);
  settings.read_ini(directory / "settings.ini", section);
}

}  // namespace

TEST_CASE("an unknown name is refused and the nearest one suggested") {
  Settings settings;
  CHECK_THROWS_AS(settings.set("topk.kk", "3", "command line"), ConfigError);
  CHECK_THROWS_WITH(
      settings.set("pipeline.shedule", "fine", "command line"),
      Contains("command line") && Contains("pipeline.shedule") && Contains("'pipeline.schedule'"));
  CHECK_THROWS_AS(settings.set("", "3", "test"), ConfigError);
}

TEST_CASE("a refused value names its origin, the parameter, the value and the range") {
  Settings settings;
  CHECK_THROWS_WITH(
      settings.set("ima.bits", "13", "my.ini"),
      Contains("my.ini") && Contains("ima.bits") && Contains("'13'") && Contains("1..12"));
  CHECK(settings.integer("ima.bits") == 5);  // and leaves the old one
}

TEST_CASE("what is no plain number in range is refused") {
  Settings settings;
  for (const char* text :
       {"",      " ",     "nan",    "NaN",  "-nan", "inf", "-inf", "Infinity", "0x10",
        "0x1p3", "1e999", "-1e999", "five", "5x",   "5 5", "5,",   ",5",       "--5",
        "1.5",   "0",     "-1",     "13",   "auto", "5;",  "5#"}) {
    INFO("'" << text << "'");
    CHECK_THROWS_AS(settings.set("ima.bits", text, "test"), ConfigError);
  }
  for (const char* text : {"", "nan", "inf", "0x1", "1e999", "0", "-1", "2e6", "1,2", "auto"}) {
    INFO("'" << text << "'");
    CHECK_THROWS_AS(settings.set("clock.frequency_mhz", text, "test"), ConfigError);
  }
  CHECK_THROWS_AS(settings.set("ima.bits", std::string("5\0x", 3), "test"), ConfigError);
}

TEST_CASE("whole numbers may be written in any decimal form") {
  Settings settings;
  for (const char* text : {"7", " 7 ", "+7", "7.0", "7e0", "0.7e1", "007"}) {
    settings.set("ima.bits", text, "test");
    CHECK(settings.text("ima.bits") == "7");
    CHECK(settings.integer("ima.bits") == 7);
  }
}

TEST_CASE("a number may come with the bounds around it, in order") {
  Settings settings;
  const std::string name = "tech.sram_row_read";
  for (const auto& [given, text] :
       std::vector<std::pair<std::string, std::string>>{{"0.5", "0.5"},
                                                        {"0.5,0.5,0.5", "0.5"},
                                                        {" 0.5 pJ , 0.25 pJ,2", "0.5,0.25,2"},
                                                        {"0.5,0.5,2", "0.5,0.5,2"},
                                                        {"auto", "auto"}}) {
    settings.set(name, given, "test");
    CHECK(settings.text(name) == text);
  }
  settings.set(name, "0.5,0.25,2", "test");
  CHECK(settings.real(name) == 0.5);
  for (const char* text : {"0.5,0.6,2", "0.5,0.1,0.4", "0.5,0.25", "0.5,0.25,2,3", "0.5,-1,2",
                           "0.5,0,nan", ",0,1", "0.5,auto,1"}) {
    INFO("'" << text << "'");
    CHECK_THROWS_WITH(settings.set(name, text, "test"),
                      Contains("expected 0..1000000 pJ or value,low,high with low <= value <= high"
                               ", or auto"));
  }
}

TEST_CASE("a number may carry its parameter's unit, and no other") {
  Settings settings;
  for (const char* text : {"150 MHz", "150MHz", " 150   MHz "}) {
    settings.set("clock.frequency_mhz", text, "test");
    CHECK(settings.text("clock.frequency_mhz") == "150");
  }
  CHECK_THROWS_WITH(settings.set("clock.frequency_mhz", "1 GHz", "command line"),
                    Contains("'1 GHz' is not valid; expected ") && Contains(" MHz"));
  CHECK_THROWS_AS(settings.set("clock.frequency_mhz", "MHz", "test"), ConfigError);
  CHECK_THROWS_AS(settings.set("topk.k", "5 MHz", "test"), ConfigError);
  settings.set("topk.split", "256 columns, 128 columns", "test");
  CHECK(settings.text("topk.split") == "256,128");
}

TEST_CASE("every parameter takes its default's number with its unit") {
  for (const auto& parameter : config::parameter_table()) {
    const bool number = std::isdigit(static_cast<unsigned char>(parameter.default_value[0]));
    if (!parameter.is_number() || parameter.unit.empty() || !number) continue;
    Settings settings;
    const std::string before = settings.text(parameter.name);
    settings.set(parameter.name, parameter.default_value + " " + parameter.unit, "test");
    CHECK(settings.text(parameter.name) == before);
  }
}

TEST_CASE("truth values, choices and words") {
  Settings settings;
  for (const char* yes : {"true", "1", "yes", "on"}) {
    settings.set("attention.causal", "false", "test");
    settings.set("attention.causal", yes, "test");
    CHECK(settings.flag("attention.causal"));
  }
  for (const char* no : {"false", "0", "no", "off"}) {
    settings.set("attention.causal", no, "test");
    CHECK_FALSE(settings.flag("attention.causal"));
  }
  for (const char* bad : {"", "2", "maybe", "truee"})
    CHECK_THROWS_AS(settings.set("attention.causal", bad, "test"), ConfigError);
  settings.set("score.weighting", "pulse", "test");
  CHECK(settings.is("score.weighting", "pulse"));
  for (const char* bad : {"", "Pulse", "drive,pulse", "1"})
    CHECK_THROWS_AS(settings.set("score.weighting", bad, "test"), ConfigError);
  settings.set("attention.valid_tokens", "12", "test");
  settings.set("attention.valid_tokens", "all", "test");
  CHECK(settings.is("attention.valid_tokens", "all"));
}

TEST_CASE("lists are checked entry by entry") {
  Settings settings;
  settings.set("topk.split", "256, 128", "test");
  CHECK(settings.integers("topk.split") == std::vector<int>{256, 128});
  settings.set("topk.split", "64", "test");
  CHECK(settings.integers("topk.split") == std::vector<int>{64});
  settings.set("softmax.score_step", "0.5,0.25,1e-3", "test");
  CHECK(settings.reals("softmax.score_step") == std::vector<double>{0.5, 0.25, 1e-3});
  for (const char* bad :
       {"256,", ",256", "256,,128", "256,auto", "256,0", "256;128", "256,1.5", ","})
    CHECK_THROWS_AS(settings.set("topk.split", bad, "test"), ConfigError);
  CHECK(settings.integers("topk.split") == std::vector<int>{64});
}

TEST_CASE("a later value replaces an earlier one") {
  Settings settings;
  read(settings, "[topk]\nk = 3\n[ima]\nbits = 4\n");
  settings.set("topk.k", "9", "command line");
  CHECK(settings.integer("topk.k") == 9);
  CHECK(settings.integer("ima.bits") == 4);
  read(settings, "[topk]\nk = 2\n");
  CHECK(settings.integer("topk.k") == 2);
}

TEST_CASE("INI files: sections, comments, blank lines, line ends of other systems") {
  Settings settings;
  read(
      settings,
      "# a comment\n\n[topk]\nk = 3  # and another\r\nsplit = 200,184\n\n[attention]\ncausal=on\n");
  CHECK(settings.integer("topk.k") == 3);
  CHECK(settings.integers("topk.split") == std::vector<int>{200, 184});
  CHECK(settings.flag("attention.causal"));
  read(settings, "");
  CHECK(settings.integer("topk.k") == 3);
}

TEST_CASE("a faulty INI file is refused, naming the file") {
  for (const char* text :
       {"[topk]\nk\n", "[topk]\nk = 3\nk = 4\n", "[topk]\nk = 3\n[ima]\nbits = 4\n[topk]\nk = 3\n",
        "[topk]\nk =\n", "[topk]\nq = 3\n", "k = 3\n", "[topk\nk = 3\n", "\x01\x02\xff"}) {
    INFO(text);
    Settings settings;
    CHECK_THROWS_AS(read(settings, text), ConfigError);
    CHECK_THROWS_WITH(read(settings, text), Contains("topkima_test-"));
  }
  Settings settings;
  CHECK_THROWS_AS(settings.read_ini("/no/such/file.ini"), ConfigError);
  CHECK_THROWS_AS(settings.read_ini(std::filesystem::temp_directory_path().string()), ConfigError);
}

TEST_CASE("a file for one section takes bare keys and no other section") {
  Settings settings;
  read(settings, "heads = 3\nvalid_tokens = 7\n", "attention");
  CHECK(settings.integer("attention.heads") == 3);
  CHECK(settings.integer("attention.valid_tokens") == 7);
  read(settings, "[attention]\nheads = 4\n", "attention");
  CHECK(settings.integer("attention.heads") == 4);
  CHECK_THROWS_AS(read(settings, "[topk]\nk = 3\n", "attention"), ConfigError);
  CHECK_THROWS_AS(read(settings, "heads = 3\n[attention]\nheads = 3\n", "attention"), ConfigError);
  CHECK_THROWS_AS(read(settings, "k = 3\n", "attention"), ConfigError);
}

TEST_CASE("numbers come back with the same bits, from text and from a resolved word") {
  std::mt19937_64 random(3);
  for (int i = 0; i < 2000; ++i) {
    const double value =
        std::ldexp(1.0 + double(random() >> 12) * 0x1.0p-52, int(random() % 900) - 450);
    Settings settings;
    settings.set("softmax.score_step", config::exact_text(value), "test");
    REQUIRE(settings.reals("softmax.score_step")[0] == value);
    settings.resolve("softmax.score_step", std::vector<double>{value, 0.1});
    REQUIRE(settings.reals("softmax.score_step") == std::vector<double>{value, 0.1});
    Settings again;  // as a file made of resolved values is read
    again.set("softmax.score_step", settings.text("softmax.score_step"), "test");
    REQUIRE(again.reals("softmax.score_step") == settings.reals("softmax.score_step"));
  }
}

TEST_CASE("a negative zero is a zero") {
  Settings settings;
  settings.set("softmax.score_step", "-0", "test");
  CHECK(settings.text("softmax.score_step") == "0");
}

TEST_CASE("a file says where a value comes from, before or behind the value") {
  for (const char* text :
       {"[softmax]\nexponent_cycles = 3\n[provenance]\nsoftmax.exponent_cycles = measured from RTL "
        "softmax twin, commit 1a2b3c, WINNERS=8\n",
        "[provenance]\nsoftmax.exponent_cycles =   measured from RTL softmax twin, commit 1a2b3c, "
        "WINNERS=8  # a comment\n[softmax]\nexponent_cycles = 3\n"}) {
    Settings settings;
    CHECK(settings.provenance("softmax.exponent_cycles") == "assumption: no figure published");
    CHECK(settings.given_provenance("softmax.exponent_cycles").empty());
    CHECK(settings.origin("softmax.exponent_cycles") == config::Origin::assumption);
    read(settings, text);
    const std::string wanted = "measured from RTL softmax twin, commit 1a2b3c, WINNERS=8";
    CHECK(settings.integer("softmax.exponent_cycles") == 3);
    CHECK(settings.given_provenance("softmax.exponent_cycles") == wanted);
    CHECK(settings.provenance("softmax.exponent_cycles") == wanted);
    CHECK(settings.origin("softmax.exponent_cycles") == config::Origin::measured);
    CHECK(settings.origin("softmax.divide_cycles") == config::Origin::assumption);
  }
}

TEST_CASE("a provenance stays with its value: who sets it again drops it") {
  Settings settings;
  const auto of = [&settings] { return settings.given_provenance("topk.union_cycles"); };
  read(settings, "[topk]\nunion_cycles = 2\n");
  read(settings, "[provenance]\ntopk.union_cycles = measured\n");  // of the earlier file's value
  CHECK(of() == "measured");
  read(settings, "[topk]\nk = 3\n");
  CHECK(of() == "measured");
  read(settings, "[topk]\nk = 3\n[provenance]\ntopk.union_cycles = measured anew\n");
  CHECK(of() == "measured anew");
  read(settings, "[topk]\nunion_cycles = 2\n");
  CHECK(of().empty());
  read(settings, "[topk]\nunion_cycles = 2\n[provenance]\ntopk.union_cycles = as agreed\n");
  CHECK(settings.origin("topk.union_cycles") == config::Origin::given);
  CHECK(settings.provenance("topk.union_cycles") == "as agreed");
  settings.set("topk.union_cycles", "2", "command line");
  CHECK(of().empty());
}

TEST_CASE("what is known of a default is not said of a value that a user gives") {
  Settings settings;
  const auto provenance = [&](const std::string& name, const std::string& value) {
    settings.set(name, value, "command line");
    return settings.provenance(name);
  };
  CHECK(settings.provenance("topk.k").rfind("published: Dong et al.", 0) == 0);
  CHECK(settings.origin("topk.k") == config::Origin::published);
  CHECK(provenance("topk.k", "8") == "given for this run");
  CHECK(settings.origin("topk.k") == config::Origin::given);
  CHECK(provenance("softmax.exponent_cycles", "77") == "given for this run");
  CHECK(settings.origin("softmax.exponent_cycles") == config::Origin::given);
  // The default, given, is the user's as well; a run's own circumstances have no other source.
  CHECK(provenance("topk.k", config::find_parameter("topk.k")->default_value) ==
        "given for this run");
  CHECK(provenance("topk.split", "auto") == "given for this run");
  CHECK(provenance("workload.seed", "9") == config::find_parameter("workload.seed")->provenance());
}

TEST_CASE("a file that says which defaults were given leaves others as they are") {
  const auto provenance = [](const std::string& text) {
    Settings settings;
    read(settings, "[topk]\nk = 5\nunion_cycles = 9\n[ima]\nbits = 5\n" + text);
    CHECK(settings.provenance("topk.union_cycles") == "given for this run");
    return settings.provenance("topk.k") + "; " + settings.provenance("ima.bits");
  };
  const std::string given = "given for this run";
  Settings settings;
  CHECK(provenance("") == given + "; " + given);
  CHECK(provenance("[provenance]\ngiven =\n") ==
        settings.provenance("topk.k") + "; " + settings.provenance("ima.bits"));
  CHECK(provenance("[provenance]\ngiven = ima.bits, topk.union_cycles\n") ==
        settings.provenance("topk.k") + "; " + given);
  CHECK(provenance("[provenance]\ngiven = topk.k\ntopk.k = measured\n") ==
        "measured; " + settings.provenance("ima.bits"));
  for (const char* other : {"topk.kk", "clock.frequency_mhz", "provenance.given"})
    CHECK_THROWS_AS(provenance("[provenance]\ngiven = " + std::string(other) + "\n"), ConfigError);
  // A later file may still say where such a value is from.
  read(settings, "[topk]\nk = 5\n[provenance]\ngiven =\n");
  read(settings, "[provenance]\ntopk.k = measured\n");
  CHECK(settings.provenance("topk.k") == "measured");
}

TEST_CASE("what needs a provenance to be the same again is what nobody gave, and what says more") {
  Settings settings;
  for (const auto& parameter : config::parameter_table())
    CHECK_FALSE(settings.needs_provenance(parameter.name));
  settings.set("topk.k", "8", "test");
  CHECK_FALSE(settings.needs_provenance("topk.k"));
  CHECK_FALSE(settings.is_given_default("topk.k"));
  settings.set("topk.k", "5", "test");
  CHECK_FALSE(settings.needs_provenance("topk.k"));
  CHECK(settings.is_given_default("topk.k"));
  settings.resolve("av.rows", std::vector<int>{192});
  CHECK(settings.needs_provenance("av.rows"));
  read(settings, "[topk]\nk = 5\n[provenance]\ntopk.k = measured\n");
  CHECK(settings.needs_provenance("topk.k"));
  CHECK_FALSE(settings.is_given_default("topk.k"));
}

TEST_CASE("what auto became keeps the provenance of the word") {
  Settings settings;
  read(settings, "[av]\nrows = auto\n[provenance]\nav.rows = measured\n");
  settings.resolve("av.rows", std::vector<int>{192});
  CHECK(settings.provenance("av.rows") == "measured");
}

TEST_CASE("a faulty provenance is refused, naming file and key") {
  const auto refusal = [](const std::string& line) {
    Settings settings;
    try {
      read(settings, "[topk]\nk = 3\n[provenance]\n" + line + "\n");
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK_THAT(refusal("topk.kk = measured"),
             Contains("topkima_test-") && Contains("topk.kk") && Contains("'topk.k'"));
  CHECK_THAT(refusal("topk.split = measured"),
             Contains("topkima_test-") && Contains("topk.split") && Contains("sets"));
  for (const std::string& text : {std::string(), std::string(301, 'x'), std::string("a\tb"),
                                  std::string("a\x01"), std::string("\xc3\xa4")})
    CHECK_THAT(refusal("topk.k = " + text),
               Contains("topkima_test-") && Contains("topk.k") && Contains("1..300"));
  CHECK_THAT(refusal("topk.k = a\ntopk.k = a"), Contains("topk.k") && Contains("twice"));
  CHECK_THAT(refusal("= measured"), Contains("topkima_test-"));
  CHECK(refusal("topk.k = " + std::string(300, 'x')) == "accepted");
  CHECK(refusal("topk.k = ~!= [x];'\"") == "accepted");
  Settings settings;
  CHECK_THROWS_AS(read(settings, "heads = 2\n[provenance]\nattention.heads = a\n", "attention"),
                  ConfigError);
}
