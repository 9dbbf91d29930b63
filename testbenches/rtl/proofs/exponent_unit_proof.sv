// SPDX-License-Identifier: Apache-2.0
// What the pins of the exponent half promise (docs/pins/softmax.md), whatever rows come, whenever
// they are read, and whatever is written into the table meanwhile.
module exponent_unit_proof #(
    parameter int WINNERS = 3,
    parameter int CODE_BITS = 1,
    parameter int TOKEN_BITS = 2,
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
    input logic                          exponents_ready
);
  logic                          in_ready, exponents_valid;
  logic [OUT_BITS-1:0]           exponents_count;
  logic [WINNERS*TOKEN_BITS-1:0] exponents_token;
  logic [WINNERS*16-1:0]         exponents;
  logic [SUM_BITS-1:0]           exponents_sum;
  exponent_unit #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) dut (.*);

  localparam int AGE_BITS = $clog2(WINNERS + 4);

  logic begun = 1'b0;  // the first reset has been
  logic waits, full, take;
  logic [AGE_BITS-1:0]           age;  // cycles since the row was taken, up to its last
  logic [OUT_BITS-1:0]           row_count;
  logic [CODE_BITS-1:0]          row_max;
  logic [WINNERS*TOKEN_BITS-1:0] row_token;
  logic [WINNERS*CODE_BITS-1:0]  row_code;
  logic                          done;
  assign take = in_valid && in_ready;
  assign done = full && 32'(age) == 32'(row_count) + 2;

  // The table as it has been written, and what winner i finds there in cycle 1 + i.
  logic [15:0]                contents[0:(1<<CODE_BITS)-1];
  logic [(1<<CODE_BITS)-1:0]  written;
  logic [WINNERS*16-1:0]      want;
  logic [WINNERS-1:0]         known;  // what was looked up had been written
  logic [SUM_BITS-1:0]        want_sum;
  for (genvar i = 0; i < WINNERS; i++) begin : winner
    logic [CODE_BITS-1:0] distance;
    assign distance = row_max - row_code[i*CODE_BITS+:CODE_BITS];
    always_ff @(posedge clk) begin
      if (full && 32'(age) == i + 1) begin
        want[i*16+:16] <= contents[distance];
        known[i] <= written[distance];
      end
    end
  end

  logic                fits;  // the row on offer is one
  logic                same, rest, all_known;
  always_comb begin
    fits = in_count != '0 && 32'(in_count) <= WINNERS;
    all_known = 1'b1;
    same = 1'b1;
    rest = 1'b1;
    for (int i = 0; i < WINNERS; i++) begin
      if (i < 32'(in_count) && $signed(in_code[i*CODE_BITS+:CODE_BITS]) > $signed(in_max))
        fits = 1'b0;
      if (i < 32'(row_count)) begin
        if (!known[i]) all_known = 1'b0;
        if (known[i] && exponents[i*16+:16] != want[i*16+:16]) same = 1'b0;
      end else if (exponents[i*16+:16] != '0) rest = 1'b0;
    end
  end

  always_ff @(posedge clk) begin
    begun <= begun || rst;
    waits <= !rst && in_valid && !in_ready;
    full <= !rst && (take || (full && !(done && exponents_ready)));
    if (take) age <= AGE_BITS'(1);
    else if (full && !done) age <= age + 1'b1;
    if (take) begin
      row_count <= in_count;
      row_max <= in_max;
      row_token <= in_token;
      row_code <= in_code;
    end
    if (take) want_sum <= '0;
    for (int i = 0; i < WINNERS; i++) begin
      if (full && i < 32'(row_count) && 32'(age) == i + 2)
        want_sum <= want_sum + SUM_BITS'(want[i*16+:16]);
    end
    if (table_write) begin
      contents[table_address] <= table_data;
      written[table_address] <= 1'b1;
    end
    if (!begun) written <= '0;
  end

  always_ff @(posedge clk) begin
    assume (begun || rst);
    if (in_valid) assume (fits);
    if (waits) assume (in_valid && $stable({in_count, in_max, in_token, in_code}));
    if (begun && !rst) begin
      takes_when_it_can: assert (in_ready == (!full || (done && exponents_ready)));
      latency: assert (exponents_valid == done);
      if (done) begin
        count_of_the_row: assert (exponents_count == row_count);
        tokens_of_the_row: assert (exponents_token == row_token);
        looked_up: assert (same);
        zero_beyond: assert (rest);
        sum: assert (!all_known || exponents_sum == want_sum);
      end
    end
  end
endmodule
