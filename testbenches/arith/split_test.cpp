// SPDX-License-Identifier: Apache-2.0
#include "arith/split.h"

#include <catch2/catch.hpp>

using namespace topkima::arith;
using Parts = std::vector<int>;

TEST_CASE("a sequence fills crossbars one after the other") {
  CHECK(auto_split(384, 256) == Parts{256, 128});
  CHECK(auto_split(384, 128) == Parts{128, 128, 128});
  CHECK(auto_split(65, 256) == Parts{65});
  CHECK(auto_split(257, 256) == Parts{256, 1});
}

TEST_CASE("k is shared out by largest remainder, at least one each") {
  CHECK(auto_sub_k({256, 128}, 5) == Parts{3, 2});  // 3.33, 1.67
  CHECK(auto_sub_k({128, 128, 128}, 5) == Parts{2, 2, 1});
  CHECK(auto_sub_k({256, 128}, 1) == Parts{1, 1});  // sum exceeds k
  CHECK(auto_sub_k({256, 1}, 5) == Parts{5, 1});
  CHECK(auto_sub_k({100, 100}, 5) == Parts{3, 2});  // a tie goes to the lower crossbar
}

TEST_CASE("k follows the participants of a row, none where there are none, by hand") {
  CHECK(share_out(5, {256, 128}) == Parts{3, 2});
  CHECK(share_out(5, {100, 0}) == Parts{5, 0});      // padding to 100 of 384
  CHECK(share_out(5, {256, 1}) == Parts{5, 1});      // row 256 of a causal 256 + 128: one more
  CHECK(share_out(5, {40, 20}) == Parts{3, 2});      // 3.33, 1.67
  CHECK(share_out(5, {1, 1}) == Parts{3, 2});        // k beyond the participants
  CHECK(share_out(4, {3, 3, 3}) == Parts{2, 1, 1});  // a tie goes to the lower crossbar
  CHECK(share_out(2, {1, 1, 1}) == Parts{1, 1, 1});
  CHECK(share_out(5, {0, 0}) == Parts{0, 0});
}

TEST_CASE("interleaved crossbars have the same columns, but for one") {
  CHECK(even_split(384, 256) == Parts{192, 192});
  CHECK(even_split(385, 256) == Parts{193, 192});
  CHECK(even_split(65, 256) == Parts{65});
}
