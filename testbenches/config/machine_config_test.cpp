// SPDX-License-Identifier: Apache-2.0
#include "config/machine_config.h"

#include <catch2/catch.hpp>
#include <regex>

using namespace topkima;
using namespace topkima::config;
using Catch::Matchers::Contains;
using Changes = std::vector<std::pair<std::string, std::string>>;

namespace {

constexpr Shape bert{12, 12, 384, 384, 64, true};

Settings changed(const Changes& changes) {
  Settings settings;
  for (const auto& [name, value] : changes) settings.set(name, value, "test");
  return settings;
}

MachineConfig machine(const Changes& changes = {}, const Shape& shape = bert) {
  Settings settings = changed(changes);
  return resolve(settings, shape);
}

/// The message with which a machine is refused.
std::string refusal(const Changes& changes, const Shape& shape = bert) {
  try {
    machine(changes, shape);
  } catch (const ConfigError& error) {
    CHECK(error.exit_code == 2);
    return error.what();
  }
  return "accepted";
}

Shape of_tokens(int tokens) { return {12, 12, tokens, tokens, 64, true}; }

}  // namespace

TEST_CASE("the reference machine has the published and derived numbers") {
  const auto m = machine();
  CHECK(m.topk.split == std::vector<int>{256, 128});
  CHECK(m.topk.sub_k == std::vector<int>{3, 2});
  CHECK(m.topk.winners == 5);
  CHECK(m.score.query_max == 15);
  CHECK(m.score.key_max == 7);
  CHECK(m.av.value_max == 15);
  CHECK(m.key_rows() == 192);
  CHECK(m.av.rows == 192);
  CHECK(m.av.slices == 4);
  CHECK(m.av.lsb == 3);
  CHECK(m.rram.adc_bits == 9);
  CHECK(m.prob_max() == 31);
  CHECK(m.score_cycles() == 16);
  CHECK(m.softmax.divide_cycles == 6);
  CHECK(m.av_cycles() == 66);
  CHECK(m.projection_cycles() == 74);
  CHECK(m.key_write_total() == 192);
  CHECK(m.attention.mask.of(0, 0) == arith::Interval{0, 384});
  CHECK(m.attention.score_scale == 0.125);
}

TEST_CASE("what auto became is written back, so that the settings give the same machine again") {
  Settings settings;
  resolve(settings, bert);
  CHECK(settings.text("topk.split") == "256,128");
  CHECK(settings.text("topk.sub_k") == "3,2");
  CHECK(settings.text("av.rows") == "192");
  CHECK(settings.text("rram.adc_bits") == "9");
  CHECK(settings.text("softmax.divide_cycles") == "6");
  CHECK(settings.text("attention.heads") == "12");
  CHECK(settings.text("attention.valid_tokens") == "384");
  CHECK(settings.text("ima.ramp_lsb") == "auto");  // needs the data
  const auto again = resolve(settings, bert);
  CHECK(again.topk.split == std::vector<int>{256, 128});
  CHECK(again.rram.adc_bits == 9);
}

TEST_CASE("pulse weighting stretches the pulse window to the heaviest cell") {
  CHECK(machine({{"score.weighting", "pulse"}}).score_cycles() == 61);
  CHECK(machine({{"score.weighting", "pulse"}, {"score.key_cells", "1"}}).score_cycles() == 16);
}

TEST_CASE("a conversion's grants, steps and start, and the softmax's intervals") {
  const auto plain = machine();
  CHECK(plain.topk.grants_per_cycle == 1);
  CHECK(plain.full_ramp_cycles() == 32);
  CHECK(plain.softmax.exponent_interval == 1);
  CHECK(plain.softmax.divide_interval == 1);
  const auto m = machine({{"topk.grants_per_cycle", "4"},
                          {"topk.step_cycles", "2"},
                          {"topk.start_cycles", "9"},
                          {"softmax.exponent_interval", "3"},
                          {"softmax.divide_interval", "5"}});
  CHECK(m.topk.grants_per_cycle == 4);
  CHECK(m.topk.step_cycles == 2);
  CHECK(m.topk.start_cycles == 9);
  CHECK(m.full_ramp_cycles() == 9 + 32 * 3);
  CHECK(m.softmax.exponent_interval == 3);
  CHECK(m.softmax.divide_interval == 5);
}

