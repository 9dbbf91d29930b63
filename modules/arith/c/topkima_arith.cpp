// SPDX-License-Identifier: Apache-2.0
#include "arith/c/topkima_arith.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "arith/av_product.h"
#include "arith/fixed_point.h"
#include "arith/quantise.h"
#include "arith/ramp.h"
#include "arith/score.h"
#include "arith/softmax.h"
#include "arith/topk.h"

namespace arith = topkima::arith;

struct topkima_topk {
  arith::TopkCircuit circuit;
  arith::TopkConfig config;
  int columns = 0, participants = 0;
  std::vector<std::uint64_t> fired;    ///< in the present step
  std::vector<std::uint64_t> crossed;  ///< in this conversion
  int steps = 0;
  int idle = 0;          ///< cycles before the step's first grant
  bool in_step = false;  ///< clock may be called
  bool over = true;
};

namespace {

constexpr int largest_query = 127, largest_key = 63;
constexpr double smallest_largest = 1e-300;  ///< of a tensor that is not all zero
constexpr std::int64_t largest_sum = std::int64_t{1} << 31;
constexpr std::int32_t largest_address = (1 << 30) - 1;

/// No exception may leave a C function, and the arithmetic throws none but std::bad_alloc.
template <typename Body>
int guarded(const Body& body) noexcept {
  try {
    return body();
  } catch (...) {
    return TOPKIMA_ERROR_MEMORY;
  }
}

template <typename Number>
bool within(Number value, Number low, Number high) {
  return low <= value && value <= high;
}

bool all_within(const std::int32_t* values, std::size_t count, std::int32_t low,
                std::int32_t high) {
  return std::all_of(values, values + count,
                     [=](std::int32_t value) { return within(value, low, high); });
}

bool is_count(std::int32_t count) { return within(count, 0, int{TOPKIMA_MAX_COUNT}); }
bool is_size(std::int32_t size) { return within(size, 1, int{TOPKIMA_MAX_COUNT}); }
bool is_bits(std::int32_t bits) { return within(bits, 1, int{TOPKIMA_MAX_BITS}); }
bool is_lsb(std::int32_t lsb) { return within(lsb, 1, int{TOPKIMA_MAX_RAMP_LSB}); }
bool is_prob_bits(std::int32_t bits) { return within(bits, 1, int{TOPKIMA_MAX_PROB_BITS}); }

bool are_codes(const std::int32_t* codes, std::int32_t count, std::int32_t bits) {
  const std::int32_t half = 1 << (bits - 1);
  return all_within(codes, std::size_t(count), -half, half - 1);
}

bool is_valid(const topkima_conversion_config& config) {
  return is_bits(config.bits) && is_size(config.k) && within(config.stop_when_exhausted, 0, 1) &&
         within(config.grants_per_cycle, 1, int{TOPKIMA_MAX_GRANTS}) &&
         within(config.step_cycles, 0, int{TOPKIMA_MAX_CYCLES}) &&
         within(config.start_cycles, 0, int{TOPKIMA_MAX_CYCLES}) &&
         within(config.grant_cycles, 0, int{TOPKIMA_MAX_CYCLES}) &&
         within(config.tree_cycles, 0, int{TOPKIMA_MAX_CYCLES}) &&
         within(config.reach, 0, (1 << TOPKIMA_MAX_BITS) - 1);
}

bool is_valid(const topkima_value_config& config) {
  return is_size(config.d_k) && within(config.slices, 1, 7) && is_size(config.array_rows) &&
         is_bits(config.bits) && within(config.lsb, 1, int{TOPKIMA_MAX_VALUE_LSB}) &&
         is_prob_bits(config.prob_bits);
}

arith::TopkConfig topk_config(const topkima_conversion_config& config) {
  arith::TopkConfig topk;
  topk.bits = config.bits;
  topk.k = config.k;
  topk.stop_when_exhausted = config.stop_when_exhausted != 0;
  topk.grants_per_cycle = config.grants_per_cycle;
  topk.step_cycles = config.step_cycles;
  topk.start_cycles = config.start_cycles;
  topk.grant_cycles = config.grant_cycles;
  topk.tree_cycles = config.tree_cycles;
  topk.reach = config.reach;
  return topk;
}

arith::AvProductConfig arrays_config(const topkima_value_config& config) {
  arith::AvProductConfig arrays;
  arrays.d_k = config.d_k;
  arrays.slices = config.slices;
  arrays.array_rows = config.array_rows;
  arrays.bits = config.bits;
  arrays.lsb = config.lsb;
  arrays.weight_max = (1 << config.prob_bits) - 1;
  return arrays;
}

/// The narrow types of the arithmetic.
template <typename Narrow>
std::vector<Narrow> narrowed(const std::int32_t* values, std::size_t count) {
  std::vector<Narrow> result(count);
  std::transform(values, values + count, result.begin(),
                 [](std::int32_t value) { return static_cast<Narrow>(value); });
  return result;
}

bool are_divisible(const std::int32_t* exponents, std::int32_t count, std::int64_t sum) {
  const auto most = std::min<std::int64_t>(sum, TOPKIMA_EXPONENT_ONE);
  return within(sum, std::int64_t{0}, largest_sum) &&
         all_within(exponents, std::size_t(count), 0, static_cast<std::int32_t>(most));
}

std::int32_t quotient(std::int32_t exponent, std::int64_t sum, std::int32_t bits) {
  if (sum == 0) return 0;
  return arith::divide(static_cast<std::uint32_t>(exponent), static_cast<std::uint32_t>(sum), bits);
}

int convert(const topkima_conversion_config& config, const std::vector<std::int16_t>& codes,
            std::int32_t* winner_columns, std::int32_t* winner_codes,
            topkima_conversion* conversion) {
  const int participants = static_cast<int>(codes.size());
  std::vector<arith::Winner> winners(std::size_t(std::min(config.k, participants)));
  const auto result =
      arith::convert(topk_config(config), codes.data(), participants, winners.data());
  for (std::size_t w = 0; w < std::size_t(result.count); ++w) {
    winner_columns[w] = winners[w].column;
    winner_codes[w] = winners[w].code;
  }
  *conversion = {result.steps, result.cycles, result.count};
  return TOPKIMA_OK;
}

}  // namespace

