// SPDX-License-Identifier: Apache-2.0
// Drives softmax_unit with the test vectors of a run, +vectors=DIRECTORY, one row at a time, and
// compares exponents, probabilities and the cycles of both halves. softmax_vectors_pkg lies beside
// them.
module softmax_vectors_tb;
  import softmax_vectors_pkg::*;

  localparam int OUT_BITS = $clog2(WINNERS + 1);
  localparam int SUM_BITS = 16 + $clog2(WINNERS);

  stimulus_t stimulus[STIMULUS_LINES];
  expected_t expected[EXPECTED_LINES];
  rows_t     rows[ROWS_LINES];
  table_t    exponent[TABLE_LINES];

  logic clk = 0, rst = 1, in_valid = 0, table_write = 0;
  always #5 clk = !clk;

  stimulus_t                     now;  // what is driven
  logic [CODE_BITS-1:0]          table_address;
  logic [15:0]                   table_data;
  logic                          in_ready, exponents_valid, out_valid;
  logic [OUT_BITS-1:0]           exponents_count, out_count;
  logic [WINNERS*TOKEN_BITS-1:0] exponents_token, out_token;
  logic [WINNERS*16-1:0]         exponents;
  logic [SUM_BITS-1:0]           exponents_sum;
  logic [WINNERS*PROB_BITS-1:0]  out_prob;

  softmax_unit #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) unit (
      .clk,
      .rst,
      .in_valid,
      .in_ready,
      .in_count(now.in_count),
      .in_max(now.in_max),
      .in_token(now.in_token),
      .in_code(now.in_code),
      .table_write,
      .table_address,
      .table_data,
      .exponents_valid,
      .exponents_ready(1'b1),
      .exponents_count,
      .exponents_token,
      .exponents,
      .exponents_sum,
      .out_valid,
      .out_ready(1'b1),
      .out_count,
      .out_token,
      .out_prob
  );

  int errors = 0;

  task automatic check(input int line, input string what, input bit right);
    if (right) return;
    errors++;
    $display("line %0d (row %0d): %s not as expected", line + 1, rows[line].row, what);
  endtask

  task automatic next_cycle;
    @(posedge clk);
    #1;  // inputs change behind the edge
  endtask

  // Cycles until a valid output; the row's own cycle is the first.
  task automatic serve(input int line);
    int exponent_cycles = 0, divide_cycles = 0;
    now = stimulus[line];
    in_valid = 1;
    #1 check(line, "in_ready", in_ready);
    next_cycle();
    in_valid = 0;
    exponent_cycles++;
    for (; !exponents_valid && exponent_cycles < 1000; exponent_cycles++) next_cycle();
    check(line, "cycles of the exponents", exponent_cycles == int'(expected[line].exponent_cycles));
    check(line, "number of exponents", exponents_count == expected[line].exponents_count);
    check(line, "exponents", exponents == expected[line].exponents &&
          exponents_token == expected[line].exponents_token);
    check(line, "sum of the exponents", exponents_sum == expected[line].exponents_sum);
    next_cycle();
    divide_cycles++;
    for (; !out_valid && divide_cycles < 1000; divide_cycles++) next_cycle();
    check(line, "cycles of the division", divide_cycles == int'(expected[line].divide_cycles));
    check(line, "number of probabilities", out_count == expected[line].out_count);
    check(line, "probabilities", out_prob == expected[line].out_prob &&
          out_token == expected[line].out_token);
    next_cycle();
  endtask

  string directory;
  initial begin
    if (!$value$plusargs("vectors=%s", directory)) $fatal(1, "+vectors=DIRECTORY is missing");
    $readmemh({directory, "/softmax_stimulus.hex"}, stimulus);
    $readmemh({directory, "/softmax_expected.hex"}, expected);
    $readmemh({directory, "/softmax_rows.hex"}, rows);
    $readmemh({directory, "/softmax_table.hex"}, exponent);
    repeat (2) next_cycle();
    rst = 0;
    table_write = 1;
    for (int distance = 0; distance < TABLE_LINES; distance++) begin
      table_address = CODE_BITS'(distance);
      table_data = exponent[distance].table_data;
      next_cycle();
    end
    table_write = 0;
    for (int line = 0; line < STIMULUS_LINES; line++) serve(line);
    if (errors != 0) $fatal(1, "%0d differences in %0d rows", errors, STIMULUS_LINES);
    $display("%0d rows as expected", STIMULUS_LINES);
    $finish;
  end
endmodule
