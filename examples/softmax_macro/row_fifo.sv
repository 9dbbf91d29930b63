// SPDX-License-Identifier: Apache-2.0
// Rows of winners between the conversions of one crossbar and the union: a FIFO of ROWS rows, of
// which the last may still be open, being filled winner by winner.
//
//   append_*     a winner for the open row, while `open`
//   close        completes the open row, with the winner of this cycle if there is one
//   skip         completes a row without winners, which may be taken in the same cycle
//   open         there is a place for an open row
//   row_*        the oldest complete row; fields beyond row_count are meaningless
//   row_taken    removes it
//
// Latency 1: a row closed in cycle c is valid in c + 1; one skipped, in c.
module row_fifo #(
    parameter int ROWS = 4,
    parameter int SUB_K = 8,
    parameter int COLUMN_BITS = 8,
    parameter int CODE_BITS = 5,
    localparam int COUNT_BITS = $clog2(SUB_K + 1)
) (
    input  logic                         clk,
    input  logic                         rst,

    input  logic                         append_valid,
    input  logic [COLUMN_BITS-1:0]       append_column,
    input  logic [CODE_BITS-1:0]         append_code,
    input  logic                         close,
    input  logic                         skip,
    output logic                         open,

    output logic                         row_valid,
    output logic [COUNT_BITS-1:0]        row_count,
    output logic [SUB_K*COLUMN_BITS-1:0] row_column,
    output logic [SUB_K*CODE_BITS-1:0]   row_code,
    input  logic                         row_taken
);
  localparam int PLACE_BITS = ROWS > 1 ? $clog2(ROWS) : 1;
  localparam int ROWS_BITS = $clog2(ROWS + 1);
  localparam logic [PLACE_BITS-1:0] LAST_PLACE = PLACE_BITS'(ROWS - 1);

  logic [ROWS*COUNT_BITS-1:0]        counts;
  logic [ROWS*SUB_K*COLUMN_BITS-1:0] columns;
  logic [ROWS*SUB_K*CODE_BITS-1:0]   codes;

  logic [PLACE_BITS-1:0] oldest, opened;  // places
  logic [ROWS_BITS-1:0]  complete;        // rows
  logic [COUNT_BITS-1:0] filled;          // winners in the open row

  assign open = complete != ROWS_BITS'(ROWS);
  assign row_valid = complete != 0 || skip;

  logic ends;  // the open row
  assign ends = close || skip;

  always_ff @(posedge clk) begin
    if (rst) begin
      oldest <= '0;
      opened <= '0;
      complete <= '0;
      filled <= '0;
    end else begin
      complete <= complete + ROWS_BITS'(ends) - ROWS_BITS'(row_taken);
      if (ends) opened <= opened == LAST_PLACE ? '0 : opened + 1'b1;
      if (row_taken) oldest <= oldest == LAST_PLACE ? '0 : oldest + 1'b1;
      if (ends) filled <= '0;
      else if (append_valid) filled <= filled + 1'b1;
    end
  end

  for (genvar r = 0; r < ROWS; r++) begin : place
    always_ff @(posedge clk) begin
      if (ends && opened == PLACE_BITS'(r))
        counts[r*COUNT_BITS+:COUNT_BITS] <= filled + COUNT_BITS'(append_valid);
    end

    for (genvar w = 0; w < SUB_K; w++) begin : winner
      localparam int FIELD = r * SUB_K + w;
      always_ff @(posedge clk) begin
        if (append_valid && opened == PLACE_BITS'(r) && filled == COUNT_BITS'(w)) begin
          columns[FIELD*COLUMN_BITS+:COLUMN_BITS] <= append_column;
          codes[FIELD*CODE_BITS+:CODE_BITS] <= append_code;
        end
      end
    end
  end

  always_comb begin
    row_count = '0;
    row_column = '0;
    row_code = '0;
    for (int r = 0; r < ROWS; r++) begin
      if (complete != 0 && oldest == PLACE_BITS'(r)) begin
        row_count = counts[r*COUNT_BITS+:COUNT_BITS];
        row_column = columns[r*SUB_K*COLUMN_BITS+:SUB_K*COLUMN_BITS];
        row_code = codes[r*SUB_K*CODE_BITS+:SUB_K*CODE_BITS];
      end
    end
  end

`ifdef TOPKIMA_ASSERT
  assert property (@(posedge clk) disable iff (rst) append_valid || ends |-> open)
  else $error("a winner or a row comes, but there is no place for it");

  assert property (@(posedge clk) disable iff (rst)
      append_valid |-> filled != COUNT_BITS'(SUB_K))
  else $error("a row has more than SUB_K winners");

  assert property (@(posedge clk) disable iff (rst) row_taken |-> row_valid)
  else $error("a row is taken that is not there");
`endif
endmodule
