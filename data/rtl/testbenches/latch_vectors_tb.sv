// SPDX-License-Identifier: Apache-2.0
// Code latches: each step of a conversion, one right behind the other, and the codes behind the
// last one.
`ifndef TOPKIMA_TOP
`define TOPKIMA_TOP code_latch
`endif

module latch_vectors_tb;
  import latch_vectors_pkg::*;
  `include "vectors_tb.svh"

  stimulus_t stimulus[0:STIMULUS_LINES-1];
  expected_t expected[0:EXPECTED_LINES-1];
  stimulus_t now;
  expected_t want;

  logic                         step_valid;
  logic                         step_ready, out_valid;
  logic [COLUMNS-1:0]           out_latched;
  logic [COLUMNS*CODE_BITS-1:0] out_code;

  `TOPKIMA_TOP #(
      .COLUMNS(COLUMNS),
      .CODE_BITS(CODE_BITS)
  ) dut (
      .clk,
      .rst,
      .step_valid,
      .step_ready,
      .step_first(now.step_first),
      .step_last(now.step_last),
      .step_code(now.step_code),
      .crossing(now.crossing),
      .out_valid,
      .out_ready(1'b1),
      .out_latched,
      .out_code
  );

  task automatic read;
    $readmemh({directory, "/latch_stimulus.hex"}, stimulus);
    $readmemh({directory, "/latch_expected.hex"}, expected);
    $readmemh({directory, "/latch_rows.hex"}, rows);
  endtask

  task automatic withdraw;
    step_valid = 0;
  endtask

  task automatic prepare;
    begin end  // nothing
  endtask

  task automatic expect_silence;
    compare("out_valid without a conversion", out_valid, 0);
    compare_known("step_ready", step_ready);
  endtask

  int cycles;  // of the step so far, or of the wait for the codes

  task automatic step(output bit taken);
    now = stimulus[line];
    want = expected[line];
    cycles = 0;
    taken = 0;
    step_valid = 1;
    while (!taken && cycles_left > 0) begin
      @(negedge clk) cycles++;
      compare_known("step_ready", step_ready);
      compare("out_valid while the ramp falls", out_valid, 0);
      taken = step_ready;
      if (taken) compare_cycles("number of cycles", cycles, want.cycles);
      next_cycle();
    end
  endtask

  // A column without a code may have anything there.
  task automatic compare_codes;
    logic [COLUMNS-1:0]           has_code;
    logic [COLUMNS*CODE_BITS-1:0] code;
    has_code = want.out_latched;
    code = want.out_code;
    compare("out_valid", out_valid, 1);
    for (int c = 0; c < COLUMNS; c++) begin
      compare("out_latched", out_latched[c], has_code[c]);
      if (has_code[c])
        compare("out_code", out_code[c*CODE_BITS+:CODE_BITS], code[c*CODE_BITS+:CODE_BITS]);
    end
    compare_cycles("cycles until the codes are there", cycles, 1);
  endtask

  task automatic codes(output bit left);
    cycles = 0;
    left = 0;
    step_valid = 0;
    while (!left && cycles_left > 0) begin
      @(negedge clk) cycles++;
      compare_known("step_ready", step_ready);
      left = out_valid !== 1'b0;
      if (left) compare_codes();
      next_cycle();
    end
  endtask

  task automatic transaction;
    bit taken, ends;
    ends = 0;
    while (!ends && cycles_left > 0) begin
      step(taken);
      ends = taken && now.step_last;
      if (ends) codes(taken);
      if (taken) line++;
    end
  endtask
endmodule
