// SPDX-License-Identifier: Apache-2.0
/* The C interface from C99: numbers worked by hand, every error code of every function, and
   nothing written on an error. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topkima_arith.h"

static int failures;

#define CHECK(condition)                                     \
  do {                                                       \
    if (!(condition)) {                                      \
      printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                            \
    }                                                        \
  } while (0)

#define CHECK_CODE(call, expected)                                                           \
  do {                                                                                       \
    const int returned = (call);                                                             \
    if (returned != (expected)) {                                                            \
      printf("%s:%d: %s: %d, expected %d\n", __FILE__, __LINE__, #call, returned, expected); \
      ++failures;                                                                            \
    }                                                                                        \
  } while (0)

#define POINTER TOPKIMA_ERROR_POINTER
#define SIZE TOPKIMA_ERROR_SIZE
#define PARAMETER TOPKIMA_ERROR_PARAMETER
#define VALUE TOPKIMA_ERROR_VALUE
#define ORDER TOPKIMA_ERROR_ORDER
#define TOO_MANY (TOPKIMA_MAX_COUNT + 1)

/* What an output holds before a call that must not write it. */
enum { untouched = 4711 };

static int equal(const int32_t* got, const int32_t* expected, int count) {
  return memcmp(got, expected, sizeof *got * (size_t)count) == 0;
}

static void version_and_texts(void) {
  CHECK(strcmp(topkima_version(), EXPECTED_VERSION) == 0);
  for (int code = TOPKIMA_ERROR_MEMORY; code <= TOPKIMA_OK; ++code) {
    CHECK(strlen(topkima_error_text(code)) > 0);
    CHECK(strcmp(topkima_error_text(code), topkima_error_text(1)) != 0);
  }
}

static void quantise(void) {
  /* max 15, q_max 15: scale 1; halves go to even. */
  const double input[] = {15, 0.5, 1.5, 2.5, -0.5, -3.5};
  const int32_t expected[] = {15, 0, 2, 2, 0, -4};
  int32_t got[6] = {untouched};
  double scale = 0;
  CHECK_CODE(topkima_quantise(input, 6, 15, got, &scale), 0);
  CHECK(equal(got, expected, 6) && scale == 1.0);
  const double zeros[3] = {0, -0.0, 0};
  CHECK_CODE(topkima_quantise(zeros, 3, 7, got, &scale), 0);
  CHECK(got[0] == 0 && scale == 1.0);
  CHECK_CODE(topkima_quantise(NULL, 0, 7, NULL, &scale), 0);
  const double extremes[] = {1e-300, -1.7e308};
  CHECK_CODE(topkima_quantise(extremes, 1, 127, got, &scale), 0);
  CHECK(got[0] == 127);
  CHECK_CODE(topkima_quantise(extremes, 2, 127, got, &scale), 0);
  CHECK(got[0] == 0 && got[1] == -127);

  got[0] = untouched;
  scale = -1;
  CHECK_CODE(topkima_quantise(NULL, 1, 15, got, &scale), POINTER);
  CHECK_CODE(topkima_quantise(input, 1, 15, NULL, &scale), POINTER);
  CHECK_CODE(topkima_quantise(input, 1, 15, got, NULL), POINTER);
  CHECK_CODE(topkima_quantise(input, -1, 15, got, &scale), SIZE);
  CHECK_CODE(topkima_quantise(input, 1, 0, got, &scale), PARAMETER);
  CHECK_CODE(topkima_quantise(input, 1, 128, got, &scale), PARAMETER);
  const double bad[] = {1, NAN, -INFINITY}, tiny[] = {0, 9e-301};
  CHECK_CODE(topkima_quantise(bad, 2, 15, got, &scale), VALUE);
  CHECK_CODE(topkima_quantise(bad + 2, 1, 15, got, &scale), VALUE);
  CHECK_CODE(topkima_quantise(tiny, 2, 15, got, &scale), VALUE);
  CHECK(got[0] == untouched && scale == -1);
}

