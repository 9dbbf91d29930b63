// SPDX-License-Identifier: Apache-2.0
// libtopkima_arith for SystemVerilog testbenches. Meanings, ranges and return codes are those of
// topkima_arith.h; names are the same. Structures are passed field by field, arrays as unpacked
// arrays of int or real, declared [N] or [0:N-1] and long enough for the call. Compile with
// topkima_arith_dpi.c.
package topkima_arith_pkg;
  localparam int TOPKIMA_OK = 0;
  localparam int TOPKIMA_ERROR_POINTER = -1;
  localparam int TOPKIMA_ERROR_SIZE = -2;
  localparam int TOPKIMA_ERROR_PARAMETER = -3;
  localparam int TOPKIMA_ERROR_VALUE = -4;
  localparam int TOPKIMA_ERROR_ORDER = -5;
  localparam int TOPKIMA_ERROR_MEMORY = -6;

  localparam int TOPKIMA_MAX_GRANTS = 64;  // per cycle

  // Width of the crossing vector of topkima_topk_step: crossbars of up to so many columns.
  localparam int TOPKIMA_CROSSING_BITS = 4096;

  import "DPI-C" function string topkima_version();
  import "DPI-C" function string topkima_error_text(input int code);

  // keys: token after token, d_k values each.
  import "DPI-C" topkima_dpi_quantise =
      function int topkima_quantise(input real values[], input int count, input int q_max,
                                    inout int integers[], output real scale);
  import "DPI-C" topkima_dpi_scores =
      function int topkima_scores(input int query[], input int keys[], input int d_k,
                                  input int columns, inout int scores[]);

  import "DPI-C" function int topkima_ramp_code(input int value, input int lsb, input int bits,
                                                output int code);
  import "DPI-C" topkima_dpi_ramp_codes =
      function int topkima_ramp_codes(input int scores[], input int count, input int lsb,
                                      input int bits, inout int codes[]);
  import "DPI-C" topkima_dpi_convert_codes =
      function int topkima_convert_codes(
          input int bits, input int k, input bit stop_when_exhausted, input int grants_per_cycle,
          input int step_cycles, input int start_cycles, input int grant_cycles,
          input int tree_cycles, input int reach,
          input int codes[], input int participants, inout int winner_columns[],
          inout int winner_codes[], output int steps, output int cycles, output int count);
  import "DPI-C" topkima_dpi_convert_scores =
      function int topkima_convert_scores(
          input int bits, input int k, input bit stop_when_exhausted, input int grants_per_cycle,
          input int step_cycles, input int start_cycles, input int grant_cycles,
          input int tree_cycles, input int reach,
          input int scores[], input int participants, input int lsb, inout int winner_columns[],
          inout int winner_codes[], output int steps, output int cycles, output int count);

  // create returns null when out of memory.
  import "DPI-C" topkima_dpi_topk_create = function chandle topkima_topk_create();
  import "DPI-C" function int topkima_topk_destroy(input chandle circuit);
  import "DPI-C" topkima_dpi_topk_begin =
      function int topkima_topk_begin(
          input chandle circuit, input int bits, input int k, input bit stop_when_exhausted,
          input int grants_per_cycle, input int step_cycles, input int start_cycles,
          input int grant_cycles, input int tree_cycles, input int reach, input int columns,
          input int participants);
  import "DPI-C" function int topkima_topk_step(input chandle circuit,
                                                input bit [TOPKIMA_CROSSING_BITS-1:0] crossing);
  import "DPI-C" topkima_dpi_topk_clock =
      function int topkima_topk_clock(input chandle circuit,
                                      inout int columns[TOPKIMA_MAX_GRANTS],
                                      output int pending, output int grants, output int count,
                                      output bit step_done, output bit stop);

  // columns, codes: winner w of crossbar c is element c * stride + w.
  import "DPI-C" topkima_dpi_union =
      function int topkima_union(
          input int crossbars, input int stride, input int counts[], input int columns[],
          input int codes[], input int first_columns[], input int column_stride,
          inout int tokens[], inout int token_codes[], output int count, output int largest);

  import "DPI-C" topkima_dpi_exponent_table =
      function int topkima_exponent_table(input int bits, input real score_step,
                                          inout int entries[]);
  import "DPI-C" topkima_dpi_exponents =
      function int topkima_exponents(input int codes[], input int count, input int entries[],
                                     input int bits, inout int exponents[],
                                     output longint sum);
  import "DPI-C" function int topkima_divide(input int exponent, input longint sum,
                                             input int prob_bits, output int probability);
  import "DPI-C" topkima_dpi_probabilities =
      function int topkima_probabilities(input int exponents[], input int count,
                                         input longint sum, input int prob_bits,
                                         inout int probabilities[]);

  // values: token after token, d_k values each.
  import "DPI-C" topkima_dpi_weighted_values =
      function int topkima_weighted_values(
          input int d_k, input int slices, input int array_rows, input int bits, input int lsb,
          input int prob_bits, input int values[], input int tokens, input int winners[],
          input int probabilities[], input int count, inout int outputs[]);
endpackage
