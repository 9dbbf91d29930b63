// SPDX-License-Identifier: Apache-2.0
// Divider half of a softmax unit: the probability of every winner of a row,
// P = floor((2 E (2^PROB_BITS - 1) + S) / (2 S)), that is E / S in steps of 1 / (2^PROB_BITS - 1),
// rounded; 0 when S is 0. A pipeline of PROB_BITS restoring-division stages, one quotient bit each,
// that takes one winner per cycle. Holds one row.
//
//   in_*     a row: 1 to WINNERS winners, tokens, exponents E (16 bits each) and their sum S
//   out_*    the row's probabilities, 0 beyond the count
//
// Latency 1 + PROB_BITS + count: of a row taken in cycle g, winner i enters in g + 1 + i, where its
// dividend is formed; out_valid rises in g + 1 + PROB_BITS + count. A row may be taken in the cycle
// in which the one before it leaves.
module divider_unit #(
    parameter int WINNERS = 8,
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
    input  logic [WINNERS*TOKEN_BITS-1:0] in_token,
    input  logic [WINNERS*16-1:0]         in_exponents,
    input  logic [SUM_BITS-1:0]           in_sum,

    output logic                          out_valid,
    input  logic                          out_ready,
    output logic [OUT_BITS-1:0]           out_count,
    output logic [WINNERS*TOKEN_BITS-1:0] out_token,
    output logic [WINNERS*PROB_BITS-1:0]  out_prob
);
  localparam int DIVIDEND_BITS = SUM_BITS + 1 + PROB_BITS;  // it is below 2 S 2^PROB_BITS

  logic                  occupied;
  logic [WINNERS*16-1:0] exponents;          // of the winners not entered yet, the next one lowest
  logic [SUM_BITS-1:0]   sum;
  logic [OUT_BITS-1:0]   entered, divided;   // winners so far
  logic [PROB_BITS-1:0]  in_stage;           // a winner is in each division stage

  logic take, enter;
  assign in_ready = !occupied || (out_valid && out_ready);
  assign take = in_valid && in_ready;
  assign enter = occupied && entered != out_count;

  // In front of each stage: the partial remainder, below 2 S; and the dividend bits still to come,
  // followed by the quotient bits found.
  logic [PROB_BITS*(SUM_BITS+1)-1:0]  remainder;
  logic [PROB_BITS*PROB_BITS-1:0]     digits;
  logic [PROB_BITS-1:0]               quotient;  // behind the last stage
  for (genvar s = 0; s < PROB_BITS; s++) begin : stage
    logic [SUM_BITS:0]    partial;
    logic [SUM_BITS+1:0]  difference;  // negative: the sum does not fit
    logic                 fits;
    logic [PROB_BITS-1:0] found;
    always_comb begin
      partial = remainder[s*(SUM_BITS+1)+:SUM_BITS+1];
      difference = {1'b0, partial} - {2'b00, sum};
      fits = !difference[SUM_BITS+1] && sum != 0;
      found = (digits[s*PROB_BITS+:PROB_BITS] << 1) | PROB_BITS'(fits);
    end
    if (s < PROB_BITS - 1) begin : next
      always_ff @(posedge clk) begin
        remainder[(s+1)*(SUM_BITS+1)+:SUM_BITS+1] <=
            {fits ? difference[SUM_BITS-1:0] : partial[SUM_BITS-1:0],
             digits[s*PROB_BITS+PROB_BITS-1]};
        digits[(s+1)*PROB_BITS+:PROB_BITS] <= found;
      end
    end else begin : last
      assign quotient = found;
    end
  end

  logic [DIVIDEND_BITS-1:0] exponent, dividend;
  always_comb begin
    exponent = DIVIDEND_BITS'(exponents[15:0]);
    dividend = (exponent << (PROB_BITS + 1)) - (exponent << 1) + DIVIDEND_BITS'(sum);
  end

  always_ff @(posedge clk) {remainder[SUM_BITS:0], digits[PROB_BITS-1:0]} <= dividend;

  always_ff @(posedge clk) begin
    if (rst) begin
      occupied <= 1'b0;
      in_stage <= '0;
      out_valid <= 1'b0;
    end else begin
      occupied <= take || !in_ready;
      in_stage <= (in_stage << 1) | PROB_BITS'(enter);
      if (in_ready) out_valid <= 1'b0;
      else if (in_stage[PROB_BITS-1]) out_valid <= divided + 1'b1 == out_count;
    end
  end

  always_ff @(posedge clk) begin
    if (take) begin
      exponents <= in_exponents;
      sum <= in_sum;
      entered <= '0;
      divided <= '0;
      out_count <= in_count;
      out_token <= in_token;
    end else begin
      if (enter) begin
        exponents <= exponents >> 16;
        entered <= entered + 1'b1;
      end
      if (in_stage[PROB_BITS-1]) divided <= divided + 1'b1;
    end
  end

  for (genvar w = 0; w < WINNERS; w++) begin : winner
    always_ff @(posedge clk) begin
      if (take) out_prob[w*PROB_BITS+:PROB_BITS] <= '0;
      else if (in_stage[PROB_BITS-1] && divided == OUT_BITS'(w))
        out_prob[w*PROB_BITS+:PROB_BITS] <= quotient;
    end
  end

`ifdef TOPKIMA_ASSERT
  // In processes: Verilator 5.006 cannot sample vectors this wide for a property.
  logic in_waits, out_waits;
  logic [$bits({in_count, in_token, in_exponents, in_sum})-1:0] in_before;
  logic [$bits({out_count, out_token, out_prob})-1:0] out_before;
  always_ff @(posedge clk) begin
    in_waits <= !rst && in_valid && !in_ready;
    in_before <= {in_count, in_token, in_exponents, in_sum};
    out_waits <= !rst && out_valid && !out_ready;
    out_before <= {out_count, out_token, out_prob};
    if (!rst && in_waits)
      assert (in_valid && {in_count, in_token, in_exponents, in_sum} == in_before)
      else $error("a row changed or went before it was taken");
    if (!rst && in_valid)
      assert (in_count != 0 && int'(in_count) <= WINNERS)
      else $error("a row does not have 1 to WINNERS winners");
    if (!rst && enter)
      assert (SUM_BITS'(exponents[15:0]) <= sum)
      else $error("an exponent is larger than the sum");
    if (!rst && out_waits)
      assert (out_valid && {out_count, out_token, out_prob} == out_before)
      else $error("the probabilities changed or went before they were taken");
  end
`endif
endmodule
