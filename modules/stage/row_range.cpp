// SPDX-License-Identifier: Apache-2.0
#include "stage/row_range.h"

#include "config/errors.h"

namespace topkima::stage {

bool RowRange::comes_from(const stage::RowTag& token, const RowNumbers& numbers) const {
  const std::uint64_t rows = numbers.rows;
  if (token.row >= rows) return false;
  const std::uint64_t in_head_0 = token.sequence * numbers.heads * rows + token.row;
  if (in_head_0 > last) return false;
  const std::uint64_t head = in_head_0 >= first ? 0 : (first - in_head_0 + rows - 1) / rows;
  return head < numbers.heads && in_head_0 + head * rows <= last;
}

bool RowRange::has_head(std::uint64_t head, const RowNumbers& numbers) const {
  // Blocks of `rows` ids belong to the heads in turn.
  const std::uint64_t block = first / numbers.rows;
  const std::uint64_t to_head = (head + numbers.heads - block % numbers.heads) % numbers.heads;
  return block + to_head <= last / numbers.rows;
}

bool RowRange::has_chain(std::uint64_t chain, const RowNumbers& numbers) const {
  bool found = false;
  for (std::uint64_t member = 0; member < numbers.heads_per_chain; ++member)
    found = found || has_head(chain * numbers.heads_per_chain + member, numbers);
  return found;
}

void expect_row(std::uint64_t id, const RowNumbers& numbers, std::uint64_t sequences,
                const std::string& what) {
  const std::uint64_t rows = sequences * numbers.heads * numbers.rows;
  if (id < rows) return;
  const auto of = [&](std::uint64_t number) { return std::to_string(number); };
  throw ConfigError(
      what + ": there is no row " + of(id) + ", of sequence " +
      of(id / numbers.rows / numbers.heads) + "; " +
      (sequences == 1 ? "the only sequence is 0" : "sequences are 0.." + of(sequences - 1)) +
      ", rows are 0 to " + of(rows - 1) + ", (sequence * " + of(numbers.heads) + " + head) * " +
      of(numbers.rows) + " + row");
}

}  // namespace topkima::stage
