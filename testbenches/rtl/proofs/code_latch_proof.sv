// SPDX-License-Identifier: Apache-2.0
// What the pins of code latches promise (docs/pins/latch.md), whatever the ramp, the comparators and
// the reader do within the contract.
module code_latch_proof #(
    parameter int COLUMNS = 4,
    parameter int CODE_BITS = 3
) (
    input logic                 clk,
    input logic                 rst,
    input logic                 step_valid,
    input logic                 step_first,
    input logic                 step_last,
    input logic [CODE_BITS-1:0] step_code,
    input logic [COLUMNS-1:0]   crossing,
    input logic                 out_ready
);
  logic                         step_ready, out_valid;
  logic [COLUMNS-1:0]           out_latched;
  logic [COLUMNS*CODE_BITS-1:0] out_code;
  code_latch #(.COLUMNS(COLUMNS), .CODE_BITS(CODE_BITS)) dut (.*);

  // What has been seen at the pins.
  logic begun = 1'b0;                   // the first reset has been
  logic between, waits, stays;          // two conversions; a step waits; codes wait
  logic full;                           // a conversion is complete and has not been read
  logic [COLUMNS-1:0]           fired;  // in this conversion, and at which codes:
  logic [COLUMNS*CODE_BITS-1:0] code;
  logic                         take;
  assign take = step_valid && step_ready;
  always_ff @(posedge clk) begin
    begun <= begun || rst;
    waits <= !rst && step_valid && !step_ready;
    stays <= !rst && out_valid && !out_ready;
    full <= !rst && ((take && step_last) || (full && !out_ready));
    between <= rst || (take ? step_last : between);
    if (take) begin
      fired <= step_first ? crossing : fired | crossing;
      for (int c = 0; c < COLUMNS; c++)
        if (crossing[c]) code[c*CODE_BITS+:CODE_BITS] <= step_code;
    end
  end

  logic right;
  always_comb begin
    right = 1'b1;
    for (int c = 0; c < COLUMNS; c++)
      if (fired[c] && out_code[c*CODE_BITS+:CODE_BITS] != code[c*CODE_BITS+:CODE_BITS])
        right = 1'b0;
  end

  always_ff @(posedge clk) begin
    assume (begun || rst);
    if (waits) assume (step_valid && $stable({step_first, step_last, step_code, crossing}));
    if (step_valid) assume (step_first == between);
    if (step_valid && !step_first) assume ((crossing & fired) == '0);
    if (begun && !rst) begin
      takes_when_it_can: assert (step_ready == (!full || out_ready));
      latency: assert (out_valid == full);
      if (full) begin
        who_has_a_code: assert (out_latched == fired);
        code_of_the_crossing: assert (right);
      end
      if (stays) begin
        stays_under_stall: assert (out_valid && $stable({out_latched, out_code}));
      end
    end
  end
endmodule
