// SPDX-License-Identifier: Apache-2.0
// Every function of topkima_arith_pkg once, on numbers worked by hand.
module package_dpi_tb;
  import topkima_arith_pkg::*;

  task automatic check(input string what, input longint got, input longint expected);
    if (got != expected) $fatal(1, "%s: %0d, expected %0d", what, got, expected);
  endtask

  task automatic ok(input string what, input int code);
    if (code != TOPKIMA_OK) $fatal(1, "%s: %s", what, topkima_error_text(code));
  endtask

  // 15, half a step each way, and 3.5: scale 1, halves go to even.
  real values[4];
  int integers[4];
  real scale;
  task automatic quantise();
    values = '{15.0, 0.5, 2.5, -3.5};
    ok("quantise", topkima_quantise(values, 4, 15, integers, scale));
    check("scale", longint'(scale * 1000.0), 1000);
    check("15", longint'(integers[0]), 15);
    check("0.5", longint'(integers[1]), 0);
    check("2.5", longint'(integers[2]), 2);
    check("-3.5", longint'(integers[3]), -4);
    check("too long", longint'(topkima_quantise(values, 5, 15, integers, scale)),
          longint'(TOPKIMA_ERROR_SIZE));
  endtask

  // Two tokens of two values: 1 * 3 - 2 * 1 and 1 * -7 - 2 * 4.
  int query[2], keys[4], row[2];
  task automatic scores();
    query = '{1, -2};
    keys = '{3, 1, -7, 4};
    ok("scores", topkima_scores(query, keys, 2, 2, row));
    check("score 0", longint'(row[0]), 1);
    check("score 1", longint'(row[1]), -15);
  endtask

  // lsb 4: floor((2 s + 4) / 8).
  int code, codes[2];
  task automatic ramp();
    ok("ramp_codes", topkima_ramp_codes(row, 2, 4, 5, codes));
    check("code 0", longint'(codes[0]), 0);
    check("code 1", longint'(codes[1]), -4);
    ok("ramp_code", topkima_ramp_code(-15, 4, 5, code));
    check("code", longint'(code), -4);
    check("lsb 0", longint'(topkima_ramp_code(1, 0, 5, code)), longint'(TOPKIMA_ERROR_PARAMETER));
  endtask

  // 3 bits, k = 3. Code 3: nobody; 2: columns 1, then 4; 1: column 0 is the third and stops.
  int crossbar[5], winner_columns[3], winner_codes[3], steps, cycles, count;
  task automatic convert();
    crossbar = '{1, 2, 1, -4, 2};
    for (int of_scores = 0; of_scores < 2; of_scores++) begin
      if (of_scores != 0)
        ok("convert_scores", topkima_convert_scores(3, 3, 0, 1, 0, 0, 0, 0, 0, crossbar, 5, 1,
           winner_columns, winner_codes, steps, cycles, count));
      else
        ok("convert_codes", topkima_convert_codes(3, 3, 0, 1, 0, 0, 0, 0, 0, crossbar, 5,
           winner_columns, winner_codes, steps, cycles, count));
      check("steps", longint'(steps), 3);
      check("cycles", longint'(cycles), 4);
      check("count", longint'(count), 3);
      check("winner 0", longint'(winner_columns[0]), 1);
      check("winner 1", longint'(winner_columns[1]), 4);
      check("winner 2", longint'(winner_columns[2]), 0);
      check("its code", longint'(winner_codes[2]), 1);
    end
  endtask

  chandle circuit;
  int granted[TOPKIMA_MAX_GRANTS], pending, grants;
  bit step_done, stop;
  task automatic clocked();
    circuit = topkima_topk_create();
    ok("begin", topkima_topk_begin(circuit, 3, 2, 0, 1, 0, 0, 0, 0, 0, 300, 300));
    ok("step", topkima_topk_step(circuit, (4096'b1 << 3) | (4096'b1 << 299)));
    ok("clock", topkima_topk_clock(circuit, granted, pending, grants, count, step_done, stop));
    check("pending", longint'(pending), 2);
    check("grants", longint'(grants), 1);
    check("lowest", longint'(granted[0]), 3);
    check("not done", longint'(step_done), 0);
    ok("clock", topkima_topk_clock(circuit, granted, pending, grants, count, step_done, stop));
    check("highest", longint'(granted[0]), 299);
    check("count", longint'(count), 2);
    check("done", longint'({step_done, stop}), 3);
    check("over", longint'(topkima_topk_step(circuit, '0)), longint'(TOPKIMA_ERROR_ORDER));
    ok("destroy", topkima_topk_destroy(circuit));
  endtask

  // Crossbars of 256 and 128 columns.
  int counts[2], columns[4], column_codes[4], first_columns[2], tokens[3], token_codes[3], largest;
  task automatic unite();
    counts = '{2, 1};
    columns = '{7, 3, 100, 0};
    column_codes = '{5, 4, 6, 0};
    first_columns = '{0, 256};
    ok("union", topkima_union(2, 2, counts, columns, column_codes, first_columns, 1, tokens,
       token_codes, count, largest));
    check("union", longint'(count), 3);
    check("largest", longint'(largest), 6);
    check("token", longint'(tokens[2]), 356);
    check("its code", longint'(token_codes[2]), 6);
    // The same, dealt out in turn: crossbar 1 holds the odd tokens.
    first_columns = '{0, 1};
    ok("union in turn", topkima_union(2, 2, counts, columns, column_codes, first_columns, 2, tokens,
       token_codes, count, largest));
    check("token in turn", longint'(tokens[2]), 201);
  endtask

  // 32768 e^-d = 12054.67, 4434.67; 31 E / S = 20.62, 7.59, 2.79.
  int entries[4], three[3], exponents[3], probabilities[3], probability;
  longint sum;
  task automatic softmax();
    ok("exponent_table", topkima_exponent_table(2, 1.0, entries));
    check("E(1)", longint'(entries[1]), 12055);
    three = '{1, 0, -1};
    ok("exponents", topkima_exponents(three, 3, entries, 2, exponents, sum));
    check("exponent", longint'(exponents[2]), 4435);
    check("sum", sum, 49258);
    ok("probabilities", topkima_probabilities(exponents, 3, sum, 5, probabilities));
    check("probability 0", longint'(probabilities[0]), 21);
    check("probability 1", longint'(probabilities[1]), 8);
    check("probability 2", longint'(probabilities[2]), 3);
    ok("divide", topkima_divide(32768, 65536, 5, probability));
    check("15.5", longint'(probability), 16);
  endtask

  // Slices 0 and 2 of a value 5 hold 20, code 7: 3 * 7 * (1 + 4).
  int tensor[2], winner[1], weight[1], outputs[1];
  task automatic weighted_values();
    tensor = '{5, 0};
    winner = '{0};
    weight = '{20};
    ok("weighted_values", topkima_weighted_values(1, 4, 192, 5, 3, 5, tensor, 2, winner, weight, 1,
       outputs));
    check("output", longint'(outputs[0]), 105);
  endtask

  initial begin
    quantise();
    scores();
    ramp();
    convert();
    clocked();
    unite();
    softmax();
    weighted_values();
    $display("libtopkima_arith %s: as computed by hand", topkima_version());
    $finish;
  end
endmodule
