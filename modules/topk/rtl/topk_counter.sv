// SPDX-License-Identifier: Apache-2.0
// Arbiter, encoder and k counter of one crossbar, or of all crossbars of a head. The columns whose
// comparators fire in one ramp step are granted one per cycle, lowest address first; the k-th grant
// stops the ramp and drops what is still pending.
//
//   step_*, crossing           a ramp step, held until step_ready; `crossing`: comparators that
//                              fire in it; the first step of a conversion counts from 0
//   k, stop_when_exhausted,    constant during a conversion. k >= 1; a k above COLUMNS is never
//   participants, reach        reached. stop_when_exhausted: the grant to the last of
//                              `participants` stops the ramp too. reach, if not 0: the step so far
//                              below the conversion's first one with a crossing is its last
//   stop                       with step_ready: the conversion ends here
//   grant_*, count             a grant: address and code, held until grant_ready; grants of this
//                              conversion with this one
//
// Latency 0: a step of n crossings takes max(1, n) cycles, the first of them the one it comes in.
module topk_counter #(
    parameter int COLUMNS = 256,
    parameter int CODE_BITS = 5,
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
  localparam int ADDRESSES = 1 << COLUMN_BITS;

  logic                  resumed;  // the step has had its first cycle; `pending` is left of it
  logic [COLUMNS-1:0]    pending;
  logic [COUNT_BITS-1:0] granted;  // of this conversion, before this cycle
  logic [CODE_BITS-1:0]  first_code;  // of this conversion's first grant, once there was one

  // Arbiter: the lowest request, alone.
  logic [COLUMNS-1:0] requests, winner, rest;
  always_comb begin
    requests = resumed ? pending : crossing;
    winner = requests & -requests;
    rest = requests & ~winner;
  end

  // Whether there are several requests, by a tree: the end of a step does not wait for the arbiter.
  // Bit i has what the columns i .. i + span - 1 have, of which bit 0 is used in the end.
  logic [ADDRESSES-1:0] one, two;  // at least so many requests
  always_comb begin
    one = ADDRESSES'(requests);
    two = '0;
    for (int span = 1; span < ADDRESSES; span *= 2) begin
      two = two | (two >> span) | (one & (one >> span));
      one = one | (one >> span);
    end
  end

  // Encoder: address bit b is set by the columns whose address has it.
  for (genvar b = 0; b < COLUMN_BITS; b++) begin : encoder
    localparam int HALF = 1 << b;
    localparam logic [ADDRESSES-1:0] HAVE_IT =
        {ADDRESSES / (2 * HALF) {{HALF{1'b1}}, {HALF{1'b0}}}};
    assign grant_column[b] = step_valid && |(winner & HAVE_IT[COLUMNS-1:0]);
  end

  // Counter. Whether a grant is the last one is known before there is one. Codes only fall, so that
  // an end of reach that is below all of them, and wraps to one above, is not met.
  logic [COUNT_BITS-1:0] before_step, with_grant;
  logic                  last_grant, out_of_reach;
  assign before_step = step_valid && step_first && !resumed ? '0 : granted;
  assign with_grant = before_step + 1'b1;
  assign last_grant = with_grant == k || (stop_when_exhausted && with_grant == participants);
  assign out_of_reach = reach != '0 && before_step != '0 && step_code == first_code - reach;
  assign grant_valid = step_valid && one[0];
  assign grant_code = grant_valid ? step_code : '0;
  assign count = grant_valid ? with_grant : before_step;
  assign step_ready = step_valid && (!grant_valid || (grant_ready && (last_grant || !two[0])));
  assign stop = step_ready && ((grant_valid && last_grant) || out_of_reach);

  always_ff @(posedge clk) begin
    if (rst) begin
      resumed <= 1'b0;
      granted <= '0;
    end else if (step_valid && (grant_ready || !grant_valid)) begin
      resumed <= !step_ready;
      granted <= count;
    end
  end

  always_ff @(posedge clk) begin
    if (step_valid && grant_ready) pending <= rest;
    if (grant_valid && before_step == '0) first_code <= step_code;
  end

`ifdef TOPKIMA_ASSERT
  logic between;  // conversions
  always_ff @(posedge clk) begin
    if (rst) between <= 1'b1;
    else if (step_valid && step_ready) between <= stop || step_last;
  end

  assert property (@(posedge clk) disable iff (rst)
      !rst && step_valid && !step_ready |=>
          step_valid && $stable({step_first, step_last, step_code, crossing}))
  else $error("a step changed or went before it was taken");

  assert property (@(posedge clk) disable iff (rst)
      step_valid && step_ready |-> step_first == between)
  else $error("step_first does not mark the first step of a conversion");

  assert property (@(posedge clk) disable iff (rst) step_valid |-> k != 0)
  else $error("k is 0");

  assert property (@(posedge clk) disable iff (rst)
      !rst && grant_valid && !grant_ready |=>
          grant_valid && $stable({grant_column, grant_code, count}))
  else $error("a grant changed or went before it was taken");

  assert property (@(posedge clk) disable iff (rst)
      grant_valid |-> $onehot(winner) && requests[grant_column])
  else $error("not exactly one column that requests is granted");

  assert property (@(posedge clk) disable iff (rst)
      step_valid |-> count <= k && (!stop_when_exhausted || count <= participants))
  else $error("more grants than k or participants");
`else
  logic unused;
  assign unused = step_last;  // for observers and assertions
`endif
endmodule
