// SPDX-License-Identifier: Apache-2.0
// What the pins of a union promise (docs/pins/union.md), whatever rows come and whenever they are
// read.
module topk_union_proof #(
    parameter int CROSSBARS = 3,
    parameter int SUB_K = 2,
    parameter int COLUMN_BITS = 2,
    parameter int CODE_BITS = 3,
    parameter int TOKEN_BITS = 3,
    localparam int WINNERS = CROSSBARS * SUB_K,
    localparam int IN_BITS = $clog2(SUB_K + 1),
    localparam int OUT_BITS = $clog2(WINNERS + 1)
) (
    input logic                            clk,
    input logic                            rst,
    input logic                            in_valid,
    input logic [CROSSBARS*IN_BITS-1:0]    in_count,
    input logic [WINNERS*COLUMN_BITS-1:0]  in_column,
    input logic [WINNERS*CODE_BITS-1:0]    in_code,
    input logic [CROSSBARS*TOKEN_BITS-1:0] first_column,
    input logic [TOKEN_BITS-1:0]           column_stride,
    input logic                            out_ready
);
  logic                          in_ready, out_valid;
  logic [OUT_BITS-1:0]           out_count;
  logic [WINNERS*TOKEN_BITS-1:0] out_token;
  logic [WINNERS*CODE_BITS-1:0]  out_code;
  logic [CODE_BITS-1:0]          out_max;
  topk_union #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .COLUMN_BITS(COLUMN_BITS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) dut (.*);

  // The row on offer: one winner after the other, each to the next place.
  logic [OUT_BITS-1:0]           total;
  logic [WINNERS*TOKEN_BITS-1:0] token;
  logic [WINNERS*CODE_BITS-1:0]  code;
  logic [CODE_BITS-1:0]          largest;
  logic                          fits;  // it is a row as the counters make them
  always_comb begin
    total = '0;
    token = '0;
    code = '0;
    largest = '0;
    fits = 1'b1;
    for (int c = 0; c < CROSSBARS; c++) begin
      if (32'(in_count[c*IN_BITS+:IN_BITS]) > SUB_K) fits = 1'b0;
      for (int w = 0; w < SUB_K; w++) begin
        if (32'(in_count[c*IN_BITS+:IN_BITS]) > w) begin
          for (int place = 0; place < WINNERS; place++) begin
            if (32'(total) == place) begin
              token[place*TOKEN_BITS+:TOKEN_BITS] = first_column[c*TOKEN_BITS+:TOKEN_BITS] +
                  column_stride *
                      TOKEN_BITS'(in_column[(c*SUB_K+w)*COLUMN_BITS+:COLUMN_BITS]);
              code[place*CODE_BITS+:CODE_BITS] = in_code[(c*SUB_K+w)*CODE_BITS+:CODE_BITS];
            end
          end
          if (total == '0 || $signed(in_code[(c*SUB_K+w)*CODE_BITS+:CODE_BITS]) > $signed(largest))
            largest = in_code[(c*SUB_K+w)*CODE_BITS+:CODE_BITS];
          if ($signed(in_code[(c*SUB_K+w)*CODE_BITS+:CODE_BITS]) >
              $signed(in_code[(c*SUB_K+(w>0?w-1:0))*CODE_BITS+:CODE_BITS])) fits = 1'b0;
          total = total + 1'b1;
        end
      end
    end
  end

  logic begun = 1'b0;  // the first reset has been
  logic waits, full;   // a row waits outside; one is inside, which these are the results of:
  logic [OUT_BITS-1:0]           want_count;
  logic [WINNERS*TOKEN_BITS-1:0] want_token;
  logic [WINNERS*CODE_BITS-1:0]  want_code;
  logic [CODE_BITS-1:0]          want_max;
  always_ff @(posedge clk) begin
    begun <= begun || rst;
    waits <= !rst && in_valid && !in_ready;
    full <= !rst && ((in_valid && in_ready) || (full && !out_ready));
    if (in_valid && in_ready) begin
      want_count <= total;
      want_token <= token;
      want_code <= code;
      want_max <= largest;
    end
  end

  always_ff @(posedge clk) begin
    assume (begun || rst);
    if (in_valid) assume (fits);
    if (waits) assume (in_valid && $stable({in_count, in_column, in_code}));
    if (begun && !rst) begin
      takes_when_it_can: assert (in_ready == (!full || out_ready));
      latency: assert (out_valid == full);
      if (full) begin
        counts: assert (out_count == want_count);
        tokens_in_order: assert (out_token == want_token);
        codes_in_order: assert (out_code == want_code);
        largest_code: assert (out_max == want_max);
      end
    end
  end
endmodule
