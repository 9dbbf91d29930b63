// SPDX-License-Identifier: Apache-2.0
/* The C interface in several threads at once: whole rows, bit for bit as in one thread. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "topkima_arith.h"

/* A number of 0 .. 2^bits - 1. */
static int32_t draw(uint32_t* state, int bits) {
  *state = *state * 1664525u + 1013904223u;
  return (int32_t)(*state >> (32 - bits));
}

/* A row from scores to outputs, many times; *data is the seed and becomes a digest, 0 if a call
   fails. */
static void* many_rows(void* data) {
  uint32_t *digest = data, random = *digest;
  topkima_conversion_config config;
  topkima_value_config value_config;
  topkima_conversion_init(&config);
  topkima_value_init(&value_config);
  enum { d_k = 64, columns = 100 };
  int32_t query[d_k], keys[columns * d_k], row[columns], winners[5], codes[5], table[32];
  int32_t exponents[5], probabilities[5], output[d_k];
  for (int n = 0; n < 200; ++n) {
    topkima_conversion conversion;
    int64_t sum;
    for (int i = 0; i < d_k; ++i) query[i] = draw(&random, 5) - 15;
    for (int i = 0; i < columns * d_k; ++i) keys[i] = draw(&random, 4) - 7;
    const int failed =
        topkima_scores(query, keys, d_k, columns, row) |
        topkima_convert_scores(&config, row, columns, 50, winners, codes, &conversion) |
        topkima_exponent_table(5, 0.3, table) |
        topkima_exponents(codes, conversion.count, table, 5, exponents, &sum) |
        topkima_probabilities(exponents, conversion.count, sum, 5, probabilities) |
        topkima_weighted_values(&value_config, keys, columns, winners, probabilities,
                                conversion.count, output);
    for (int i = 0; i < d_k; ++i) *digest = *digest * 31u + (uint32_t)output[i];
    if (failed) {
      *digest = 0;
      return NULL;
    }
  }
  return NULL;
}

int main(void) {
  enum { count = 4 };
  pthread_t thread[count];
  uint32_t together[count], alone[count];
  for (uint32_t t = 0; t < count; ++t) together[t] = alone[t] = t + 1;
  for (int t = 0; t < count; ++t) pthread_create(&thread[t], NULL, many_rows, &together[t]);
  for (int t = 0; t < count; ++t) pthread_join(thread[t], NULL);
  for (int t = 0; t < count; ++t) {
    many_rows(&alone[t]);
    if (alone[t] == 0 || together[t] != alone[t]) return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
