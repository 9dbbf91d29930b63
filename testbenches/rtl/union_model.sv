// SPDX-License-Identifier: Apache-2.0
// What topk_union must do, winner by winner.
module union_model #(
    parameter int CROSSBARS = 4,
    parameter int SUB_K = 8,
    parameter int COLUMN_BITS = 8,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 12,
    localparam int WINNERS = CROSSBARS * SUB_K,
    localparam int IN_BITS = $clog2(SUB_K + 1),
    localparam int OUT_BITS = $clog2(WINNERS + 1)
) (
    input  logic                            clk,
    input  logic                            rst,
    input  logic                            in_valid,
    output logic                            in_ready,
    input  logic [CROSSBARS*IN_BITS-1:0]    in_count,
    input  logic [WINNERS*COLUMN_BITS-1:0]  in_column,
    input  logic [WINNERS*CODE_BITS-1:0]    in_code,
    input  logic [CROSSBARS*TOKEN_BITS-1:0] first_column,
    input  logic [TOKEN_BITS-1:0]           column_stride,
    output logic                            out_valid,
    input  logic                            out_ready,
    output logic [OUT_BITS-1:0]             out_count,
    output logic [WINNERS*TOKEN_BITS-1:0]   out_token,
    output logic [WINNERS*CODE_BITS-1:0]    out_code,
    output logic [CODE_BITS-1:0]            out_max
);
  assign in_ready = !out_valid || out_ready;

  int token[$], code[$], largest;
  always @(posedge clk) begin
    if (in_valid && in_ready) begin
      token.delete();
      code.delete();
      for (int c = 0; c < CROSSBARS; c++)
        for (int w = 0; w < int'(in_count[c*IN_BITS+:IN_BITS]); w++) begin
          token.push_back(int'(first_column[c*TOKEN_BITS+:TOKEN_BITS]) +
                          int'(column_stride) *
                              int'(in_column[(c*SUB_K+w)*COLUMN_BITS+:COLUMN_BITS]));
          code.push_back(int'($signed(in_code[(c*SUB_K+w)*CODE_BITS+:CODE_BITS])));
        end
      out_count <= OUT_BITS'(token.size());
      out_token <= '0;
      out_code <= '0;
      for (int w = 0; w < token.size(); w++) begin
        out_token[w*TOKEN_BITS+:TOKEN_BITS] <= TOKEN_BITS'(token[w]);
        out_code[w*CODE_BITS+:CODE_BITS] <= CODE_BITS'(code[w]);
      end
      largest = code.size() > 0 ? code[0] : 0;
      foreach (code[w]) if (code[w] > largest) largest = code[w];
      out_max <= CODE_BITS'(largest);
    end
    out_valid <= !rst && ((in_valid && in_ready) || (out_valid && !out_ready));
  end
endmodule
