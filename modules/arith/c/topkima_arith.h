// SPDX-License-Identifier: Apache-2.0
// The arithmetic of the Topkima-Former as a C library: what a testbench in SystemVerilog (DPI-C),
// Python (ctypes) or C compares a design with. It is the model's own code, modules/arith.
//
// - Integers are int32_t whatever the hardware's width; arrays are dense, row by row, and belong to
//   the caller. An input array and an output array may not overlap.
// - Every function but topkima_version and topkima_error_text returns TOPKIMA_OK or one of the
//   negative codes below; then nothing has been written. Null is accepted only for an array without
//   entries. TOPKIMA_ERROR_POINTER and TOPKIMA_ERROR_MEMORY may come from any function and are not
//   repeated below.
// - There is no global state: functions may run in any number of threads; a topkima_topk is used by
//   one thread at a time.
#ifndef TOPKIMA_ARITH_H
#define TOPKIMA_ARITH_H

#include <stdint.h>

#if defined(__GNUC__)
#define TOPKIMA_API __attribute__((visibility("default")))
#else
#define TOPKIMA_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum {
  TOPKIMA_OK = 0,
  TOPKIMA_ERROR_POINTER = -1,    // a pointer that is needed is null
  TOPKIMA_ERROR_SIZE = -2,       // a count or a dimension is out of range
  TOPKIMA_ERROR_PARAMETER = -3,  // a parameter of the hardware is out of range
  TOPKIMA_ERROR_VALUE = -4,      // an entry of an input array, or an operand, is out of range
  TOPKIMA_ERROR_ORDER = -5,      // a call that the state of the circuit does not allow
  TOPKIMA_ERROR_MEMORY = -6      // out of memory
};

// Ranges; those of the tools' parameters.
enum {
  TOPKIMA_MAX_COUNT = 65536,        // of columns, tokens, winners, word lines
  TOPKIMA_MAX_BITS = 12,            // of a ramp
  TOPKIMA_MAX_RAMP_LSB = 16777215,  // step of the scores' ramp
  TOPKIMA_MAX_SCORE = 536870911,    // 2^29 - 1
  TOPKIMA_MAX_GRANTS = 64,          // per cycle
  TOPKIMA_MAX_CYCLES = 1024,        // of a start, of a step, of a step that grants
  TOPKIMA_MAX_CROSSBARS = 4096,     // of a head
  TOPKIMA_EXPONENT_ONE = 32768,     // E of distance 0
  TOPKIMA_MAX_PROB_BITS = 8,
  TOPKIMA_MAX_VALUE_LSB = 1000000,  // step of the AV arrays' ramp
  TOPKIMA_MAX_WEIGHT_SUM = 1048576  // sum of a row's probability codes
};

// The project's version, major.minor.patch. Never fails.
TOPKIMA_API const char* topkima_version(void);

// What an error code means, one line of English. Never fails.
TOPKIMA_API const char* topkima_error_text(int code);

// ---- Quantisation and scores

// scale = max|x| / q_max (1 when all are zero), output = clamp(rint(x / scale), -q_max, q_max);
// rint rounds half to even. Of floats: convert them to double, the result is the model's.
//   input [count], count >= 0; output [count]; scale: real value of one integer step
//   q_max 1 .. 127: 15 for Q and V, 7 for K, 127 for X and W
// SIZE: count. PARAMETER: q_max. VALUE: not finite, or max|x| above 0 and below 1e-300.
TOPKIMA_API int topkima_quantise(const double* input, int32_t count, int32_t q_max, int32_t* output,
                                 double* scale);

// The scores of one query: scores[j] = sum over i of query[i] * keys[j][i].
//   query [d_k], -127 .. 127; keys [columns, d_k], token after token (the crossbar holds the
//   transpose), -63 .. 63; scores [columns]
// SIZE: d_k, columns 1 .. TOPKIMA_MAX_COUNT. VALUE: an entry.
TOPKIMA_API int topkima_scores(const int32_t* query, const int32_t* keys, int32_t d_k,
                               int32_t columns, int32_t* scores);

// ---- Ramp conversion

// code = clamp(floor((2 value + lsb) / (2 lsb)), -2^(bits-1), 2^(bits-1) - 1): the code at which a
// ramp of steps `lsb` (score units) crosses the value. Any value.
// PARAMETER: lsb 1 .. TOPKIMA_MAX_RAMP_LSB, bits 1 .. TOPKIMA_MAX_BITS.
TOPKIMA_API int topkima_ramp_code(int32_t value, int32_t lsb, int32_t bits, int32_t* code);

// The same of a row: scores [count], codes [count].
// SIZE: count 0 .. TOPKIMA_MAX_COUNT. PARAMETER: as above. VALUE: |score| > TOPKIMA_MAX_SCORE.
TOPKIMA_API int topkima_ramp_codes(const int32_t* scores, int32_t count, int32_t lsb, int32_t bits,
                                   int32_t* codes);

