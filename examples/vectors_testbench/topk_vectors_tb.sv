// SPDX-License-Identifier: Apache-2.0
// Drives topk_counter with the test vectors of a run, +vectors=DIRECTORY, one step right behind the
// other, and compares grants, stop and cycles of every step. topk_vectors_pkg lies beside them.
module topk_vectors_tb;
  import topk_vectors_pkg::*;

  localparam int COLUMN_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1;
  localparam int COUNT_BITS = $clog2(COLUMNS + 2);

  stimulus_t stimulus[STIMULUS_LINES];
  expected_t expected[EXPECTED_LINES];
  rows_t     rows[ROWS_LINES];

  logic clk = 0, rst = 1, step_valid = 0;
  always #5 clk = !clk;

  stimulus_t                now;  // what is driven
  logic                     step_ready, stop, grant_valid;
  logic [COLUMN_BITS-1:0]   grant_column;
  logic [CODE_BITS-1:0]     grant_code;
  logic [COUNT_BITS-1:0]    count;

  topk_counter #(
      .COLUMNS(COLUMNS),
      .CODE_BITS(CODE_BITS)
  ) counter (
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
      .grant_valid,
      .grant_ready(1'b1),
      .grant_column,
      .grant_code,
      .count
  );

  int errors = 0;

  task automatic compare(input int line, input string what, input longint is, input longint should);
    if (is == should) return;
    errors++;
    $display("line %0d (row %0d): %s is %0d, expected %0d", line + 1, rows[line].row, what, is,
             should);
  endtask

  task automatic serve(input int line);
    int cycles = 0, grants = 0;
    now = stimulus[line];
    step_valid = 1;
    do begin
      @(negedge clk);  // outputs have followed
      cycles++;
      if (grant_valid && grants < MOST_GRANTS) begin
        compare(line, $sformatf("column of grant %0d", grants), longint'(grant_column),
                longint'(expected[line].grant_column[grants*COLUMN_BITS+:COLUMN_BITS]));
        compare(line, "code", longint'(grant_code), longint'(expected[line].grant_code));
      end
      if (grant_valid) grants++;
      if (step_ready) begin
        compare(line, "stop", longint'(stop), longint'(expected[line].stop));
        compare(line, "count", longint'(count), longint'(expected[line].count));
        break;
      end
      @(posedge clk);
    end while (cycles < 1000);
    compare(line, "number of grants", longint'(grants), longint'(expected[line].grants));
    compare(line, "number of cycles", longint'(cycles), longint'(expected[line].cycles));
    @(posedge clk);
    #1;  // inputs change behind the edge
  endtask

  string directory;
  initial begin
    if (!$value$plusargs("vectors=%s", directory)) $fatal(1, "+vectors=DIRECTORY is missing");
    $readmemh({directory, "/topk_stimulus.hex"}, stimulus);
    $readmemh({directory, "/topk_expected.hex"}, expected);
    $readmemh({directory, "/topk_rows.hex"}, rows);
    repeat (2) @(posedge clk);
    #1 rst = 0;
    for (int line = 0; line < STIMULUS_LINES; line++) serve(line);
    if (errors != 0) $fatal(1, "%0d differences in %0d steps", errors, STIMULUS_LINES);
    $display("%0d steps as expected", STIMULUS_LINES);
    $finish;
  end
endmodule
