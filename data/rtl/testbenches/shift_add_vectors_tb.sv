// SPDX-License-Identifier: Apache-2.0
// Shift-and-add: the values of each row, and when they come.
`ifndef TOPKIMA_TOP
`define TOPKIMA_TOP shift_add
`endif

module shift_add_vectors_tb;
  import shift_add_vectors_pkg::*;
  `include "vectors_tb.svh"

  localparam int VALUE_BITS = CODE_BITS + SLICES + $clog2(ARRAYS);

  stimulus_t stimulus[0:STIMULUS_LINES-1];
  expected_t expected[0:EXPECTED_LINES-1];
  stimulus_t now;
  expected_t want;

  logic                      in_valid;
  logic                      in_ready, out_valid;
  logic [D_K*VALUE_BITS-1:0] out_value;

  `TOPKIMA_TOP #(
`ifdef TOPKIMA_LANES
      .LANES(`TOPKIMA_LANES),
`endif
      .ARRAYS(ARRAYS),
      .SLICES(SLICES),
      .D_K(D_K),
      .CODE_BITS(CODE_BITS)
  ) dut (
      .clk,
      .rst,
      .in_valid,
      .in_ready,
      .in_code(now.in_code),
      .out_valid,
      .out_ready(1'b1),
      .out_value
  );

  task automatic read;
    $readmemh({directory, "/shift_add_stimulus.hex"}, stimulus);
    $readmemh({directory, "/shift_add_expected.hex"}, expected);
    $readmemh({directory, "/shift_add_rows.hex"}, rows);
  endtask

  // The columns' latches keep codes from when a row is offered until it leaves.
  task automatic withdraw;
    in_valid = 0;
    now.in_code = 'x;
  endtask

  task automatic prepare;
    begin end  // nothing
  endtask

  task automatic expect_silence;
    compare("out_valid without a row", out_valid, 0);
    compare_known("in_ready", in_ready);
  endtask

  task automatic compare_row;
    logic [D_K*VALUE_BITS-1:0] values;
    values = want.out_value;
    compare("out_valid", out_valid, 1);
    for (int e = 0; e < D_K; e++)
      compare("out_value", out_value[e*VALUE_BITS+:VALUE_BITS],
              values[e*VALUE_BITS+:VALUE_BITS]);
  endtask

  // A row is taken, and some cycles later its values leave.
  task automatic transaction;
    bit taken, left;
    int cycles;
    taken = 0;
    left = 0;
    cycles = 0;
    now = stimulus[line];
    want = expected[line];
    in_valid = 1;
    while (!left && cycles_left > 0) begin
      @(negedge clk) compare_known("in_ready", in_ready);
      left = out_valid !== 1'b0;
      if (left) begin
        compare_row();
        compare_cycles("number of cycles", cycles, want.cycles);
      end
      taken = taken || in_ready;
      cycles++;
      next_cycle();
      if (taken) in_valid = 0;
    end
    if (left) line++;
  endtask
endmodule