typedef struct topkima_conversion_config {
  int32_t bits;                 // of the ramp, 1 .. TOPKIMA_MAX_BITS; it visits 2^bits codes
  int32_t k;                    // the counter's limit, 1 .. TOPKIMA_MAX_COUNT
  int32_t stop_when_exhausted;  // 0 or 1: stop after the last participant if there are fewer than k
  int32_t grants_per_cycle;     // 1 .. TOPKIMA_MAX_GRANTS
  int32_t step_cycles;   // of every executed step, before its grants; 0 .. TOPKIMA_MAX_CYCLES
  int32_t start_cycles;  // before the first step, if any is made; 0 .. TOPKIMA_MAX_CYCLES
  int32_t grant_cycles;  // of every step that grants, before its grants; 0 .. TOPKIMA_MAX_CYCLES
  int32_t tree_cycles;   // behind the last step, if any is made; 0 .. TOPKIMA_MAX_CYCLES
  int32_t reach;         // the ramp also stops so many steps below its first crossing; 0: it does
                         // not; 0 .. 2^TOPKIMA_MAX_BITS - 1
} topkima_conversion_config;

// cycles = start_cycles + sum over the steps of (step_cycles + max(1, ceil(grants in the step /
// grants_per_cycle)) + grant_cycles in a step that grants) + tree_cycles; 0 without a step.
typedef struct topkima_conversion {
  int32_t steps;   // ramp steps executed
  int32_t cycles;  // clock cycles taken
  int32_t count;   // winners, <= k
} topkima_conversion;

// The reference configuration: 5 bits, k = 5, one grant per cycle, everything else 0.
TOPKIMA_API int topkima_conversion_init(topkima_conversion_config* config);

// One crossbar's conversion: the decreasing ramp crosses the columns in the order of falling codes;
// those of one step are granted by ascending address; the k-th grant stops the ramp. With fewer
// participants than k it makes all 2^bits steps, unless stop_when_exhausted.
//   codes [participants], -2^(bits-1) .. 2^(bits-1) - 1: of the columns whose comparators are on,
//   the crossbar's first ones
//   winner_columns, winner_codes: room for min(k, participants), in the order of the grants; those
//   beyond the count, which a reach may leave, stay as they are
// SIZE: participants 0 .. TOPKIMA_MAX_COUNT. PARAMETER: a field of config. VALUE: a code.
TOPKIMA_API int topkima_convert_codes(const topkima_conversion_config* config, const int32_t* codes,
                                      int32_t participants, int32_t* winner_columns,
                                      int32_t* winner_codes, topkima_conversion* conversion);

// The same from scores [participants], through topkima_ramp_codes with step `lsb`.
// SIZE, PARAMETER, VALUE: as of those two.
TOPKIMA_API int topkima_convert_scores(const topkima_conversion_config* config,
                                       const int32_t* scores, int32_t participants, int32_t lsb,
                                       int32_t* winner_columns, int32_t* winner_codes,
                                       topkima_conversion* conversion);

// ---- Arbiter, address encoder and counter of one crossbar, clock by clock
//
//   begin, then for every ramp step: step, and clock until step_done; the conversion is over after
//   `stop` or 2^bits steps. begin may come at any time.

typedef struct topkima_topk topkima_topk;

typedef struct topkima_topk_cycle {
  int32_t pending;    // requests before this cycle's grants
  int32_t grants;     // columns granted in this cycle
  int32_t count;      // grants of this conversion, these included
  int32_t step_done;  // 1: the step's last cycle, the ramp may fall
  int32_t stop;       // 1: the conversion ends here; requests that were left are dropped
} topkima_topk_cycle;

// A circuit, before its first begin; destroy frees it (null: nothing).
TOPKIMA_API int topkima_topk_create(topkima_topk** circuit);
TOPKIMA_API int topkima_topk_destroy(topkima_topk* circuit);

// A new conversion. The comparators of the first `participants` of `columns` columns are on.
// SIZE: columns 1 .. TOPKIMA_MAX_COUNT, participants 0 .. columns. PARAMETER: a field of config.
TOPKIMA_API int topkima_topk_begin(topkima_topk* circuit, const topkima_conversion_config* config,
                                   int32_t columns, int32_t participants);

// The ramp has made a step and these comparators fire: bit j % 32 of word j / 32 of crossing
// [ceil(columns / 32)], the layout of a SystemVerilog bit vector.
// VALUE: a column whose comparator is off, or that has crossed in this conversion.
// ORDER: before begin; the step before is not done; the conversion is over (with
// stop_when_exhausted and no participants from the start).
TOPKIMA_API int topkima_topk_step(topkima_topk* circuit, const uint32_t* crossing);

// One clock cycle. The first start_cycles of the first step, the first step_cycles of each and the
// grant_cycles behind them of one with crossings grant nothing; then the lowest addresses that
// request are granted, up to grants_per_cycle. The tree_cycles behind the last step are no calls.
//   columns: room for grants_per_cycle; the addresses granted, ascending
// ORDER: no step is under way.
TOPKIMA_API int topkima_topk_clock(topkima_topk* circuit, int32_t* columns,
                                   topkima_topk_cycle* cycle);