TEST_CASE("split auto: full crossbars, then the rest, sub_k in proportion, at least one each") {
  CHECK(machine({}, of_tokens(256)).topk.split == std::vector<int>{256});
  CHECK(machine({}, of_tokens(257)).topk.split == std::vector<int>{256, 1});
  CHECK(machine({}, of_tokens(1)).topk.split == std::vector<int>{1});
  CHECK(machine({{"crossbar.columns", "128"}}).topk.split == std::vector<int>{128, 128, 128});
  CHECK(machine({{"crossbar.columns", "128"}}).topk.sub_k == std::vector<int>{2, 2, 1});
  const auto lopsided = machine({}, of_tokens(257));
  CHECK(lopsided.topk.sub_k == std::vector<int>{5, 1});
  CHECK(lopsided.topk.winners == 6);
  CHECK(machine({{"attention.placement", "interleaved"}}).topk.split == std::vector<int>{192, 192});
  // A given split may hold more than the sequence: only columns with tokens count.
  const auto wide = machine({{"topk.split", "256,256,64"}});
  CHECK(wide.topk.sub_k == std::vector<int>{3, 2, 1});
}

TEST_CASE("the variant of 128 x 128 crossbars fits with ternary keys") {
  const auto m =
      machine({{"crossbar.rows", "128"}, {"crossbar.columns", "128"}, {"score.key_cells", "1"}});
  CHECK(m.score.key_max == 1);
  CHECK(m.key_rows() == 64);
  CHECK(m.av.rows == 64);
  CHECK(m.topk.split == std::vector<int>{128, 128, 128});
}

TEST_CASE("lossless converters of the projections count every level") {
  CHECK(machine({{"rram.rows", "255"}}).rram.adc_bits == 8);
  CHECK(machine({{"rram.cell_bits", "2"}}).rram.adc_bits == 10);  // 256 * 3 + 1 levels
  CHECK(machine({{"rram.adc_bits", "5"}}).rram.adc_bits == 5);
}

TEST_CASE("a head that is too tall for the crossbar is refused, with the reason") {
  CHECK_THAT(refusal({{"score.key_cells", "4"}}),
             Contains("d_k = 64") && Contains("score.key_cells = 4") && Contains("256") &&
                 Contains("192") && Contains("row-split"));
  CHECK(refusal({}, {12, 12, 384, 384, 65, false}) != "accepted");
  CHECK(refusal({{"crossbar.ramp_rows", "65"}}) != "accepted");
  CHECK(refusal({{"crossbar.rows", "64"}}) != "accepted");
}

TEST_CASE("a split that does not hold the sequence, or not fit the crossbars, is refused") {
  CHECK_THAT(refusal({{"topk.split", "256,127"}}),
             Contains("topk.split") && Contains("383") && Contains("384"));
  CHECK_THAT(refusal({{"topk.split", "257,127"}}), Contains("topk.split") && Contains("257") &&
                                                       Contains("crossbar.columns") &&
                                                       Contains("256"));
  CHECK_THAT(refusal({{"crossbar.max_per_head", "1"}}),
             Contains("crossbar.max_per_head = 1") && Contains("384") && Contains("2"));
  CHECK_THAT(refusal({}, of_tokens(256 * 64 + 1)), Contains("65 crossbars"));
  // 768 values of a column in blocks of 64: 12 times two arrays.
  const auto split_by_rows = [](const char* most) {
    return refusal({{"attention.scaling", "in_k_weights"},
                    {"softmax.macro", "digital_topk"},
                    {"crossbar.max_per_head", most}});
  };
  CHECK(split_by_rows("24") == "accepted");
  CHECK_THAT(split_by_rows("23"), Contains("12 times 2 crossbars"));
  CHECK(refusal({}, of_tokens(256 * 64)) == "accepted");
}

TEST_CASE("lists of the wrong length are refused") {
  CHECK_THAT(refusal({{"topk.sub_k", "5"}}),
             Contains("topk.sub_k has 1") && Contains("topk.split has 2"));
  CHECK_THAT(refusal({{"topk.sub_k", "2,2,1"}}), Contains("topk.sub_k has 3"));
  CHECK_THAT(refusal({{"ima.ramp_lsb", "4,5"}}), Contains("ima.ramp_lsb has 2") && Contains("12"));
  CHECK_THAT(refusal({{"softmax.score_step", "1,1,1"}}), Contains("softmax.score_step has 3"));
  CHECK(refusal({{"ima.ramp_lsb", "4"}}) == "accepted");
  CHECK(refusal({{"ima.ramp_lsb", "1,2,3,4,5,6,7,8,9,10,11,12"}}) == "accepted");
}

