// SPDX-License-Identifier: Apache-2.0
// What the testbenches of all blocks share. Each drives a block by itself with the test vectors of
// a run, +vectors=DIRECTORY, and compares what its pins promise (docs/pins), in every cycle. They
// are written in what Verilator and Icarus Verilog 11 both take. In Icarus registers start with X,
// and so do inputs that have not been driven and fields that hold anything: an output that depends
// on them is X, which no expected value is.
//
// A transaction is a conversion or a row. Each is done once as it was in the run. Then it is begun
// again and again, and a reset ends it after one cycle, after two, and so on (of a long one, after
// MOST_RESETS numbers of cycles), each time followed by the whole of it: at once, or after as many
// cycles in which the block has to be silent.
//
// +compare=values: latencies are the block's own, and not compared.
//
// The block's testbench has the rest: read(), what is on its files; transaction(), which drives the
// one that begins at `line`, for at most `cycles_left` cycles; withdraw(), after which nothing is
// offered; prepare(), what it needs after a reset; expect_silence(), what it shows without work.
  localparam int TIMEOUT = 10000;  // cycles
  localparam int MOST_ERRORS = 10;
  localparam int MOST_RESETS = 32;

  rows_t rows[0:ROWS_LINES-1];
  rows_t row;

  logic clk = 0, rst = 1;
  always #5 clk = !clk;

  int    line = 0, cycles_left = 0, errors = 0, resets = 0;
  bit    values_alone = 0;
  string directory, compared;

  task automatic compare(input string what, input logic [2047:0] is, input logic [2047:0] should);
    if (is !== should) begin
      row = rows[line];
      $display("line %0d (row %0d), time %0t: %s is %0h, expected %0h", line + 1, row.row, $time,
               what, is, should);
      errors++;
      if (errors == MOST_ERRORS) $fatal(1, "%0d differences", errors);
    end
  endtask

  // Of an output that may be 0 or 1.
  task automatic compare_known(input string what, input logic is);
    if (is === 1'bx || is === 1'bz) compare(what, is, 0);
  endtask

  task automatic compare_cycles(input string what, input int is, input int should);
    if (!values_alone) compare(what, is, should);
  endtask

  // Inputs change behind the edge; outputs are looked at in the middle of the cycle.
  task automatic next_cycle;
    @(posedge clk);
    #1 cycles_left--;
  endtask

  // What is offered stays so until it is over: nothing of it is taken.
  task automatic reset;
    rst = 1;
    repeat (2) next_cycle();
    withdraw();
    rst = 0;
    prepare();
  endtask

  // The transaction from line `from`, and the number of its cycles; `line` is behind it then.
  task automatic run(input int from, input int most, output int length);
    line = from;
    cycles_left = most;
    transaction();
    length = most - cycles_left;
  endtask

  task automatic whole(input int from, output int length);
    run(from, TIMEOUT, length);
    if (length == TIMEOUT) $fatal(1, "line %0d: no answer in %0d cycles", line + 1, TIMEOUT);
    withdraw();
  endtask

  task automatic silence(input int cycles);
    repeat (cycles) begin
      @(negedge clk) expect_silence();
      next_cycle();
    end
  endtask

  int from = 0, next, length, same, stride, transactions = 0;
  initial begin
    if (!$value$plusargs("vectors=%s", directory)) $fatal(1, "+vectors=DIRECTORY is missing");
    if ($value$plusargs("compare=%s", compared)) values_alone = compared == "values";
    read();
    withdraw();
    reset();
    while (from < STIMULUS_LINES) begin
      whole(from, length);
      next = line;
      stride = 1 + length / MOST_RESETS;
      for (int cycles = 1 + transactions % stride; cycles < length; cycles += stride) begin
        run(from, cycles, same);
        reset();
        if (resets % 2 == 0) silence(length);
        resets++;
        whole(from, same);
        compare("number of cycles after a reset", same, length);
      end
      from = next;
      transactions++;
    end
    if (errors != 0) $fatal(1, "%0d differences", errors);
    $display("%0d lines as expected, %0d resets at work", STIMULUS_LINES, resets);
    $finish;
  end
