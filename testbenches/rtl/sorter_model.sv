// SPDX-License-Identifier: Apache-2.0
// What digital_sorter must do, element by element.
module sorter_model #(
    parameter int CROSSBARS = 4,
    parameter int SUB_K = 8,
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
    input  logic                            in_first,
    input  logic                            in_last,
    input  logic [CROSSBARS-1:0]            in_enabled,
    input  logic [CROSSBARS*TOKEN_BITS-1:0] in_token,
    input  logic [CROSSBARS*CODE_BITS-1:0]  in_code,
    input  logic [CROSSBARS*IN_BITS-1:0]    k,
    output logic                            out_valid,
    input  logic                            out_ready,
    output logic [OUT_BITS-1:0]             out_count,
    output logic [WINNERS*TOKEN_BITS-1:0]   out_token,
    output logic [WINNERS*CODE_BITS-1:0]    out_code
);
  // One sorter has its row on offer behind the last element; several join theirs first.
  logic joins;
  assign in_ready = (!out_valid || out_ready) && !joins;

  // The elements that sorter c keeps, and how many they are.
  int token[CROSSBARS][SUB_K+1], code[CROSSBARS][SUB_K+1], kept[CROSSBARS];
  int place, element, count;
  always @(posedge clk) begin
    if (out_ready) out_valid <= 1'b0;
    joins <= 1'b0;
    if (in_valid && in_ready) begin
      for (int c = 0; c < CROSSBARS; c++) begin
        if (in_first) kept[c] = 0;
        if (in_enabled[c]) begin
          element = int'($signed(in_code[c*CODE_BITS+:CODE_BITS]));
          place = kept[c];
          while (place > 0 && code[c][place-1] < element) begin
            code[c][place] = code[c][place-1];
            token[c][place] = token[c][place-1];
            place--;
          end
          code[c][place] = element;
          token[c][place] = int'(in_token[c*TOKEN_BITS+:TOKEN_BITS]);
          if (kept[c] < int'(k[c*IN_BITS+:IN_BITS])) kept[c]++;
        end
      end
      if (in_last && CROSSBARS > 1) joins <= 1'b1;
    end
    if (CROSSBARS > 1 ? joins : in_valid && in_ready && in_last) begin
      out_valid <= 1'b1;
      count = 0;
      out_token <= '0;
      out_code <= '0;
      for (int c = 0; c < CROSSBARS; c++)
        for (int w = 0; w < kept[c]; w++) begin
          out_token[count*TOKEN_BITS+:TOKEN_BITS] <= TOKEN_BITS'(token[c][w]);
          out_code[count*CODE_BITS+:CODE_BITS] <= CODE_BITS'(code[c][w]);
          count++;
        end
      out_count <= OUT_BITS'(count);
    end
    if (rst) begin
      out_valid <= 1'b0;
      joins <= 1'b0;
    end
  end
endmodule
