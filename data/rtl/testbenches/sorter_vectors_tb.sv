// SPDX-License-Identifier: Apache-2.0
// Digital sorters: the winners of each row, whose elements come one right behind the other, and
// when they come.
`ifndef TOPKIMA_TOP
`define TOPKIMA_TOP digital_sorter
`endif

module sorter_vectors_tb;
  import sorter_vectors_pkg::*;
  `include "vectors_tb.svh"

  localparam int WINNERS = CROSSBARS * SUB_K;
  localparam int IN_BITS = $clog2(SUB_K + 1);
  localparam int OUT_BITS = $clog2(WINNERS + 1);

  stimulus_t stimulus[0:STIMULUS_LINES-1];
  expected_t expected[0:EXPECTED_LINES-1];
  stimulus_t now;
  expected_t want;

  logic                            in_valid, in_first, in_last;
  logic [CROSSBARS-1:0]            in_enabled;
  logic [CROSSBARS*TOKEN_BITS-1:0] in_token;
  logic [CROSSBARS*CODE_BITS-1:0]  in_code;
  logic                            in_ready, out_valid;
  logic [OUT_BITS-1:0]             out_count;
  logic [WINNERS*TOKEN_BITS-1:0]   out_token;
  logic [WINNERS*CODE_BITS-1:0]    out_code;

  `TOPKIMA_TOP #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) dut (
      .clk,
      .rst,
      .in_valid,
      .in_ready,
      .in_first,
      .in_last,
      .in_enabled,
      .in_token,
      .in_code,
      .k(now.k),
      .out_valid,
      .out_ready(1'b1),
      .out_count,
      .out_token,
      .out_code
  );

  task automatic read;
    $readmemh({directory, "/sorter_stimulus.hex"}, stimulus);
    $readmemh({directory, "/sorter_expected.hex"}, expected);
    $readmemh({directory, "/sorter_rows.hex"}, rows);
  endtask

  task automatic withdraw;
    in_valid = 0;
  endtask

  task automatic prepare;
    begin end  // nothing
  endtask

  task automatic expect_silence;
    compare("out_valid without a row", out_valid, 0);
    compare_known("in_ready", in_ready);
  endtask

  // What a column that takes no part has counts for nothing.
  task automatic offer(input int element);
    in_valid = element < now.elements;
    if (in_valid) begin
      in_first = element == 0;
      in_last = element == now.elements - 1;
      in_enabled = CROSSBARS'(now.in_enabled >> (element * CROSSBARS));
      in_token = (CROSSBARS*TOKEN_BITS)'(now.in_token >> (element * CROSSBARS * TOKEN_BITS));
      in_code = (CROSSBARS*CODE_BITS)'(now.in_code >> (element * CROSSBARS * CODE_BITS));
      for (int c = 0; c < CROSSBARS; c++)
        if (!in_enabled[c]) begin
          in_token[c*TOKEN_BITS+:TOKEN_BITS] = 'x;
          in_code[c*CODE_BITS+:CODE_BITS] = 'x;
        end
    end
  endtask

  task automatic compare_row;
    logic [WINNERS*TOKEN_BITS-1:0] tokens;
    logic [WINNERS*CODE_BITS-1:0]  codes;
    tokens = want.out_token;
    codes = want.out_code;
    compare("out_valid", out_valid, 1);
    compare("out_count", out_count, want.out_count);
    for (int w = 0; w < WINNERS; w++) begin
      compare("out_token", out_token[w*TOKEN_BITS+:TOKEN_BITS], tokens[w*TOKEN_BITS+:TOKEN_BITS]);
      compare("out_code", out_code[w*CODE_BITS+:CODE_BITS], codes[w*CODE_BITS+:CODE_BITS]);
    end
  endtask

  // Behind the last element that is taken the winners leave.
  task automatic transaction;
    bit taken, left;
    int element, cycles;
    left = 0;
    element = 0;
    cycles = 0;
    now = stimulus[line];
    want = expected[line];
    offer(0);
    while (!left && cycles_left > 0) begin
      @(negedge clk) compare_known("in_ready", in_ready);
      if (in_valid) compare("out_valid before the last element", out_valid, 0);
      left = !in_valid && out_valid !== 1'b0;
      if (left) begin
        compare_row();
        compare_cycles("number of cycles", cycles, want.cycles);
      end
      taken = in_valid && in_ready;
      cycles++;
      next_cycle();
      if (taken) begin
        element++;
        offer(element);
      end
    end
    if (left) line++;
  endtask
endmodule
