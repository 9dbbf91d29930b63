// SPDX-License-Identifier: Apache-2.0
// Random conversions for a block with the counter's pins, and what it must answer in each cycle.
// The grants come from sorting the columns by code; a ramp_controller makes the steps.
`include "check.svh"

module conversion_driver #(
    parameter int COLUMNS = 256,
    parameter int CODE_BITS = 5,
    parameter int GRANTS = 1,
    parameter int MAX_K = COLUMNS + 1,
    localparam int COLUMN_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1,
    localparam int COUNT_BITS = $clog2(COLUMNS + 2),
    localparam int ROW_BITS = $clog2(MAX_K + 1)
) (
    input  logic                          clk,
    input  logic                          rst,
    input  logic                          enable,
    input  logic                          open,  // else the block must not take a step
    input  logic                          stop_when_exhausted,
    input  logic [CODE_BITS-1:0]          reach,

    output logic                          step_valid,
    input  logic                          step_ready,
    output logic                          step_first,
    output logic                          step_last,
    output logic [CODE_BITS-1:0]          step_code,
    output logic [COLUMNS-1:0]            crossing,
    input  logic                          stop,
    output logic                          skip,
    output logic [COUNT_BITS-1:0]         k,
    output logic [COUNT_BITS-1:0]         participants,
    input  logic [GRANTS-1:0]             grant_valid,
    output logic                          grant_ready,
    input  logic [GRANTS*COLUMN_BITS-1:0] grant_column,
    input  logic [CODE_BITS-1:0]          grant_code,
    input  logic [COUNT_BITS-1:0]         count,

    output logic                          row_done,  // this cycle completes a row of these winners
    output logic [ROW_BITS-1:0]           row_count,
    output logic [MAX_K*COLUMN_BITS-1:0]  row_column,
    output logic [MAX_K*CODE_BITS-1:0]    row_code
);
  localparam int LOWEST = -(1 << (CODE_BITS - 1));
  localparam int HIGHEST = -LOWEST - 1;

  logic start, start_ready, planned_skip;
  ramp_controller #(.CODE_BITS(CODE_BITS)) ramp (.*);

  // The plan of the conversion, and how far it is. What the block sees of it changes behind the
  // clock edge.
  int codes[COLUMNS], winner_column[COLUMNS], winner_code[COLUMNS];
  int winners, active, limit, granted, shown, code, ready_percent, start_percent;
  logic running, nothing_to_do;
  int score[COLUMNS];

  for (genvar c = 0; c < COLUMNS; c++)
    assign crossing[c] =
        step_valid && c < int'(participants) && score[c] == int'($signed(step_code));
  assign skip = planned_skip && open && enable;
  assign row_done = skip || (step_valid && step_ready && (stop || step_last));

  function automatic int below(int n);  // 0 to n - 1
    below = int'($urandom % n);
  endfunction

  // Of the largest code of all that take part, which wins first.
  function automatic logic is_within_reach(int value);
    is_within_reach = reach == 0 || winners == 0 || value >= winner_code[0] - int'(reach);
  endfunction

  task automatic plan();
    automatic int spread, lowest;
    spread = 1 + below(1 + below(HIGHEST - LOWEST + 1));
    lowest = LOWEST + below(HIGHEST - LOWEST + 2 - spread);
    for (int c = 0; c < COLUMNS; c++) codes[c] = lowest + below(spread);
    active = below(4) == 0 ? COLUMNS : below(COLUMNS + 1);
    if (start && active == 0) active = 1;
    limit = 1 + below(below(3) == 0 ? MAX_K : (MAX_K < 8 ? MAX_K : 8));
    start_percent = below(3) == 0 ? 100 : below(100);
    ready_percent = below(2) == 0 ? 100 : 10 + below(90);
    nothing_to_do = stop_when_exhausted && active == 0;
    granted = 0;
    winners = 0;
    for (int value = HIGHEST; value >= LOWEST; value--)
      for (int c = 0; c < active; c++)
        if (codes[c] == value && winners < limit && is_within_reach(value)) begin
          winner_column[winners] = c;
          winner_code[winners] = value;
          winners++;
        end
    score <= codes;
    participants <= COUNT_BITS'(active);
    k <= COUNT_BITS'(limit);
    planned_skip <= nothing_to_do;
    row_count <= ROW_BITS'(winners);
    row_column <= '0;
    row_code <= '0;
    for (int w = 0; w < winners; w++) begin
      row_column[w*COLUMN_BITS+:COLUMN_BITS] <= COLUMN_BITS'(winner_column[w]);
      row_code[w*CODE_BITS+:CODE_BITS] <= CODE_BITS'(winner_code[w]);
    end
  endtask

  task automatic check_idle();
    `CHECK(grant_valid, GRANTS'(0));
    `CHECK(grant_column, (GRANTS * COLUMN_BITS)'(0));
    `CHECK(grant_code, CODE_BITS'(0));
    `CHECK(step_ready, 1'b0);
    `CHECK(stop, 1'b0);
    `CHECK(count, COUNT_BITS'(shown));
  endtask

  // A cycle of a step: the block grants what it can of the winners left at this code.
  task automatic check_step();
    automatic int left = 0, lanes;
    automatic logic last, ready, ends;
    while (granted + left < winners && winner_code[granted+left] == code) left++;
    lanes = left < GRANTS ? left : GRANTS;
    last = lanes > 0 && granted + lanes == winners &&
           (winners == limit || (stop_when_exhausted && winners == active));
    ready = lanes == 0 || (grant_ready && lanes == left);
    ends = (last && grant_ready) ||
           (ready && reach != 0 && winners > 0 && code == winner_code[0] - int'(reach));
    for (int l = 0; l < GRANTS; l++) begin
      `CHECK(grant_valid[l], l < lanes);
      `CHECK(grant_column[l*COLUMN_BITS+:COLUMN_BITS],
             l < lanes ? COLUMN_BITS'(winner_column[granted+l]) : COLUMN_BITS'(0));
    end
    `CHECK(grant_code, lanes > 0 ? CODE_BITS'(code) : CODE_BITS'(0));
    `CHECK(count, COUNT_BITS'(granted + lanes));
    `CHECK(step_ready, ready);
    `CHECK(stop, ends);
    if (grant_ready || lanes == 0) begin
      granted += lanes;
      shown = granted;
    end
    if (ready) begin
      running = code != LOWEST && !ends;
      code--;
    end
  endtask

  int conversions = 0;
  always @(posedge clk) begin
    if (rst || !enable) begin
      running = 1'b0;
      code = HIGHEST;
      shown = 0;
      start <= 1'b0;
      plan();
    end else begin
      `CHECK(start_ready, !running);
      `CHECK(step_valid, running || start);
      if (running || start) begin
        `CHECK(step_code, CODE_BITS'(code));
        `CHECK(step_first, code == HIGHEST);
        `CHECK(step_last, code == LOWEST);
      end else begin
        `CHECK({step_first, step_last}, 2'b00);
      end

      if (open && (running || start)) begin
        running = 1'b1;
        check_step();
      end else begin
        check_idle();
        running = running || start;
      end
      if (row_done) begin
        conversions++;
        code = HIGHEST;
        plan();
      end
      if (!(start && !start_ready)) start <= !nothing_to_do && below(100) < start_percent;
    end
    grant_ready <= below(100) < ready_percent;
  end
endmodule
