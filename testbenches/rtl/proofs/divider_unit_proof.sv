// SPDX-License-Identifier: Apache-2.0
// What the pins of the divider half promise (docs/pins/softmax.md), whatever rows come and whenever
// they are read.
module divider_unit_proof #(
    parameter int WINNERS = 2,
    parameter int TOKEN_BITS = 2,
    parameter int PROB_BITS = 2,
    parameter int DATA_BITS = 16,  // of exponents, the others 0; a sum has those of WINNERS of them
    localparam int OUT_BITS = $clog2(WINNERS + 1),
    localparam int SUM_BITS = 16 + $clog2(WINNERS)
) (
    input logic                          clk,
    input logic                          rst,
    input logic                          in_valid,
    input logic [OUT_BITS-1:0]           in_count,
    input logic [WINNERS*TOKEN_BITS-1:0] in_token,
    input logic [WINNERS*16-1:0]         in_exponents,
    input logic [SUM_BITS-1:0]           in_sum,
    input logic                          out_ready
);
  logic                          in_ready, out_valid;
  logic [OUT_BITS-1:0]           out_count;
  logic [WINNERS*TOKEN_BITS-1:0] out_token;
  logic [WINNERS*PROB_BITS-1:0]  out_prob;
  divider_unit #(
      .WINNERS(WINNERS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) dut (.*);

  localparam int AGE_BITS = $clog2(WINNERS + PROB_BITS + 3);
  localparam int WIDE = SUM_BITS + PROB_BITS + 2;

  logic begun = 1'b0;  // the first reset has been
  logic waits, full, take;
  logic [AGE_BITS-1:0]           age;  // cycles since the row was taken, up to its last
  logic [OUT_BITS-1:0]           row_count;
  logic [WINNERS*TOKEN_BITS-1:0] row_token;
  logic [WINNERS*16-1:0]         row_exponents;
  logic [SUM_BITS-1:0]           row_sum;
  logic                          done;
  assign take = in_valid && in_ready;
  assign done = full && 32'(age) == 32'(row_count) + 1 + PROB_BITS;

  // P is E (2^PROB_BITS - 1) / S, rounded: 2 S P <= 2 E (2^PROB_BITS - 1) + S < 2 S (P + 1).
  logic            fits, near, rest;  // the row on offer is one
  logic [WIDE-1:0] dividend, below;
  always_comb begin
    fits = in_count != '0 && 32'(in_count) <= WINNERS;
    if (in_sum >> (DATA_BITS + SUM_BITS - 16) != '0) fits = 1'b0;
    near = 1'b1;
    rest = 1'b1;
    dividend = '0;
    below = '0;
    for (int i = 0; i < WINNERS; i++) begin
      if (in_exponents[i*16+:16] >> DATA_BITS != '0) fits = 1'b0;
      if (i < 32'(in_count) && SUM_BITS'(in_exponents[i*16+:16]) > in_sum) fits = 1'b0;
      if (i < 32'(row_count)) begin
        dividend = (WIDE'(row_exponents[i*16+:16]) << 1) * ((1 << PROB_BITS) - 1) + WIDE'(row_sum);
        below = (WIDE'(row_sum) << 1) * out_prob[i*PROB_BITS+:PROB_BITS];
        if (row_sum == '0 ? out_prob[i*PROB_BITS+:PROB_BITS] != '0 :
            below > dividend || dividend - below >= (WIDE'(row_sum) << 1)) near = 1'b0;
      end else if (out_prob[i*PROB_BITS+:PROB_BITS] != '0) rest = 1'b0;
    end
  end

  always_ff @(posedge clk) begin
    begun <= begun || rst;
    waits <= !rst && in_valid && !in_ready;
    full <= !rst && (take || (full && !(done && out_ready)));
    if (take) age <= AGE_BITS'(1);
    else if (full && !done) age <= age + 1'b1;
    if (take) begin
      row_count <= in_count;
      row_token <= in_token;
      row_exponents <= in_exponents;
      row_sum <= in_sum;
    end
  end

  always_ff @(posedge clk) begin
    assume (begun || rst);
    if (in_valid) assume (fits);
    if (waits) assume (in_valid && $stable({in_count, in_token, in_exponents, in_sum}));
    if (begun && !rst) begin
      takes_when_it_can: assert (in_ready == (!full || (done && out_ready)));
      latency: assert (out_valid == done);
      if (done) begin
        count_of_the_row: assert (out_count == row_count);
        tokens_of_the_row: assert (out_token == row_token);
        zero_beyond: assert (rest);
        rounded: assert (near);
      end
    end
  end
endmodule
