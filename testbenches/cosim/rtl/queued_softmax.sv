// SPDX-License-Identifier: Apache-2.0
// exponent_unit and divider_unit with queues in front, between and behind, for tests of handshakes.
// variant.txt says depth, mode and cycles (row_queue.sv) of the queue in front, depth, mode and
// wrong of the one between, and depth, mode and cycles of the one behind. Where the row that may go
// on cannot, it is remembered that it may.
module queued_softmax #(
    parameter int WINNERS = 6,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 5,
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
  logic [7:0] in_depth, in_mode, in_cycles, mid_depth, mid_mode, wrong;
  logic [7:0] out_depth, out_mode, out_cycles;
  variant #(
      .NUMBERS(9)
  ) chosen (
      .numbers({out_cycles, out_mode, out_depth, wrong, mid_mode, mid_depth,
                in_cycles, in_mode, in_depth})
  );

  logic to_valid, to_ready, complete, may_go, room, to_divider, divider_ready;
  logic from_valid, from_ready;
  logic [OUT_BITS-1:0] count, divider_count, divided_count;
  logic [CODE_BITS-1:0] largest;
  logic [WINNERS*TOKEN_BITS-1:0] token, divider_token, divided_token;
  logic [WINNERS*CODE_BITS-1:0] code;
  logic [WINNERS*16-1:0] divider_exponents;
  logic [SUM_BITS-1:0] divider_sum;
  logic [WINNERS*PROB_BITS-1:0] divided;

  row_queue #(
      .WIDTH($bits({in_count, in_max, in_token, in_code}))
  ) front (
      .depth(in_depth),
      .mode(in_mode),
      .cycles(in_cycles),
      .wrong(8'd0),
      .clk,
      .rst,
      .in_valid,
      .in_ready,
      .in({in_count, in_max, in_token, in_code}),
      .out_valid(to_valid),
      .out_ready(to_ready),
      .out({count, largest, token, code})
  );

  exponent_unit #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) exponent_half (
      .clk,
      .rst,
      .in_valid(to_valid),
      .in_ready(to_ready),
      .in_count(count),
      .in_max(largest),
      .in_token(token),
      .in_code(code),
      .table_write,
      .table_address,
      .table_data,
      .exponents_valid(complete),
      .exponents_ready((may_go || exponents_ready) && room),
      .exponents_count,
      .exponents_token,
      .exponents,
      .exponents_sum
  );

  assign exponents_valid = complete && !may_go;
  always_ff @(posedge clk) begin
    if (rst) may_go <= 1'b0;
    else may_go <= complete && (may_go || exponents_ready) && !room;
  end

  row_queue #(
      .WIDTH($bits({exponents_count, exponents_token, exponents, exponents_sum}))
  ) between (
      .depth(mid_depth),
      .mode(mid_mode),
      .cycles(8'd0),
      .wrong(wrong),
      .clk,
      .rst,
      .in_valid(complete && (may_go || exponents_ready)),
      .in_ready(room),
      .in({exponents_count, exponents_token, exponents, exponents_sum}),
      .out_valid(to_divider),
      .out_ready(divider_ready),
      .out({divider_count, divider_token, divider_exponents, divider_sum})
  );

  divider_unit #(
      .WINNERS(WINNERS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) divider_half (
      .clk,
      .rst,
      .in_valid(to_divider),
      .in_ready(divider_ready),
      .in_count(divider_count),
      .in_token(divider_token),
      .in_exponents(divider_exponents),
      .in_sum(divider_sum),
      .out_valid(from_valid),
      .out_ready(from_ready),
      .out_count(divided_count),
      .out_token(divided_token),
      .out_prob(divided)
  );

  row_queue #(
      .WIDTH($bits({out_count, out_token, out_prob}))
  ) back (
      .depth(out_depth),
      .mode(out_mode),
      .cycles(out_cycles),
      .wrong(8'd0),
      .clk,
      .rst,
      .in_valid(from_valid),
      .in_ready(from_ready),
      .in({divided_count, divided_token, divided}),
      .out_valid,
      .out_ready,
      .out({out_count, out_token, out_prob})
  );
endmodule
