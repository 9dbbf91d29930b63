// SPDX-License-Identifier: Apache-2.0
// code_latch between two queues, for tests of handshakes. variant.txt says depth, mode, cycles and
// wrong (row_queue.sv) of the queue in front, which holds steps, and the same of the one behind.
module queued_latch #(
    parameter int COLUMNS = 24,
    parameter int CODE_BITS = 5
) (
    input  logic                         clk,
    input  logic                         rst,
    input  logic                         step_valid,
    output logic                         step_ready,
    input  logic                         step_first,
    input  logic                         step_last,
    input  logic [CODE_BITS-1:0]         step_code,
    input  logic [COLUMNS-1:0]           crossing,
    output logic                         out_valid,
    input  logic                         out_ready,
    output logic [COLUMNS-1:0]           out_latched,
    output logic [COLUMNS*CODE_BITS-1:0] out_code
);
  logic [7:0] in_depth, in_mode, in_cycles, in_wrong, out_depth, out_mode, out_cycles, out_wrong;
  variant #(
      .NUMBERS(8)
  ) chosen (
      .numbers({out_wrong, out_cycles, out_mode, out_depth,
                in_wrong, in_cycles, in_mode, in_depth})
  );

  logic to_valid, to_ready, from_valid, from_ready, first, last;
  logic [CODE_BITS-1:0] code;
  logic [COLUMNS-1:0] fired, has_code;
  logic [COLUMNS*CODE_BITS-1:0] codes;

  row_queue #(
      .WIDTH($bits({step_first, step_last, step_code, crossing}))
  ) front (
      .depth(in_depth),
      .mode(in_mode),
      .cycles(in_cycles),
      .wrong(in_wrong),
      .clk,
      .rst,
      .in_valid(step_valid),
      .in_ready(step_ready),
      .in({step_first, step_last, step_code, crossing}),
      .out_valid(to_valid),
      .out_ready(to_ready),
      .out({first, last, code, fired})
  );

  code_latch #(
      .COLUMNS(COLUMNS),
      .CODE_BITS(CODE_BITS)
  ) latch (
      .clk,
      .rst,
      .step_valid(to_valid),
      .step_ready(to_ready),
      .step_first(first),
      .step_last(last),
      .step_code(code),
      .crossing(fired),
      .out_valid(from_valid),
      .out_ready(from_ready),
      .out_latched(has_code),
      .out_code(codes)
  );

  row_queue #(
      .WIDTH($bits({out_latched, out_code}))
  ) back (
      .depth(out_depth),
      .mode(out_mode),
      .cycles(out_cycles),
      .wrong(out_wrong),
      .clk,
      .rst,
      .in_valid(from_valid),
      .in_ready(from_ready),
      .in({has_code, codes}),
      .out_valid,
      .out_ready,
      .out({out_latched, out_code})
  );
endmodule