static void scores(void) {
  /* Two tokens: 1*3 + -2*1 = 1; 1*-7 + -2*4 = -15. */
  const int32_t query[] = {1, -2}, keys[] = {3, 1, -7, 4}, expected[] = {1, -15};
  int32_t got[2];
  CHECK_CODE(topkima_scores(query, keys, 2, 2, got), 0);
  CHECK(equal(got, expected, 2));
  const int32_t widest_query[] = {-127}, widest_key[] = {63};
  CHECK_CODE(topkima_scores(widest_query, widest_key, 1, 1, got), 0);
  CHECK(got[0] == -8001);

  got[0] = untouched;
  CHECK_CODE(topkima_scores(NULL, keys, 2, 2, got), POINTER);
  CHECK_CODE(topkima_scores(query, NULL, 2, 2, got), POINTER);
  CHECK_CODE(topkima_scores(query, keys, 2, 2, NULL), POINTER);
  CHECK_CODE(topkima_scores(query, keys, 0, 2, got), SIZE);
  CHECK_CODE(topkima_scores(query, keys, TOO_MANY, 2, got), SIZE);
  CHECK_CODE(topkima_scores(query, keys, 2, 0, got), SIZE);
  CHECK_CODE(topkima_scores(query, keys, 2, TOO_MANY, got), SIZE);
  const int32_t bad_query[] = {-128, 0}, bad_keys[] = {0, 0, 0, 64};
  CHECK_CODE(topkima_scores(bad_query, keys, 2, 2, got), VALUE);
  CHECK_CODE(topkima_scores(query, bad_keys, 2, 2, got), VALUE);
  CHECK(got[0] == untouched);
}

static void ramp(void) {
  /* D = 4: floor((2s + 4) / 8). */
  const int32_t values[] = {2, 1, -2, -3, -6, -7}, expected[] = {1, 0, 0, -1, -1, -2};
  int32_t got[6], code = untouched;
  CHECK_CODE(topkima_ramp_codes(values, 6, 4, 5, got), 0);
  CHECK(equal(got, expected, 6));
  for (int i = 0; i < 6; ++i) {
    CHECK_CODE(topkima_ramp_code(values[i], 4, 5, &code), 0);
    CHECK(code == expected[i]);
  }
  CHECK_CODE(topkima_ramp_code(INT32_MAX, 1, 12, &code), 0);
  CHECK(code == 2047);
  CHECK_CODE(topkima_ramp_code(INT32_MIN, TOPKIMA_MAX_RAMP_LSB, 1, &code), 0);
  CHECK(code == -1);
  CHECK_CODE(topkima_ramp_codes(NULL, 0, 1, 1, NULL), 0);

  got[0] = code = untouched;
  CHECK_CODE(topkima_ramp_code(0, 1, 5, NULL), POINTER);
  CHECK_CODE(topkima_ramp_code(0, 0, 5, &code), PARAMETER);
  CHECK_CODE(topkima_ramp_code(0, TOPKIMA_MAX_RAMP_LSB + 1, 5, &code), PARAMETER);
  CHECK_CODE(topkima_ramp_code(0, 1, 0, &code), PARAMETER);
  CHECK_CODE(topkima_ramp_code(0, 1, 13, &code), PARAMETER);
  CHECK_CODE(topkima_ramp_codes(NULL, 1, 1, 5, got), POINTER);
  CHECK_CODE(topkima_ramp_codes(values, 1, 1, 5, NULL), POINTER);
  CHECK_CODE(topkima_ramp_codes(values, -1, 1, 5, got), SIZE);
  CHECK_CODE(topkima_ramp_codes(values, TOO_MANY, 1, 5, got), SIZE);
  CHECK_CODE(topkima_ramp_codes(values, 1, 0, 5, got), PARAMETER);
  CHECK_CODE(topkima_ramp_codes(values, 1, 1, 13, got), PARAMETER);
  const int32_t bad[] = {-TOPKIMA_MAX_SCORE, TOPKIMA_MAX_SCORE + 1};
  CHECK_CODE(topkima_ramp_codes(bad, 1, 1, 5, got), 0);
  got[0] = untouched;
  CHECK_CODE(topkima_ramp_codes(bad, 2, 1, 5, got), VALUE);
  CHECK(got[0] == untouched && code == untouched);
}

/* Sets one field of a valid configuration at a time to a value out of range. */
enum { bad_conversion_configs = 2 * sizeof(topkima_conversion_config) / sizeof(int32_t) };

