// SPDX-License-Identifier: Apache-2.0
// softmax_macro: random conversions in its crossbars, held-back rows, stalls and resets, against
// the conversions' plans, union_model and softmax_model.
`include "check.svh"

module macro_tb #(
    parameter int CROSSBARS = 2,
    parameter int COLUMNS = 256,
    parameter int SUB_K = 8,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 12,
    parameter int PROB_BITS = 5,
    parameter int ROWS = 4,
    parameter int CYCLES = 30000
);
  localparam int COLUMN_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1;
  localparam int COUNT_BITS = $clog2(COLUMNS + 2);
  localparam int WINNERS = CROSSBARS * SUB_K;
  localparam int IN_BITS = $clog2(SUB_K + 1);
  localparam int OUT_BITS = $clog2(WINNERS + 1);
  localparam int SUM_BITS = 16 + $clog2(WINNERS);
  localparam int USED_BITS = $clog2(CROSSBARS + 1);
  localparam int ENTRIES = 1 << CODE_BITS;

  logic clk = 0, rst = 1, stop_when_exhausted = 0, enable = 0;
  logic [CROSSBARS-1:0] step_valid, step_ready, step_first, step_last, stop, skip;
  logic [CROSSBARS-1:0] grant_valid, grant_ready;
  logic [CROSSBARS*CODE_BITS-1:0] step_code, grant_code;
  logic [CROSSBARS*COLUMNS-1:0] crossing;
  logic [CROSSBARS*COUNT_BITS-1:0] k, participants, count;
  logic [USED_BITS-1:0] crossbars_used = 1;
  logic [CROSSBARS*TOKEN_BITS-1:0] first_column;
  logic [TOKEN_BITS-1:0] column_stride;
  logic [CROSSBARS*COLUMN_BITS-1:0] grant_column;
  logic row_valid, row_ready = 0;
  logic winners_valid, winners_ready = 0, want_winners_valid;
  logic [OUT_BITS-1:0] winners_count, want_winners_count;
  logic [WINNERS*TOKEN_BITS-1:0] winners_token, want_winners_token;
  logic [WINNERS*CODE_BITS-1:0] winners_code, want_winners_code;
  logic [CODE_BITS-1:0] winners_max, want_winners_max, table_address, reach = 0;
  logic table_write = 0;
  logic [15:0] table_data;
  logic exponents_valid, exponents_ready = 0, want_exponents_valid;
  logic [OUT_BITS-1:0] exponents_count, want_exponents_count, out_count, want_out_count;
  logic [WINNERS*TOKEN_BITS-1:0] exponents_token, want_exponents_token, out_token, want_out_token;
  logic [WINNERS*16-1:0] exponents, want_exponents;
  logic [SUM_BITS-1:0] exponents_sum, want_exponents_sum;
  logic out_valid, out_ready = 0, want_out_valid;
  logic [WINNERS*PROB_BITS-1:0] out_prob, want_out_prob;

  softmax_macro #(
      .CROSSBARS(CROSSBARS),
      .COLUMNS(COLUMNS),
      .SUB_K(SUB_K),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS),
      .ROWS(ROWS)
  ) dut (.*);

  // Conversions, and the rows they leave: places are numbered on, row n is in place n % ROWS.
  logic union_ready, row_moves, want_row_valid;
  logic [CROSSBARS*IN_BITS-1:0] row_count;
  logic [WINNERS*COLUMN_BITS-1:0] row_column;
  logic [WINNERS*CODE_BITS-1:0] row_code;
  logic [CROSSBARS-1:0] used, complete;
  assign want_row_valid = &(complete | ~used);
  assign row_moves = want_row_valid && row_ready && union_ready;

  for (genvar c = 0; c < CROSSBARS; c++) begin : crossbar
    logic done;
    logic [IN_BITS-1:0] done_count, count_of[ROWS];
    logic [SUB_K*COLUMN_BITS-1:0] done_column, column_of[ROWS];
    logic [SUB_K*CODE_BITS-1:0] done_code, code_of[ROWS];
    int converted = 0, moved = 0;

    assign used[c] = c < int'(crossbars_used);
    // A row that is skipped may move in the same cycle.
    assign complete[c] = converted > moved || skip[c];
    assign row_count[c*IN_BITS+:IN_BITS] =
        used[c] && converted > moved ? count_of[moved%ROWS] : '0;
    assign row_column[c*SUB_K*COLUMN_BITS+:SUB_K*COLUMN_BITS] = column_of[moved%ROWS];
    assign row_code[c*SUB_K*CODE_BITS+:SUB_K*CODE_BITS] = code_of[moved%ROWS];

    always @(posedge clk) begin
      if (done) begin
        count_of[converted%ROWS] <= done_count;
        column_of[converted%ROWS] <= done_column;
        code_of[converted%ROWS] <= done_code;
      end
      converted <= rst ? 0 : converted + int'(done);
      moved <= rst ? 0 : moved + int'(row_moves && used[c]);
    end

    conversion_driver #(
        .COLUMNS(COLUMNS),
        .CODE_BITS(CODE_BITS),
        .MAX_K(SUB_K)
    ) driver (
        .enable(enable && used[c]),
        .open(converted - moved < ROWS),
        .step_valid(step_valid[c]),
        .step_ready(step_ready[c]),
        .step_first(step_first[c]),
        .step_last(step_last[c]),
        .step_code(step_code[c*CODE_BITS+:CODE_BITS]),
        .crossing(crossing[c*COLUMNS+:COLUMNS]),
        .stop(stop[c]),
        .skip(skip[c]),
        .k(k[c*COUNT_BITS+:COUNT_BITS]),
        .participants(participants[c*COUNT_BITS+:COUNT_BITS]),
        .grant_valid(grant_valid[c]),
        .grant_ready(grant_ready[c]),
        .grant_column(grant_column[c*COLUMN_BITS+:COLUMN_BITS]),
        .grant_code(grant_code[c*CODE_BITS+:CODE_BITS]),
        .count(count[c*COUNT_BITS+:COUNT_BITS]),
        .row_done(done),
        .row_count(done_count),
        .row_column(done_column),
        .row_code(done_code),
        .*
    );
  end

  logic softmax_ready, winners_move;
  assign winners_move =
      want_winners_valid && winners_ready && (softmax_ready || want_winners_count == 0);

  union_model #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .COLUMN_BITS(COLUMN_BITS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) union_reference (
      .in_valid(row_moves),
      .in_ready(union_ready),
      .in_count(row_count),
      .in_column(row_column),
      .in_code(row_code),
      .out_valid(want_winners_valid),
      .out_ready(winners_move),
      .out_count(want_winners_count),
      .out_token(want_winners_token),
      .out_code(want_winners_code),
      .out_max(want_winners_max),
      .*
  );

  softmax_model #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) softmax_reference (
      .in_valid(winners_move && want_winners_count != 0),
      .in_ready(softmax_ready),
      .in_count(want_winners_count),
      .in_max(want_winners_max),
      .in_token(want_winners_token),
      .in_code(want_winners_code),
      .exponents_valid(want_exponents_valid),
      .exponents_count(want_exponents_count),
      .exponents_token(want_exponents_token),
      .exponents(want_exponents),
      .exponents_sum(want_exponents_sum),
      .out_valid(want_out_valid),
      .out_count(want_out_count),
      .out_token(want_out_token),
      .out_prob(want_out_prob),
      .*
  );

  initial forever #1 clk = !clk;

  int cycle = 0, since_reset = 0, rows = 0, empty_rows = 0, full_cycles = 0, interrupted = 0;
  int row_percent, winners_percent, exponents_percent, out_percent;
  always @(posedge clk) begin
    if (!rst) begin
      `CHECK(row_valid, want_row_valid);
      `CHECK(winners_valid, want_winners_valid);
      if (winners_valid) begin
        `CHECK(winners_count, want_winners_count);
        `CHECK(winners_token, want_winners_token);
        `CHECK(winners_code, want_winners_code);
        `CHECK(winners_max, want_winners_max);
      end
      `CHECK(exponents_valid, want_exponents_valid);
      if (exponents_valid) begin
        `CHECK(exponents_count, want_exponents_count);
        `CHECK(exponents_token, want_exponents_token);
        `CHECK(exponents, want_exponents);
        `CHECK(exponents_sum, want_exponents_sum);
      end
      `CHECK(out_valid, want_out_valid);
      if (out_valid) begin
        `CHECK(out_count, want_out_count);
        `CHECK(out_token, want_out_token);
        `CHECK(out_prob, want_out_prob);
      end
      if (out_valid && out_ready) rows++;
      if (winners_move && winners_count == 0) empty_rows++;
      if (|(step_valid & ~step_ready & ~grant_valid)) full_cycles++;
    end

    if (rst && cycle > 3 && (want_winners_valid || |step_valid)) interrupted++;
    rst <= cycle < 3 || $urandom % (3000 + ENTRIES) == 0;
    since_reset = rst ? 0 : since_reset + 1;
    if (rst) begin
      crossbars_used <= USED_BITS'(1 + $urandom % CROSSBARS);
      stop_when_exhausted <= $urandom % 2 == 0;
      reach <= $urandom % 2 == 0 ? '0 : CODE_BITS'($urandom);
      for (int c = 0; c < CROSSBARS; c++)
        first_column[c*TOKEN_BITS+:TOKEN_BITS] <= TOKEN_BITS'($urandom);
      column_stride <= TOKEN_BITS'($urandom % 2 == 0 ? 1 : $urandom);
    end
    enable <= !rst && since_reset > ENTRIES;
    table_write <= since_reset < ENTRIES;
    table_address <= CODE_BITS'(since_reset);
    table_data <= 16'($urandom % 32769);

    if (cycle % 500 == 0) begin
      row_percent = $urandom % 2 == 0 ? 100 : 1 + int'($urandom % 20);
      winners_percent = $urandom % 2 == 0 ? 100 : 1 + int'($urandom % 20);
      exponents_percent = $urandom % 2 == 0 ? 100 : 1 + int'($urandom % 20);
      out_percent = $urandom % 2 == 0 ? 100 : 1 + int'($urandom % 20);
    end
    row_ready <= int'($urandom % 100) < row_percent;
    winners_ready <= int'($urandom % 100) < winners_percent;
    exponents_ready <= int'($urandom % 100) < exponents_percent;
    out_ready <= int'($urandom % 100) < out_percent;

    cycle++;
    if (cycle == CYCLES) begin
      `AT_WORK(interrupted);
      $display("%0d rows, %0d without winners, %0d cycles full, %0d resets at work", rows,
               empty_rows, full_cycles, interrupted);
      $finish;
    end
  end
endmodule
