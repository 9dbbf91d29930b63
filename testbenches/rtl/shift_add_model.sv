// SPDX-License-Identifier: Apache-2.0
// What shift_add must do, a row at once.
module shift_add_model #(
    parameter int ARRAYS = 2,
    parameter int SLICES = 4,
    parameter int D_K = 64,
    parameter int CODE_BITS = 5,
    parameter int LANES = 32,
    localparam int VALUE_BITS = CODE_BITS + SLICES + $clog2(ARRAYS)
) (
    input  logic                                   clk,
    input  logic                                   rst,
    input  logic                                   in_valid,
    output logic                                   in_ready,
    input  logic [ARRAYS*SLICES*D_K*CODE_BITS-1:0] in_code,
    output logic                                   out_valid,
    input  logic                                   out_ready,
    output logic [D_K*VALUE_BITS-1:0]              out_value
);
  localparam int CYCLES = (D_K + LANES - 1) / LANES;

  int left, sum;  // cycles until the row inside is complete; -1: none is inside
  assign out_valid = left == 0;
  assign in_ready = left < 0 || (out_valid && out_ready);

  always @(posedge clk) begin
    if (in_valid && in_ready) begin
      left <= CYCLES - 1;
      for (int e = 0; e < D_K; e++) begin
        sum = 0;
        for (int a = 0; a < ARRAYS; a++)
          for (int s = 0; s < SLICES; s++)
            sum += int'($signed(in_code[((a*SLICES+s)*D_K+e)*CODE_BITS+:CODE_BITS])) * (1 << s);
        out_value[e*VALUE_BITS+:VALUE_BITS] <= VALUE_BITS'(sum);
      end
    end else if (left > 0 || (out_valid && out_ready)) begin
      left <= left - 1;
    end
    if (rst) left <= -1;
  end
endmodule