static void bad_conversion_config(int field, topkima_conversion_config* config) {
  static const int32_t bad[][2] = {{0, TOPKIMA_MAX_BITS + 1},
                                   {0, TOO_MANY},
                                   {-1, 2},
                                   {0, TOPKIMA_MAX_GRANTS + 1},
                                   {-1, TOPKIMA_MAX_CYCLES + 1},
                                   {-1, TOPKIMA_MAX_CYCLES + 1},
                                   {-1, TOPKIMA_MAX_CYCLES + 1},
                                   {-1, TOPKIMA_MAX_CYCLES + 1},
                                   {-1, 1 << TOPKIMA_MAX_BITS}};
  topkima_conversion_init(config);
  int32_t* fields[] = {&config->bits,
                       &config->k,
                       &config->stop_when_exhausted,
                       &config->grants_per_cycle,
                       &config->step_cycles,
                       &config->start_cycles,
                       &config->grant_cycles,
                       &config->tree_cycles,
                       &config->reach};
  *fields[field / 2] = bad[field / 2][field % 2];
}

static void conversion(void) {
  topkima_conversion_config config;
  topkima_conversion result;
  int32_t columns[3], codes[3];
  CHECK_CODE(topkima_conversion_init(NULL), POINTER);
  CHECK_CODE(topkima_conversion_init(&config), 0);
  CHECK(config.bits == 5 && config.k == 5 && config.stop_when_exhausted == 0 &&
        config.grants_per_cycle == 1 && config.step_cycles == 0 && config.start_cycles == 0 &&
        config.grant_cycles == 0 && config.tree_cycles == 0 && config.reach == 0);

  /* 3 bits, k = 3. Steps: 3 (nobody), 2 (columns 1 and 4), 1 (column 0 is the third: stop). */
  const int32_t input[] = {1, 2, 1, -4, 2}, expected[] = {1, 4, 0}, expected_codes[] = {2, 2, 1};
  config.bits = config.k = 3;
  CHECK_CODE(topkima_convert_codes(&config, input, 5, columns, codes, &result), 0);
  CHECK(equal(columns, expected, 3) && equal(codes, expected_codes, 3));
  CHECK(result.steps == 3 && result.cycles == 4 && result.count == 3);
  /* With a step of 1 a score is its own code. Two grants per cycle: 10 + 3 * 4 + 1 + 1 + 1. */
  config.grants_per_cycle = 2;
  config.step_cycles = 4;
  config.start_cycles = 10;
  CHECK_CODE(topkima_convert_scores(&config, input, 5, 1, columns, codes, &result), 0);
  CHECK(equal(columns, expected, 3) && result.steps == 3 && result.cycles == 25);
  /* Two of the three steps grant. */
  config.grant_cycles = 3;
  CHECK_CODE(topkima_convert_scores(&config, input, 5, 1, columns, codes, &result), 0);
  CHECK(equal(columns, expected, 3) && result.steps == 3 && result.cycles == 25 + 2 * 3);
  config.grant_cycles = 0;
  /* Two more behind it; the step behind the first crossing is the last, before the third. */
  config.tree_cycles = 2;
  config.reach = 1;
  config.k = 4;
  CHECK_CODE(topkima_convert_codes(&config, input, 5, columns, codes, &result), 0);
  CHECK(equal(columns, expected, 3) && result.steps == 3 && result.cycles == 25 + 2);
  config.tree_cycles = config.reach = 0;
  config.k = 3;
  /* Nobody takes part: all 8 steps, or none. */
  CHECK_CODE(topkima_convert_codes(&config, NULL, 0, NULL, NULL, &result), 0);
  CHECK(result.steps == 8 && result.cycles == 10 + 8 * 5 && result.count == 0);
  config.stop_when_exhausted = 1;
  CHECK_CODE(topkima_convert_scores(&config, NULL, 0, 1, NULL, NULL, &result), 0);
  CHECK(result.steps == 0 && result.cycles == 0 && result.count == 0);

  columns[0] = codes[0] = result.steps = untouched;
  CHECK_CODE(topkima_convert_codes(NULL, input, 5, columns, codes, &result), POINTER);
  CHECK_CODE(topkima_convert_codes(&config, NULL, 5, columns, codes, &result), POINTER);
  CHECK_CODE(topkima_convert_codes(&config, input, 5, NULL, codes, &result), POINTER);
  CHECK_CODE(topkima_convert_codes(&config, input, 5, columns, NULL, &result), POINTER);
  CHECK_CODE(topkima_convert_codes(&config, input, 5, columns, codes, NULL), POINTER);
  CHECK_CODE(topkima_convert_codes(&config, input, -1, columns, codes, &result), SIZE);
  CHECK_CODE(topkima_convert_codes(&config, input, TOO_MANY, columns, codes, &result), SIZE);
  CHECK_CODE(topkima_convert_scores(NULL, input, 5, 1, columns, codes, &result), POINTER);
  CHECK_CODE(topkima_convert_scores(&config, NULL, 5, 1, columns, codes, &result), POINTER);
  CHECK_CODE(topkima_convert_scores(&config, input, 5, 1, NULL, codes, &result), POINTER);
  CHECK_CODE(topkima_convert_scores(&config, input, 5, 1, columns, NULL, &result), POINTER);
  CHECK_CODE(topkima_convert_scores(&config, input, 5, 1, columns, codes, NULL), POINTER);
  CHECK_CODE(topkima_convert_scores(&config, input, -1, 1, columns, codes, &result), SIZE);
  CHECK_CODE(topkima_convert_scores(&config, input, 5, 0, columns, codes, &result), PARAMETER);
  const int32_t beyond[] = {3, 4}, below[] = {-5}, big[] = {TOPKIMA_MAX_SCORE + 1};
  CHECK_CODE(topkima_convert_codes(&config, beyond, 2, columns, codes, &result), VALUE);
  CHECK_CODE(topkima_convert_codes(&config, below, 1, columns, codes, &result), VALUE);
  CHECK_CODE(topkima_convert_scores(&config, big, 1, 1, columns, codes, &result), VALUE);
  for (int field = 0; field < bad_conversion_configs; ++field) {
    bad_conversion_config(field, &config);
    CHECK_CODE(topkima_convert_codes(&config, input, 5, columns, codes, &result), PARAMETER);
    CHECK_CODE(topkima_convert_scores(&config, input, 5, 1, columns, codes, &result), PARAMETER);
  }
  CHECK(columns[0] == untouched && codes[0] == untouched && result.steps == untouched);
}