TEST_CASE("tokens, shapes and rows beyond what there is are refused") {
  CHECK_THAT(refusal({{"attention.valid_tokens", "385"}}),
             Contains("attention.valid_tokens = 385") && Contains("384"));
  CHECK(refusal({{"attention.valid_tokens", "384"}}) == "accepted");
  CHECK(refusal({{"attention.valid_tokens", "0"}}) == "accepted");
  CHECK_THAT(refusal({{"av.rows", "193"}}), Contains("av.rows = 193") && Contains("192"));
  CHECK_THAT(refusal({{"attention.heads", "6"}}),
             Contains("attention.heads = 6") && Contains("12"));
  CHECK_THAT(refusal({{"attention.tokens", "100"}}), Contains("attention.tokens = 100"));
  CHECK_THAT(refusal({{"attention.query_rows", "100"}}), Contains("attention.query_rows = 100"));
  CHECK_THAT(refusal({{"attention.d_model", "64"}}), Contains("attention.d_model = 64"));
}

TEST_CASE("the weights of a projection fit one transaction") {
  // 65536 * 65536 bytes do not; one head less does.
  CHECK_THAT(refusal({}, {1024, 1024, 16, 16, 64, true}), Contains("65536") && Contains("65535"));
  CHECK(refusal({}, {1023, 1023, 16, 16, 64, true}) == "accepted");
  CHECK(refusal({}, {1024, 1024, 16, 16, 64, false}) == "accepted");
}

TEST_CASE("more winners than results can be held for are refused") {
  CHECK_THAT(refusal({{"topk.k", "65536"}}, {12, 12, 384, 384, 64, false}), Contains("topk.sub_k"));
  CHECK(refusal({{"topk.k", "65536"}, {"softmax.macro", "digital_topk"}},
                {1, 1, 4, 384, 64, false}) == "accepted");
  CHECK_THAT(refusal({{"topk.sub_k", "65536,1"}}, {1, 1, 4, 384, 64, false}), Contains("65537"));
}

TEST_CASE("a crossbar cannot have more winners than columns") {
  CHECK_THAT(refusal({{"topk.k", "1000"}}),
             Contains("topk.k = 1000 and topk.sub_k = 667,333 want 667 winners of a crossbar with "
                      "crossbar.columns = 256"));
  CHECK_THAT(refusal({{"topk.sub_k", "3,257"}}), Contains("want 257 winners"));
  CHECK(refusal({{"topk.k", "384"}}) == "accepted");
  // Few tokens in a wide crossbar are no reason: a row may have fewer participants than winners.
  CHECK(refusal({}, of_tokens(3)) == "accepted");
}

TEST_CASE("what a refusal says would fit does fit") {
  const Shape tall{12, 12, 384, 384, 100, false};
  const std::vector<std::pair<Changes, Shape>> refused{
      {{{"score.key_cells", "4"}}, bert},
      {{}, tall},
      {{}, {8, 8, 384, 384, 128, false}},
      {{{"attention.scaling", "in_k_weights"}}, bert},
      {{{"crossbar.ramp_rows", "65"}}, bert},
      {{{"crossbar.rows", "128"}}, bert},
      {{{"topk.split", "257,127"}}, bert},
      {{{"crossbar.max_per_head", "1"}}, bert},
      {{}, of_tokens(256 * 64 + 1)},
      {{{"av.rows", "193"}}, bert},
      {{{"topk.k", "1000"}}, bert},
      {{{"attention.scaling", "in_k_weights"},
        {"softmax.macro", "digital_topk"},
        {"ima.bits", "12"}},
       bert}};
  for (const auto& [changes, shape] : refused) {
    const std::string message = refusal(changes, shape);
    INFO(message);
    REQUIRE_THAT(message, Contains(" would fit"));
    const std::string offered = message.substr(message.rfind("; ") + 2);
    static const std::regex each("([a-z_]+\\.[a-z_]+) = ([0-9a-z_]+)");
    for (std::sregex_iterator found(offered.begin(), offered.end(), each), end; found != end;
         ++found) {
      Changes better = changes;
      better.emplace_back((*found)[1], (*found)[2]);
      INFO((*found)[0]);
      CHECK(refusal(better, shape) == "accepted");
    }
  }
}

