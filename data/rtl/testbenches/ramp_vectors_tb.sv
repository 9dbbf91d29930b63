// SPDX-License-Identifier: Apache-2.0
// Ramp controller: each step of a conversion, which the counter holds for as long as it did.
`ifndef TOPKIMA_TOP
`define TOPKIMA_TOP ramp_controller
`endif

module ramp_vectors_tb;
  import ramp_vectors_pkg::*;
  `include "vectors_tb.svh"

  stimulus_t stimulus[0:STIMULUS_LINES-1];
  expected_t expected[0:EXPECTED_LINES-1];
  stimulus_t now;
  expected_t want;

  logic                 start, step_ready, stop;
  logic                 start_ready, step_valid, step_first, step_last;
  logic [CODE_BITS-1:0] step_code;

  `TOPKIMA_TOP #(
      .CODE_BITS(CODE_BITS)
  ) dut (
      .clk,
      .rst,
      .start,
      .start_ready,
      .step_valid,
      .step_ready,
      .step_first,
      .step_last,
      .step_code,
      .stop
  );

  task automatic read;
    $readmemh({directory, "/ramp_stimulus.hex"}, stimulus);
    $readmemh({directory, "/ramp_expected.hex"}, expected);
    $readmemh({directory, "/ramp_rows.hex"}, rows);
  endtask

  task automatic withdraw;
    start = 0;
    step_ready = 0;
    stop = 1'bx;
  endtask

  task automatic prepare;
    begin end  // nothing
  endtask

  task automatic expect_silence;
    compare("step_valid without a conversion", step_valid, 0);
    compare_known("start_ready", start_ready);
  endtask

  int waited, offered;  // cycles of the step so far, without it and with it

  task automatic compare_step;
    compare_known("step_valid", step_valid);
    compare_known("start_ready", start_ready);
    if (step_valid) begin
      compare("step_first", step_first, want.step_first);
      compare("step_last", step_last, want.step_last);
      compare("step_code", step_code, want.step_code);
      compare_cycles("cycles until the step is offered", waited, 0);
    end
  endtask

  // The counter is done with the step in the last of its cycles; `stop` counts only there.
  task automatic drive_counter;
    #1;  // step_valid follows the inputs
    if (step_valid) offered++;
    else waited++;
    step_ready = step_valid && offered == now.cycles;
    stop = step_ready ? now.stop : 1'bx;
  endtask

  task automatic step(output bit taken);
    bit started;
    now = stimulus[line];
    want = expected[line];
    waited = 0;
    offered = 0;
    taken = 0;
    if (now.start) start = 1;
    while (!taken && cycles_left > 0) begin
      drive_counter();
      @(negedge clk) compare_step();
      taken = step_valid && step_ready;
      started = start_ready;
      next_cycle();
      if (started) start = 0;
    end
  endtask

  task automatic transaction;
    bit taken, ends;
    ends = 0;
    while (!ends && cycles_left > 0) begin
      step(taken);
      ends = taken && (want.step_last || now.stop);
      if (taken) line++;
    end
  endtask
endmodule
