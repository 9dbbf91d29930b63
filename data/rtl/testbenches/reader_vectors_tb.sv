// SPDX-License-Identifier: Apache-2.0
// A channel of the DMA reader: the bursts that it asks for, what it writes to its buffer, and whom it
// offers each row. Grants, beats and destinations come at once or late, in turns. A transaction is a
// command. Memory holds a value of its own at each address.
`ifndef TOPKIMA_TOP
`define TOPKIMA_TOP dma_channel
`endif

module reader_vectors_tb;
  import reader_vectors_pkg::*;
  `include "vectors_tb.svh"

  localparam int BYTE_BITS = $clog2(ROW_BEATS * BUS_BYTES + 1);
  localparam int PLACE_BITS = $clog2(PLACES + 1);
  localparam int BUFFER_BITS = $clog2(3 * PLACES * ROW_BEATS);
  localparam int LATENCY = 3;
  localparam int MOST = 3 * PLACES * ROW_BEATS;  // beats on their way

  stimulus_t stimulus[0:STIMULUS_LINES-1];
  expected_t expected[0:EXPECTED_LINES-1];
  stimulus_t now;
  expected_t want;

  logic                      start, start_ready;
  logic [2:0]                destinations;
  logic [3*ADDRESS_BITS-1:0] source;
  logic [3*ROW_BITS-1:0]     rows_each;
  logic [3*BYTE_BITS-1:0]    row_bytes;
  logic [PLACE_BITS-1:0]     places;
  logic [ADDRESS_BITS-1:0]   araddr;
  logic [7:0]                arlen;
  logic [2:0]                arsize;
  logic [1:0]                arburst;
  logic                      aruser, arvalid, arready, rlast, rvalid, rready, buffer_write;
  logic [8*BUS_BYTES-1:0]    rdata, buffer_data;
  logic [BUFFER_BITS-1:0]    buffer_address;
  logic [2:0]                row_ready, row_valid;
  logic [3*BUFFER_BITS-1:0]  row_address;

  `TOPKIMA_TOP #(
      .ADDRESS_BITS(ADDRESS_BITS),
      .BUS_BYTES(BUS_BYTES),
      .ROW_BEATS(ROW_BEATS),
      .ROW_BITS(ROW_BITS),
      .PLACES(PLACES)
  ) dut (
      .clk,
      .rst,
      .start,
      .destinations,
      .source,
      .rows(rows_each),
      .row_bytes,
      .places,
      .start_ready,
      .araddr,
      .arlen,
      .arsize,
      .arburst,
      .aruser,
      .arvalid,
      .arready,
      .rdata,
      .rlast,
      .rvalid,
      .rready,
      .buffer_write,
      .buffer_address,
      .buffer_data,
      .row_ready,
      .row_valid,
      .row_address
  );

  logic [8*BUS_BYTES-1:0] buffer[0:3*PLACES*ROW_BEATS-1];
  always @(posedge clk) if (buffer_write === 1'b1) buffer[buffer_address] = buffer_data;

  function automatic logic [8*BUS_BYTES-1:0] data_at(input logic [ADDRESS_BITS-1:0] address);
    for (int i = 0; i < BUS_BYTES; i++)
      data_at[8*i+:8] = 8'((32'(address) + i) * 151 + (32'(address) >> 8) * 29);
  endfunction

  task automatic read;
    $readmemh({directory, "/reader_stimulus.hex"}, stimulus);
    $readmemh({directory, "/reader_expected.hex"}, expected);
    $readmemh({directory, "/reader_rows.hex"}, rows);
  endtask

  task automatic withdraw;
    start = 0;
    destinations = 'x;
    source = 'x;
    rows_each = 'x;
    row_bytes = 'x;
    places = 'x;
    arready = 0;
    rvalid = 0;
    rdata = 'x;
    rlast = 1'bx;
    row_ready = 0;
  endtask

  task automatic prepare;
    begin end  // nothing
  endtask

  task automatic expect_silence;
    compare("arvalid without a command", arvalid, 0);
    compare("row_valid without a command", row_valid, 0);
    compare("buffer_write without a beat", buffer_write, 0);
    compare("start_ready without a command", start_ready, 1);
  endtask

  // What has been asked for, what is on its way, and what has come of the row that is offered.
  int                      beats[0:2], turn, last_line, ask_line, ask_from, ask_beat, held, complete;
  int                      asks_late, rows_late, first, behind;  // the last two: beats on their way
  logic                    commanded, asked;
  logic [2:0]              taken;
  logic [ADDRESS_BITS-1:0] address[0:MOST-1];
  logic                    ends_burst[0:MOST-1], ends_row[0:MOST-1];
  int                      due[0:MOST-1];

  // The row that is asked for, and the one that is offered. Icarus takes no elements of a field.
  logic [2:0]                reads, offers;
  logic [3*ADDRESS_BITS-1:0] ask_address, out_address, out_source;

  // The next one that the row is read for, from `from` on; 3: none.
  function automatic int next_read(input int from);
    next_read = 3;
    for (int d = 2; d >= from; d--) if (reads[d]) next_read = d;
  endfunction

  task automatic offer_row(input int at);
    want = expected[at];
    offers = want.offers;
    out_address = want.address;
    out_source = now.source;
  endtask

  task automatic ask_row(input int at);
    ask_line = at;
    ask_beat = 0;
    asked = 0;
    if (ask_line <= last_line) begin
      want = expected[ask_line];
      reads = want.reads;
      ask_address = want.address;
      ask_from = next_read(0);
    end
  endtask

  task automatic drive;
    turn++;
    start = !commanded;
    if (start) begin
      destinations = now.destinations;
      source = now.source;
      rows_each = now.rows;
      row_bytes = now.row_bytes;
      places = now.places;
    end
    arready = turn % 8 < 5;
    rvalid = first != behind && due[first] <= turn && turn % 16 != 7;
    if (rvalid) begin
      rdata = data_at(address[first]);
      rlast = ends_burst[first];
    end
    for (int d = 0; d < 3; d++) row_ready[d] = (turn + d) % 32 > 12;
  endtask

  task automatic compare_row(input int d);
    int from, place;
    from = d;
    for (int e = d - 1; e >= 0; e--)
      if (offers[e] && beats[e] == beats[d] &&
          out_source[e*ADDRESS_BITS+:ADDRESS_BITS] == out_source[d*ADDRESS_BITS+:ADDRESS_BITS]) from = e;
    place = row_address[d*BUFFER_BITS+:BUFFER_BITS];
    for (int b = 0; b < beats[d]; b++)
      compare("row in the buffer", buffer[place+b],
              data_at(out_address[from*ADDRESS_BITS+:ADDRESS_BITS] + ADDRESS_BITS'(b * BUS_BYTES)));
  endtask

  // Goes from hand-off to hand-off, as far as they are made; each destination takes one row.
  task automatic compare_rows(output int leave);
    logic [2:0] seen;
    logic waits;
    leave = 0;
    seen = 0;
    waits = 0;
    while (!waits && leave < complete) begin
      offer_row(line + leave);
      for (int d = 0; d < 3; d++)
        if (!waits && offers[d] && !taken[d]) begin
          waits = seen[d];
          if (!waits) begin
            compare_known("row_valid", row_valid[d]);
            if (row_valid[d]) begin
              compare_row(d);
              compare_cycles("cycles until a row is offered", rows_late, 0);
            end
            rows_late = row_valid[d] ? 0 : rows_late + 1;
            waits = !(row_valid[d] && row_ready[d]);
            seen[d] = 1;
            taken[d] = !waits;
          end
        end
      if (!waits) begin
        leave++;
        taken = 0;
      end
    end
    for (int d = 0; d < 3; d++) if (!seen[d]) compare("row_valid", row_valid[d], 0);
  endtask

  task automatic compare_burst;
    int length;
    length = arlen + 1;
    compare("araddr", araddr,
            ask_address[ask_from*ADDRESS_BITS+:ADDRESS_BITS] + ADDRESS_BITS'(ask_beat * BUS_BYTES));
    compare("arsize", arsize, $clog2(BUS_BYTES));
    compare("arburst", arburst, 1);
    compare("beats beyond a 4 KiB boundary", (araddr % 4096) + length * BUS_BYTES > 4096, 0);
    compare("beats beyond the row", ask_beat + length > beats[ask_from], 0);
    compare("aruser", aruser, ask_beat + length < beats[ask_from]);
  endtask

  task automatic take_burst;
    for (int b = 0; b <= arlen; b++) begin
      address[behind] = araddr + ADDRESS_BITS'(b * BUS_BYTES);
      ends_burst[behind] = b == arlen;
      ends_row[behind] = b == arlen && !aruser && next_read(ask_from + 1) == 3;
      due[behind] = turn + LATENCY + b;
      behind = (behind + 1) % MOST;
    end
    if (!asked) held++;
    asked = 1;
    ask_beat = aruser ? ask_beat + arlen + 1 : 0;
    if (!aruser) ask_from = next_read(ask_from + 1);
    if (!aruser && ask_from == 3) ask_row(ask_line + 1);
  endtask

  task automatic compare_asking;
    logic is_due;
    is_due = commanded && ask_line <= last_line && (asked || held < now.places);
    compare_known("arvalid", arvalid);
    if (arvalid) begin
      compare("arvalid", arvalid, is_due);
      if (is_due) compare_burst();
      compare_cycles("cycles until a row is asked for", asks_late, 0);
      asks_late = 0;
      if (is_due && arready) take_burst();
    end else if (is_due) asks_late++;
  endtask

  task automatic compare_data;
    compare("buffer_write", buffer_write, rvalid && rready);
    if (rvalid) begin
      compare_known("rready", rready);
      compare_cycles("rready", rready, 1);
      if (rready) begin
        if (ends_row[first]) complete++;
        first = (first + 1) % MOST;
      end
    end
  endtask

  task automatic one_cycle;
    int leave;
    drive();
    @(negedge clk) compare_rows(leave);
    compare_known("start_ready", start_ready);
    if (start) compare_cycles("start_ready", start_ready, 1);
    if (start_ready) commanded = 1;
    held -= leave;
    compare_asking();
    complete -= leave;
    compare_data();
    line += leave;
    next_cycle();
    withdraw();
  endtask

  task automatic begin_command;
    logic [3*BYTE_BITS-1:0] bytes;
    now = stimulus[line];
    turn = line;
    bytes = now.row_bytes;
    for (int d = 0; d < 3; d++) beats[d] = bytes[d*BYTE_BITS+:BYTE_BITS] / BUS_BYTES;
    last_line = line;
    begin : lines
      for (int l = line + 1; l < STIMULUS_LINES; l++) begin
        now = stimulus[l];
        if (now.start) disable lines;
        last_line = l;
      end
    end
    now = stimulus[line];
    first = 0;
    behind = 0;
    held = 0;
    complete = 0;
    asks_late = 0;
    rows_late = 0;
    commanded = 0;
    taken = 0;
    ask_row(line);
  endtask

  task automatic transaction;
    begin_command();
    while (line <= last_line && cycles_left > 0) one_cycle();
  endtask
endmodule
