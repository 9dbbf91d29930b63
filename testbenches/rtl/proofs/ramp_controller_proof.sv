// SPDX-License-Identifier: Apache-2.0
// What the pins of a ramp promise (docs/pins/ramp.md), whatever starts, holds and stops it.
module ramp_controller_proof #(
    parameter int CODE_BITS = 5
) (
    input logic clk,
    input logic rst,
    input logic start,
    input logic step_ready,
    input logic stop
);
  logic                 start_ready, step_valid, step_first, step_last;
  logic [CODE_BITS-1:0] step_code;
  ramp_controller #(.CODE_BITS(CODE_BITS)) dut (.*);

  localparam int STEPS = 1 << CODE_BITS;

  logic               begun = 1'b0;    // the first reset has been
  logic               waits, running;  // start waits; a conversion has begun and goes on
  logic [CODE_BITS:0] steps;           // of the conversion that have been taken
  logic               ends;
  assign ends = step_ready && (stop || 32'(steps) == STEPS - 1);

  always_ff @(posedge clk) begin
    begun <= begun || rst;
    waits <= !rst && start && !start_ready;
    running <= !rst && step_valid && !ends;
    if (rst || (step_valid && ends)) steps <= '0;
    else if (step_valid && step_ready) steps <= steps + 1'b1;
  end

  always_ff @(posedge clk) begin
    assume (begun || rst);
    assume (!waits || start);
    assume (!stop || step_ready);
    if (begun && !rst) begin
      starts_when_idle: assert (start_ready == !running);
      offers_at_once: assert (step_valid == (start || running));
      falls_by_one: assert (!step_valid || 32'(step_code) == ((STEPS / 2 - 1 - 32'(steps)) & (STEPS - 1)));
      first: assert (step_first == (step_valid && steps == '0));
      last: assert (step_last == (step_valid && 32'(steps) == STEPS - 1));
    end
  end
endmodule