static void circuit(void) {
  topkima_topk* topk = NULL;
  topkima_topk_cycle cycle = {untouched, untouched, untouched, untouched, untouched};
  topkima_conversion_config config;
  int32_t columns[TOPKIMA_MAX_GRANTS];
  uint32_t crossing[2] = {0, 0};
  topkima_conversion_init(&config);
  config.bits = 3;
  config.k = 3;
  config.start_cycles = 1;

  CHECK_CODE(topkima_topk_create(NULL), POINTER);
  CHECK_CODE(topkima_topk_create(&topk), 0);
  CHECK_CODE(topkima_topk_step(topk, crossing), ORDER);
  CHECK_CODE(topkima_topk_clock(topk, columns, &cycle), ORDER);
  CHECK_CODE(topkima_topk_begin(NULL, &config, 40, 35), POINTER);
  CHECK_CODE(topkima_topk_begin(topk, NULL, 40, 35), POINTER);
  CHECK_CODE(topkima_topk_begin(topk, &config, 0, 0), SIZE);
  CHECK_CODE(topkima_topk_begin(topk, &config, TOO_MANY, 0), SIZE);
  CHECK_CODE(topkima_topk_begin(topk, &config, 40, -1), SIZE);
  CHECK_CODE(topkima_topk_begin(topk, &config, 40, 41), SIZE);
  for (int field = 0; field < bad_conversion_configs; ++field) {
    topkima_conversion_config bad;
    bad_conversion_config(field, &bad);
    CHECK_CODE(topkima_topk_begin(topk, &bad, 40, 35), PARAMETER);
  }

  CHECK_CODE(topkima_topk_begin(topk, &config, 40, 35), 0);
  CHECK_CODE(topkima_topk_clock(topk, columns, &cycle), ORDER);
  CHECK(cycle.pending == untouched);
  CHECK_CODE(topkima_topk_step(NULL, crossing), POINTER);
  CHECK_CODE(topkima_topk_step(topk, NULL), POINTER);
  /* Nobody crosses: the cycle of the start, and one. */
  CHECK_CODE(topkima_topk_step(topk, crossing), 0);
  CHECK_CODE(topkima_topk_step(topk, crossing), ORDER);
  CHECK_CODE(topkima_topk_clock(NULL, columns, &cycle), POINTER);
  CHECK_CODE(topkima_topk_clock(topk, NULL, &cycle), POINTER);
  CHECK_CODE(topkima_topk_clock(topk, columns, NULL), POINTER);
  CHECK_CODE(topkima_topk_clock(topk, columns, &cycle), 0);
  CHECK(cycle.grants == 0 && cycle.step_done == 0);
  CHECK_CODE(topkima_topk_clock(topk, columns, &cycle), 0);
  CHECK(cycle.grants == 0 && cycle.step_done == 1 && cycle.stop == 0);
  /* Columns 3 and 34 cross. */
  crossing[0] = 1u << 3;
  crossing[1] = 1u << (34 - 32);
  CHECK_CODE(topkima_topk_step(topk, crossing), 0);
  CHECK_CODE(topkima_topk_clock(topk, columns, &cycle), 0);
  CHECK(cycle.pending == 2 && cycle.grants == 1 && columns[0] == 3 && cycle.count == 1);
  CHECK(cycle.step_done == 0);
  CHECK_CODE(topkima_topk_clock(topk, columns, &cycle), 0);
  CHECK(cycle.pending == 1 && cycle.grants == 1 && columns[0] == 34 && cycle.count == 2);
  CHECK(cycle.step_done == 1 && cycle.stop == 0);
  /* Column 34 has crossed, 35's comparator is off, 40 does not exist. */
  crossing[0] = 0;
  CHECK_CODE(topkima_topk_step(topk, crossing), VALUE);
  crossing[1] = 1u << (35 - 32);
  CHECK_CODE(topkima_topk_step(topk, crossing), VALUE);
  crossing[1] = 1u << (40 - 32);
  CHECK_CODE(topkima_topk_step(topk, crossing), VALUE);
  /* The third grant stops, and the other request is dropped. */
  crossing[0] = 1u << 31 | 1u;
  crossing[1] = 0;
  CHECK_CODE(topkima_topk_step(topk, crossing), 0);
  CHECK_CODE(topkima_topk_clock(topk, columns, &cycle), 0);
  CHECK(cycle.pending == 2 && columns[0] == 0 && cycle.count == 3);
  CHECK(cycle.step_done == 1 && cycle.stop == 1);
  CHECK_CODE(topkima_topk_step(topk, crossing), ORDER);
  CHECK_CODE(topkima_topk_clock(topk, columns, &cycle), ORDER);

  /* The ramp's end, and a conversion without a step. */
  config.bits = 1;
  config.start_cycles = 0;
  crossing[0] = 0;
  CHECK_CODE(topkima_topk_begin(topk, &config, 40, 35), 0);
  for (int step = 0; step < 2; ++step) {
    CHECK_CODE(topkima_topk_step(topk, crossing), 0);
    CHECK_CODE(topkima_topk_clock(topk, columns, &cycle), 0);
    CHECK(cycle.step_done == 1 && cycle.stop == 0);
  }
  CHECK_CODE(topkima_topk_step(topk, crossing), ORDER);
  config.stop_when_exhausted = 1;
  CHECK_CODE(topkima_topk_begin(topk, &config, 40, 0), 0);
  CHECK_CODE(topkima_topk_step(topk, crossing), ORDER);
  CHECK_CODE(topkima_topk_destroy(topk), 0);
  CHECK_CODE(topkima_topk_destroy(NULL), 0);
}

