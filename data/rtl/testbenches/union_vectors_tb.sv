// SPDX-License-Identifier: Apache-2.0
// Sub-top-k union: the winners of each row, and when they come.
`ifndef TOPKIMA_TOP
`define TOPKIMA_TOP topk_union
`endif

module union_vectors_tb;
  import union_vectors_pkg::*;
  `include "vectors_tb.svh"

  localparam int WINNERS = CROSSBARS * SUB_K;
  localparam int IN_BITS = $clog2(SUB_K + 1);
  localparam int OUT_BITS = $clog2(WINNERS + 1);

  stimulus_t stimulus[0:STIMULUS_LINES-1];
  expected_t expected[0:EXPECTED_LINES-1];
  stimulus_t now;
  expected_t want;

  logic                           in_valid;
  logic [CROSSBARS*IN_BITS-1:0]   in_count;
  logic [WINNERS*COLUMN_BITS-1:0] in_column;
  logic [WINNERS*CODE_BITS-1:0]   in_code;
  logic                           in_ready, out_valid;
  logic [OUT_BITS-1:0]            out_count;
  logic [WINNERS*TOKEN_BITS-1:0]  out_token;
  logic [WINNERS*CODE_BITS-1:0]   out_code;
  logic [CODE_BITS-1:0]           out_max;

  `TOPKIMA_TOP #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .COLUMN_BITS(COLUMN_BITS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) dut (
      .clk,
      .rst,
      .in_valid,
      .in_ready,
      .in_count,
      .in_column,
      .in_code,
      .first_column(now.first_column),
      .column_stride(now.column_stride),
      .out_valid,
      .out_ready(1'b1),
      .out_count,
      .out_token,
      .out_code,
      .out_max
  );

  task automatic read;
    $readmemh({directory, "/union_stimulus.hex"}, stimulus);
    $readmemh({directory, "/union_expected.hex"}, expected);
    $readmemh({directory, "/union_rows.hex"}, rows);
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

  // Fields beyond a crossbar's count may hold anything.
  task automatic offer;
    now = stimulus[line];
    want = expected[line];
    in_count = now.in_count;
    in_column = now.in_column;
    in_code = now.in_code;
    for (int c = 0; c < CROSSBARS; c++)
      for (int w = 0; w < SUB_K; w++)
        if (w >= in_count[c*IN_BITS+:IN_BITS]) begin
          in_column[(c*SUB_K+w)*COLUMN_BITS+:COLUMN_BITS] = 'x;
          in_code[(c*SUB_K+w)*CODE_BITS+:CODE_BITS] = 'x;
        end
    in_valid = 1;
  endtask

  task automatic compare_row;
    compare("out_valid", out_valid, 1);
    compare("out_count", out_count, want.out_count);
    compare("out_token", out_token, want.out_token);
    compare("out_code", out_code, want.out_code);
    compare("out_max", out_max, want.out_max);
  endtask

  // A row is taken, and some cycles later its winners leave.
  task automatic transaction;
    bit taken, left;
    int cycles;
    taken = 0;
    left = 0;
    cycles = 0;
    offer();
    while (!left && cycles_left > 0) begin
      @(negedge clk) compare_known("in_ready", in_ready);
      left = out_valid !== 1'b0;
      if (left) begin
        compare_row();
        compare_cycles("number of cycles", cycles, want.cycles);
      end
      taken = taken || in_ready;
      cycles++;
      next_cycle();
      if (taken) in_valid = 0;
    end
    if (left) line++;
  endtask
endmodule
