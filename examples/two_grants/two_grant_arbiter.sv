// SPDX-License-Identifier: Apache-2.0
// Arbiter, encoder and k counter of one crossbar that grants two columns per cycle: the pins of
// topk_counter with two grant lanes. The lowest address goes to lane 0, the next one to lane 1,
// which stays empty when the grant of lane 0 is the last one. grant_ready takes both lanes.
//
// Latency 0: a step of n crossings takes max(1, ceil(n / 2)) cycles, the first of them the one it
// comes in.
module two_grant_arbiter #(
    parameter int COLUMNS = 256,
    parameter int CODE_BITS = 5,
    localparam int GRANTS = 2,
    localparam int COLUMN_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1,
    localparam int COUNT_BITS = $clog2(COLUMNS + 2)
) (
    input  logic                          clk,
    input  logic                          rst,

    input  logic                          step_valid,
    output logic                          step_ready,
    input  logic                          step_first,
    input  logic                          step_last,
    input  logic [CODE_BITS-1:0]          step_code,
    input  logic [COLUMNS-1:0]            crossing,
    output logic                          stop,

    input  logic [COUNT_BITS-1:0]         k,
    input  logic                          stop_when_exhausted,
    input  logic [COUNT_BITS-1:0]         participants,
    input  logic [CODE_BITS-1:0]          reach,

    output logic [GRANTS-1:0]             grant_valid,
    input  logic                          grant_ready,
    output logic [GRANTS*COLUMN_BITS-1:0] grant_column,
    output logic [CODE_BITS-1:0]          grant_code,
    output logic [COUNT_BITS-1:0]         count
);
  localparam int ADDRESSES = 1 << COLUMN_BITS;

  logic                  resumed;  // the step has had its first cycle; `pending` is left of it
  logic [COLUMNS-1:0]    pending;
  logic [COUNT_BITS-1:0] granted;  // of this conversion, before this cycle
  logic [CODE_BITS-1:0]  first_code;  // of this conversion's first grant, once there was one

  // The lowest request alone, and of the others again the lowest.
  logic [COLUMNS-1:0] requests, winner0, others, winner1, rest;
  always_comb begin
    requests = resumed ? pending : crossing;
    winner0 = requests & -requests;
    others = requests & ~winner0;
    winner1 = others & -others;
    rest = others & ~winner1;
  end

  // How many requests there are, up to three, by a tree: the end of a step does not wait for the
  // arbiters. Bit i has what the columns i .. i + span - 1 have, of which bit 0 is used in the end.
  logic [ADDRESSES-1:0] one, two, three;  // at least so many requests
  always_comb begin
    one = ADDRESSES'(requests);
    two = '0;
    three = '0;
    for (int span = 1; span < ADDRESSES; span *= 2) begin
      three = three | (three >> span) | (one & (two >> span)) | (two & (one >> span));
      two = two | (two >> span) | (one & (one >> span));
      one = one | (one >> span);
    end
  end

  // Address bit b is set by the columns whose address has it.
  for (genvar b = 0; b < COLUMN_BITS; b++) begin : encoder
    localparam int HALF = 1 << b;
    localparam logic [ADDRESSES-1:0] HAVE_IT =
        {ADDRESSES / (2 * HALF) {{HALF{1'b1}}, {HALF{1'b0}}}};
    assign grant_column[b] = grant_valid[0] && |(winner0 & HAVE_IT[COLUMNS-1:0]);
    assign grant_column[COLUMN_BITS+b] = grant_valid[1] && |(winner1 & HAVE_IT[COLUMNS-1:0]);
  end

  logic [COUNT_BITS-1:0] before_step, with_lane0;
  logic                  lane0_is_last, last_grant, out_of_reach;
  assign before_step = step_valid && step_first && !resumed ? '0 : granted;
  assign with_lane0 = before_step + 1'b1;
  assign lane0_is_last = with_lane0 == k || (stop_when_exhausted && with_lane0 == participants);
  assign out_of_reach = reach != '0 && before_step != '0 && step_code == first_code - reach;
  assign grant_valid[0] = step_valid && one[0];
  assign grant_valid[1] = step_valid && two[0] && !lane0_is_last;
  assign grant_code = grant_valid[0] ? step_code : '0;
  assign count = before_step + COUNT_BITS'(grant_valid[0]) + COUNT_BITS'(grant_valid[1]);
  assign last_grant = count == k || (stop_when_exhausted && count == participants);
  assign step_ready = step_valid && (!grant_valid[0] || (grant_ready && (last_grant || !three[0])));
  assign stop = step_ready && ((grant_valid[0] && last_grant) || out_of_reach);

  always_ff @(posedge clk) begin
    if (rst) begin
      resumed <= 1'b0;
      granted <= '0;
    end else if (step_valid && (grant_ready || !grant_valid[0])) begin
      resumed <= !step_ready;
      granted <= count;
    end
  end

  always_ff @(posedge clk) begin
    if (grant_valid[0] && grant_ready) pending <= rest;
    if (grant_valid[0] && before_step == '0) first_code <= step_code;
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
      !rst && grant_valid[0] && !grant_ready |=>
          grant_valid[0] && $stable({grant_valid, grant_column, grant_code, count}))
  else $error("a grant changed or went before it was taken");

  assert property (@(posedge clk) disable iff (rst)
      grant_valid[0] |-> $onehot(winner0) && requests[grant_column[COLUMN_BITS-1:0]])
  else $error("lane 0 does not grant exactly one column that requests");

  assert property (@(posedge clk) disable iff (rst)
      grant_valid[1] |-> grant_valid[0] && $onehot(winner1) &&
          others[grant_column[COLUMN_BITS+:COLUMN_BITS]] &&
          grant_column[COLUMN_BITS+:COLUMN_BITS] > grant_column[COLUMN_BITS-1:0])
  else $error("lane 1 does not grant exactly one column above that of lane 0");

  assert property (@(posedge clk) disable iff (rst)
      step_valid |-> count <= k && (!stop_when_exhausted || count <= participants))
  else $error("more grants than k or participants");
`else
  logic unused;
  assign unused = step_last;  // for observers and assertions
`endif
endmodule
