// SPDX-License-Identifier: Apache-2.0
// An agent for a softmax unit in the shape that UVM gives one, without its library: a sequence makes
// items of test vectors, a driver puts them on the pins, a responder takes rows away, a monitor sees
// what passes at the pins, and a scoreboard has it predicted by the C library.
//
// Names are UVM's. What its factory, phases and analysis ports would do are plain calls here.
package softmax_agent_pkg;
  import softmax_vectors_pkg::*;
  import topkima_arith_pkg::*;

  localparam int OUT_BITS = $clog2(WINNERS + 1);

  // A row on its way into the unit. Tokens and codes are as flat as the pins.
  class row_item;
    int                          gap;  // cycles before it is offered
    int                          count;
    bit [CODE_BITS-1:0]          largest;
    bit [WINNERS*TOKEN_BITS-1:0] token;
    bit [WINNERS*CODE_BITS-1:0]  code;
  endclass

  // What leaves a half: the exponents or the probabilities of a row.
  class result_item;
    int count;
    int token[WINNERS];
    int value[WINNERS];
    int sum;
  endclass

  // Who is at the pins. Inputs change behind a rising edge, and what the next one will sample is looked
  // at before it. Verilator 5.006 takes but one wait for an edge in a method.
  class softmax_component;
    virtual softmax_if vif;

    function new(virtual softmax_if vif);
      this.vif = vif;
    endfunction

    task behind_edge();
      @(posedge vif.clk);
      #1;
    endtask

    task before_edge();
      @(negedge vif.clk);
      #2;
    endtask
  endclass

  // All rows of the vectors, some right behind each other and some later.
  class row_sequence;
    stimulus_t stimulus[STIMULUS_LINES];
    mailbox #(row_item) sequencer;

    function new(string directory, mailbox #(row_item) sequencer);
      this.sequencer = sequencer;
      $readmemh({directory, "/softmax_stimulus.hex"}, stimulus);
    endfunction

    task body();
      for (int line = 0; line < STIMULUS_LINES; line++) begin
        row_item item = new;
        item.count = int'(stimulus[line].in_count);
        item.largest = stimulus[line].in_max;
        item.token = stimulus[line].in_token;
        item.code = stimulus[line].in_code;
        item.gap = $urandom_range(1) == 0 ? 0 : $urandom_range(20);
        sequencer.put(item);
      end
    endtask
  endclass

  class softmax_driver extends softmax_component;
    mailbox #(row_item) sequencer;
    int entries[TABLE_LINES];  // of the exponent table

    function new(virtual softmax_if vif, mailbox #(row_item) sequencer);
      super.new(vif);
      this.sequencer = sequencer;
    endfunction

    task reset();
      vif.rst = 1;
      vif.in_valid = 0;
      vif.table_write = 0;
      repeat (2) behind_edge();
      vif.rst = 0;
    endtask

    task write_table();
      vif.table_write = 1;
      for (int distance = 0; distance < TABLE_LINES; distance++) begin
        vif.table_address = CODE_BITS'(distance);
        vif.table_data = 16'(entries[distance]);
        behind_edge();
      end
      vif.table_write = 0;
    endtask

    task run_phase();
      row_item item;
      forever begin
        sequencer.get(item);
        repeat (item.gap) behind_edge();
        vif.in_count = OUT_BITS'(item.count);
        vif.in_max = item.largest;
        vif.in_token = item.token;
        vif.in_code = item.code;
        vif.in_valid = 1;
        do before_edge(); while (!vif.in_ready);
        behind_edge();
        vif.in_valid = 0;
      end
    endtask
  endclass

  // Whoever takes the rows: now at once, now late.
  class softmax_responder extends softmax_component;
    function new(virtual softmax_if vif);
      super.new(vif);
    endfunction

    task run_phase();
      forever begin
        vif.exponents_ready = $urandom_range(3) != 0;
        vif.out_ready = $urandom_range(3) != 0;
        behind_edge();
      end
    endtask
  endclass

  // The C library says what becomes of each row that has gone in; results come in the same order.
  class softmax_scoreboard;
    int entries[TABLE_LINES];
    result_item exponents[$], probabilities[$];  // that are due
    int rows = 0, errors = 0;

    function void check(string what, int got, int expected);
      if (got == expected) return;
      errors++;
      $display("row %0d, %0t: %s is %0d, expected %0d", rows, $time, what, got, expected);
    endfunction

    function void ok(int code);
      if (code != TOPKIMA_OK) $fatal(1, "%s", topkima_error_text(code));
    endfunction

    function void write_row(row_item row);
      int codes[WINNERS], values[WINNERS], shares[WINNERS];
      longint sum;
      result_item exponent = new, probability = new;
      for (int w = 0; w < WINNERS; w++)
        codes[w] = int'($signed(row.code[w*CODE_BITS+:CODE_BITS]));
      ok(topkima_exponents(codes, row.count, entries, CODE_BITS, values, sum));
      ok(topkima_probabilities(values, row.count, sum, PROB_BITS, shares));
      exponent.count = row.count;
      probability.count = row.count;
      exponent.sum = int'(sum);
      for (int w = 0; w < row.count; w++) begin
        exponent.token[w] = int'(row.token[w*TOKEN_BITS+:TOKEN_BITS]);
        exponent.value[w] = values[w];
        probability.value[w] = shares[w];
      end
      probability.token = exponent.token;
      exponents.push_back(exponent);
      probabilities.push_back(probability);
    endfunction

    function void compare(string what, result_item got, result_item expected);
      check({"count of ", what}, got.count, expected.count);
      check({"sum of ", what}, got.sum, expected.sum);
      for (int w = 0; w < WINNERS; w++) begin
        check({"token of ", what}, got.token[w], expected.token[w]);
        check(what, got.value[w], expected.value[w]);
      end
    endfunction

    function void write_exponents(result_item got);
      if (exponents.size() == 0) $fatal(1, "exponents of no row");
      compare("exponents", got, exponents.pop_front());
    endfunction

    function void write_probabilities(result_item got);
      if (probabilities.size() == 0) $fatal(1, "probabilities of no row");
      compare("probabilities", got, probabilities.pop_front());
      rows++;
    endfunction
  endclass

  // Sees what the next edge transfers: a row in, from half to half, and out. The halves move at once when
  // the second one is free, which it is when nobody is in it or leaves.
  class softmax_monitor extends softmax_component;
    softmax_scoreboard scoreboard;
    bit divider_full = 0;

    function new(virtual softmax_if vif, softmax_scoreboard scoreboard);
      super.new(vif);
      this.scoreboard = scoreboard;
    endfunction

    function void see_row();
      row_item row = new;
      row.count = int'(vif.in_count);
      row.token = vif.in_token;
      row.code = vif.in_code;
      scoreboard.write_row(row);
    endfunction

    function void see_exponents();
      result_item result = new;
      result.count = int'(vif.exponents_count);
      result.sum = int'(vif.exponents_sum);
      for (int w = 0; w < result.count; w++)
        result.token[w] = int'(vif.exponents_token[w*TOKEN_BITS+:TOKEN_BITS]);
      for (int w = 0; w < WINNERS; w++) result.value[w] = int'(vif.exponents[w*16+:16]);
      scoreboard.write_exponents(result);
    endfunction

    function void see_probabilities();
      result_item result = new;
      result.count = int'(vif.out_count);
      for (int w = 0; w < result.count; w++)
        result.token[w] = int'(vif.out_token[w*TOKEN_BITS+:TOKEN_BITS]);
      for (int w = 0; w < WINNERS; w++)
        result.value[w] = int'(vif.out_prob[w*PROB_BITS+:PROB_BITS]);
      scoreboard.write_probabilities(result);
    endfunction

    task run_phase();
      bit leaves, moves;
      forever begin
        before_edge();
        leaves = vif.out_valid && vif.out_ready;
        moves = vif.exponents_valid && vif.exponents_ready && (!divider_full || leaves);
        if (leaves) see_probabilities();
        if (moves) see_exponents();
        if (vif.in_valid && vif.in_ready) see_row();
        divider_full = moves || (divider_full && !leaves);
      end
    endtask
  endclass

  class softmax_env;
    mailbox #(row_item) sequencer;
    row_sequence rows;
    softmax_driver driver;
    softmax_responder responder;
    softmax_scoreboard scoreboard;
    softmax_monitor monitor;

    function new(virtual softmax_if vif, string directory);
      table_t entries[TABLE_LINES];
      $readmemh({directory, "/softmax_table.hex"}, entries);
      sequencer = new(1);
      rows = new(directory, sequencer);
      driver = new(vif, sequencer);
      responder = new(vif);
      scoreboard = new;
      monitor = new(vif, scoreboard);
      for (int distance = 0; distance < TABLE_LINES; distance++) begin
        driver.entries[distance] = int'(entries[distance].table_data);
        scoreboard.entries[distance] = int'(entries[distance].table_data);
      end
    endfunction

    task run_phase();
      driver.reset();
      driver.write_table();
      fork
        driver.run_phase();
        responder.run_phase();
        monitor.run_phase();
      join_none
      rows.body();
      while (scoreboard.rows < STIMULUS_LINES) driver.behind_edge();
    endtask

    function void report_phase();
      if (scoreboard.errors != 0)
        $fatal(1, "%0d differences in %0d rows", scoreboard.errors, scoreboard.rows);
      $display("%0d rows as the C library has them", scoreboard.rows);
    endfunction
  endclass
endpackage
