// SPDX-License-Identifier: Apache-2.0
// Code of a decreasing ramp: from the highest to the lowest code, one per step taken, unless the
// counter stops it.
//
//   start, start_ready      a conversion; start_ready (registered) is high while the ramp is idle
//   step_*                  the step on offer: its code, whether it is the ramp's first or last
//   step_ready, stop        the step is taken, and with stop no other is wanted
//
// Latency 0: the first step is on offer in the cycle of `start`. A step taken is followed by the
// next one, or by idle, in the next cycle.
module ramp_controller #(
    parameter int CODE_BITS = 5
) (
    input  logic                 clk,
    input  logic                 rst,

    input  logic                 start,
    output logic                 start_ready,

    output logic                 step_valid,
    input  logic                 step_ready,
    output logic                 step_first,
    output logic                 step_last,
    output logic [CODE_BITS-1:0] step_code,
    input  logic                 stop
);
  localparam logic [CODE_BITS-1:0] LOWEST = CODE_BITS'(1) << (CODE_BITS - 1);
  localparam logic [CODE_BITS-1:0] HIGHEST = ~LOWEST;

  logic idle;

  assign start_ready = idle;
  assign step_valid = start || !idle;
  assign step_first = step_valid && step_code == HIGHEST;
  assign step_last = step_valid && step_code == LOWEST;

  always_ff @(posedge clk) begin
    if (rst) begin
      idle <= 1'b1;
      step_code <= HIGHEST;
    end else if (step_valid) begin
      idle <= step_ready && (stop || step_last);
      if (step_ready) step_code <= stop || step_last ? HIGHEST : step_code - 1'b1;
    end
  end

`ifdef TOPKIMA_ASSERT
  assert property (@(posedge clk) disable iff (rst)
      !rst && start && !start_ready |=> start)
  else $error("start went before it was taken");

  assert property (@(posedge clk) disable iff (rst)
      !rst && step_valid && !step_ready |=>
          step_valid && $stable({step_first, step_last, step_code}))
  else $error("a step changed or went before it was taken");

  assert property (@(posedge clk) disable iff (rst)
      !rst && step_valid && step_ready && !stop && !step_last |=>
          step_valid && !step_first && step_code == $past(step_code) - 1'b1)
  else $error("the ramp does not fall by one code");

  assert property (@(posedge clk) disable iff (rst)
      !rst && step_valid && step_ready && (stop || step_last) |=> start_ready)
  else $error("the ramp is not idle after its end");
`endif
endmodule
