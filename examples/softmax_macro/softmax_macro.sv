// SPDX-License-Identifier: Apache-2.0
// Everything digital behind the ramp ADCs of one head: top-k counters of its crossbars, a FIFO of
// rows behind each, union and softmax unit.
//
//   step_*, crossing, k,      the pins of topk_counter, once per crossbar; crossbar c has field c.
//   participants, stop,       A step waits (step_ready 0) while ROWS complete rows are held.
//   grant_*, count            A step taken with step_last or stop completes a row
//   skip                      for one cycle: an empty row is complete, already in this cycle; no step then
//   crossbars_used            crossbars that convert, at least 1; the others count as empty
//   first_column,             token of each crossbar's column 0, and how far apart the tokens of
//   column_stride             neighbouring columns are
//   row_*                     every crossbar in use has completed the oldest row. It moves to the
//                             union in a cycle with row_valid, row_ready and a free union
//   winners_*                 the row in the union. It moves to the exponent half in a cycle with
//                             winners_valid, winners_ready and a free half. A row without winners
//                             ends here, with winners_valid and winners_ready
//   table_*, exponents_*,     the pins of softmax_unit
//   out_*
//
// crossbars_used, first_column, column_stride, k, stop_when_exhausted, participants and reach are
// constant during a conversion. Latencies are those of topk_counter, topk_union and softmax_unit; a row completed in
// cycle c is valid in c + 1.
module softmax_macro #(
    parameter int CROSSBARS = 2,
    parameter int COLUMNS = 256,
    parameter int SUB_K = 8,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 12,
    parameter int PROB_BITS = 5,
    parameter int ROWS = 4,
    localparam int COLUMN_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1,
    localparam int COUNT_BITS = $clog2(COLUMNS + 2),
    localparam int WINNERS = CROSSBARS * SUB_K,
    localparam int OUT_BITS = $clog2(WINNERS + 1),
    localparam int SUM_BITS = 16 + $clog2(WINNERS),
    localparam int USED_BITS = $clog2(CROSSBARS + 1)
) (
    input  logic                             clk,
    input  logic                             rst,

    input  logic [CROSSBARS-1:0]             step_valid,
    output logic [CROSSBARS-1:0]             step_ready,
    input  logic [CROSSBARS-1:0]             step_first,
    input  logic [CROSSBARS-1:0]             step_last,
    input  logic [CROSSBARS*CODE_BITS-1:0]   step_code,
    input  logic [CROSSBARS*COLUMNS-1:0]     crossing,
    output logic [CROSSBARS-1:0]             stop,
    input  logic [CROSSBARS-1:0]             skip,

    input  logic [CROSSBARS*COUNT_BITS-1:0]  k,
    input  logic                             stop_when_exhausted,
    input  logic [CROSSBARS*COUNT_BITS-1:0]  participants,
    input  logic [CODE_BITS-1:0]             reach,
    input  logic [USED_BITS-1:0]             crossbars_used,
    input  logic [CROSSBARS*TOKEN_BITS-1:0]  first_column,
    input  logic [TOKEN_BITS-1:0]            column_stride,

    output logic [CROSSBARS-1:0]             grant_valid,
    input  logic [CROSSBARS-1:0]             grant_ready,
    output logic [CROSSBARS*COLUMN_BITS-1:0] grant_column,
    output logic [CROSSBARS*CODE_BITS-1:0]   grant_code,
    output logic [CROSSBARS*COUNT_BITS-1:0]  count,

    output logic                             row_valid,
    input  logic                             row_ready,

    output logic                             winners_valid,
    input  logic                             winners_ready,
    output logic [OUT_BITS-1:0]              winners_count,
    output logic [WINNERS*TOKEN_BITS-1:0]    winners_token,
    output logic [WINNERS*CODE_BITS-1:0]     winners_code,
    output logic [CODE_BITS-1:0]             winners_max,

    input  logic                             table_write,
    input  logic [CODE_BITS-1:0]             table_address,
    input  logic [15:0]                      table_data,

    output logic                             exponents_valid,
    input  logic                             exponents_ready,
    output logic [OUT_BITS-1:0]              exponents_count,
    output logic [WINNERS*TOKEN_BITS-1:0]    exponents_token,
    output logic [WINNERS*16-1:0]            exponents,
    output logic [SUM_BITS-1:0]              exponents_sum,

    output logic                             out_valid,
    input  logic                             out_ready,
    output logic [OUT_BITS-1:0]              out_count,
    output logic [WINNERS*TOKEN_BITS-1:0]    out_token,
    output logic [WINNERS*PROB_BITS-1:0]     out_prob
);
  localparam int ROW_BITS = $clog2(SUB_K + 1);

  logic [CROSSBARS-1:0]             used, complete;
  logic                             union_ready, row_taken;
  logic [CROSSBARS*ROW_BITS-1:0]    row_count;
  logic [WINNERS*COLUMN_BITS-1:0]   row_column;
  logic [WINNERS*CODE_BITS-1:0]     row_code;

  assign row_valid = |used && &(complete | ~used);
  assign row_taken = row_valid && row_ready && union_ready;

  for (genvar c = 0; c < CROSSBARS; c++) begin : crossbar
    logic                offered, open, close, append;
    logic [ROW_BITS-1:0] winners;
    assign used[c] = crossbars_used > USED_BITS'(c);
    assign offered = step_valid[c] && open;
    assign append = grant_valid[c] && grant_ready[c];
    assign close = step_ready[c] && (step_last[c] || stop[c]);
    assign row_count[c*ROW_BITS+:ROW_BITS] = used[c] ? winners : '0;

    topk_counter #(
        .COLUMNS(COLUMNS),
        .CODE_BITS(CODE_BITS)
    ) counter (
        .clk,
        .rst,
        .step_valid(offered),
        .step_ready(step_ready[c]),
        .step_first(step_first[c]),
        .step_last(step_last[c]),
        .step_code(step_code[c*CODE_BITS+:CODE_BITS]),
        .crossing(crossing[c*COLUMNS+:COLUMNS]),
        .stop(stop[c]),
        .k(k[c*COUNT_BITS+:COUNT_BITS]),
        .stop_when_exhausted,
        .participants(participants[c*COUNT_BITS+:COUNT_BITS]),
        .reach,
        .grant_valid(grant_valid[c]),
        .grant_ready(grant_ready[c]),
        .grant_column(grant_column[c*COLUMN_BITS+:COLUMN_BITS]),
        .grant_code(grant_code[c*CODE_BITS+:CODE_BITS]),
        .count(count[c*COUNT_BITS+:COUNT_BITS])
    );

    row_fifo #(
        .ROWS(ROWS),
        .SUB_K(SUB_K),
        .COLUMN_BITS(COLUMN_BITS),
        .CODE_BITS(CODE_BITS)
    ) rows (
        .clk,
        .rst,
        .append_valid(append),
        .append_column(grant_column[c*COLUMN_BITS+:COLUMN_BITS]),
        .append_code(grant_code[c*CODE_BITS+:CODE_BITS]),
        .close,
        .skip(skip[c]),
        .open,
        .row_valid(complete[c]),
        .row_count(winners),
        .row_column(row_column[c*SUB_K*COLUMN_BITS+:SUB_K*COLUMN_BITS]),
        .row_code(row_code[c*SUB_K*CODE_BITS+:SUB_K*CODE_BITS]),
        .row_taken(row_taken && used[c])
    );

