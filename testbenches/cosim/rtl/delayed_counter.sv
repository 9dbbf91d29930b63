// SPDX-License-Identifier: Apache-2.0
// topk_counter that lets cycles pass before it looks at a step: START_CYCLES at the first one of a
// conversion, STEP_CYCLES at each, GRANT_CYCLES at those with a crossing, ODD_CYCLES at those of an
// odd code. Until then it neither grants nor takes the step. For tests of what measures times and
// of handshakes. With VARIANT these come from variant.txt, in this order, and then:
//
//   ready_late   1: it takes a step in the cycle behind the last grant, from registers
//   wrong        1: a step of an odd code loses its lowest crossing; 2: its columns are granted
//                twice
module delayed_counter #(
    parameter int COLUMNS = 128,
    parameter int CODE_BITS = 5,
    parameter int START_CYCLES = 0,
    parameter int STEP_CYCLES = 0,
    parameter int GRANT_CYCLES = 0,
    parameter int ODD_CYCLES = 0,
    parameter int VARIANT = 0,
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
    input  logic [CODE_BITS-1:0]   reach,

    output logic                   grant_valid,
    input  logic                   grant_ready,
    output logic [COLUMN_BITS-1:0] grant_column,
    output logic [CODE_BITS-1:0]   grant_code,
    output logic [COUNT_BITS-1:0]  count
);
  logic [7:0] start_cycles, step_cycles, grant_cycles, odd_cycles, ready_late, wrong;
  if (VARIANT != 0) begin : by_file
    variant #(
        .NUMBERS(6)
    ) chosen (
        .numbers({wrong, ready_late, odd_cycles, grant_cycles, step_cycles, start_cycles})
    );
  end else begin : by_parameters
    assign {wrong, ready_late} = '0;
    assign odd_cycles = 8'(ODD_CYCLES);
    assign grant_cycles = 8'(GRANT_CYCLES);
    assign step_cycles = 8'(STEP_CYCLES);
    assign start_cycles = 8'(START_CYCLES);
  end

  logic [7:0] waited, delay;
  assign delay = step_cycles + (step_first ? start_cycles : 8'd0) +
                 (|crossing ? grant_cycles : 8'd0) + (step_code[0] ? odd_cycles : 8'd0);

  logic taken, stops, done, stopped, repeated, again;
  assign again = wrong == 2 && step_code[0] && !step_first && !repeated && |crossing && !stops;
  assign step_ready = ready_late != 0 ? done : taken && !again;
  assign stop = ready_late != 0 ? done && stopped : stops;

  always_ff @(posedge clk) begin
    if (rst || step_ready) waited <= '0;
    else if (step_valid && waited != delay) waited <= waited + 8'd1;
    done <= !rst && taken && !again && ready_late != 0;
    stopped <= stops;
    repeated <= !rst && (repeated || taken) && !step_ready;
  end

  logic [COLUMNS-1:0] lowest;
  assign lowest = wrong == 1 && step_code[0] ? crossing & -crossing : '0;

  topk_counter #(
      .COLUMNS(COLUMNS),
      .CODE_BITS(CODE_BITS)
  ) counter (
      .clk,
      .rst,
      .step_valid(step_valid && waited == delay && !done),
      .step_ready(taken),
      .step_first,
      .step_last,
      .step_code,
      .crossing(crossing & ~lowest),
      .stop(stops),
      .k,
      .stop_when_exhausted,
      .participants,
      .reach,
      .grant_valid,
      .grant_ready,
      .grant_column,
      .grant_code,
      .count
  );
endmodule
