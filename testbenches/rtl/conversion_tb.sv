// SPDX-License-Identifier: Apache-2.0
// topk_counter (GRANTS = 1) or two_grant_arbiter (GRANTS = 2) behind ramp_controller: random
// conversions, stalls and resets, every output in every cycle.
`include "check.svh"

module conversion_tb #(
    parameter int COLUMNS = 256,
    parameter int CODE_BITS = 5,
    parameter int GRANTS = 1,
    parameter int CYCLES = 30000
);
  localparam int COLUMN_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1;
  localparam int COUNT_BITS = $clog2(COLUMNS + 2);

  logic clk = 0, rst = 1, stop_when_exhausted = 0;
  logic step_valid, step_ready, step_first, step_last, stop, grant_ready;
  logic [CODE_BITS-1:0] step_code, grant_code, reach = 0;
  logic [COLUMNS-1:0] crossing;
  logic [COUNT_BITS-1:0] k, participants, count;
  logic [GRANTS-1:0] grant_valid;
  logic [GRANTS*COLUMN_BITS-1:0] grant_column;

  conversion_driver #(
      .COLUMNS(COLUMNS),
      .CODE_BITS(CODE_BITS),
      .GRANTS(GRANTS)
  ) driver (
      .enable(1'b1),
      .open(1'b1),
      .skip(),
      .row_done(),
      .row_count(),
      .row_column(),
      .row_code(),
      .*
  );

  if (GRANTS == 1) begin : counter
    topk_counter #(.COLUMNS(COLUMNS), .CODE_BITS(CODE_BITS)) dut (.*);
  end else begin : arbiter
    two_grant_arbiter #(.COLUMNS(COLUMNS), .CODE_BITS(CODE_BITS)) dut (.*);
  end

  initial forever #1 clk = !clk;

  int cycle = 0, interrupted = 0;  // conversions, by a reset
  logic reset;
  always @(posedge clk) begin
    cycle++;
    reset = cycle < 3 || $urandom % 1000 == 0;
    rst <= reset;
    // Before the driver plans its next conversion, which it does under reset.
    if (reset) reach <= $urandom % 2 == 0 ? '0 : CODE_BITS'($urandom);
    if (rst) stop_when_exhausted <= $urandom % 2 == 0;
    if (rst && cycle > 3 && step_valid) interrupted++;
    if (cycle == CYCLES) begin
      `AT_WORK(interrupted);
      $display("%0d conversions, %0d interrupted by a reset", driver.conversions, interrupted);
      $finish;
    end
  end
endmodule