static void union_of_crossbars(void) {
  /* Three crossbars of at most 2 winners, the second has none. */
  const int32_t counts[] = {2, 0, 1}, columns[] = {7, 3, 0, 0, 1, 0};
  const int32_t codes[] = {5, 4, 99, 99, 6, 99}, first[] = {0, 256, 512};
  const int32_t expected[] = {7, 3, 513}, expected_codes[] = {5, 4, 6};
  int32_t tokens[3], token_codes[3], count, largest;
  CHECK_CODE(
      topkima_union(3, 2, counts, columns, codes, first, 1, tokens, token_codes, &count, &largest),
      0);
  CHECK(count == 3 && largest == 6);
  CHECK(equal(tokens, expected, 3) && equal(token_codes, expected_codes, 3));
  CHECK_CODE(topkima_union(1, 0, counts + 1, NULL, NULL, first, 1, NULL, NULL, &count, &largest),
             0);
  CHECK(count == 0 && largest == 0);
  /* Dealt out in turn: the third crossbar holds tokens 2, 5, 8. */
  const int32_t turns[] = {0, 1, 2}, in_turn[] = {21, 9, 5};
  CHECK_CODE(
      topkima_union(3, 2, counts, columns, codes, turns, 3, tokens, token_codes, &count, &largest),
      0);
  CHECK(count == 3 && equal(tokens, in_turn, 3) && equal(token_codes, expected_codes, 3));
  tokens[0] = untouched;
  CHECK_CODE(
      topkima_union(3, 2, counts, columns, codes, turns, 0, tokens, token_codes, &count, &largest),
      VALUE);
  /* The largest token is 2^30 - 1: column 7 at this stride is the first beyond it. */
  CHECK_CODE(topkima_union(3, 2, counts, columns, codes, turns, (1 << 30) / 7 + 1, tokens,
                           token_codes, &count, &largest),
             VALUE);
  CHECK(tokens[0] == untouched);

  tokens[0] = count = largest = untouched;
#define UNION(crossbars, stride, counts, columns, codes, first, tokens)                           \
  topkima_union(crossbars, stride, counts, columns, codes, first, 1, tokens, token_codes, &count, \
                &largest)
  CHECK_CODE(UNION(3, 2, NULL, columns, codes, first, tokens), POINTER);
  CHECK_CODE(UNION(3, 2, counts, NULL, codes, first, tokens), POINTER);
  CHECK_CODE(UNION(3, 2, counts, columns, NULL, first, tokens), POINTER);
  CHECK_CODE(UNION(3, 2, counts, columns, codes, NULL, tokens), POINTER);
  CHECK_CODE(UNION(3, 2, counts, columns, codes, first, NULL), POINTER);
  CHECK_CODE(topkima_union(3, 2, counts, columns, codes, first, 1, tokens, NULL, &count, &largest),
             POINTER);
  CHECK_CODE(
      topkima_union(3, 2, counts, columns, codes, first, 1, tokens, token_codes, NULL, &largest),
      POINTER);
  CHECK_CODE(
      topkima_union(3, 2, counts, columns, codes, first, 1, tokens, token_codes, &count, NULL),
      POINTER);
  CHECK_CODE(UNION(0, 2, counts, columns, codes, first, tokens), SIZE);
  CHECK_CODE(UNION(TOPKIMA_MAX_CROSSBARS + 1, 2, counts, columns, codes, first, tokens), SIZE);
  CHECK_CODE(UNION(3, -1, counts, columns, codes, first, tokens), SIZE);
  CHECK_CODE(UNION(3, TOO_MANY, counts, columns, codes, first, tokens), SIZE);
  CHECK_CODE(UNION(3, 1, counts, columns, codes, first, tokens), SIZE);
  const int32_t negative[] = {1, -1, 1}, many[] = {TOPKIMA_MAX_COUNT, 1, 0};
  CHECK_CODE(UNION(3, 2, negative, columns, codes, first, tokens), SIZE);
  CHECK_CODE(UNION(3, TOPKIMA_MAX_COUNT, many, columns, codes, first, tokens), SIZE);
  const int32_t bad_first[] = {0, 0, 1 << 30}, bad_columns[] = {7, -1, 0, 0, 1, 0};
  CHECK_CODE(UNION(3, 2, counts, columns, codes, bad_first, tokens), VALUE);
  CHECK_CODE(UNION(3, 2, counts, bad_columns, codes, first, tokens), VALUE);
  CHECK(tokens[0] == untouched && count == untouched && largest == untouched);
}

