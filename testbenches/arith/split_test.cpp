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
