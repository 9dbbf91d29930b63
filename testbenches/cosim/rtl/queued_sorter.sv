// SPDX-License-Identifier: Apache-2.0
// digital_sorter between two queues, for tests of handshakes. variant.txt says depth, mode, cycles
// and wrong (row_queue.sv) of the queue in front, which holds elements, and depth, mode and cycles
// of the one behind.
module queued_sorter #(
    parameter int CROSSBARS = 1,
    parameter int SUB_K = 6,
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
    input  logic                            in_first,
    input  logic                            in_last,
    input  logic [CROSSBARS-1:0]            in_enabled,
    input  logic [CROSSBARS*TOKEN_BITS-1:0] in_token,
    input  logic [CROSSBARS*CODE_BITS-1:0]  in_code,
    input  logic [CROSSBARS*IN_BITS-1:0]    k,
    output logic                            out_valid,
    input  logic                            out_ready,
    output logic [OUT_BITS-1:0]             out_count,
    output logic [WINNERS*TOKEN_BITS-1:0]   out_token,
    output logic [WINNERS*CODE_BITS-1:0]    out_code
);
  logic [7:0] in_depth, in_mode, in_cycles, wrong, out_depth, out_mode, out_cycles;
  variant #(
      .NUMBERS(7)
  ) chosen (
      .numbers({out_cycles, out_mode, out_depth, wrong, in_cycles, in_mode, in_depth})
  );

  logic to_valid, to_ready, from_valid, from_ready, first, last;
  logic [CROSSBARS-1:0] enabled;
  logic [CROSSBARS*TOKEN_BITS-1:0] token;
  logic [CROSSBARS*CODE_BITS-1:0] code;
  logic [CROSSBARS*IN_BITS-1:0] keep;
  logic [OUT_BITS-1:0] sorted_count;
  logic [WINNERS*TOKEN_BITS-1:0] sorted_token;
  logic [WINNERS*CODE_BITS-1:0] sorted_code;

  row_queue #(
      .WIDTH($bits({in_first, in_last, in_enabled, in_token, in_code, k}))
  ) front (
      .depth(in_depth),
      .mode(in_mode),
      .cycles(in_cycles),
      .wrong(wrong),
      .clk,
      .rst,
      .in_valid,
      .in_ready,
      .in({in_first, in_last, in_enabled, in_token, in_code, k}),
      .out_valid(to_valid),
      .out_ready(to_ready),
      .out({first, last, enabled, token, code, keep})
  );

  digital_sorter #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) sorter (
      .clk,
      .rst,
      .in_valid(to_valid),
      .in_ready(to_ready),
      .in_first(first),
      .in_last(last),
      .in_enabled(enabled),
      .in_token(token),
      .in_code(code),
      .k(keep),
      .out_valid(from_valid),
      .out_ready(from_ready),
      .out_count(sorted_count),
      .out_token(sorted_token),
      .out_code(sorted_code)
  );

  row_queue #(
      .WIDTH($bits({out_count, out_token, out_code}))
  ) back (
      .depth(out_depth),
      .mode(out_mode),
      .cycles(out_cycles),
      .wrong(8'd0),
      .clk,
      .rst,
      .in_valid(from_valid),
      .in_ready(from_ready),
      .in({sorted_count, sorted_token, sorted_code}),
      .out_valid,
      .out_ready,
      .out({out_count, out_token, out_code})
  );
endmodule