static void softmax(void) {
  /* 32768 e^-d = 12054.67, 4434.67, 1631.42. */
  const int32_t expected[] = {32768, 12055, 4435, 1631}, codes[] = {0, 1, -1};
  const int32_t expected_exponents[] = {12055, 32768, 4435};
  int32_t table[4], exponents[3], probabilities[3], probability = untouched;
  int64_t sum;
  CHECK_CODE(topkima_exponent_table(2, 1.0, table), 0);
  CHECK(equal(table, expected, 4));
  CHECK_CODE(topkima_exponents(codes, 3, table, 2, exponents, &sum), 0);
  CHECK(equal(exponents, expected_exponents, 3) && sum == 49258);
  /* 31 E / S = 7.59, 20.62, 2.79. */
  const int32_t expected_probabilities[] = {8, 21, 3};
  CHECK_CODE(topkima_probabilities(exponents, 3, sum, 5, probabilities), 0);
  CHECK(equal(probabilities, expected_probabilities, 3));
  CHECK_CODE(topkima_divide(32768, 65536, 5, &probability), 0);
  CHECK(probability == 16); /* 15.5 */
  CHECK_CODE(topkima_divide(0, 0, 5, &probability), 0);
  CHECK(probability == 0);
  CHECK_CODE(topkima_divide(32768, 32768, 8, &probability), 0);
  CHECK(probability == 255);
  CHECK_CODE(topkima_divide(32768, INT64_C(1) << 31, 8, &probability), 0);
  CHECK_CODE(topkima_exponents(NULL, 0, table, 2, NULL, &sum), 0);
  CHECK(sum == 0);
  CHECK_CODE(topkima_probabilities(NULL, 0, 0, 5, NULL), 0);

  table[0] = exponents[0] = probabilities[0] = probability = untouched;
  CHECK_CODE(topkima_exponent_table(2, 1.0, NULL), POINTER);
  CHECK_CODE(topkima_exponent_table(0, 1.0, table), PARAMETER);
  CHECK_CODE(topkima_exponent_table(13, 1.0, table), PARAMETER);
  CHECK_CODE(topkima_exponent_table(2, -1e-9, table), PARAMETER);
  CHECK_CODE(topkima_exponent_table(2, NAN, table), PARAMETER);
  CHECK_CODE(topkima_exponent_table(2, INFINITY, table), PARAMETER);
  CHECK(table[0] == untouched);
  sum = untouched;
  CHECK_CODE(topkima_exponents(NULL, 3, expected, 2, exponents, &sum), POINTER);
  CHECK_CODE(topkima_exponents(codes, 3, NULL, 2, exponents, &sum), POINTER);
  CHECK_CODE(topkima_exponents(codes, 3, expected, 2, NULL, &sum), POINTER);
  CHECK_CODE(topkima_exponents(codes, 3, expected, 2, exponents, NULL), POINTER);
  CHECK_CODE(topkima_exponents(codes, -1, expected, 2, exponents, &sum), SIZE);
  CHECK_CODE(topkima_exponents(codes, TOO_MANY, expected, 2, exponents, &sum), SIZE);
  CHECK_CODE(topkima_exponents(codes, 3, expected, 0, exponents, &sum), PARAMETER);
  CHECK_CODE(topkima_exponents(codes, 3, expected, 13, exponents, &sum), PARAMETER);
  const int32_t bad_codes[] = {0, 2, 0}, bad_table[] = {32769, 0, 0, 0};
  CHECK_CODE(topkima_exponents(bad_codes, 3, expected, 2, exponents, &sum), VALUE);
  CHECK_CODE(topkima_exponents(codes, 3, bad_table, 2, exponents, &sum), VALUE);
  CHECK(exponents[0] == untouched && sum == untouched);
  CHECK_CODE(topkima_divide(1, 2, 5, NULL), POINTER);
  CHECK_CODE(topkima_divide(1, 2, 0, &probability), PARAMETER);
  CHECK_CODE(topkima_divide(1, 2, 9, &probability), PARAMETER);
  CHECK_CODE(topkima_divide(-1, 2, 5, &probability), VALUE);
  CHECK_CODE(topkima_divide(3, 2, 5, &probability), VALUE);
  CHECK_CODE(topkima_divide(32769, 40000, 5, &probability), VALUE);
  CHECK_CODE(topkima_divide(0, -1, 5, &probability), VALUE);
  CHECK_CODE(topkima_divide(0, (INT64_C(1) << 31) + 1, 5, &probability), VALUE);
  CHECK_CODE(topkima_probabilities(NULL, 3, 49258, 5, probabilities), POINTER);
  CHECK_CODE(topkima_probabilities(codes, 3, 49258, 5, NULL), POINTER);
  CHECK_CODE(topkima_probabilities(codes, -1, 49258, 5, probabilities), SIZE);
  CHECK_CODE(topkima_probabilities(codes, TOO_MANY, 49258, 5, probabilities), SIZE);
  CHECK_CODE(topkima_probabilities(codes, 3, 49258, 9, probabilities), PARAMETER);
  CHECK_CODE(topkima_probabilities(codes, 3, 49258, 5, probabilities), VALUE);
  CHECK(probabilities[0] == untouched && probability == untouched);
}

