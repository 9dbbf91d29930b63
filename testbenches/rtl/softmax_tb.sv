// SPDX-License-Identifier: Apache-2.0
// softmax_unit against softmax_model: random rows, tables, gaps, stalls and resets.
`include "check.svh"

module softmax_tb #(
    parameter int WINNERS = 8,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 12,
    parameter int PROB_BITS = 5,
    parameter int CYCLES = 30000
);
  localparam int OUT_BITS = $clog2(WINNERS + 1);
  localparam int SUM_BITS = 16 + $clog2(WINNERS);
  localparam int ENTRIES = 1 << CODE_BITS;

  logic clk = 0, rst = 1, in_valid = 0, exponents_ready = 0, out_ready = 0, table_write = 0;
  logic [OUT_BITS-1:0] in_count;
  logic [CODE_BITS-1:0] in_max, table_address;
  logic [15:0] table_data;
  logic [WINNERS*TOKEN_BITS-1:0] in_token;
  logic [WINNERS*CODE_BITS-1:0] in_code;
  logic in_ready, want_in_ready;
  logic exponents_valid, want_exponents_valid, out_valid, want_out_valid;
  logic [OUT_BITS-1:0] exponents_count, want_exponents_count, out_count, want_out_count;
  logic [WINNERS*TOKEN_BITS-1:0] exponents_token, want_exponents_token, out_token, want_out_token;
  logic [WINNERS*16-1:0] exponents, want_exponents;
  logic [SUM_BITS-1:0] exponents_sum, want_exponents_sum;
  logic [WINNERS*PROB_BITS-1:0] out_prob, want_out_prob;

  softmax_unit #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) dut (.*);

  softmax_model #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) model (
      .in_ready(want_in_ready),
      .exponents_valid(want_exponents_valid),
      .exponents_count(want_exponents_count),
      .exponents_token(want_exponents_token),
      .exponents(want_exponents),
      .exponents_sum(want_exponents_sum),
      .out_valid(want_out_valid),
      .out_count(want_out_count),
      .out_token(want_out_token),
      .out_prob(want_out_prob),
      .*
  );

  initial forever #1 clk = !clk;

  task automatic new_row();
    automatic int count, largest, span;
    count = 1 + int'($urandom % WINNERS);
    largest = int'($urandom % ENTRIES) - ENTRIES / 2;
    span = 1 + int'($urandom % (largest + ENTRIES / 2 + 1));
    in_count <= OUT_BITS'(count);
    in_max <= CODE_BITS'(largest);
    for (int w = 0; w < WINNERS; w++) begin
      in_token[w*TOKEN_BITS+:TOKEN_BITS] <= TOKEN_BITS'($urandom);
      in_code[w*CODE_BITS+:CODE_BITS] <=
          CODE_BITS'(w >= count ? int'($urandom) : largest - int'($urandom % span));
    end
  endtask

  // An entry of a table of one kind: falling, any, all as large as can be, almost all zero.
  function automatic int entry(int kind, int address);
    case (kind)
      0: entry = 32768 >> address;
      1: entry = int'($urandom % 32769);
      2: entry = 32768;
      default: entry = $urandom % 20 == 0 ? int'($urandom % 10) : 0;
    endcase
  endfunction

  // The table is written after the first reset and after some of the others; single entries change
  // at any time.
  logic written = 1'b0;
  int cycle = 0, rows = 0, since_reset = 0, kind, address;
  int interrupted_exponents = 0, interrupted_divisions = 0;  // by a reset
  int in_percent, exponents_percent, out_percent;
  always @(posedge clk) begin
    if (!rst) begin
      `CHECK(in_ready, want_in_ready);
      `CHECK(exponents_valid, want_exponents_valid);
      if (exponents_valid) begin
        `CHECK(exponents_count, want_exponents_count);
        `CHECK(exponents_token, want_exponents_token);
        `CHECK(exponents, want_exponents);
        `CHECK(exponents_sum, want_exponents_sum);
      end
      `CHECK(out_valid, want_out_valid);
      if (out_valid) begin
        `CHECK(out_count, want_out_count);
        `CHECK(out_token, want_out_token);
        `CHECK(out_prob, want_out_prob);
      end
      if (out_valid && out_ready) rows++;
    end

    if (rst && cycle > 3 && model.exponent_age > 0) interrupted_exponents++;
    if (rst && cycle > 3 && model.divide_age > 0) interrupted_divisions++;
    rst <= cycle < 3 || $urandom % (200 + 2 * ENTRIES) == 0;
    if (since_reset == ENTRIES) written = 1'b1;
    if (rst) since_reset = written && $urandom % 2 == 0 ? ENTRIES : 0;
    else since_reset++;
    if (since_reset == 0) kind = int'($urandom % 4);
    table_write <= since_reset < ENTRIES || $urandom % 20 == 0;
    address = since_reset < ENTRIES ? since_reset : int'($urandom % ENTRIES);
    table_address <= CODE_BITS'(address);
    table_data <= 16'(entry(kind, address));

    if (cycle % 200 == 0) begin
      in_percent = $urandom % 2 == 0 ? 100 : 1 + int'($urandom % 100);
      exponents_percent = $urandom % 2 == 0 ? 100 : 1 + int'($urandom % 100);
      out_percent = $urandom % 2 == 0 ? 100 : 1 + int'($urandom % 100);
    end
    if (rst || !in_valid || in_ready) begin
      in_valid <= since_reset >= ENTRIES && int'($urandom % 100) < in_percent;
      new_row();
    end
    exponents_ready <= int'($urandom % 100) < exponents_percent;
    out_ready <= int'($urandom % 100) < out_percent;

    cycle++;
    if (cycle == CYCLES) begin
      `AT_WORK(interrupted_exponents);
      `AT_WORK(interrupted_divisions);
      $display("%0d rows, %0d interrupted by a reset as exponents, %0d in division", rows,
               interrupted_exponents, interrupted_divisions);
      $finish;
    end
  end
endmodule
