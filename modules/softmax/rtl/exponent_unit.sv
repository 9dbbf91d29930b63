// SPDX-License-Identifier: Apache-2.0
// Exponent half of a softmax unit: looks up the exponent of every winner of a row, by the distance
// of its code from the row's largest, and accumulates their sum. Holds one row.
//
//   in_*             a row: 1 to WINNERS winners, tokens and codes, and its largest code
//   table_*          writes an entry of the table: the exponent of a distance, 0 to 32768
//   exponents_*      the row's exponents (16 bits each, 0 beyond the count) and their sum
//
// Latency 2 + count: of a row taken in cycle s, winner i is looked up in s + 1 + i and accumulated
// in s + 2 + i; exponents_valid rises in s + 2 + count. A row may be taken in the cycle in which
// the one before it leaves.
module exponent_unit #(
    parameter int WINNERS = 8,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 12,
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
    output logic [SUM_BITS-1:0]           exponents_sum
);
  logic                         occupied;
  logic [CODE_BITS-1:0]         largest;
  logic [WINNERS*CODE_BITS-1:0] codes;     // of the winners not looked up yet, the next one lowest
  logic [OUT_BITS-1:0]          looked_up, accumulated;  // winners so far
  logic                         exponent_valid;
  logic [15:0]                  exponent;  // read from the table

  logic take, look_up;
  logic [CODE_BITS-1:0] distance;
  assign in_ready = !occupied || (exponents_valid && exponents_ready);
  assign take = in_valid && in_ready;
  assign look_up = occupied && looked_up != exponents_count;
  assign distance = largest - codes[CODE_BITS-1:0];

  logic [15:0] exponent_table[0:(1<<CODE_BITS)-1];
  always_ff @(posedge clk) begin
    if (table_write) exponent_table[table_address] <= table_data;
    if (look_up) exponent <= exponent_table[distance];
  end

  always_ff @(posedge clk) begin
    if (rst) begin
      occupied <= 1'b0;
      exponent_valid <= 1'b0;
      exponents_valid <= 1'b0;
    end else begin
      occupied <= take || !in_ready;
      exponent_valid <= look_up;
      if (in_ready) exponents_valid <= 1'b0;
      else if (exponent_valid) exponents_valid <= accumulated + 1'b1 == exponents_count;
    end
  end

  always_ff @(posedge clk) begin
    if (take) begin
      largest <= in_max;
      codes <= in_code;
      looked_up <= '0;
      accumulated <= '0;
      exponents_count <= in_count;
      exponents_token <= in_token;
      exponents_sum <= '0;
    end else begin
      if (look_up) begin
        codes <= codes >> CODE_BITS;
        looked_up <= looked_up + 1'b1;
      end
      if (exponent_valid) begin
        accumulated <= accumulated + 1'b1;
        exponents_sum <= exponents_sum + SUM_BITS'(exponent);
      end
    end
  end

  for (genvar w = 0; w < WINNERS; w++) begin : winner
    always_ff @(posedge clk) begin
      if (take) exponents[w*16+:16] <= '0;
      else if (exponent_valid && accumulated == OUT_BITS'(w)) exponents[w*16+:16] <= exponent;
    end
  end

`ifdef TOPKIMA_ASSERT
  // In processes: Verilator 5.006 cannot sample vectors this wide for a property.
  logic in_waits, out_waits;
  logic [$bits({in_count, in_max, in_token, in_code})-1:0] in_before;
  logic [$bits({exponents_count, exponents_token, exponents, exponents_sum})-1:0] out_before;
  always_ff @(posedge clk) begin
    in_waits <= !rst && in_valid && !in_ready;
    in_before <= {in_count, in_max, in_token, in_code};
    out_waits <= !rst && exponents_valid && !exponents_ready;
    out_before <= {exponents_count, exponents_token, exponents, exponents_sum};
    if (!rst && in_waits)
      assert (in_valid && {in_count, in_max, in_token, in_code} == in_before)
      else $error("a row changed or went before it was taken");
    if (!rst && in_valid)
      assert (in_count != 0 && int'(in_count) <= WINNERS)
      else $error("a row does not have 1 to WINNERS winners");
    if (!rst && look_up)
      assert ($signed(codes[CODE_BITS-1:0]) <= $signed(largest))
      else $error("a code is larger than the row's largest");
    if (!rst && out_waits)
      assert (exponents_valid &&
              {exponents_count, exponents_token, exponents, exponents_sum} == out_before)
      else $error("the exponents changed or went before they were taken");
  end
`endif
endmodule
