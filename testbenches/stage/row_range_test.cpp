// SPDX-License-Identifier: Apache-2.0
#include "stage/row_range.h"

#include <catch2/catch.hpp>

#include "config/errors.h"

using namespace topkima;
using stage::RowNumbers, stage::RowRange;

TEST_CASE("an id is a sequence, a head and a row") {
  const auto tag = RowNumbers{12, 384}.tag((2 * 12 + 3) * 384 + 17);
  CHECK(tag.sequence == 2);
  CHECK(tag.head == 3);
  CHECK(tag.row == 17);
  CHECK(tag.id == (2 * 12 + 3) * 384 + 17);
}

TEST_CASE("the tokens and heads of a range are those of its rows, for every range") {
  const RowNumbers numbers{3, 4};
  const std::uint64_t all = 2 * 3 * 4;
  for (std::uint64_t first = 0; first < all; ++first)
    for (std::uint64_t last = first; last < all; ++last) {
      const RowRange range{first, last};
      std::vector<bool> tokens(2 * 4), heads(3);
      for (std::uint64_t id = first; id <= last; ++id) {
        const auto tag = numbers.tag(id);
        tokens[tag.sequence * 4 + tag.row] = true;
        heads[tag.head] = true;
      }
      CAPTURE(first, last);
      for (std::uint32_t t = 0; t < 8; ++t) {
        stage::RowTag token;
        token.sequence = t / 4;
        token.row = t % 4;
        REQUIRE(range.comes_from(token, numbers) == tokens[t]);
      }
      for (std::uint64_t h = 0; h < 3; ++h) REQUIRE(range.has_head(h, numbers) == heads[h]);
    }
  stage::RowTag beyond;  // a token of K that no query has the number of
  beyond.row = 4;
  CHECK_FALSE(RowRange{0, all}.comes_from(beyond, numbers));
}

TEST_CASE("a range has a chain if it has one of the heads that take turns in it; one of one head") {
  const RowNumbers numbers{6, 4, 3};
  CHECK(numbers.chains() == 2);
  CHECK(numbers.chain_of(numbers.tag(2 * 4)) == 0);
  CHECK(numbers.chain_of(numbers.tag(3 * 4)) == 1);
  const std::uint64_t all = 2 * 6 * 4;
  for (std::uint64_t first = 0; first < all; ++first)
    for (std::uint64_t last = first; last < all; ++last) {
      const RowRange range{first, last};
      CAPTURE(first, last);
      for (std::uint64_t chain = 0; chain < 2; ++chain) {
        bool found = false;
        for (std::uint64_t head = 3 * chain; head < 3 * chain + 3; ++head)
          found = found || range.has_head(head, numbers);
        REQUIRE(range.has_chain(chain, numbers) == found);
      }
    }
  const RowRange of_head_1{0, all, 1};
  CHECK(of_head_1.holds(numbers.tag(4)));
  CHECK_FALSE(of_head_1.holds(numbers.tag(3)));
  CHECK_FALSE(of_head_1.holds(numbers.tag(8)));
}

TEST_CASE("turns are counted row after row, in each in the order of heads") {
  const RowNumbers numbers{6, 4, 3};
  const auto tag = numbers.tag(4 * 4 + 2);  // head 4, row 2
  CHECK(tag.member(3) == 1);
  CHECK(tag.turn(3) == 2 * 3 + 1);
  CHECK(tag.turn(1) == 2);
}

TEST_CASE("a row that the run does not have is refused with what there is") {
  const RowNumbers numbers{2, 4};
  CHECK_NOTHROW(stage::expect_row(15, numbers, 2, "--row"));
  CHECK_THROWS_AS(stage::expect_row(16, numbers, 2, "--row"), ConfigError);
  CHECK_THROWS_WITH(stage::expect_row(16, numbers, 2, "--row"),
                    "--row: there is no row 16, of sequence 2; sequences are 0..1, rows are 0 to "
                    "15, (sequence * 2 + head) * 4 + row");
}