const char* topkima_version(void) { return TOPKIMA_VERSION; }

const char* topkima_error_text(int code) {
  switch (code) {
    case TOPKIMA_OK: return "no error";
    case TOPKIMA_ERROR_POINTER: return "a pointer that is needed is null";
    case TOPKIMA_ERROR_SIZE: return "a count or a dimension is out of range";
    case TOPKIMA_ERROR_PARAMETER: return "a parameter of the hardware is out of range";
    case TOPKIMA_ERROR_VALUE: return "an entry of an input array, or an operand, is out of range";
    case TOPKIMA_ERROR_ORDER: return "a call that the state of the circuit does not allow";
    case TOPKIMA_ERROR_MEMORY: return "out of memory";
    default: return "not a code of this library";
  }
}

int topkima_quantise(const double* input, std::int32_t count, std::int32_t q_max,
                     std::int32_t* output, double* scale) {
  if (!scale || (count > 0 && (!input || !output))) return TOPKIMA_ERROR_POINTER;
  if (count < 0) return TOPKIMA_ERROR_SIZE;
  if (!within(q_max, 1, arith::magnitude_max(8))) return TOPKIMA_ERROR_PARAMETER;
  bool any = false, reaches = false;
  for (std::int32_t i = 0; i < count; ++i) {
    if (!std::isfinite(input[i])) return TOPKIMA_ERROR_VALUE;
    any |= input[i] != 0;
    reaches |= std::fabs(input[i]) >= smallest_largest;
  }
  if (any && !reaches) return TOPKIMA_ERROR_VALUE;
  return guarded([&] {
    std::vector<std::int8_t> integers(std::size_t(count), 0);
    *scale = arith::quantise(input, std::size_t(count), q_max, integers.data());
    std::copy(integers.begin(), integers.end(), output);
    return TOPKIMA_OK;
  });
}