static void weighted_values(void) {
  topkima_value_config config;
  CHECK_CODE(topkima_value_init(NULL), POINTER);
  CHECK_CODE(topkima_value_init(&config), 0);
  CHECK(config.d_k == 64 && config.slices == 4 && config.array_rows == 192 && config.bits == 5 &&
        config.lsb == 3 && config.prob_bits == 5);
  config.d_k = 2;
  config.array_rows = 2;

  /* Tokens 0 and 1 share an array, 2 has its own. Value 0: digits of 5 (slices 0, 2), -1 (slice 0),
     8 (slice 3). Slice 0: 20 - 6 = 14 -> code 5; slice 2: 20 -> 7; slice 3: 5 -> 2. 3 * (5 + 4 * 7
     + 8 * 2) = 147. Value 1: slice 0: -20 -> floor(-37 / 6) = -7; 3 * -7 = -21. */
  const int32_t values[] = {5, -1, -1, 0, 8, 0}, winners[] = {0, 2, 1};
  const int32_t probabilities[] = {20, 5, 6}, expected[] = {147, -21};
  int32_t output[2];
#define VALUES(tokens, winners, probabilities, count) \
  topkima_weighted_values(&config, values, tokens, winners, probabilities, count, output)
  CHECK_CODE(VALUES(3, winners, probabilities, 3), 0);
  CHECK(equal(output, expected, 2));
  CHECK_CODE(topkima_weighted_values(&config, NULL, 3, NULL, NULL, 0, output), 0);
  CHECK(output[0] == 0 && output[1] == 0);

  output[0] = untouched;
  CHECK_CODE(topkima_weighted_values(NULL, values, 3, winners, probabilities, 3, output), POINTER);
  CHECK_CODE(topkima_weighted_values(&config, NULL, 3, winners, probabilities, 3, output), POINTER);
  CHECK_CODE(VALUES(3, NULL, probabilities, 3), POINTER);
  CHECK_CODE(VALUES(3, winners, NULL, 3), POINTER);
  CHECK_CODE(topkima_weighted_values(&config, values, 3, winners, probabilities, 3, NULL), POINTER);
  CHECK_CODE(VALUES(0, winners, probabilities, 0), SIZE);
  CHECK_CODE(VALUES(TOO_MANY, winners, probabilities, 3), SIZE);
  CHECK_CODE(VALUES(3, winners, probabilities, -1), SIZE);
  CHECK_CODE(VALUES(3, winners, probabilities, 4), SIZE);
  const int32_t beyond[] = {3}, twice[] = {1, 1}, negative[] = {-1}, heavy[] = {32};
  CHECK_CODE(VALUES(3, beyond, probabilities, 1), VALUE);
  CHECK_CODE(VALUES(3, twice, probabilities, 2), VALUE);
  CHECK_CODE(VALUES(3, winners, negative, 1), VALUE);
  CHECK_CODE(VALUES(3, winners, heavy, 1), VALUE);
  config.slices = 3; /* 8 does not fit */
  CHECK_CODE(VALUES(3, winners, probabilities, 2), VALUE);
  config.slices = 4;
  const int32_t bad[][2] = {{0, TOO_MANY},
                            {0, 8},
                            {0, TOO_MANY},
                            {0, TOPKIMA_MAX_BITS + 1},
                            {0, TOPKIMA_MAX_VALUE_LSB + 1},
                            {0, TOPKIMA_MAX_PROB_BITS + 1}};
  for (int field = 0; field < 2 * (int)(sizeof bad / sizeof bad[0]); ++field) {
    const topkima_value_config good = config;
    int32_t* fields[] = {&config.d_k,  &config.slices, &config.array_rows,
                         &config.bits, &config.lsb,    &config.prob_bits};
    *fields[field / 2] = bad[field / 2][field % 2];
    CHECK_CODE(VALUES(3, winners, probabilities, 3), PARAMETER);
    config = good;
  }
  /* 4113 winners of 255 are above the largest sum, 4112 are not. */
  enum { many = 4113 };
  static int32_t all[many], full[many], column[many];
  for (int w = 0; w < many; ++w) {
    all[w] = w;
    full[w] = 255;
    column[w] = w % 2;
  }
  config.d_k = 1;
  config.prob_bits = 8;
  config.array_rows = TOPKIMA_MAX_COUNT;
  CHECK_CODE(topkima_weighted_values(&config, column, many, all, full, many, output), VALUE);
  CHECK(output[0] == untouched);
  CHECK_CODE(topkima_weighted_values(&config, column, many, all, full, many - 1, output), 0);
  CHECK(output[0] == 45); /* saturated: 3 * 15 */
}

int main(void) {
  version_and_texts();
  quantise();
  scores();
  ramp();
  conversion();
  circuit();
  union_of_crossbars();
  softmax();
  weighted_values();
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
