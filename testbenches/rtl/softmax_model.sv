// SPDX-License-Identifier: Apache-2.0
// What softmax_unit must do: the age of a row in each half says what is done, integer division
// gives the probabilities.
module softmax_model #(
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
  // Cycles since the row was taken; 0: the half is empty.
  int exponent_age, divide_age;
  assign exponents_valid = exponent_age >= 2 + int'(exponents_count);
  assign out_valid = divide_age >= 1 + PROB_BITS + int'(out_count);

  logic divider_free, move;
  assign divider_free = divide_age == 0 || (out_valid && out_ready);
  assign move = exponents_valid && exponents_ready && divider_free;
  assign in_ready = exponent_age == 0 || move;

  logic [15:0] entries[1<<CODE_BITS];
  logic [WINNERS*CODE_BITS-1:0] code;
  int largest;

  always_comb begin
    exponents_sum = '0;
    for (int w = 0; w < WINNERS; w++) exponents_sum += SUM_BITS'(exponents[w*16+:16]);
  end

  function automatic logic [PROB_BITS-1:0] divide(longint exponent, longint sum);
    divide = sum == 0 ? '0
                      : PROB_BITS'((2 * exponent * ((1 << PROB_BITS) - 1) + sum) / (2 * sum));
  endfunction

  always @(posedge clk) begin
    if (table_write) entries[table_address] <= table_data;

    if (exponent_age > 0 && exponent_age <= int'(exponents_count))
      exponents[(exponent_age-1)*16+:16] <=
          entries[largest-int'($signed(code[(exponent_age-1)*CODE_BITS+:CODE_BITS]))];
    if (exponent_age > 0) exponent_age <= move ? 0 : exponent_age + 1;
    if (in_valid && in_ready) begin
      exponent_age <= 1;
      exponents_count <= in_count;
      exponents_token <= in_token;
      exponents <= '0;
      code <= in_code;
      largest <= int'($signed(in_max));
    end

    if (divide_age > 0) divide_age <= out_valid && out_ready ? 0 : divide_age + 1;
    if (move) begin
      divide_age <= 1;
      out_count <= exponents_count;
      out_token <= exponents_token;
      out_prob <= '0;
      for (int w = 0; w < int'(exponents_count); w++)
        out_prob[w*PROB_BITS+:PROB_BITS] <=
            divide(longint'(exponents[w*16+:16]), longint'(exponents_sum));
    end

    if (rst) begin
      exponent_age <= 0;
      divide_age <= 0;
    end
  end
endmodule