`ifdef TOPKIMA_ASSERT
    assert property (@(posedge clk) disable iff (rst) !(skip[c] && step_valid[c]))
    else $error("crossbar %0d skips its conversion in a step", c);

    assert property (@(posedge clk) disable iff (rst) step_valid[c] || skip[c] |-> used[c])
    else $error("crossbar %0d converts, but only %0d are used", c, crossbars_used);
`endif
  end

  logic some_winners, softmax_ready, winners_leave;
  assign some_winners = winners_count != 0;
  assign winners_leave = winners_valid && winners_ready && (softmax_ready || !some_winners);

  topk_union #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .COLUMN_BITS(COLUMN_BITS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) winners_union (
      .clk,
      .rst,
      .in_valid(row_taken),
      .in_ready(union_ready),
      .in_count(row_count),
      .in_column(row_column),
      .in_code(row_code),
      .first_column,
      .column_stride,
      .out_valid(winners_valid),
      .out_ready(winners_leave),
      .out_count(winners_count),
      .out_token(winners_token),
      .out_code(winners_code),
      .out_max(winners_max)
  );

  softmax_unit #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) softmax (
      .clk,
      .rst,
      .in_valid(winners_leave && some_winners),
      .in_ready(softmax_ready),
      .in_count(winners_count),
      .in_max(winners_max),
      .in_token(winners_token),
      .in_code(winners_code),
      .table_write,
      .table_address,
      .table_data,
      .exponents_valid,
      .exponents_ready,
      .exponents_count,
      .exponents_token,
      .exponents,
      .exponents_sum,
      .out_valid,
      .out_ready,
      .out_count,
      .out_token,
      .out_prob
  );
endmodule
