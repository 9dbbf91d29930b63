// SPDX-License-Identifier: Apache-2.0
// digital_sorter against sorter_model: random rows, gaps, stalls and resets.
`include "check.svh"

module sorter_tb #(
    parameter int CROSSBARS = 4,
    parameter int SUB_K = 8,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 12,
    parameter int CYCLES = 30000
);
  localparam int WINNERS = CROSSBARS * SUB_K;
  localparam int IN_BITS = $clog2(SUB_K + 1);
  localparam int OUT_BITS = $clog2(WINNERS + 1);

  logic clk = 0, rst = 1, in_valid = 0, in_first = 1, in_last = 0, out_ready = 0;
  logic [CROSSBARS-1:0] in_enabled;
  logic [CROSSBARS*TOKEN_BITS-1:0] in_token;
  logic [CROSSBARS*CODE_BITS-1:0] in_code;
  logic [CROSSBARS*IN_BITS-1:0] k;
  logic in_ready, out_valid, want_in_ready, want_out_valid;
  logic [OUT_BITS-1:0] out_count, want_out_count;
  logic [WINNERS*TOKEN_BITS-1:0] out_token, want_out_token;
  logic [WINNERS*CODE_BITS-1:0] out_code, want_out_code;

  digital_sorter #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) dut (.*);

  sorter_model #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) model (
      .in_ready(want_in_ready),
      .out_valid(want_out_valid),
      .out_count(want_out_count),
      .out_token(want_out_token),
      .out_code(want_out_code),
      .*
  );

  initial forever #1 clk = !clk;

  // The rest of the row, few or many codes, columns that take part, and how many are kept.
  int left = 0, spread = 1, enabled_percent = 100;
  task automatic new_row();
    left = int'($urandom % 3) * SUB_K + 1 + int'($urandom % 8);
    spread = $urandom % 3 == 0 ? 2 : 1 << CODE_BITS;
    enabled_percent = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
    for (int c = 0; c < CROSSBARS; c++) k[c*IN_BITS+:IN_BITS] <= IN_BITS'(1 + $urandom % SUB_K);
  endtask

  task automatic new_element(logic first);
    in_first <= first;
    in_last <= left == 1;
    for (int c = 0; c < CROSSBARS; c++) begin
      in_enabled[c] <= int'($urandom % 100) < enabled_percent;
      in_token[c*TOKEN_BITS+:TOKEN_BITS] <= TOKEN_BITS'($urandom);
      in_code[c*CODE_BITS+:CODE_BITS] <=
          CODE_BITS'(int'($urandom % spread) - (1 << (CODE_BITS - 1)));
    end
  endtask

  int cycle = 0, rows = 0, in_percent, out_percent;
  always @(posedge clk) begin
    if (!rst) begin
      `CHECK(in_ready, want_in_ready);
      `CHECK(out_valid, want_out_valid);
      if (out_valid) begin
        `CHECK(out_count, want_out_count);
        `CHECK(out_token, want_out_token);
        `CHECK(out_code, want_out_code);
      end
      if (out_valid && out_ready) rows++;
    end

    rst <= cycle < 3 || $urandom % 500 == 0;
    if (cycle % 100 == 0) begin
      in_percent = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
      out_percent = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
    end
    if (rst) begin
      new_row();
      new_element(1'b1);
      in_valid <= 1'b0;
    end else if (!in_valid || in_ready) begin
      if (in_valid) begin
        left--;
        if (left == 0) new_row();
        new_element(in_last);
      end
      in_valid <= int'($urandom % 100) < in_percent;
    end
    out_ready <= int'($urandom % 100) < out_percent;

    cycle++;
    if (cycle == CYCLES) begin
      $display("%0d rows", rows);
      $finish;
    end
  end
endmodule
