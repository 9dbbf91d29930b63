// SPDX-License-Identifier: Apache-2.0
// shift_add between two queues, for tests of handshakes. variant.txt says depth, mode, cycles and
// wrong (row_queue.sv) of the queue in front, and depth, mode and cycles of the one behind. The queue
// in front holds copies of the codes.
module queued_shift_add #(
    parameter int ARRAYS = 2,
    parameter int SLICES = 4,
    parameter int D_K = 16,
    parameter int CODE_BITS = 5,
    localparam int VALUE_BITS = CODE_BITS + SLICES + $clog2(ARRAYS)
) (
    input  logic                                   clk,
    input  logic                                   rst,
    input  logic                                   in_valid,
    output logic                                   in_ready,
    input  logic [ARRAYS*SLICES*D_K*CODE_BITS-1:0] in_code,
    output logic                                   out_valid,
    input  logic                                   out_ready,
    output logic [D_K*VALUE_BITS-1:0]              out_value
);
  logic [7:0] in_depth, in_mode, in_cycles, wrong, out_depth, out_mode, out_cycles;
  variant #(
      .NUMBERS(7)
  ) chosen (
      .numbers({out_cycles, out_mode, out_depth, wrong, in_cycles, in_mode, in_depth})
  );

  logic to_valid, to_ready, from_valid, from_ready;
  logic [$bits(in_code)-1:0] code, held;
  logic [D_K*VALUE_BITS-1:0] value;

  row_queue #(
      .WIDTH($bits(in_code))
  ) front (
      .depth(in_depth),
      .mode(in_mode),
      .cycles(in_cycles),
      .wrong(wrong),
      .clk,
      .rst,
      .in_valid,
      .in_ready,
      .in(in_code),
      .out_valid(to_valid),
      .out_ready(to_ready),
      .out(code)
  );

  // The unit wants them to stay, and the queue goes on.
  always_ff @(posedge clk) if (to_valid && to_ready) held <= code;

  shift_add #(
      .ARRAYS(ARRAYS),
      .SLICES(SLICES),
      .D_K(D_K),
      .CODE_BITS(CODE_BITS),
      .LANES((D_K + 1) / 2)
  ) unit (
      .clk,
      .rst,
      .in_valid(to_valid),
      .in_ready(to_ready),
      .in_code(to_valid && to_ready ? code : held),
      .out_valid(from_valid),
      .out_ready(from_ready),
      .out_value(value)
  );

  row_queue #(
      .WIDTH($bits(out_value))
  ) back (
      .depth(out_depth),
      .mode(out_mode),
      .cycles(out_cycles),
      .wrong(8'd0),
      .clk,
      .rst,
      .in_valid(from_valid),
      .in_ready(from_ready),
      .in(value),
      .out_valid,
      .out_ready,
      .out(out_value)
  );
endmodule
