// SPDX-License-Identifier: Apache-2.0
// Softmax unit: exponents and probabilities of each row, and when both halves are done. The
// exponent table is written after every reset.
`ifndef TOPKIMA_TOP
`define TOPKIMA_TOP softmax_unit
`endif

module softmax_vectors_tb;
  import softmax_vectors_pkg::*;
  `include "vectors_tb.svh"

  localparam int OUT_BITS = $clog2(WINNERS + 1);
  localparam int SUM_BITS = 16 + $clog2(WINNERS);

  stimulus_t stimulus[0:STIMULUS_LINES-1];
  expected_t expected[0:EXPECTED_LINES-1];
  table_t    entries[0:TABLE_LINES-1];
  stimulus_t now;
  expected_t want;

  logic                          in_valid, table_write;
  logic [CODE_BITS-1:0]          table_address;
  logic [15:0]                   table_data;
  logic                          in_ready, exponents_valid, out_valid;
  logic [OUT_BITS-1:0]           exponents_count, out_count;
  logic [WINNERS*TOKEN_BITS-1:0] exponents_token, out_token;
  logic [WINNERS*16-1:0]         exponents;
  logic [SUM_BITS-1:0]           exponents_sum;
  logic [WINNERS*PROB_BITS-1:0]  out_prob;

  `TOPKIMA_TOP #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) dut (
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

  task automatic read;
    $readmemh({directory, "/softmax_stimulus.hex"}, stimulus);
    $readmemh({directory, "/softmax_expected.hex"}, expected);
    $readmemh({directory, "/softmax_rows.hex"}, rows);
    $readmemh({directory, "/softmax_table.hex"}, entries);
  endtask

  task automatic withdraw;
    in_valid = 0;
    table_write = 0;
  endtask

  task automatic prepare;
    for (int distance = 0; distance < TABLE_LINES; distance++) begin
      table_write = 1;
      table_address = CODE_BITS'(distance);
      table_data = entries[distance];
      silence(1);
    end
    table_write = 0;
    table_address = 'x;
    table_data = 'x;
  endtask

  task automatic expect_silence;
    compare("exponents_valid without a row", exponents_valid, 0);
    compare("out_valid without a row", out_valid, 0);
    compare_known("in_ready", in_ready);
  endtask

  task automatic offer;
    now = stimulus[line];
    want = expected[line];
    in_valid = 1;
  endtask

  task automatic compare_exponents;
    compare("exponents_valid", exponents_valid, 1);
    compare("exponents_count", exponents_count, want.exponents_count);
    compare("exponents_token", exponents_token, want.exponents_token);
    compare("exponents", exponents, want.exponents);
    compare("exponents_sum", exponents_sum, want.exponents_sum);
  endtask

  task automatic compare_probabilities;
    compare("out_valid", out_valid, 1);
    compare("out_count", out_count, want.out_count);
    compare("out_token", out_token, want.out_token);
    compare("out_prob", out_prob, want.out_prob);
  endtask

  int cycles;  // of the row in its half

  task automatic exponent_half;
    bit taken, moved;
    taken = 0;
    moved = 0;
    cycles = 0;
    while (!moved && cycles_left > 0) begin
      @(negedge clk) compare_known("in_ready", in_ready);
      compare("out_valid before the exponents", out_valid, 0);
      moved = exponents_valid !== 1'b0;
      if (moved) begin
        compare_exponents();
        compare_cycles("exponent_cycles", cycles, want.exponent_cycles);
      end
      taken = taken || in_ready;
      cycles++;
      next_cycle();
      if (taken) in_valid = 0;
    end
  endtask

  task automatic divider_half;
    bit left;
    left = 0;
    cycles = 1;  // it came in the cycle in which its exponents were complete
    while (!left && cycles_left > 0) begin
      @(negedge clk) compare_known("in_ready", in_ready);
      compare_known("exponents_valid", exponents_valid);
      left = out_valid !== 1'b0;
      if (left) begin
        compare_probabilities();
        compare_cycles("divide_cycles", cycles, want.divide_cycles);
      end
      cycles++;
      next_cycle();
    end
    if (left) line++;
  endtask

  task automatic transaction;
    offer();
    exponent_half();
    divider_half();
  endtask
endmodule