int topkima_scores(const std::int32_t* query, const std::int32_t* keys, std::int32_t d_k,
                   std::int32_t columns, std::int32_t* scores) {
  if (!query || !keys || !scores) return TOPKIMA_ERROR_POINTER;
  if (!is_size(d_k) || !is_size(columns)) return TOPKIMA_ERROR_SIZE;
  const auto depth = std::size_t(d_k), width = std::size_t(columns);
  if (!all_within(query, depth, -largest_query, largest_query) ||
      !all_within(keys, width * depth, -largest_key, largest_key))
    return TOPKIMA_ERROR_VALUE;
  return guarded([&] {
    const auto pulses = narrowed<std::int8_t>(query, depth);
    std::vector<std::int8_t> transposed(width * depth);
    for (std::size_t j = 0; j < width; ++j)
      for (std::size_t i = 0; i < depth; ++i)
        transposed[i * width + j] = static_cast<std::int8_t>(keys[j * depth + i]);
    arith::ScoreMatrix matrix;
    matrix.load(transposed.data(), d_k, columns, columns, largest_query, largest_key);
    matrix.multiply(pulses.data(), scores);
    return TOPKIMA_OK;
  });
}

int topkima_ramp_code(std::int32_t value, std::int32_t lsb, std::int32_t bits, std::int32_t* code) {
  if (!code) return TOPKIMA_ERROR_POINTER;
  if (!is_lsb(lsb) || !is_bits(bits)) return TOPKIMA_ERROR_PARAMETER;
  *code = arith::ramp_code(value, lsb, bits);
  return TOPKIMA_OK;
}

int topkima_ramp_codes(const std::int32_t* scores, std::int32_t count, std::int32_t lsb,
                       std::int32_t bits, std::int32_t* codes) {
  if (count > 0 && (!scores || !codes)) return TOPKIMA_ERROR_POINTER;
  if (!is_count(count)) return TOPKIMA_ERROR_SIZE;
  if (!is_lsb(lsb) || !is_bits(bits)) return TOPKIMA_ERROR_PARAMETER;
  if (!all_within(scores, std::size_t(count), -TOPKIMA_MAX_SCORE, TOPKIMA_MAX_SCORE))
    return TOPKIMA_ERROR_VALUE;
  return guarded([&] {
    std::vector<std::int16_t> narrow(std::size_t(count), 0);
    arith::ramp_codes(scores, count, lsb, bits, narrow.data());
    std::copy(narrow.begin(), narrow.end(), codes);
    return TOPKIMA_OK;
  });
}

int topkima_conversion_init(topkima_conversion_config* config) {
  if (!config) return TOPKIMA_ERROR_POINTER;
  const arith::TopkConfig reference;
  config->bits = reference.bits;
  config->k = reference.k;
  config->stop_when_exhausted = reference.stop_when_exhausted;
  config->grants_per_cycle = reference.grants_per_cycle;
  config->step_cycles = reference.step_cycles;
  config->start_cycles = reference.start_cycles;
  config->grant_cycles = reference.grant_cycles;
  config->tree_cycles = reference.tree_cycles;
  config->reach = reference.reach;
  return TOPKIMA_OK;
}

int topkima_convert_codes(const topkima_conversion_config* config, const std::int32_t* codes,
                          std::int32_t participants, std::int32_t* winner_columns,
                          std::int32_t* winner_codes, topkima_conversion* conversion) {
  if (!config || !conversion || (participants > 0 && (!codes || !winner_columns || !winner_codes)))
    return TOPKIMA_ERROR_POINTER;
  if (!is_count(participants)) return TOPKIMA_ERROR_SIZE;
  if (!is_valid(*config)) return TOPKIMA_ERROR_PARAMETER;
  if (!are_codes(codes, participants, config->bits)) return TOPKIMA_ERROR_VALUE;
  return guarded([&] {
    return convert(*config, narrowed<std::int16_t>(codes, std::size_t(participants)),
                   winner_columns, winner_codes, conversion);
  });
}

