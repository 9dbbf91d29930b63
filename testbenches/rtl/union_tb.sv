// SPDX-License-Identifier: Apache-2.0
// topk_union against union_model: random rows, gaps, stalls and resets.
`include "check.svh"

module union_tb #(
    parameter int CROSSBARS = 4,
    parameter int SUB_K = 8,
    parameter int COLUMN_BITS = 8,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 12,
    parameter int CYCLES = 30000
);
  localparam int WINNERS = CROSSBARS * SUB_K;
  localparam int IN_BITS = $clog2(SUB_K + 1);
  localparam int OUT_BITS = $clog2(WINNERS + 1);

  logic clk = 0, rst = 1, in_valid = 0, out_ready = 0;
  logic [CROSSBARS*IN_BITS-1:0] in_count;
  logic [WINNERS*COLUMN_BITS-1:0] in_column;
  logic [WINNERS*CODE_BITS-1:0] in_code;
  logic [CROSSBARS*TOKEN_BITS-1:0] first_column;
  logic [TOKEN_BITS-1:0] column_stride;
  logic in_ready, out_valid, want_in_ready, want_out_valid;
  logic [OUT_BITS-1:0] out_count, want_out_count;
  logic [WINNERS*TOKEN_BITS-1:0] out_token, want_out_token;
  logic [WINNERS*CODE_BITS-1:0] out_code, want_out_code;
  logic [CODE_BITS-1:0] out_max, want_out_max;

  topk_union #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .COLUMN_BITS(COLUMN_BITS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) dut (.*);

  union_model #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .COLUMN_BITS(COLUMN_BITS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) model (
      .in_ready(want_in_ready),
      .out_valid(want_out_valid),
      .out_count(want_out_count),
      .out_token(want_out_token),
      .out_code(want_out_code),
      .out_max(want_out_max),
      .*
  );

  initial forever #1 clk = !clk;

  task automatic new_row();
    automatic int count, code;
    automatic logic full = $urandom % 8 == 0;  // all winners that there can be
    for (int c = 0; c < CROSSBARS; c++) begin
      count = full ? SUB_K : $urandom % 4 == 0 ? 0 : int'($urandom % (SUB_K + 1));
      in_count[c*IN_BITS+:IN_BITS] <= IN_BITS'(count);
      code = int'($urandom % (1 << CODE_BITS)) - (1 << (CODE_BITS - 1));
      for (int w = 0; w < SUB_K; w++) begin
        in_column[(c*SUB_K+w)*COLUMN_BITS+:COLUMN_BITS] <=
            $urandom % 8 == 0 ? '1 : $urandom % 8 == 0 ? '0 : COLUMN_BITS'($urandom);
        in_code[(c*SUB_K+w)*CODE_BITS+:CODE_BITS] <= CODE_BITS'(code);
        if (code > -(1 << (CODE_BITS - 1)) && $urandom % 2 == 0) code--;
      end
    end
  endtask

  int cycle = 0, rows = 0, interrupted = 0, in_percent, out_percent;
  always @(posedge clk) begin
    if (!rst) begin
      `CHECK(in_ready, want_in_ready);
      `CHECK(out_valid, want_out_valid);
      if (out_valid) begin
        `CHECK(out_count, want_out_count);
        `CHECK(out_token, want_out_token);
        `CHECK(out_code, want_out_code);
        `CHECK(out_max, want_out_max);
      end
      if (in_valid && in_ready) rows++;
    end

    if (rst && cycle > 3 && want_out_valid) interrupted++;
    rst <= cycle < 3 || $urandom % 500 == 0;
    if (cycle % 100 == 0) begin
      in_percent = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
      out_percent = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
    end
    if (rst || !in_valid || in_ready) begin
      in_valid <= int'($urandom % 100) < in_percent;
      new_row();
    end
    if (rst) begin
      for (int c = 0; c < CROSSBARS; c++)
        first_column[c*TOKEN_BITS+:TOKEN_BITS] <= TOKEN_BITS'($urandom);
      column_stride <= TOKEN_BITS'($urandom % 2 == 0 ? 1 : $urandom);
    end
    out_ready <= int'($urandom % 100) < out_percent;

    cycle++;
    if (cycle == CYCLES) begin
      `AT_WORK(interrupted);
      $display("%0d rows, %0d interrupted by a reset", rows, interrupted);
      $finish;
    end
  end
endmodule
