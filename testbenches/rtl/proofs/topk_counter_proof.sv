// SPDX-License-Identifier: Apache-2.0
// What the pins of a counter promise (docs/pins/topk.md), whatever the ramp, the comparators and
// the reader of grants do within the contract. GRANTS = 2: of examples/two_grants.
module topk_counter_proof #(
    parameter int COLUMNS = 13,
    parameter int CODE_BITS = 5,
    parameter int GRANTS = 1,
    localparam int COLUMN_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1,
    localparam int COUNT_BITS = $clog2(COLUMNS + 2)
) (
    input logic                  clk,
    input logic                  rst,
    input logic                  step_valid,
    input logic                  step_first,
    input logic                  step_last,
    input logic [CODE_BITS-1:0]  step_code,
    input logic [COLUMNS-1:0]    crossing,
    input logic [COUNT_BITS-1:0] k,
    input logic                  stop_when_exhausted,
    input logic [COUNT_BITS-1:0] participants,
    input logic [CODE_BITS-1:0]  reach,
    input logic                  grant_ready
);
  logic                          step_ready, stop;
  logic [GRANTS-1:0]             grant_valid;
  logic [GRANTS*COLUMN_BITS-1:0] grant_column;
  logic [CODE_BITS-1:0]          grant_code;
  logic [COUNT_BITS-1:0]         count;
  if (GRANTS == 1) begin : one
    topk_counter #(.COLUMNS(COLUMNS), .CODE_BITS(CODE_BITS)) dut (.*);
  end else begin : two
    two_grant_arbiter #(.COLUMNS(COLUMNS), .CODE_BITS(CODE_BITS)) dut (.*);
  end

  function automatic logic [COUNT_BITS-1:0] ones(logic [COLUMNS-1:0] columns);
    ones = '0;
    for (int i = 0; i < COLUMNS; i++) ones = ones + COUNT_BITS'(columns[i]);
  endfunction

  // What has been seen at the pins: of the step and of its conversion, before this cycle.
  logic                  begun = 1'b0;          // the first reset has been
  logic                  held, stalled;         // a step waits, a grant waits
  logic                  between;               // two conversions
  logic [COLUMNS-1:0]    taken;                 // columns granted in the step
  logic [COLUMNS-1:0]    waiting;               // for a step that is held: a column less per lane and
                                                // cycle without stall, so that none is left in time
  logic [COLUMNS-1:0]    crossed, granted;      // columns of the conversion's earlier steps; granted
  logic [COUNT_BITS-1:0] given;                 // grants of the conversion
  logic [CODE_BITS-1:0]  top;                   // code of its first step with a crossing

  // What is seen now.
  logic [COLUMNS-1:0]    left, now;             // columns to be granted, columns granted
  logic                  passed_over;           // a column is granted before a lower one
  logic [COUNT_BITS-1:0] total;                 // grants of the conversion with these
  logic                  limit;                 // they are all that are wanted
  logic                  reached;               // the step is the last within reach
  logic                  moves, ends;           // no stall; the conversion ends with this cycle
  logic [COUNT_BITS-1:0] number;                // grants
  logic [COLUMNS-1:0]    due;                   // `waiting` after this cycle, if it is no stall
  always_comb begin
    left = step_valid ? crossing & ~taken : '0;
    now = '0;
    number = '0;
    for (int g = 0; g < GRANTS; g++) begin
      if (grant_valid[g]) begin
        now = now | (COLUMNS'(1) << grant_column[g*COLUMN_BITS+:COLUMN_BITS]);
        number = number + 1'b1;
      end
    end
    passed_over = 1'b0;
    for (int i = 1; i < COLUMNS; i++) begin
      if (now[i] && (left & ~now & ((COLUMNS'(1) << i) - 1'b1)) != '0) passed_over = 1'b1;
    end
    total = given + number;
    limit = number != '0 && (total == k || (stop_when_exhausted && total == participants));
    reached = step_valid && reach != '0 && crossed != '0 && step_code == top - reach;
    moves = grant_ready || !grant_valid[0];
    ends = step_ready && (stop || step_last);
    due = held ? waiting : crossing;
    for (int g = 0; g < GRANTS; g++) due = due & (due - 1'b1);
  end

  always_ff @(posedge clk) begin
    begun <= begun || rst;
    held <= !rst && step_valid && !step_ready;
    stalled <= !rst && grant_valid[0] && !grant_ready;
    if (step_valid && step_ready) begin
      taken <= '0;
      crossed <= ends ? '0 : crossed | crossing;
      if (crossed == '0) top <= step_code;
      between <= ends;
    end else if (step_valid && moves) begin
      taken <= taken | now;
    end
    if (step_valid) waiting <= moves ? due : held ? waiting : crossing;
    if (step_valid && moves) begin
      granted <= ends ? '0 : granted | now;
      given <= ends ? '0 : total;
    end
    if (rst) begin
      between <= 1'b1;
      taken <= '0;
      crossed <= '0;
      granted <= '0;
      given <= '0;
    end
  end

  // The contract of the other side.
  always_ff @(posedge clk) begin
    assume (begun || rst);
    if (held) begin
      assume (step_valid && $stable({step_first, step_last, step_code, crossing}));
    end
    if (held || !between) assume ($stable({k, stop_when_exhausted, participants, reach}));
    if (step_valid) begin
      assume (step_first == between);
      assume (k != '0 && 32'(k) <= COLUMNS + 1);
      assume ((crossing & crossed) == '0);  // a comparator fires once in a conversion
    end
  end

  always_ff @(posedge clk) begin
    if (begun && !rst) begin
      if (grant_valid[0]) begin
        at_most_k: assert (total <= k);
        at_most_participants:
        assert (!stop_when_exhausted || participants == '0 || total <= participants);
      end
      stop_at_the_limit: assert (!(grant_ready && limit) || stop);
      stop_at_the_end_of_reach: assert (!(step_ready && reached) || stop);
      no_other_stop: assert (!stop || (grant_ready && limit) || reached);
      stop_ends_the_step: assert (!stop || step_ready);
      only_what_crosses: assert ((now & ~crossing) == '0 && (step_valid || number == '0));
      lanes_in_order: assert (ones(now) == number);
      lowest_first: assert (!passed_over);
      never_twice: assert ((now & granted) == '0);
      grants_when_it_can: assert (grant_valid[0] == (step_valid && left != '0));
      all_lanes: assert (number == GRANTS || limit || (left & ~now) == '0);
      none_lost: assert (!step_ready || limit || (left & ~now) == '0);
      if (stalled) begin
        stays_under_stall:
        assert ($stable({grant_valid, grant_column, grant_code, count}));
      end
      if (step_valid) begin
        latency: assert (limit || step_ready == (moves && due == '0));
        counts: assert (count == total);
      end
      step_ends:
      assert (step_ready == (step_valid && moves && (limit || (left & ~now) == '0)));
      code_of_the_step: assert (grant_code == (grant_valid[0] ? step_code : '0));
      idle: assert (step_valid || {step_ready, stop, grant_valid, grant_column} == '0);
    end
  end
endmodule