int topkima_convert_scores(const topkima_conversion_config* config, const std::int32_t* scores,
                           std::int32_t participants, std::int32_t lsb,
                           std::int32_t* winner_columns, std::int32_t* winner_codes,
                           topkima_conversion* conversion) {
  if (!config || !conversion || (participants > 0 && (!scores || !winner_columns || !winner_codes)))
    return TOPKIMA_ERROR_POINTER;
  if (!is_count(participants)) return TOPKIMA_ERROR_SIZE;
  if (!is_valid(*config) || !is_lsb(lsb)) return TOPKIMA_ERROR_PARAMETER;
  if (!all_within(scores, std::size_t(participants), -TOPKIMA_MAX_SCORE, TOPKIMA_MAX_SCORE))
    return TOPKIMA_ERROR_VALUE;
  return guarded([&] {
    std::vector<std::int16_t> codes(std::size_t(participants), 0);
    arith::ramp_codes(scores, participants, lsb, config->bits, codes.data());
    return convert(*config, codes, winner_columns, winner_codes, conversion);
  });
}

int topkima_topk_create(topkima_topk** circuit) {
  if (!circuit) return TOPKIMA_ERROR_POINTER;
  return guarded([&] {
    *circuit = new topkima_topk;
    return TOPKIMA_OK;
  });
}

int topkima_topk_destroy(topkima_topk* circuit) {
  delete circuit;
  return TOPKIMA_OK;
}

int topkima_topk_begin(topkima_topk* circuit, const topkima_conversion_config* config,
                       std::int32_t columns, std::int32_t participants) {
  if (!circuit || !config) return TOPKIMA_ERROR_POINTER;
  if (!is_size(columns) || !within(participants, 0, columns)) return TOPKIMA_ERROR_SIZE;
  if (!is_valid(*config)) return TOPKIMA_ERROR_PARAMETER;
  return guarded([&] {
    const auto words = std::size_t(arith::ceil_div(columns, 64));
    circuit->fired.assign(words, 0);
    circuit->crossed.assign(words, 0);
    circuit->config = topk_config(*config);
    circuit->circuit.start(circuit->config, participants);
    circuit->columns = columns;
    circuit->participants = participants;
    circuit->steps = 0;
    circuit->in_step = false;
    circuit->over = circuit->circuit.stopped();
    return TOPKIMA_OK;
  });
}

int topkima_topk_step(topkima_topk* circuit, const std::uint32_t* crossing) {
  if (!circuit || !crossing) return TOPKIMA_ERROR_POINTER;
  if (circuit->in_step || circuit->over) return TOPKIMA_ERROR_ORDER;
  const std::int32_t words = static_cast<std::int32_t>(arith::ceil_div(circuit->columns, 32));
  for (std::int32_t word = 0; word < words; ++word) {
    const int on = std::clamp(circuit->participants - 32 * word, 0, 32);
    const auto all_on = static_cast<std::uint32_t>((std::uint64_t{1} << on) - 1);
    const auto crossed =
        static_cast<std::uint32_t>(circuit->crossed[std::size_t(word / 2)] >> (word % 2 * 32));
    if (crossing[word] & (~all_on | crossed)) return TOPKIMA_ERROR_VALUE;
  }
  return guarded([&] {
    std::fill(circuit->fired.begin(), circuit->fired.end(), 0);
    for (std::int32_t word = 0; word < words; ++word)
      circuit->fired[std::size_t(word / 2)] |= std::uint64_t{crossing[word]} << (word % 2 * 32);
    circuit->circuit.request(circuit->fired);
    for (std::size_t word = 0; word < circuit->fired.size(); ++word)
      circuit->crossed[word] |= circuit->fired[word];
    circuit->idle = circuit->config.step_cycles +
                    (circuit->steps == 0 ? circuit->config.start_cycles : 0) +
                    (circuit->circuit.holds_ramp() ? circuit->config.grant_cycles : 0);
    ++circuit->steps;
    circuit->in_step = true;
    return TOPKIMA_OK;
  });
}

int topkima_topk_clock(topkima_topk* circuit, std::int32_t* columns, topkima_topk_cycle* cycle) {
  if (!circuit || !columns || !cycle) return TOPKIMA_ERROR_POINTER;
  if (!circuit->in_step) return TOPKIMA_ERROR_ORDER;
  return guarded([&] {
    const bool idle = circuit->idle > 0;
    const auto& done = idle ? circuit->circuit.idle() : circuit->circuit.clock();
    circuit->idle -= idle;
    circuit->in_step = idle || circuit->circuit.holds_ramp();
    const bool stop = circuit->circuit.stopped();
    circuit->over = !circuit->in_step && (stop || circuit->steps == 1 << circuit->config.bits);
    std::copy(done.columns.begin(), done.columns.end(), columns);
    *cycle = {done.pending, static_cast<std::int32_t>(done.columns.size()), done.counter,
              !circuit->in_step, stop};
    return TOPKIMA_OK;
  });
}

