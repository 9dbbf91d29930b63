// SPDX-License-Identifier: Apache-2.0
// Shifts the codes of a row left by SHIFT, one in each cycle: the first in that in which the row is
// taken. A row of n winners is valid n cycles later.
module serial_shifter #(
    parameter int WINNERS = 8,
    parameter int TOKEN_BITS = 6,
    parameter int CODE_BITS = 5,
    parameter int SHIFT = 2,
    localparam int OUT_BITS = $clog2(WINNERS + 1),
    localparam int SHIFTED_BITS = CODE_BITS + SHIFT
) (
    input  logic                            clk,
    input  logic                            rst,
    input  logic                            in_valid,
    output logic                            in_ready,
    input  logic [OUT_BITS-1:0]             in_count,
    input  logic [WINNERS*TOKEN_BITS-1:0]   in_token,
    input  logic [WINNERS*CODE_BITS-1:0]    in_code,
    output logic                            out_valid,
    input  logic                            out_ready,
    output logic [OUT_BITS-1:0]             out_count,
    output logic [WINNERS*TOKEN_BITS-1:0]   out_token,
    output logic [WINNERS*SHIFTED_BITS-1:0] out_code
);
  logic                         holds_row;
  logic [OUT_BITS-1:0]          shifted;  // winners so far
  logic [WINNERS*CODE_BITS-1:0] codes;    // of the others, the next one lowest
  assign out_valid = holds_row && shifted == out_count;
  assign in_ready = !holds_row || (out_valid && out_ready);

  always_ff @(posedge clk) begin
    if (rst) holds_row <= 1'b0;
    else if (in_ready) holds_row <= in_valid;
  end

  always_ff @(posedge clk) begin
    if (in_valid && in_ready) begin
      out_count <= in_count;
      out_token <= in_token;
      out_code <= '0;
      out_code[SHIFTED_BITS-1:0] <= {in_code[CODE_BITS-1:0], {SHIFT{1'b0}}};
      codes <= in_code >> CODE_BITS;
      shifted <= OUT_BITS'(1);
    end else if (shifted != out_count) begin
      out_code[int'(shifted)*SHIFTED_BITS+:SHIFTED_BITS] <= {codes[CODE_BITS-1:0], {SHIFT{1'b0}}};
      codes <= codes >> CODE_BITS;
      shifted <= shifted + 1'b1;
    end
  end
endmodule
