// SPDX-License-Identifier: Apache-2.0
// topk_counter against libtopkima_arith: random rows of scores, converted step by step, with gaps
// between the steps and stalls of whoever takes the grants. In every cycle the outputs are those of
// the library's circuit; in the end winners, steps and cycles are those of its closed form.
module topk_dpi_tb #(
    parameter int COLUMNS = 256,
    parameter int CODE_BITS = 5,
    parameter int CONVERSIONS = 200
);
  import topkima_arith_pkg::*;

  localparam int COLUMN_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1;
  localparam int COUNT_BITS = $clog2(COLUMNS + 2);
  localparam int HIGHEST = (1 << (CODE_BITS - 1)) - 1;
  localparam int LOWEST = -HIGHEST - 1;
  localparam int D_K = 16;

  logic clk = 0, rst = 1;
  logic step_valid = 0, step_ready, step_first = 0, step_last = 0, stop, grant_ready = 0;
  logic stop_when_exhausted = 0, grant_valid;
  logic [CODE_BITS-1:0] step_code = 0, grant_code;
  logic [COLUMNS-1:0] crossing = 0;
  logic [COUNT_BITS-1:0] k = 1, participants = 0, count;
  logic [CODE_BITS-1:0] reach = 0;
  logic [COLUMN_BITS-1:0] grant_column;

  topk_counter #(.COLUMNS(COLUMNS), .CODE_BITS(CODE_BITS)) dut (.*);

  initial forever #5 clk = !clk;

  task automatic check(input string what, input int got, input int expected);
    if (got !== expected) $fatal(1, "%s at %0t: %0d, expected %0d", what, $time, got, expected);
  endtask

  task automatic ok(input int code);
    if (code != TOPKIMA_OK) $fatal(1, "%s", topkima_error_text(code));
  endtask

  function automatic bit chance(input int percent);
    return $urandom_range(99) < percent;
  endfunction

  // Codes of a row of scores, and what the library says of its conversion.
  int query[D_K], keys[COLUMNS * D_K], scores[COLUMNS], codes[COLUMNS];
  int winner_columns[COLUMNS], winner_codes[COLUMNS], steps, cycles, winners;
  task automatic draw();
    for (int i = 0; i < D_K; i++) query[i] = $urandom_range(30) - 15;
    for (int i = 0; i < COLUMNS * D_K; i++) keys[i] = $urandom_range(14) - 7;
    ok(topkima_scores(query, keys, D_K, COLUMNS, scores));
    ok(topkima_ramp_codes(scores, COLUMNS, $urandom_range(60, 1), CODE_BITS, codes));
    k = COUNT_BITS'($urandom_range(chance(80) ? (COLUMNS < 8 ? COLUMNS : 8) : COLUMNS + 1, 1));
    participants = COUNT_BITS'(chance(50) ? COLUMNS : $urandom_range(chance(50) ? 8 : COLUMNS));
    if (int'(participants) > COLUMNS) participants = COUNT_BITS'(COLUMNS);
    stop_when_exhausted = chance(50);
    reach = chance(50) ? '0 : CODE_BITS'($urandom);
    ok(topkima_convert_codes(CODE_BITS, int'(k), stop_when_exhausted, 1, 0, 0, 0, 0, int'(reach),
                             codes, int'(participants), winner_columns, winner_codes, steps, cycles,
                             winners));
  endtask

  // What the library's circuit does in the next cycle that is not stalled.
  chandle circuit;
  int granted[TOPKIMA_MAX_GRANTS], pending, grants, granted_so_far;
  bit step_done, last_grant;
  task automatic expect_cycle();
    ok(topkima_topk_clock(circuit, granted, pending, grants, granted_so_far, step_done,
                          last_grant));
  endtask

  // Assigned as a whole: Verilator 5.006 misses the change of a single bit made in a task.
  function automatic bit [COLUMNS-1:0] fire_at(input int code);
    for (int j = 0; j < COLUMNS; j++) fire_at[j] = j < int'(participants) && codes[j] == code;
  endfunction

  // One ramp step, from its first cycle to the edge that takes it.
  int taken, busy_cycles, stalls, made;
  task automatic convert_step(input int code);
    crossing = fire_at(code);
    step_valid = 1;
    step_first = made == 0;
    step_last = code == LOWEST;
    step_code = CODE_BITS'(code);
    made++;
    ok(topkima_topk_step(circuit, TOPKIMA_CROSSING_BITS'(crossing)));
    do begin
      expect_cycle();
      do begin
        grant_ready = chance(70);
        #1;
        check("grant_valid", int'(grant_valid), int'(pending > 0));
        check("count", int'(count), granted_so_far);
        if (grants > 0) begin
          check("grant_column", int'(grant_column), granted[0]);
          check("grant_code", int'($signed(grant_code)), code);
        end
        check("step_ready", int'(step_ready), int'(step_done && (grant_ready || grants == 0)));
        check("stop", int'(stop), int'(last_grant && (grant_ready || grants == 0)));
        if (grants > 0 && !grant_ready) stalls++;
        @(negedge clk);
      end while (grants > 0 && !grant_ready);
      busy_cycles++;
      if (grants > 0) begin
        check("column of winner", granted[0], winner_columns[taken]);
        check("code of winner", code, winner_codes[taken]);
        taken++;
      end
    end while (!step_done);
    step_valid = 0;
  endtask

  task automatic gap();
    grant_ready = chance(50);
    #1;
    check("outputs without a step", int'({step_ready, stop, grant_valid}), 0);
    @(negedge clk);
  endtask

  task automatic convert();
    ok(topkima_topk_begin(circuit, CODE_BITS, int'(k), stop_when_exhausted, 1, 0, 0, 0, 0,
                          int'(reach), COLUMNS, int'(participants)));
    taken = 0;
    busy_cycles = 0;
    made = 0;
    last_grant = stop_when_exhausted && participants == 0;
    for (int code = HIGHEST; code >= LOWEST && !last_grant; code--) begin
      while (chance(20)) gap();
      convert_step(code);
    end
    check("steps", made, steps);
    check("cycles", busy_cycles, cycles);
    check("winners", taken, winners);
  endtask

  initial begin
    int all_cycles = 0;
    circuit = topkima_topk_create();
    repeat (2) @(negedge clk);
    rst = 0;
    for (int n = 0; n < CONVERSIONS; n++) begin
      draw();
      convert();
      all_cycles += cycles;
    end
    ok(topkima_topk_destroy(circuit));
    $display("%0d conversions, %0d cycles and %0d stalls as in the library", CONVERSIONS,
             all_cycles, stalls);
    $finish;
  end
endmodule
