// SPDX-License-Identifier: Apache-2.0
// Code latches behind the full ramp of one array: every column keeps the code of the step in which
// its comparator fires. At the ramp's end the whole bank is read at once.
//
//   step_*, crossing   a ramp step, taken where step_ready is 1; `crossing`: comparators that fire
//                      in it; the first step of a conversion finds all latches empty
//   out_*              a conversion's codes: which columns have one, and it; out_code does not
//                      count in columns that have none
//
// A step takes one cycle. Latency: the codes are valid in the cycle behind the last step's. The next
// conversion's first step may be taken in the cycle in which they leave.
module code_latch #(
    parameter int COLUMNS = 256,
    parameter int CODE_BITS = 5
) (
    input  logic                         clk,
    input  logic                         rst,

    input  logic                         step_valid,
    output logic                         step_ready,
    input  logic                         step_first,
    input  logic                         step_last,
    input  logic [CODE_BITS-1:0]         step_code,
    input  logic [COLUMNS-1:0]           crossing,

    output logic                         out_valid,
    input  logic                         out_ready,
    output logic [COLUMNS-1:0]           out_latched,
    output logic [COLUMNS*CODE_BITS-1:0] out_code
);
  logic take;
  assign step_ready = !out_valid || out_ready;
  assign take = step_valid && step_ready;

  always_ff @(posedge clk) begin
    if (rst) out_valid <= 1'b0;
    else if (step_ready) out_valid <= take && step_last;
  end

  always_ff @(posedge clk) begin
    if (take) out_latched <= crossing | (step_first ? '0 : out_latched);
  end

  for (genvar c = 0; c < COLUMNS; c++) begin : column
    always_ff @(posedge clk) begin
      if (take && crossing[c]) out_code[c*CODE_BITS+:CODE_BITS] <= step_code;
    end
  end

`ifdef TOPKIMA_ASSERT
  // In processes: Verilator 5.006 cannot sample vectors this wide for a property.
  logic between, step_waits, out_waits;  // two conversions; a step or codes wait
  logic [$bits({step_first, step_last, step_code, crossing})-1:0] step_before;
  logic [$bits({out_latched, out_code})-1:0] out_before;
  always_ff @(posedge clk) begin
    if (rst) between <= 1'b1;
    else if (take) between <= step_last;
    step_waits <= !rst && step_valid && !step_ready;
    step_before <= {step_first, step_last, step_code, crossing};
    out_waits <= !rst && out_valid && !out_ready;
    out_before <= {out_latched, out_code};
    if (!rst && step_waits)
      assert (step_valid && {step_first, step_last, step_code, crossing} == step_before)
      else $error("a step changed or went before it was taken");
    if (!rst && out_waits)
      assert (out_valid && {out_latched, out_code} == out_before)
      else $error("the codes changed or went before they were taken");
    if (!rst && step_valid)
      assert (step_first == between)
      else $error("step_first does not mark the first step of a conversion");
    if (!rst && step_valid && !step_first)
      assert ((crossing & out_latched) == '0)
      else $error("a comparator fires twice in a conversion");
  end
`endif
endmodule
