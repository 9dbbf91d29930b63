// SPDX-License-Identifier: Apache-2.0
// dma_channel: random commands, a bus that grants and answers when it likes, destinations that wait,
// resets. Every handshake in every cycle; what the buffer holds when a row is taken.
`include "check.svh"

module reader_tb #(
    parameter int ADDRESS_BITS = 20,
    parameter int BUS_BYTES = 16,
    parameter int ROW_BEATS = 8,
    parameter int ROW_BITS = 4,
    parameter int PLACES = 4,
    parameter int CYCLES = 60000
);
  localparam int BYTE_BITS = $clog2(ROW_BEATS * BUS_BYTES + 1);
  localparam int PLACE_BITS = $clog2(PLACES + 1);
  localparam int BUFFER = 3 * PLACES * ROW_BEATS;
  localparam int BUFFER_BITS = $clog2(BUFFER);
  localparam int MOST_ROWS = ROW_BITS > 3 ? 7 : (1 << ROW_BITS) - 1;

  logic clk = 0, rst = 1;
  logic start = 0, start_ready;
  logic [2:0] destinations = 0;
  logic [3*ADDRESS_BITS-1:0] source;
  logic [3*ROW_BITS-1:0] rows;
  logic [3*BYTE_BITS-1:0] row_bytes;
  logic [PLACE_BITS-1:0] places;
  logic [ADDRESS_BITS-1:0] araddr;
  logic [7:0] arlen;
  logic [2:0] arsize;
  logic [1:0] arburst;
  logic aruser, arvalid, arready = 0;
  logic [8*BUS_BYTES-1:0] rdata, buffer_data;
  logic rlast, rvalid = 0, rready, buffer_write;
  logic [BUFFER_BITS-1:0] buffer_address;
  logic [2:0] row_ready = 0, row_valid;
  logic [3*BUFFER_BITS-1:0] row_address;
  dma_channel #(
      .ADDRESS_BITS(ADDRESS_BITS),
      .BUS_BYTES(BUS_BYTES),
      .ROW_BEATS(ROW_BEATS),
      .ROW_BITS(ROW_BITS),
      .PLACES(PLACES)
  ) dut (.*);

  initial forever #1 clk = !clk;

  function automatic logic [8*BUS_BYTES-1:0] data_at(logic [ADDRESS_BITS-1:0] address);
    for (int i = 0; i < BUS_BYTES; i++)
      data_at[8*i+:8] = 8'((32'(address) + i) * 151 + (32'(address) >> 8) * 29);
  endfunction

  // The command.
  logic [2:0] to;
  logic [ADDRESS_BITS-1:0] from[3];
  int many[3], beats[3], ring, all;
  function automatic bit wants(int row, int d);
    return to[d] && row < many[d];
  endfunction
  function automatic int source_of(int row, int d);
    for (int e = 0; e < d; e++) if (wants(row, e) && from[e] == from[d] && beats[e] == beats[d]) return e;
    return d;
  endfunction
  function automatic bit reads(int row, int d);
    return wants(row, d) && source_of(row, d) == d;
  endfunction
  function automatic int next_read(int row, int d);  // from d on; 3: none
    for (int e = d; e < 3; e++) if (reads(row, e)) return e;
    return 3;
  endfunction
  function automatic logic [ADDRESS_BITS-1:0] address_of(int row, int d, int beat);
    return from[d] + ADDRESS_BITS'((row * beats[d] + beat) * BUS_BYTES);
  endfunction

  // What is under way.
  typedef struct packed {
    logic [ADDRESS_BITS-1:0] address;
    logic ends_burst, ends_row;
  } beat_t;
  beat_t flight[$];
  bit active = 0;
  int ask_row, ask_for, ask_beat, held = 0, complete = 0, out_row;
  logic [2:0] taken = 0;
  logic [8*BUS_BYTES-1:0] buffer[BUFFER];

  task automatic check_row(int row, int d);
    for (int b = 0; b < beats[d]; b++) begin
      automatic int place = int'(row_address[d*BUFFER_BITS+:BUFFER_BITS]) + b;
      `CHECK(buffer[place], data_at(address_of(row, source_of(row, d), b)));
    end
  endtask

  // Goes from hand-off to hand-off, as far as destinations are ready, of which each takes one row.
  task automatic hand_on(output int leave);
    automatic logic [2:0] offered = '0;
    automatic bit waits = 0;
    leave = 0;
    while (!waits && leave < complete) begin
      automatic int row = out_row + leave;
      for (int d = 0; d < 3; d++)
        if (!waits && wants(row, d) && !taken[d]) begin
          waits = offered[d] || !row_ready[d];
          if (!offered[d]) check_row(row, d);
          offered[d] = 1;
          taken[d] = !waits;
        end
      if (!waits) begin
        leave++;
        taken = '0;
      end
    end
    `CHECK(row_valid, offered);
  endtask

  task automatic take_command;
    to = destinations;
    all = 0;
    for (int d = 0; d < 3; d++) begin
      from[d] = source[d*ADDRESS_BITS+:ADDRESS_BITS];
      many[d] = int'(rows[d*ROW_BITS+:ROW_BITS]);
      beats[d] = int'(row_bytes[d*BYTE_BITS+:BYTE_BITS]) / BUS_BYTES;
      if (to[d] && many[d] > all) all = many[d];
    end
    ring = int'(places);
    active = all > 0;
    ask_row = 0;
    ask_for = next_read(0, 0);
    ask_beat = 0;
    held = 0;
    out_row = 0;
    commands++;
  endtask

  task automatic check_burst;
    automatic logic [ADDRESS_BITS-1:0] address = address_of(ask_row, ask_for, ask_beat);
    automatic int length = beats[ask_for] - ask_beat;
    automatic int to_page = (4096 - int'(address[11:0])) / BUS_BYTES;
    if (length > to_page) length = to_page;
    if (length > 256) length = 256;
    `CHECK(araddr, address);
    `CHECK(int'(arlen), length - 1);
    `CHECK(int'(arsize), $clog2(BUS_BYTES));
    `CHECK(arburst, 2'd1);
    `CHECK(aruser, (ask_beat + length < beats[ask_for]));
    if (arready) take_burst(length);
  endtask

  task automatic take_burst(int length);
    automatic bit ends_read = ask_beat + length == beats[ask_for];
    automatic bit ends_row = ends_read && next_read(ask_row, ask_for + 1) == 3;
    if (ask_beat == 0 && ask_for == next_read(ask_row, 0)) held++;
    for (int b = 0; b < length; b++)
      flight.push_back({address_of(ask_row, ask_for, ask_beat + b), b == length - 1,
                        ends_row && b == length - 1});
    ask_beat = ends_read ? 0 : ask_beat + length;
    if (ends_row) begin
      ask_row++;
      ask_for = next_read(ask_row, 0);
    end else if (ends_read) ask_for = next_read(ask_row, ask_for + 1);
  endtask

  task automatic new_command;
    automatic bit alike = $urandom % 2 == 0;
    automatic logic [BYTE_BITS-1:0] bytes = '0;
    destinations <= 3'($urandom);
    for (int d = 0; d < 3; d++) begin
      source[d*ADDRESS_BITS+:ADDRESS_BITS] <=
          ADDRESS_BITS'((alike ? $urandom % 2 : $urandom) * BUS_BYTES);
      rows[d*ROW_BITS+:ROW_BITS] <= ROW_BITS'($urandom % (MOST_ROWS + 1));
      if (d == 0 || $urandom % 4 == 0) bytes = BYTE_BITS'((1 + $urandom % ROW_BEATS) * BUS_BYTES);
      row_bytes[d*BYTE_BITS+:BYTE_BITS] <= bytes;
    end
    places <= PLACE_BITS'(1 + $urandom % PLACES);
  endtask

  int cycle = 0, commands = 0, rows_taken = 0, resets_at_work = 0;
  int grants = 50, answers = 50, takes_percent = 50;
  always @(posedge clk) begin
    automatic int leave;
    automatic bit fresh = 0, begun, now_complete = 0;
    if (!rst) begin
      hand_on(leave);
      `CHECK(start_ready, !active || out_row + leave == all);
      fresh = start && start_ready;

      if (rvalid) `CHECK(rready, 1'b1);
      `CHECK(buffer_write, rvalid);
      if (buffer_write) begin
        if (int'(buffer_address) >= BUFFER) $fatal(1, "%m: buffer_address is %0d", buffer_address);
        buffer[int'(buffer_address)] = buffer_data;
        now_complete = flight[0].ends_row;
        void'(flight.pop_front());
      end
      rows_taken += leave;
      out_row += leave;
      held -= leave;
      complete -= leave;
      active = active && out_row < all;
      if (now_complete) complete++;
      if (fresh) take_command();
      begun = active && ask_row < all && (ask_beat != 0 || ask_for != next_read(ask_row, 0));
      `CHECK(arvalid, active && ask_row < all && (begun || held < ring));
      if (arvalid) check_burst();
    end else begin
      if (active) resets_at_work++;
      active = 0;
      complete = 0;
      held = 0;
      taken = '0;
      flight = {};
    end

    rst <= cycle < 3 || $urandom % 500 == 0;
    if (cycle % 100 == 0) begin
      grants = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
      answers = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
      takes_percent = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
    end
    if (rst || !start || fresh) begin
      start <= $urandom % 4 != 0;
      new_command();
    end
    arready <= int'($urandom % 100) < grants;
    rvalid <= 1'b0;
    rdata <= {BUS_BYTES{8'($urandom)}};
    rlast <= 1'($urandom);
    if (!rst && flight.size() > 0 && int'($urandom % 100) < answers) begin
      rvalid <= 1'b1;
      rdata <= data_at(flight[0].address);
      rlast <= flight[0].ends_burst;
    end
    for (int d = 0; d < 3; d++) row_ready[d] <= int'($urandom % 100) < takes_percent;

    cycle++;
    if (cycle == CYCLES) begin
      `AT_WORK(resets_at_work);
      $display("%0d commands, %0d rows", commands, rows_taken);
      $finish;
    end
  end
endmodule
