// SPDX-License-Identifier: Apache-2.0
// code_latch: random conversions of any number of steps, gaps, stalls and resets, every output in
// every cycle.
`include "check.svh"

module latch_tb #(
    parameter int COLUMNS = 256,
    parameter int CODE_BITS = 5,
    parameter int CYCLES = 30000
);
  logic clk = 0, rst = 1, step_valid = 0, step_first = 1, step_last = 0, out_ready = 0;
  logic [CODE_BITS-1:0] step_code = 0;
  logic [COLUMNS-1:0] crossing = 0, out_latched;
  logic [COLUMNS*CODE_BITS-1:0] out_code;
  logic step_ready, out_valid;

  code_latch #(.COLUMNS(COLUMNS), .CODE_BITS(CODE_BITS)) dut (.*);

  initial forever #1 clk = !clk;

  // What the latches must hold; a column has a code once its comparator has fired.
  logic complete = 0;
  logic [COLUMNS-1:0] fired = 0;
  logic [CODE_BITS-1:0] code[COLUMNS];

  task automatic new_step(logic first);
    step_first <= first;
    step_last <= $urandom % 16 == 0;
    step_code <= CODE_BITS'($urandom);
    for (int c = 0; c < COLUMNS; c++)
      crossing[c] <= $urandom % 8 == 0 && (first || !fired[c]);
  endtask

  int cycle = 0, conversions = 0, in_percent, out_percent;
  logic taken;
  always @(posedge clk) begin
    taken = !rst && step_valid && step_ready;
    if (!rst) begin
      `CHECK(step_ready, !complete || out_ready);
      `CHECK(out_valid, complete);
      if (out_valid) begin
        `CHECK(out_latched, fired);
        for (int c = 0; c < COLUMNS; c++)
          if (fired[c]) `CHECK(out_code[c*CODE_BITS+:CODE_BITS], code[c]);
        if (out_ready) conversions++;
      end
    end
    if (taken) begin
      if (step_first) fired = '0;
      for (int c = 0; c < COLUMNS; c++) if (crossing[c]) code[c] = step_code;
      fired |= crossing;
      complete = step_last;
    end else if (out_ready) begin
      complete = 1'b0;
    end
    if (rst) complete = 1'b0;

    rst <= cycle < 3 || $urandom % 500 == 0;
    if (cycle % 100 == 0) begin
      in_percent = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
      out_percent = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
    end
    if (rst) begin
      step_valid <= 1'b0;
      new_step(1'b1);
    end else if (!step_valid || step_ready) begin
      if (step_valid) new_step(step_last);
      step_valid <= int'($urandom % 100) < in_percent;
    end
    out_ready <= int'($urandom % 100) < out_percent;

    cycle++;
    if (cycle == CYCLES) begin
      $display("%0d conversions", conversions);
      $finish;
    end
  end
endmodule
