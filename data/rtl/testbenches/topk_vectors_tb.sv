// SPDX-License-Identifier: Apache-2.0
// Top-k counter: grants, stop, count and cycles of each step, one right behind the other.
`ifndef TOPKIMA_TOP
`define TOPKIMA_TOP topk_counter
`endif
`ifndef TOPKIMA_GRANTS
`define TOPKIMA_GRANTS 1  // in a cycle
`endif

module topk_vectors_tb;
  import topk_vectors_pkg::*;
  `include "vectors_tb.svh"

  localparam int GRANTS = `TOPKIMA_GRANTS;
  localparam int COLUMN_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1;
  localparam int COUNT_BITS = $clog2(COLUMNS + 2);

  stimulus_t stimulus[0:STIMULUS_LINES-1];
  expected_t expected[0:EXPECTED_LINES-1];
  stimulus_t now;   // what is driven
  expected_t want;  // of the whole step

  logic                          step_valid;
  logic                          step_ready, stop;
  logic [GRANTS-1:0]             grant_valid;
  logic [GRANTS*COLUMN_BITS-1:0] grant_column;
  logic [CODE_BITS-1:0]          grant_code;
  logic [COUNT_BITS-1:0]         count;

  `TOPKIMA_TOP #(
      .COLUMNS(COLUMNS),
      .CODE_BITS(CODE_BITS)
  ) dut (
      .clk,
      .rst,
      .step_valid,
      .step_ready,
      .step_first(now.step_first),
      .step_last(now.step_last),
      .step_code(now.step_code),
      .crossing(now.crossing),
      .stop,
      .k(now.k),
      .stop_when_exhausted(now.stop_when_exhausted),
      .participants(now.participants),
      .reach(now.reach),
      .grant_valid,
      .grant_ready(1'b1),
      .grant_column,
      .grant_code,
      .count
  );

  task automatic read;
    $readmemh({directory, "/topk_stimulus.hex"}, stimulus);
    $readmemh({directory, "/topk_expected.hex"}, expected);
    $readmemh({directory, "/topk_rows.hex"}, rows);
  endtask

  task automatic withdraw;
    step_valid = 0;
  endtask

  task automatic prepare;
    begin end  // nothing
  endtask

  task automatic expect_silence;
    compare("step_ready without a step", step_ready, 0);
    compare("stop without a step", stop, 0);
    compare("grant_valid without a step", grant_valid, 0);
  endtask

  int cycles, grants;  // of the step so far

  task automatic compare_grants;
    for (int lane = 0; lane < GRANTS; lane++)
      if (grant_valid[lane] !== 1'b0) begin
        compare("grant_valid", grant_valid[lane], grants < want.grants);
        compare("grant_column", grant_column[lane*COLUMN_BITS+:COLUMN_BITS],
                COLUMN_BITS'(want.grant_column >> (grants * COLUMN_BITS)));
        compare("grant_code", grant_code, want.grant_code);
        grants++;
      end
    if (grant_valid !== 0)
      compare("count", count, COUNT_BITS'(want.count - want.grants + grants));
  endtask

  task automatic compare_end;
    compare("step_ready", step_ready, 1);
    compare("stop", stop, want.stop);
    compare("number of grants", grants, want.grants);
    compare_cycles("number of cycles", cycles, want.cycles);
  endtask

  task automatic step(output bit taken);
    now = stimulus[line];
    want = expected[line];
    cycles = 0;
    grants = 0;
    taken = 0;
    step_valid = 1;
    while (!taken && cycles_left > 0) begin
      @(negedge clk) cycles++;
      compare_grants();
      taken = step_ready !== 1'b0;
      if (taken) compare_end();
      next_cycle();
    end
  endtask

  task automatic transaction;
    bit taken, ends;
    ends = 0;
    while (!ends && cycles_left > 0) begin
      step(taken);
      ends = taken && (now.step_last || want.stop);
      if (taken) line++;
    end
  endtask
endmodule
