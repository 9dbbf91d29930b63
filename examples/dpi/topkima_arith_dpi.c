// SPDX-License-Identifier: Apache-2.0
/* Between topkima_arith_pkg.sv and libtopkima_arith: what SystemVerilog passes as open arrays, or
   in place of a structure. Open arrays must have `int` or `real` elements, declared [N] or [0:N-1].
   Arrays too short for the call are TOPKIMA_ERROR_SIZE. C and C++ both: simulators differ in what
   they compile it as. */
#include <stddef.h>
#include <svdpi.h>

#include "topkima_arith.h"

/* TOPKIMA_CROSSING_BITS of the package: what topkima_topk_step gets, however few columns there are.
 */
enum { crossing_bits = 4096 };

#ifdef __cplusplus
extern "C" {
#endif

/* Elements of an array, or -1 of one that this simulator does not store as C does. */
static int size_of(svOpenArrayHandle array) { return svGetArrayPtr(array) ? svSize(array, 1) : -1; }

/* The elements of an array of int. */
static int32_t* ints(svOpenArrayHandle array) { return (int32_t*)svGetArrayPtr(array); }

static int has(svOpenArrayHandle array, int64_t count) { return size_of(array) >= count; }

static int smaller(int a, int b) { return a < b ? a : b; }

static topkima_conversion_config conversion_config(int bits, int k, svBit stop_when_exhausted,
                                                   int grants_per_cycle, int step_cycles,
                                                   int start_cycles, int grant_cycles,
                                                   int tree_cycles, int reach) {
  const topkima_conversion_config config = {bits,
                                            k,
                                            stop_when_exhausted,
                                            grants_per_cycle,
                                            step_cycles,
                                            start_cycles,
                                            grant_cycles,
                                            tree_cycles,
                                            reach};
  return config;
}

static int unpack(int code, const topkima_conversion* conversion, int* steps, int* cycles,
                  int* count) {
  if (code != TOPKIMA_OK) return code;
  *steps = conversion->steps;
  *cycles = conversion->cycles;
  *count = conversion->count;
  return code;
}

int topkima_dpi_quantise(svOpenArrayHandle input, int count, int q_max, svOpenArrayHandle output,
                         double* scale) {
  if (!has(input, count) || !has(output, count)) return TOPKIMA_ERROR_SIZE;
  return topkima_quantise((const double*)svGetArrayPtr(input), count, q_max, ints(output), scale);
}

int topkima_dpi_scores(svOpenArrayHandle query, svOpenArrayHandle keys, int d_k, int columns,
                       svOpenArrayHandle scores) {
  if (!has(query, d_k) || !has(keys, (int64_t)d_k * columns) || !has(scores, columns))
    return TOPKIMA_ERROR_SIZE;
  return topkima_scores(ints(query), ints(keys), d_k, columns, ints(scores));
}

int topkima_dpi_ramp_codes(svOpenArrayHandle scores, int count, int lsb, int bits,
                           svOpenArrayHandle codes) {
  if (!has(scores, count) || !has(codes, count)) return TOPKIMA_ERROR_SIZE;
  return topkima_ramp_codes(ints(scores), count, lsb, bits, ints(codes));
}

int topkima_dpi_convert_codes(int bits, int k, svBit stop_when_exhausted, int grants_per_cycle,
                              int step_cycles, int start_cycles, int grant_cycles, int tree_cycles,
                              int reach, svOpenArrayHandle codes, int participants,
                              svOpenArrayHandle winner_columns, svOpenArrayHandle winner_codes,
                              int* steps, int* cycles, int* count) {
  const topkima_conversion_config config =
      conversion_config(bits, k, stop_when_exhausted, grants_per_cycle, step_cycles, start_cycles,
                        grant_cycles, tree_cycles, reach);
  const int room = smaller(k, participants);
  topkima_conversion result;
  if (!has(codes, participants) || !has(winner_columns, room) || !has(winner_codes, room))
    return TOPKIMA_ERROR_SIZE;
  const int code = topkima_convert_codes(&config, ints(codes), participants, ints(winner_columns),
                                         ints(winner_codes), &result);
  return unpack(code, &result, steps, cycles, count);
}

int topkima_dpi_convert_scores(int bits, int k, svBit stop_when_exhausted, int grants_per_cycle,
                               int step_cycles, int start_cycles, int grant_cycles, int tree_cycles,
                               int reach, svOpenArrayHandle scores, int participants, int lsb,
                               svOpenArrayHandle winner_columns, svOpenArrayHandle winner_codes,
                               int* steps, int* cycles, int* count) {
  const topkima_conversion_config config =
      conversion_config(bits, k, stop_when_exhausted, grants_per_cycle, step_cycles, start_cycles,
                        grant_cycles, tree_cycles, reach);
  const int room = smaller(k, participants);
  topkima_conversion result;
  if (!has(scores, participants) || !has(winner_columns, room) || !has(winner_codes, room))
    return TOPKIMA_ERROR_SIZE;
  const int code = topkima_convert_scores(&config, ints(scores), participants, lsb,
                                          ints(winner_columns), ints(winner_codes), &result);
  return unpack(code, &result, steps, cycles, count);
}

void* topkima_dpi_topk_create(void) {
  topkima_topk* circuit = NULL;
  return topkima_topk_create(&circuit) == TOPKIMA_OK ? circuit : NULL;
}

int topkima_dpi_topk_begin(void* circuit, int bits, int k, svBit stop_when_exhausted,
                           int grants_per_cycle, int step_cycles, int start_cycles,
                           int grant_cycles, int tree_cycles, int reach, int columns,
                           int participants) {
  const topkima_conversion_config config =
      conversion_config(bits, k, stop_when_exhausted, grants_per_cycle, step_cycles, start_cycles,
                        grant_cycles, tree_cycles, reach);
  if (columns > crossing_bits) return TOPKIMA_ERROR_SIZE;
  return topkima_topk_begin((topkima_topk*)circuit, &config, columns, participants);
}

int topkima_dpi_topk_clock(void* circuit, int* columns, int* pending, int* grants, int* count,
                           svBit* step_done, svBit* stop) {
  topkima_topk_cycle cycle;
  const int code = topkima_topk_clock((topkima_topk*)circuit, columns, &cycle);
  if (code != TOPKIMA_OK) return code;
  *pending = cycle.pending;
  *grants = cycle.grants;
  *count = cycle.count;
  *step_done = (svBit)cycle.step_done;
  *stop = (svBit)cycle.stop;
  return code;
}

int topkima_dpi_union(int crossbars, int stride, svOpenArrayHandle counts,
                      svOpenArrayHandle columns, svOpenArrayHandle codes,
                      svOpenArrayHandle first_columns, int column_stride, svOpenArrayHandle tokens,
                      svOpenArrayHandle token_codes, int* count, int* largest) {
  const int64_t entries = (int64_t)crossbars * stride;
  if (!has(counts, crossbars) || !has(first_columns, crossbars) || !has(columns, entries) ||
      !has(codes, entries))
    return TOPKIMA_ERROR_SIZE;
  int64_t winners = 0;
  for (int c = 0; c < crossbars; ++c) winners += ints(counts)[c];
  if (!has(tokens, winners) || !has(token_codes, winners)) return TOPKIMA_ERROR_SIZE;
  return topkima_union(crossbars, stride, ints(counts), ints(columns), ints(codes),
                       ints(first_columns), column_stride, ints(tokens), ints(token_codes), count,
                       largest);
}

int topkima_dpi_exponent_table(int bits, double score_step, svOpenArrayHandle table) {
  if (bits < 1 || bits > TOPKIMA_MAX_BITS) return TOPKIMA_ERROR_PARAMETER;
  if (!has(table, 1 << bits)) return TOPKIMA_ERROR_SIZE;
  return topkima_exponent_table(bits, score_step, ints(table));
}

int topkima_dpi_exponents(svOpenArrayHandle codes, int count, svOpenArrayHandle table, int bits,
                          svOpenArrayHandle exponents, int64_t* sum) {
  if (bits < 1 || bits > TOPKIMA_MAX_BITS) return TOPKIMA_ERROR_PARAMETER;
  if (!has(codes, count) || !has(table, 1 << bits) || !has(exponents, count))
    return TOPKIMA_ERROR_SIZE;
  return topkima_exponents(ints(codes), count, ints(table), bits, ints(exponents), sum);
}

int topkima_dpi_probabilities(svOpenArrayHandle exponents, int count, int64_t sum, int prob_bits,
                              svOpenArrayHandle probabilities) {
  if (!has(exponents, count) || !has(probabilities, count)) return TOPKIMA_ERROR_SIZE;
  return topkima_probabilities(ints(exponents), count, sum, prob_bits, ints(probabilities));
}

int topkima_dpi_weighted_values(int d_k, int slices, int array_rows, int bits, int lsb,
                                int prob_bits, svOpenArrayHandle values, int tokens,
                                svOpenArrayHandle winners, svOpenArrayHandle probabilities,
                                int count, svOpenArrayHandle output) {
  const topkima_value_config config = {d_k, slices, array_rows, bits, lsb, prob_bits};
  if (!has(values, (int64_t)tokens * d_k) || !has(winners, count) || !has(probabilities, count) ||
      !has(output, d_k))
    return TOPKIMA_ERROR_SIZE;
  return topkima_weighted_values(&config, ints(values), tokens, ints(winners), ints(probabilities),
                                 count, ints(output));
}

#ifdef __cplusplus
}
#endif