int topkima_union(std::int32_t crossbars, std::int32_t stride, const std::int32_t* counts,
                  const std::int32_t* columns, const std::int32_t* codes,
                  const std::int32_t* first_columns, std::int32_t column_stride,
                  std::int32_t* tokens, std::int32_t* token_codes, std::int32_t* count,
                  std::int32_t* largest) {
  if (!counts || !first_columns || !count || !largest) return TOPKIMA_ERROR_POINTER;
  if (!within(crossbars, 1, int{TOPKIMA_MAX_CROSSBARS}) || !is_count(stride))
    return TOPKIMA_ERROR_SIZE;
  if (!all_within(counts, std::size_t(crossbars), 0, stride)) return TOPKIMA_ERROR_SIZE;
  std::int64_t total = 0;
  for (std::int32_t c = 0; c < crossbars; ++c) total += counts[c];
  if (total > TOPKIMA_MAX_COUNT) return TOPKIMA_ERROR_SIZE;
  if (total > 0 && (!columns || !codes || !tokens || !token_codes)) return TOPKIMA_ERROR_POINTER;
  if (!within(column_stride, 1, largest_address)) return TOPKIMA_ERROR_VALUE;
  for (std::int32_t c = 0; c < crossbars; ++c) {
    if (!within(first_columns[c], 0, largest_address)) return TOPKIMA_ERROR_VALUE;
    const auto furthest = (largest_address - first_columns[c]) / column_stride;
    const auto first = std::size_t(c) * std::size_t(stride);
    if (counts[c] > 0 && !all_within(columns + first, std::size_t(counts[c]), 0, furthest))
      return TOPKIMA_ERROR_VALUE;
  }
  std::int32_t taken = 0;
  for (std::int32_t c = 0; c < crossbars; ++c) {
    for (std::int32_t w = 0; w < counts[c]; ++w, ++taken) {
      const auto winner = std::size_t(c) * std::size_t(stride) + std::size_t(w);
      tokens[taken] = first_columns[c] + column_stride * columns[winner];
      token_codes[taken] = codes[winner];
    }
  }
  *count = taken;
  *largest = taken == 0 ? 0 : *std::max_element(token_codes, token_codes + taken);
  return TOPKIMA_OK;
}

int topkima_exponent_table(std::int32_t bits, double score_step, std::int32_t* table) {
  if (!table) return TOPKIMA_ERROR_POINTER;
  if (!is_bits(bits) || !std::isfinite(score_step) || score_step < 0)
    return TOPKIMA_ERROR_PARAMETER;
  return guarded([&] {
    const auto entries = arith::exponent_table(std::size_t{1} << bits, score_step);
    std::copy(entries.begin(), entries.end(), table);
    return TOPKIMA_OK;
  });
}

int topkima_exponents(const std::int32_t* codes, std::int32_t count, const std::int32_t* table,
                      std::int32_t bits, std::int32_t* exponents, std::int64_t* sum) {
  if (!table || !sum || (count > 0 && (!codes || !exponents))) return TOPKIMA_ERROR_POINTER;
  if (!is_count(count)) return TOPKIMA_ERROR_SIZE;
  if (!is_bits(bits)) return TOPKIMA_ERROR_PARAMETER;
  if (!are_codes(codes, count, bits) ||
      !all_within(table, std::size_t{1} << bits, 0, TOPKIMA_EXPONENT_ONE))
    return TOPKIMA_ERROR_VALUE;
  return guarded([&] {
    std::vector<std::uint32_t> distances(std::size_t(count), 0);
    const std::int32_t largest = count == 0 ? 0 : *std::max_element(codes, codes + count);
    std::transform(codes, codes + count, distances.begin(),
                   [=](std::int32_t code) { return static_cast<std::uint32_t>(largest - code); });
    arith::ExponentPipeline pipeline(
        0, 1, [=](std::uint32_t distance) { return static_cast<std::uint32_t>(table[distance]); });
    pipeline.start(distances);
    while (!pipeline.done()) pipeline.clock();
    std::copy(pipeline.exponents().begin(), pipeline.exponents().end(), exponents);
    *sum = pipeline.sum();
    return TOPKIMA_OK;
  });
}