TEST_CASE("under a mask k is shared out row by row, and the settings say so") {
  Settings settings = changed({{"attention.causal", "true"}});
  const MachineConfig m = resolve(settings, bert);
  CHECK(m.shares_out());
  CHECK(settings.text("topk.sub_k") == "auto");
  CHECK(m.shares_of(0, 0) == std::vector<int>{5, 0});
  CHECK(m.shares_of(0, 256) == std::vector<int>{5, 1});
  CHECK(m.shares_of(0, 383) == std::vector<int>{3, 2});
  CHECK(m.topk.winners == 6);  // of row 256
  CHECK(m.most_shares() == std::vector<int>{5, 2});
  CHECK(m.winners_beyond_participants() == 0);
  const auto old = machine({{"attention.causal", "true"}, {"topk.sub_k_by", "columns"}});
  CHECK_FALSE(old.shares_out());
  CHECK(old.shares_of(0, 0) == std::vector<int>{3, 2});
  CHECK(old.topk.winners == 5);
  CHECK(machine({{"attention.valid_tokens", "3"}}).winners_beyond_participants() == 2);
  CHECK(m.winners_above_k() == 1);
  CHECK(old.winners_above_k() == 0);
}

TEST_CASE("one counter for all crossbars of a head has the head's k, and a tree") {
  const auto m = machine({{"topk.scope", "head"}, {"crossbar.columns", "128"}});
  CHECK(m.joins_crossbars());
  CHECK(m.topk.winners == 5);
  CHECK(m.topk.tree_cycles == 2);  // three crossbars
  CHECK(m.counter_columns() == std::vector<int>{384});
  CHECK(m.most_shares() == std::vector<int>{5});
  CHECK(machine({{"topk.scope", "head"}}, of_tokens(65)).topk.tree_cycles == 0);
  CHECK(machine({{"topk.scope", "head"}, {"topk.tree_cycles", "7"}}).topk.tree_cycles == 7);
  CHECK_THAT(refusal({{"topk.scope", "head"}, {"topk.sub_k", "3,2"}}),
             Contains("topk.sub_k = 3,2 with topk.scope = head"));
  CHECK(machine({{"topk.scope", "head"}, {"topk.k", "500"}}).winners_beyond_participants() == 116);
}

TEST_CASE("bit lines are joined to hold wide heads") {
  const Shape wide{8, 8, 384, 384, 128, false};
  const auto m = machine({{"score.row_split", "join"}}, wide);
  CHECK(m.score.joined);
  CHECK(m.score.joined_arrays() == 2);
  CHECK(m.score.row_blocks() == 1);
  CHECK(m.score.block_width == 64);
  CHECK(m.key_rows() == 192);
  CHECK(m.score_cycles() == 2 + 15);
  CHECK_FALSE(machine({{"score.row_split", "join"}}).score.joined);  // d_k = 64 fits an array
  CHECK_THAT(refusal({{"score.row_split", "join"}, {"score.join_max", "1"}}, wide),
             Contains("score.join_max = 1") && Contains("score.join_max = 2"));
  CHECK_THAT(refusal({{"score.row_split", "join"}, {"crossbar.max_per_head", "3"}}, wide),
             Contains("2 times 2 crossbars"));
  // What is offered fits, or says what it needs.
  CHECK_THAT(refusal({}, wide), Contains("score.row_split = join (2 arrays per column), "
                                         "softmax.macro = conventional or"));
  CHECK_THAT(refusal({{"crossbar.max_per_head", "3"}}, wide),
             Contains("softmax.macro = conventional with crossbar.max_per_head = 4"));
  CHECK_THAT(refusal({{"score.row_split", "join"},
                      {"attention.scaling", "in_k_weights"},
                      {"softmax.macro", "digital_topk"}}),
             Contains("score.row_split = join with attention.scaling = in_k_weights"));
  // Full ramps add the codes of row blocks.
  const auto in_blocks = machine({{"softmax.macro", "conventional"}}, wide);
  CHECK(in_blocks.score.row_blocks() == 2);
  CHECK_FALSE(in_blocks.score.joined);
}

TEST_CASE("what placement and reach refuse") {
  CHECK_THAT(refusal({{"attention.placement", "interleaved"}, {"topk.split", "256,128"}}),
             Contains("192 tokens into crossbar 1") && Contains("128 columns"));
  CHECK(refusal({{"attention.placement", "interleaved"}, {"topk.split", "192,200"}}) == "accepted");
  CHECK_THAT(refusal({{"topk.reach", "3"}, {"softmax.macro", "conventional"}}),
             Contains("topk.reach = 3 with softmax.macro = conventional"));
}
