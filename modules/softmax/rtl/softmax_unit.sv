// SPDX-License-Identifier: Apache-2.0
// Digital softmax unit of a head: exponent half and divider half, which overlap row by row.
//
//   in_*             a row of 1 to WINNERS winners
//   table_*          writes the exponent table
//   exponents_*      the row in the exponent half, complete. It moves on in a cycle with
//                    exponents_valid, exponents_ready and a free divider half; exponents_ready is
//                    for a monitor that holds rows back, else 1
//   out_*            the row's probabilities
//
// Latency: 2 + count cycles to exponents_valid, 1 + PROB_BITS + count from there to out_valid. Each
// half may take a row in the cycle in which the one before it leaves.
module softmax_unit #(
    parameter int WINNERS = 8,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 12,
    parameter int PROB_BITS = 5,
    localparam int OUT_BITS = $clog2(WINNERS + 1),
    localparam int SUM_BITS = 16 + $clog2(WINNERS)
) (
    input  logic                          clk,
    input  logic                          rst,

    input  logic                          in_valid,
    output logic                          in_ready,
    input  logic [OUT_BITS-1:0]           in_count,
    input  logic [CODE_BITS-1:0]          in_max,
    input  logic [WINNERS*TOKEN_BITS-1:0] in_token,
    input  logic [WINNERS*CODE_BITS-1:0]  in_code,

    input  logic                          table_write,
    input  logic [CODE_BITS-1:0]          table_address,
    input  logic [15:0]                   table_data,

    output logic                          exponents_valid,
    input  logic                          exponents_ready,
    output logic [OUT_BITS-1:0]           exponents_count,
    output logic [WINNERS*TOKEN_BITS-1:0] exponents_token,
    output logic [WINNERS*16-1:0]         exponents,
    output logic [SUM_BITS-1:0]           exponents_sum,

    output logic                          out_valid,
    input  logic                          out_ready,
    output logic [OUT_BITS-1:0]           out_count,
    output logic [WINNERS*TOKEN_BITS-1:0] out_token,
    output logic [WINNERS*PROB_BITS-1:0]  out_prob
);
  logic divider_ready, move;
  assign move = exponents_valid && exponents_ready && divider_ready;

  exponent_unit #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) exponent_half (
      .clk,
      .rst,
      .in_valid,
      .in_ready,
      .in_count,
      .in_max,
      .in_token,
      .in_code,
      .table_write,
      .table_address,
      .table_data,
      .exponents_valid,
      .exponents_ready(exponents_ready && divider_ready),
      .exponents_count,
      .exponents_token,
      .exponents,
      .exponents_sum
  );

  divider_unit #(
      .WINNERS(WINNERS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) divider_half (
      .clk,
      .rst,
      .in_valid(move),
      .in_ready(divider_ready),
      .in_count(exponents_count),
      .in_token(exponents_token),
      .in_exponents(exponents),
      .in_sum(exponents_sum),
      .out_valid,
      .out_ready,
      .out_count,
      .out_token,
      .out_prob
  );
endmodule
