// SPDX-License-Identifier: Apache-2.0
// Sub-top-k union of a head: the winners of all crossbars, in crossbar order, packed to the left.
//
//   in_*           a row: per crossbar the number of winners, their columns and codes in grant
//                  order; winner w of crossbar c is field c * SUB_K + w
//   first_column   token of each crossbar's column 0, and how far apart the tokens of neighbouring
//   column_stride  columns are; constant while rows pass
//   out_*          the row's winners: tokens and codes (fields beyond out_count are 0), and the
//                  largest code, which each crossbar granted first (0 without a winner)
//
// Latency 1: a row taken in cycle c is valid in c + 1. A row may be taken in the cycle in which the
// one before it leaves.
module topk_union #(
    parameter int CROSSBARS = 4,
    parameter int SUB_K = 8,
    parameter int COLUMN_BITS = 8,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 12,
    localparam int WINNERS = CROSSBARS * SUB_K,
    localparam int IN_BITS = $clog2(SUB_K + 1),
    localparam int OUT_BITS = $clog2(WINNERS + 1)
) (
    input  logic                           clk,
    input  logic                           rst,

    input  logic                           in_valid,
    output logic                           in_ready,
    input  logic [CROSSBARS*IN_BITS-1:0]   in_count,
    input  logic [WINNERS*COLUMN_BITS-1:0] in_column,
    input  logic [WINNERS*CODE_BITS-1:0]   in_code,
    input  logic [CROSSBARS*TOKEN_BITS-1:0] first_column,
    input  logic [TOKEN_BITS-1:0]           column_stride,

    output logic                           out_valid,
    input  logic                           out_ready,
    output logic [OUT_BITS-1:0]            out_count,
    output logic [WINNERS*TOKEN_BITS-1:0]  out_token,
    output logic [WINNERS*CODE_BITS-1:0]   out_code,
    output logic [CODE_BITS-1:0]           out_max
);
  // Tokens and codes of the winners there are, 0 in the other fields.
  logic [WINNERS*TOKEN_BITS-1:0] token;
  logic [WINNERS*CODE_BITS-1:0]  code;
  for (genvar c = 0; c < CROSSBARS; c++) begin : crossbar
    for (genvar w = 0; w < SUB_K; w++) begin : winner
      localparam int FIELD = c * SUB_K + w;
      logic present;
      assign present = in_count[c*IN_BITS+:IN_BITS] > IN_BITS'(w);
      assign token[FIELD*TOKEN_BITS+:TOKEN_BITS] =
          present ? first_column[c*TOKEN_BITS+:TOKEN_BITS] +
                    column_stride * TOKEN_BITS'(in_column[FIELD*COLUMN_BITS+:COLUMN_BITS]) : '0;
      assign code[FIELD*CODE_BITS+:CODE_BITS] =
          present ? in_code[FIELD*CODE_BITS+:CODE_BITS] : '0;
    end
  end

  // From the last crossbar to the first: what is packed so far moves up by the crossbar's count.
  logic [OUT_BITS-1:0]           packed_count;
  logic [WINNERS*TOKEN_BITS-1:0] packed_token;
  logic [WINNERS*CODE_BITS-1:0]  packed_code;
  always_comb begin
    packed_count = '0;
    packed_token = '0;
    packed_code = '0;
    for (int c = CROSSBARS - 1; c >= 0; c--) begin
      for (int b = 0; b < IN_BITS; b++) begin
        if (in_count[c*IN_BITS+b]) begin
          packed_token = packed_token << (TOKEN_BITS << b);
          packed_code = packed_code << (CODE_BITS << b);
        end
      end
      packed_count = packed_count + OUT_BITS'(in_count[c*IN_BITS+:IN_BITS]);
      packed_token[0+:SUB_K*TOKEN_BITS] =
          packed_token[0+:SUB_K*TOKEN_BITS] | token[c*SUB_K*TOKEN_BITS+:SUB_K*TOKEN_BITS];
      packed_code[0+:SUB_K*CODE_BITS] =
          packed_code[0+:SUB_K*CODE_BITS] | code[c*SUB_K*CODE_BITS+:SUB_K*CODE_BITS];
    end
  end

  logic                 found;
  logic [CODE_BITS-1:0] first, largest;
  always_comb begin
    found = 1'b0;
    largest = '0;
    for (int c = 0; c < CROSSBARS; c++) begin
      first = in_code[c*SUB_K*CODE_BITS+:CODE_BITS];
      if (|in_count[c*IN_BITS+:IN_BITS] && (!found || $signed(first) > $signed(largest))) begin
        found = 1'b1;
        largest = first;
      end
    end
  end

  assign in_ready = !out_valid || out_ready;

  always_ff @(posedge clk) begin
    if (rst) out_valid <= 1'b0;
    else if (in_ready) out_valid <= in_valid;
  end

  always_ff @(posedge clk) begin
    if (in_valid && in_ready) begin
      out_count <= packed_count;
      out_token <= packed_token;
      out_code <= packed_code;
      out_max <= largest;
    end
  end

`ifdef TOPKIMA_ASSERT
  // In processes: Verilator 5.006 cannot sample vectors this wide for a property.
  logic in_waits, out_waits;
  logic [$bits({in_count, in_column, in_code})-1:0] in_before;
  logic [$bits({out_count, out_token, out_code, out_max})-1:0] out_before;
  always_ff @(posedge clk) begin
    in_waits <= !rst && in_valid && !in_ready;
    in_before <= {in_count, in_column, in_code};
    out_waits <= !rst && out_valid && !out_ready;
    out_before <= {out_count, out_token, out_code, out_max};
    if (!rst && in_waits)
      assert (in_valid && {in_count, in_column, in_code} == in_before)
      else $error("a row changed or went before it was taken");
    if (!rst && out_waits)
      assert (out_valid && {out_count, out_token, out_code, out_max} == out_before)
      else $error("the winners changed or went before they were taken");
  end

  for (genvar c = 0; c < CROSSBARS; c++) begin : crossbar_check
    always_ff @(posedge clk) begin
      if (!rst && in_valid)
        assert (int'(in_count[c*IN_BITS+:IN_BITS]) <= SUB_K)
        else $error("crossbar %0d has more than SUB_K winners", c);
    end

    for (genvar w = 1; w < SUB_K; w++) begin : order_check
      localparam int FIELD = c * SUB_K + w;
      always_ff @(posedge clk) begin
        if (!rst && in_valid && in_count[c*IN_BITS+:IN_BITS] > IN_BITS'(w))
          assert ($signed(in_code[FIELD*CODE_BITS+:CODE_BITS]) <=
                  $signed(in_code[(FIELD-1)*CODE_BITS+:CODE_BITS]))
          else $error("winners of crossbar %0d are not in the order of falling codes", c);
      end
    end
  end
`endif
endmodule
