// SPDX-License-Identifier: Apache-2.0
// topk_counter that lets cycles pass before it looks at a step: START_CYCLES at the first one of a
// conversion, STEP_CYCLES at each, ODD_CYCLES at those of an odd code. Until then it neither grants
// nor takes the step. For tests of what measures times.
module delayed_counter #(
    parameter int COLUMNS = 128,
    parameter int CODE_BITS = 5,
    parameter int START_CYCLES = 0,
    parameter int STEP_CYCLES = 0,
    parameter int ODD_CYCLES = 0,
    localparam int COLUMN_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1,
    localparam int COUNT_BITS = $clog2(COLUMNS + 2)
) (
    input  logic                   clk,
    input  logic                   rst,

    input  logic                   step_valid,
    output logic                   step_ready,
    input  logic                   step_first,
    input  logic                   step_last,
    input  logic [CODE_BITS-1:0]   step_code,
    input  logic [COLUMNS-1:0]     crossing,
    output logic                   stop,

    input  logic [COUNT_BITS-1:0]  k,
    input  logic                   stop_when_exhausted,
    input  logic [COUNT_BITS-1:0]  participants,

    output logic                   grant_valid,
    input  logic                   grant_ready,
    output logic [COLUMN_BITS-1:0] grant_column,
    output logic [CODE_BITS-1:0]   grant_code,
    output logic [COUNT_BITS-1:0]  count
);
  logic [7:0] waited, delay;
  assign delay = 8'(STEP_CYCLES) + (step_first ? 8'(START_CYCLES) : 8'd0) +
                 (step_code[0] ? 8'(ODD_CYCLES) : 8'd0);

  always_ff @(posedge clk) begin
    if (rst || step_ready) waited <= '0;
    else if (step_valid && waited != delay) waited <= waited + 8'd1;
  end

  topk_counter #(
      .COLUMNS(COLUMNS),
      .CODE_BITS(CODE_BITS)
  ) counter (
      .clk,
      .rst,
      .step_valid(step_valid && waited == delay),
      .step_ready,
      .step_first,
      .step_last,
      .step_code,
      .crossing,
      .stop,
      .k,
      .stop_when_exhausted,
      .participants,
      .grant_valid,
      .grant_ready,
      .grant_column,
      .grant_code,
      .count
  );
endmodule
