// SPDX-License-Identifier: Apache-2.0
// shift_add against shift_add_model: random rows, gaps, stalls and resets.
`include "check.svh"

module shift_add_tb #(
    parameter int ARRAYS = 2,
    parameter int SLICES = 4,
    parameter int D_K = 64,
    parameter int CODE_BITS = 5,
    parameter int LANES = 32,
    parameter int CYCLES = 10000
);
  localparam int COLUMNS = ARRAYS * SLICES * D_K;
  localparam int VALUE_BITS = CODE_BITS + SLICES + $clog2(ARRAYS);

  logic clk = 0, rst = 1, in_valid = 0, out_ready = 0;
  logic [COLUMNS*CODE_BITS-1:0] in_code = '0;
  logic in_ready, out_valid, want_in_ready, want_out_valid;
  logic [D_K*VALUE_BITS-1:0] out_value, want_out_value;

  shift_add #(
      .ARRAYS(ARRAYS),
      .SLICES(SLICES),
      .D_K(D_K),
      .CODE_BITS(CODE_BITS),
      .LANES(LANES)
  ) dut (.*);

  shift_add_model #(
      .ARRAYS(ARRAYS),
      .SLICES(SLICES),
      .D_K(D_K),
      .CODE_BITS(CODE_BITS),
      .LANES(LANES)
  ) model (
      .in_ready(want_in_ready),
      .out_valid(want_out_valid),
      .out_value(want_out_value),
      .*
  );

  initial forever #1 clk = !clk;

  // A row comes when none is in the unit or the one that is leaves, and its codes stay.
  localparam logic [CODE_BITS-1:0] LOWEST = CODE_BITS'(1) << (CODE_BITS - 1);
  task automatic new_row();
    automatic int kind = int'($urandom % 4);  // all at one end, mixed, or both
    for (int c = 0; c < COLUMNS; c++)
      in_code[c*CODE_BITS+:CODE_BITS] <=
          kind == 0 || (kind == 2 && $urandom % 2 == 0) ? LOWEST :
          kind == 1 || (kind == 2 && $urandom % 2 == 0) ? ~LOWEST : CODE_BITS'($urandom);
  endtask

  int cycle = 0, rows = 0, in_percent, out_percent;
  logic occupied = 0, free;
  assign free = !occupied || (out_valid && out_ready);
  always @(posedge clk) begin
    if (!rst) begin
      `CHECK(in_ready, want_in_ready);
      `CHECK(out_valid, want_out_valid);
      if (out_valid) `CHECK(out_value, want_out_value);
      if (in_valid && in_ready) rows++;
    end
    occupied <= !rst && ((in_valid && in_ready) || !free);

    rst <= cycle < 3 || $urandom % 500 == 0;
    if (cycle % 100 == 0) begin
      in_percent = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
      out_percent = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
    end
    // A row that has been offered waits; one that has been taken stays until it leaves.
    if (rst) begin
      in_valid <= 1'b0;
    end else if (in_valid && in_ready) begin
      in_valid <= 1'b0;
    end else if (!in_valid && free && int'($urandom % 100) < in_percent) begin
      in_valid <= 1'b1;
      new_row();
    end
    out_ready <= int'($urandom % 100) < out_percent;

    cycle++;
    if (cycle == CYCLES) begin
      $display("%0d rows", rows);
      $finish;
    end
  end
endmodule
