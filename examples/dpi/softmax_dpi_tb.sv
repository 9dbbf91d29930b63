// SPDX-License-Identifier: Apache-2.0
// softmax_unit against libtopkima_arith: random tables and rows, one row after the other, the
// results held back at random. Checks exponents, their sum, probabilities, tokens, and in which
// cycle they are there.
module softmax_dpi_tb #(
    parameter int WINNERS = 8,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 12,
    parameter int PROB_BITS = 5,
    parameter int TABLES = 20,
    parameter int ROWS = 50  // per table
);
  import topkima_arith_pkg::*;

  localparam int OUT_BITS = $clog2(WINNERS + 1);
  localparam int SUM_BITS = 16 + $clog2(WINNERS);
  localparam int ENTRIES = 1 << CODE_BITS;
  localparam int HIGHEST = ENTRIES / 2 - 1;

  logic clk = 0, rst = 1;
  logic in_valid = 0, in_ready, table_write = 0, exponents_valid, exponents_ready = 0;
  logic out_valid, out_ready = 0;
  logic [OUT_BITS-1:0] in_count = 0, exponents_count, out_count;
  logic [CODE_BITS-1:0] in_max = 0, table_address = 0;
  logic [15:0] table_data = 0;
  logic [WINNERS*TOKEN_BITS-1:0] in_token = 0, exponents_token, out_token;
  logic [WINNERS*CODE_BITS-1:0] in_code = 0;
  logic [WINNERS*16-1:0] exponents;
  logic [SUM_BITS-1:0] exponents_sum;
  logic [WINNERS*PROB_BITS-1:0] out_prob;

  softmax_unit #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) dut (.*);

  initial forever #5 clk = !clk;

  task automatic check(input string what, input longint got, input longint expected);
    if (got !== expected) $fatal(1, "%s at %0t: %0d, expected %0d", what, $time, got, expected);
  endtask

  task automatic ok(input int code);
    if (code != TOPKIMA_OK) $fatal(1, "%s", topkima_error_text(code));
  endtask

  int entries[ENTRIES];
  task automatic program_table();
    ok(topkima_exponent_table(CODE_BITS, real'($urandom_range(2000)) / 1000.0, entries));
    table_write = 1;
    for (int d = 0; d < ENTRIES; d++) begin
      table_address = CODE_BITS'(d);
      table_data = 16'(entries[d]);
      @(negedge clk);
    end
    table_write = 0;
  endtask

  // A row, and what the library makes of it.
  int count, codes[WINNERS], tokens[WINNERS], want_exponents[WINNERS], want_probabilities[WINNERS];
  longint want_sum;
  task automatic draw();
    automatic int largest = -HIGHEST - 1;
    count = $urandom_range(WINNERS, 1);
    for (int w = 0; w < count; w++) begin
      codes[w] = $urandom_range(ENTRIES - 1) - HIGHEST - 1;
      tokens[w] = $urandom_range((1 << TOKEN_BITS) - 1);
      if (codes[w] > largest) largest = codes[w];
    end
    ok(topkima_exponents(codes, count, entries, CODE_BITS, want_exponents, want_sum));
    ok(topkima_probabilities(want_exponents, count, want_sum, PROB_BITS, want_probabilities));
    in_count = OUT_BITS'(count);
    in_max = CODE_BITS'(largest);
    in_code = packed_codes();
    in_token = packed_tokens();
  endtask

  // Assigned as a whole: Verilator 5.006 misses the change of a slice made in a task.
  function automatic bit [WINNERS*CODE_BITS-1:0] packed_codes();
    packed_codes = 0;
    for (int w = 0; w < count; w++) packed_codes[w*CODE_BITS+:CODE_BITS] = CODE_BITS'(codes[w]);
  endfunction
  function automatic bit [WINNERS*TOKEN_BITS-1:0] packed_tokens();
    packed_tokens = 0;
    for (int w = 0; w < count; w++)
      packed_tokens[w*TOKEN_BITS+:TOKEN_BITS] = TOKEN_BITS'(tokens[w]);
  endfunction

  task automatic check_exponents();
    check("exponents_count", longint'(exponents_count), longint'(count));
    check("sum", longint'(exponents_sum), want_sum);
    for (int w = 0; w < count; w++) begin
      check("exponent", longint'(exponents[w*16+:16]), longint'(want_exponents[w]));
      check("its token", longint'(exponents_token[w*TOKEN_BITS+:TOKEN_BITS]), longint'(tokens[w]));
    end
  endtask

  task automatic check_probabilities();
    check("out_count", longint'(out_count), longint'(count));
    for (int w = 0; w < count; w++) begin
      check("probability", longint'(out_prob[w*PROB_BITS+:PROB_BITS]),
            longint'(want_probabilities[w]));
      check("its token", longint'(out_token[w*TOKEN_BITS+:TOKEN_BITS]), longint'(tokens[w]));
    end
  endtask

  // The cycle in which a row is taken, and the cycles until its results are there: 2 + count, and
  // 1 + PROB_BITS + count from the cycle in which it moves on.
  int held;
  task automatic convert();
    in_valid = 1;
    #1;
    check("in_ready", longint'(in_ready), 1);
    @(negedge clk);
    in_valid = 0;
    for (int cycle = 1; cycle < 2 + count; cycle++) begin
      check("exponents too early", longint'(exponents_valid), 0);
      @(negedge clk);
    end
    hold_back();
    check("exponents_valid", longint'(exponents_valid), 1);
    check_exponents();
    exponents_ready = 1;
    @(negedge clk);
    exponents_ready = 0;
    for (int cycle = 1; cycle < 1 + PROB_BITS + count; cycle++) begin
      check("probabilities too early", longint'(out_valid), 0);
      @(negedge clk);
    end
    hold_back();
    check("out_valid", longint'(out_valid), 1);
    check_probabilities();
    out_ready = 1;
    @(negedge clk);
    out_ready = 0;
  endtask

  task automatic hold_back();
    while ($urandom_range(99) < 30) begin
      held++;
      @(negedge clk);
    end
  endtask

  initial begin
    repeat (2) @(negedge clk);
    rst = 0;
    for (int n = 0; n < TABLES; n++) begin
      program_table();
      for (int row = 0; row < ROWS; row++) begin
        draw();
        convert();
      end
    end
    $display("%0d rows as in the library, held back for %0d cycles", TABLES * ROWS, held);
    $finish;
  end
endmodule