int topkima_divide(std::int32_t exponent, std::int64_t sum, std::int32_t prob_bits,
                   std::int32_t* probability) {
  return topkima_probabilities(&exponent, 1, sum, prob_bits, probability);
}

int topkima_probabilities(const std::int32_t* exponents, std::int32_t count, std::int64_t sum,
                          std::int32_t prob_bits, std::int32_t* probabilities) {
  if (count > 0 && (!exponents || !probabilities)) return TOPKIMA_ERROR_POINTER;
  if (!is_count(count)) return TOPKIMA_ERROR_SIZE;
  if (!is_prob_bits(prob_bits)) return TOPKIMA_ERROR_PARAMETER;
  if (!are_divisible(exponents, count, sum)) return TOPKIMA_ERROR_VALUE;
  std::transform(exponents, exponents + count, probabilities,
                 [=](std::int32_t exponent) { return quotient(exponent, sum, prob_bits); });
  return TOPKIMA_OK;
}

int topkima_value_init(topkima_value_config* config) {
  if (!config) return TOPKIMA_ERROR_POINTER;
  const arith::AvProductConfig reference;
  config->d_k = reference.d_k;
  config->slices = reference.slices;
  config->array_rows = reference.array_rows;
  config->bits = reference.bits;
  config->lsb = reference.lsb;
  config->prob_bits = 0;
  while ((1 << config->prob_bits) - 1 < reference.weight_max) ++config->prob_bits;
  return TOPKIMA_OK;
}

int topkima_weighted_values(const topkima_value_config* config, const std::int32_t* values,
                            std::int32_t tokens, const std::int32_t* winners,
                            const std::int32_t* probabilities, std::int32_t count,
                            std::int32_t* output) {
  if (!config || !output || (count > 0 && (!values || !winners || !probabilities)))
    return TOPKIMA_ERROR_POINTER;
  if (!is_size(tokens) || !within(count, 0, tokens)) return TOPKIMA_ERROR_SIZE;
  if (!is_valid(*config)) return TOPKIMA_ERROR_PARAMETER;
  const arith::AvProductConfig reference = arrays_config(*config);
  const std::int32_t value_max = (1 << config->slices) - 1;
  const auto depth = std::size_t(config->d_k);
  if (!all_within(winners, std::size_t(count), 0, tokens - 1) ||
      !all_within(probabilities, std::size_t(count), 0, reference.weight_max))
    return TOPKIMA_ERROR_VALUE;
  const auto row = [=](std::int32_t w) { return values + std::size_t(winners[w]) * depth; };
  std::int32_t sum = 0;  // 65536 * 255 fit
  for (std::int32_t w = 0; w < count; ++w) {
    sum += probabilities[w];
    if (!all_within(row(w), depth, -value_max, value_max)) return TOPKIMA_ERROR_VALUE;
  }
  if (sum > TOPKIMA_MAX_WEIGHT_SUM) return TOPKIMA_ERROR_VALUE;
  return guarded([&] {
    std::vector<bool> seen(std::size_t(tokens), false);
    for (std::int32_t w = 0; w < count; ++w) {
      if (seen[std::size_t(winners[w])]) return int{TOPKIMA_ERROR_VALUE};
      seen[std::size_t(winners[w])] = true;
    }
    arith::AvProduct arrays(reference, tokens);
    std::vector<arith::AvProduct::Weight> weights;
    for (std::int32_t w = 0; w < count; ++w) {
      arrays.write(winners[w], narrowed<std::int8_t>(row(w), depth).data());
      weights.push_back({winners[w], probabilities[w]});
    }
    arrays.read(weights.data(), count, output);
    return int{TOPKIMA_OK};
  });
}
