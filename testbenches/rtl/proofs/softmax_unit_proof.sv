// SPDX-License-Identifier: Apache-2.0
// What the pins of a softmax unit promise (docs/pins/softmax.md) beside what its halves do (their
// own proofs): rows pass from half to half in order and in time, with what belongs to them.
module softmax_unit_proof #(
    parameter int WINNERS = 2,
    parameter int CODE_BITS = 1,
    parameter int TOKEN_BITS = 2,
    parameter int PROB_BITS = 1,
    parameter int DATA_BITS = 16,  // of exponents, the others 0
    localparam int OUT_BITS = $clog2(WINNERS + 1),
    localparam int SUM_BITS = 16 + $clog2(WINNERS)
) (
    input logic                          clk,
    input logic                          rst,
    input logic                          in_valid,
    input logic [OUT_BITS-1:0]           in_count,
    input logic [CODE_BITS-1:0]          in_max,
    input logic [WINNERS*TOKEN_BITS-1:0] in_token,
    input logic [WINNERS*CODE_BITS-1:0]  in_code,
    input logic                          table_write,
    input logic [CODE_BITS-1:0]          table_address,
    input logic [15:0]                   table_data,
    input logic                          exponents_ready,
    input logic                          out_ready
);
  logic                          in_ready, exponents_valid, out_valid;
  logic [OUT_BITS-1:0]           exponents_count, out_count;
  logic [WINNERS*TOKEN_BITS-1:0] exponents_token, out_token;
  logic [WINNERS*16-1:0]         exponents;
  logic [SUM_BITS-1:0]           exponents_sum;
  logic [WINNERS*PROB_BITS-1:0]  out_prob;
  softmax_unit #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) dut (.*);

  localparam int AGE_BITS = $clog2(WINNERS + PROB_BITS + 4);
  localparam int WIDE = SUM_BITS + PROB_BITS + 2;

  logic begun = 1'b0;  // the first reset has been
  logic waits, take, move;
  // The rows in the two halves, since when, and whether they are ready to leave.
  logic                          first_full, second_full, first_done, second_done;
  logic [AGE_BITS-1:0]           first_age, second_age;
  logic [OUT_BITS-1:0]           first_count, second_count;
  logic [WINNERS*TOKEN_BITS-1:0] first_token, second_token;
  logic [WINNERS*16-1:0]         second_exponents;
  logic [SUM_BITS-1:0]           second_sum;
  assign first_done = first_full && 32'(first_age) == 32'(first_count) + 2;
  assign second_done = second_full && 32'(second_age) == 32'(second_count) + 1 + PROB_BITS;
  assign move = first_done && exponents_ready && (!second_full || (second_done && out_ready));
  assign take = in_valid && in_ready;

  logic            fits, small, near;
  logic [WIDE-1:0] dividend, below;
  always_comb begin
    fits = in_count != '0 && 32'(in_count) <= WINNERS;
    small = 1'b1;
    near = 1'b1;
    dividend = '0;
    below = '0;
    for (int i = 0; i < WINNERS; i++) begin
      if (i < 32'(in_count) && $signed(in_code[i*CODE_BITS+:CODE_BITS]) > $signed(in_max))
        fits = 1'b0;
      if (exponents[i*16+:16] >> DATA_BITS != '0) small = 1'b0;
      if (i < 32'(second_count)) begin
        dividend = (WIDE'(second_exponents[i*16+:16]) << 1) * ((1 << PROB_BITS) - 1) +
            WIDE'(second_sum);
        below = (WIDE'(second_sum) << 1) * out_prob[i*PROB_BITS+:PROB_BITS];
        if (second_sum == '0 ? out_prob[i*PROB_BITS+:PROB_BITS] != '0 :
            below > dividend || dividend - below >= (WIDE'(second_sum) << 1)) near = 1'b0;
      end
    end
  end

  always_ff @(posedge clk) begin
    begun <= begun || rst;
    waits <= !rst && in_valid && !in_ready;
    first_full <= !rst && (take || (first_full && !move));
    second_full <= !rst && (move || (second_full && !(second_done && out_ready)));
    if (take) first_age <= AGE_BITS'(1);
    else if (first_full && !first_done) first_age <= first_age + 1'b1;
    if (move) second_age <= AGE_BITS'(1);
    else if (second_full && !second_done) second_age <= second_age + 1'b1;
    if (take) begin
      first_count <= in_count;
      first_token <= in_token;
    end
    if (move) begin
      second_count <= first_count;
      second_token <= first_token;
      second_exponents <= exponents;
      second_sum <= exponents_sum;
    end
  end

  always_ff @(posedge clk) begin
    assume (begun || rst);
    if (in_valid) assume (fits);
    if (exponents_valid) assume (small);
    if (waits) assume (in_valid && $stable({in_count, in_max, in_token, in_code}));
    if (begun && !rst) begin
      takes_when_it_can: assert (in_ready == (!first_full || move));
      exponents_in_time: assert (exponents_valid == first_done);
      latency: assert (out_valid == second_done);
      if (first_done) begin
        exponents_of_the_row:
        assert (exponents_count == first_count && exponents_token == first_token);
      end
      if (second_done) begin
        winners_of_the_row: assert (out_count == second_count && out_token == second_token);
        rounded: assert (near);
      end
    end
  end
endmodule