// ---- Union of the crossbars (sub-top-k)

// The winners of all crossbars in crossbar order, packed to the left: tokens[] = first_columns[c] +
// column_stride * columns[c][w].
//   counts [crossbars], 0 .. stride; columns, codes [crossbars, stride], of which the first
//   counts[c] of crossbar c are read; first_columns [crossbars], >= 0; column_stride: 1 where a
//   crossbar holds tokens one after the other, as many as crossbars where they are dealt out in
//   turn tokens, token_codes: room for the sum of counts, at most TOPKIMA_MAX_COUNT largest: the
//   largest of the codes, 0 without any
// SIZE: crossbars 1 .. TOPKIMA_MAX_CROSSBARS, stride 0 .. TOPKIMA_MAX_COUNT, a count, their sum.
// VALUE: a column or first column not within 0 .. 2^30 - 1, a stride not within 1 .. 2^30 - 1, a
// token above 2^30 - 1.
TOPKIMA_API int topkima_union(int32_t crossbars, int32_t stride, const int32_t* counts,
                              const int32_t* columns, const int32_t* codes,
                              const int32_t* first_columns, int32_t column_stride, int32_t* tokens,
                              int32_t* token_codes, int32_t* count, int32_t* largest);

// ---- Softmax

// table[d] = floor(2^15 exp(-d score_step) + 1/2) for the distances d = 0 .. 2^bits - 1 of a code
// from the row's largest.
//   score_step: real value of one code step, lsb * scale_Q * scale_K / sqrt(d_k); table [2^bits]
// PARAMETER: bits; score_step not finite or below 0.
TOPKIMA_API int topkima_exponent_table(int32_t bits, double score_step, int32_t* table);

// exponents[w] = table[largest code - codes[w]], and their sum.
//   codes, exponents [count]; table [2^bits], 0 .. TOPKIMA_EXPONENT_ONE
// SIZE: count 0 .. TOPKIMA_MAX_COUNT. PARAMETER: bits. VALUE: a code or an entry of the table.
TOPKIMA_API int topkima_exponents(const int32_t* codes, int32_t count, const int32_t* table,
                                  int32_t bits, int32_t* exponents, int64_t* sum);

// P = floor((2 E (2^prob_bits - 1) + S) / (2 S)), E / S in steps of 1 / (2^prob_bits - 1); 0 when
// S is 0.
// PARAMETER: prob_bits 1 .. TOPKIMA_MAX_PROB_BITS. VALUE: not 0 <= exponent <=
// TOPKIMA_EXPONENT_ONE; not exponent <= sum <= 2^31.
TOPKIMA_API int topkima_divide(int32_t exponent, int64_t sum, int32_t prob_bits,
                               int32_t* probability);

// The same of a row: exponents, probabilities [count].
// SIZE: count 0 .. TOPKIMA_MAX_COUNT. PARAMETER, VALUE: as above.
TOPKIMA_API int topkima_probabilities(const int32_t* exponents, int32_t count, int64_t sum,
                                      int32_t prob_bits, int32_t* probabilities);

// ---- Weighted values

typedef struct topkima_value_config {
  int32_t d_k;         // values of a token, 1 .. TOPKIMA_MAX_COUNT
  int32_t slices;      // ternary digits of a value's magnitude, 1 .. 7
  int32_t array_rows;  // token rows of an array, 1 .. TOPKIMA_MAX_COUNT
  int32_t bits;        // of the arrays' ramp, 1 .. TOPKIMA_MAX_BITS
  int32_t lsb;         // its step, in units of probability * digit, 1 .. TOPKIMA_MAX_VALUE_LSB
  int32_t prob_bits;   // of a probability, 1 .. TOPKIMA_MAX_PROB_BITS
} topkima_value_config;

// The reference configuration: 64, 4, 192, 5, 3, 5.
TOPKIMA_API int topkima_value_init(topkima_value_config* config);

// One row through the AV arrays: for each array (array_rows tokens) and slice b the partial sum of
// probability * digit, digit = sign(v) * bit b of |v|, is converted with bits and lsb; output[i] =
// sum over arrays and slices of 2^b * lsb * code. Real value: output * scale_V / (2^prob_bits - 1).
//   values [tokens, d_k], |value| < 2^slices; winners [count]: distinct tokens; probabilities
//   [count], 0 .. 2^prob_bits - 1, sum at most TOPKIMA_MAX_WEIGHT_SUM; output [d_k]
// SIZE: tokens 1 .. TOPKIMA_MAX_COUNT, count 0 .. tokens. PARAMETER: a field of config. VALUE: an
// entry; of values, only the winners' rows are looked at.
TOPKIMA_API int topkima_weighted_values(const topkima_value_config* config, const int32_t* values,
                                        int32_t tokens, const int32_t* winners,
                                        const int32_t* probabilities, int32_t count,
                                        int32_t* output);

#ifdef __cplusplus
}
#endif

#endif
