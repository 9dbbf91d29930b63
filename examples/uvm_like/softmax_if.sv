// SPDX-License-Identifier: Apache-2.0
// The pins of a softmax unit as wide as the test vectors: a virtual interface with parameters is
// more than Verilator 5.006 takes.
interface softmax_if;
  import softmax_vectors_pkg::*;

  localparam int OUT_BITS = $clog2(WINNERS + 1);
  localparam int SUM_BITS = 16 + $clog2(WINNERS);

  logic                          clk = 0;
  always #5 clk = !clk;

  logic                          rst;
  logic                          in_valid, in_ready;
  logic [OUT_BITS-1:0]           in_count;
  logic [CODE_BITS-1:0]          in_max;
  logic [WINNERS*TOKEN_BITS-1:0] in_token;
  logic [WINNERS*CODE_BITS-1:0]  in_code;
  logic                          table_write;
  logic [CODE_BITS-1:0]          table_address;
  logic [15:0]                   table_data;
  logic                          exponents_valid, exponents_ready;
  logic [OUT_BITS-1:0]           exponents_count;
  logic [WINNERS*TOKEN_BITS-1:0] exponents_token;
  logic [WINNERS*16-1:0]         exponents;
  logic [SUM_BITS-1:0]           exponents_sum;
  logic                          out_valid, out_ready;
  logic [OUT_BITS-1:0]           out_count;
  logic [WINNERS*TOKEN_BITS-1:0] out_token;
  logic [WINNERS*PROB_BITS-1:0]  out_prob;
endinterface
