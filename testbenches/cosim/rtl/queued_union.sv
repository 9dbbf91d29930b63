// SPDX-License-Identifier: Apache-2.0
// topk_union between two queues, for tests of handshakes. variant.txt says depth, mode, cycles and
// wrong (row_queue.sv) of the queue in front, and depth, mode and cycles of the one behind.
module queued_union #(
    parameter int CROSSBARS = 2,
    parameter int SUB_K = 3,
    parameter int COLUMN_BITS = 4,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 5,
    localparam int WINNERS = CROSSBARS * SUB_K,
    localparam int IN_BITS = $clog2(SUB_K + 1),
    localparam int OUT_BITS = $clog2(WINNERS + 1)
) (
    input  logic                            clk,
    input  logic                            rst,
    input  logic                            in_valid,
    output logic                            in_ready,
    input  logic [CROSSBARS*IN_BITS-1:0]    in_count,
    input  logic [WINNERS*COLUMN_BITS-1:0]  in_column,
    input  logic [WINNERS*CODE_BITS-1:0]    in_code,
    input  logic [CROSSBARS*TOKEN_BITS-1:0] first_column,
    input  logic [TOKEN_BITS-1:0]           column_stride,
    output logic                            out_valid,
    input  logic                            out_ready,
    output logic [OUT_BITS-1:0]             out_count,
    output logic [WINNERS*TOKEN_BITS-1:0]   out_token,
    output logic [WINNERS*CODE_BITS-1:0]    out_code,
    output logic [CODE_BITS-1:0]            out_max
);
  logic [7:0] in_depth, in_mode, in_cycles, wrong, out_depth, out_mode, out_cycles;
  variant #(
      .NUMBERS(7)
  ) chosen (
      .numbers({out_cycles, out_mode, out_depth, wrong, in_cycles, in_mode, in_depth})
  );

  logic to_valid, to_ready, from_valid, from_ready;
  logic [CROSSBARS*IN_BITS-1:0] count;
  logic [WINNERS*COLUMN_BITS-1:0] column;
  logic [WINNERS*CODE_BITS-1:0] code;
  logic [OUT_BITS-1:0] united_count;
  logic [WINNERS*TOKEN_BITS-1:0] united_token;
  logic [WINNERS*CODE_BITS-1:0] united_code;
  logic [CODE_BITS-1:0] united_max;

  row_queue #(
      .WIDTH($bits({in_count, in_column, in_code}))
  ) front (
      .depth(in_depth),
      .mode(in_mode),
      .cycles(in_cycles),
      .wrong(wrong),
      .clk,
      .rst,
      .in_valid,
      .in_ready,
      .in({in_count, in_column, in_code}),
      .out_valid(to_valid),
      .out_ready(to_ready),
      .out({count, column, code})
  );

  topk_union #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .COLUMN_BITS(COLUMN_BITS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) unite (
      .clk,
      .rst,
      .in_valid(to_valid),
      .in_ready(to_ready),
      .in_count(count),
      .in_column(column),
      .in_code(code),
      .first_column,
      .column_stride,
      .out_valid(from_valid),
      .out_ready(from_ready),
      .out_count(united_count),
      .out_token(united_token),
      .out_code(united_code),
      .out_max(united_max)
  );

  row_queue #(
      .WIDTH($bits({out_count, out_token, out_code, out_max}))
  ) back (
      .depth(out_depth),
      .mode(out_mode),
      .cycles(out_cycles),
      .wrong(8'd0),
      .clk,
      .rst,
      .in_valid(from_valid),
      .in_ready(from_ready),
      .in({united_count, united_token, united_code, united_max}),
      .out_valid,
      .out_ready,
      .out({out_count, out_token, out_code, out_max})
  );
endmodule
