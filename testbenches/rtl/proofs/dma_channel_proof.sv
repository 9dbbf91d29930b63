// SPDX-License-Identifier: Apache-2.0
// What the pins of a channel of the DMA reader promise (docs/pins/reader.md), whatever commands come,
// however long the bus, memory and destinations take. Rows of a command are counted here as they are
// asked for, come and go.
module dma_channel_proof #(
    parameter int ADDRESS_BITS = 13,
    parameter int BUS_BYTES = 128,
    parameter int ROW_BEATS = 2,
    parameter int ROW_BITS = 2,
    parameter int PLACES = 2,
    localparam int BYTE_BITS = $clog2(ROW_BEATS * BUS_BYTES + 1),
    localparam int PLACE_BITS = $clog2(PLACES + 1),
    localparam int BUFFER_BITS = $clog2(3 * PLACES * ROW_BEATS)
) (
    input logic                      clk,
    input logic                      rst,
    input logic                      start,
    input logic [2:0]                destinations,
    input logic [3*ADDRESS_BITS-1:0] source,
    input logic [3*ROW_BITS-1:0]     rows,
    input logic [3*BYTE_BITS-1:0]    row_bytes,
    input logic [PLACE_BITS-1:0]     places,
    input logic                      arready,
    input logic [8*BUS_BYTES-1:0]    rdata,
    input logic                      rlast,
    input logic                      rvalid,
    input logic [2:0]                row_ready
);
  logic start_ready, aruser, arvalid, rready, buffer_write;
  logic [ADDRESS_BITS-1:0] araddr;
  logic [7:0] arlen;
  logic [2:0] arsize, row_valid;
  logic [1:0] arburst;
  logic [BUFFER_BITS-1:0] buffer_address;
  logic [8*BUS_BYTES-1:0] buffer_data;
  logic [3*BUFFER_BITS-1:0] row_address;
  dma_channel #(
      .ADDRESS_BITS(ADDRESS_BITS),
      .BUS_BYTES(BUS_BYTES),
      .ROW_BEATS(ROW_BEATS),
      .ROW_BITS(ROW_BITS),
      .PLACES(PLACES)
  ) dut (.*);

  localparam int BEAT_SHIFT = $clog2(BUS_BYTES);
  localparam int BEAT_BITS = $clog2(ROW_BEATS + 1);

  // The command that counts in this cycle, and the one that is under way. Bit 3 d + e of `shared`: d
  // is handed what is read for e.
  logic fresh, active;
  logic [2:0] to, to_now;
  logic [8:0] shared, shared_given, shared_now;
  logic [3*ROW_BITS-1:0] many, many_now;
  logic [3*BYTE_BITS-1:0] bytes, bytes_now;
  logic [PLACE_BITS-1:0] ring, ring_now;
  for (genvar d = 0; d < 3; d++) begin : g_destination
    for (genvar e = 0; e < 3; e++)
      assign shared_given[3*d+e] = e < d && row_bytes[d*BYTE_BITS+:BYTE_BITS] == row_bytes[e*BYTE_BITS+:BYTE_BITS] &&
          source[d*ADDRESS_BITS+:ADDRESS_BITS] == source[e*ADDRESS_BITS+:ADDRESS_BITS];
  end
  assign fresh = start && start_ready;
  assign to_now = fresh ? destinations : to;
  assign shared_now = fresh ? shared_given : shared;
  assign many_now = fresh ? rows : many;
  assign bytes_now = fresh ? row_bytes : bytes;
  assign ring_now = fresh ? places : ring;

  function automatic logic [2:0] wanted(input logic [2:0] whom, input logic [3*ROW_BITS-1:0] each,
                                        input logic [ROW_BITS-1:0] row);
    for (int d = 0; d < 3; d++) wanted[d] = whom[d] && row < each[d*ROW_BITS+:ROW_BITS];
  endfunction
  // The one whose source is read for `d`.
  function automatic logic [1:0] reader(input logic [2:0] wants, input logic [8:0] alike, input logic [1:0] d);
    reader = d;
    for (int e = 2; e >= 0; e--) if (wants[e] && alike[3*32'(d)+e]) reader = 2'(e);
  endfunction
  // The first that a row is still to be read for, and of how many beats that is; 3: none.
  function automatic logic [1:0] next_read(input logic [2:0] wants, input logic [8:0] alike, input logic [2:0] done);
    next_read = 2'd3;
    for (int e = 2; e >= 0; e--)
      if (wants[e] && !done[e] && reader(wants, alike, 2'(e)) == 2'(e)) next_read = 2'(e);
  endfunction
  function automatic logic [BEAT_BITS-1:0] beats(input logic [3*BYTE_BITS-1:0] all, input logic [1:0] d);
    beats = '0;
    for (int e = 0; e < 3; e++) if (2'(e) == d) beats = all[e*BYTE_BITS+BEAT_SHIFT+:BEAT_BITS];
  endfunction
  function automatic logic [ADDRESS_BITS-1:0] address(input logic [3*ADDRESS_BITS-1:0] all, input logic [1:0] d);
    address = '0;
    for (int e = 0; e < 3; e++) if (2'(e) == d) address = all[e*ADDRESS_BITS+:ADDRESS_BITS];
  endfunction

  // Asking: the row, where it lies by destination, what of it has been asked for, and how many rows
  // have been begun and are not gone.
  logic [ROW_BITS-1:0] row, row_now;
  logic [3*ADDRESS_BITS-1:0] at, at_now;
  logic [PLACE_BITS-1:0] held, held_now;
  logic [2:0] ask_wants, asked, asked_now, asked_next;
  logic [1:0] ask_for;
  logic [BEAT_BITS-1:0] ask_beat, ask_beat_now;
  logic midway, takes, ends_read, ends_row, leaves, asks;
  logic [BEAT_BITS-1:0] left;
  logic [31:0] page_left, length;
  assign row_now = fresh ? '0 : row;
  assign at_now = fresh ? source : at;
  assign held_now = fresh ? '0 : held;
  assign asked_now = fresh ? '0 : asked;
  assign ask_beat_now = fresh ? '0 : ask_beat;
  assign midway = asked_now != '0 || ask_beat_now != '0;
  assign ask_wants = wanted(to_now, many_now, row_now);
  assign ask_for = next_read(ask_wants, shared_now, asked_now);
  assign asked_next = asked_now | 3'd1 << ask_for;
  assign asks = !rst && (active || fresh) && ask_wants != '0 && (midway || held_now < ring_now || leaves);
  assign left = beats(bytes_now, ask_for) - ask_beat_now;
  assign page_left = 4096 / BUS_BYTES - 32'(araddr[11:BEAT_SHIFT]);
  assign length = 32'(left) < page_left ? 32'(left) : page_left;
  assign takes = asks && arready;
  assign ends_read = takes && length == 32'(left);
  assign ends_row = ends_read && next_read(ask_wants, shared_now, asked_next) == 2'd3;

  // Data: what has come of which row, and whether more has been asked for than that.
  logic [ROW_BITS-1:0] data_row;
  logic [2:0] data_wants, had, had_next;
  logic [1:0] data_for;
  logic [BEAT_BITS-1:0] data_beat;
  logic behind, comes, comes_read, comes_row;
  logic [PLACE_BITS-1:0] data_place, out_place;
  assign data_wants = wanted(to, many, data_row);
  assign data_for = next_read(data_wants, shared, had);
  assign had_next = had | 3'd1 << data_for;
  assign behind = active && {data_row, had, data_beat} != {row, asked, ask_beat};
  assign comes = rvalid && rready;
  assign comes_read = comes && data_beat + 1'b1 == beats(bytes, data_for);
  assign comes_row = comes_read && next_read(data_wants, shared, had_next) == 2'd3;

  // Rows on offer: hand-offs go on from one to the next, into the next row, while they are made, but
  // for a destination that has one in this cycle.
  logic [ROW_BITS-1:0] out_row;
  logic [PLACE_BITS-1:0] complete;
  logic [2:0] out_wants, next_wants, taken, turn;
  logic [1:0] gone;
  logic last;
  assign out_wants = wanted(to, many, out_row);
  assign next_wants = wanted(to, many, out_row + 1'b1);
  always_comb begin
    logic goes_on;
    turn = '0;
    gone = '0;
    goes_on = complete != '0;
    for (int step = 0; step < 6; step++) begin
      if (step < 3 ? out_wants[step%3] && !taken[step%3] : next_wants[step%3]) begin
        if (step >= 3 && !taken[step%3]) goes_on = 1'b0;
        if (goes_on) turn[step%3] = 1'b1;
        goes_on = goes_on && row_ready[step%3];
      end
      if (step % 3 == 2) begin
        gone = gone + 2'(goes_on);
        goes_on = goes_on && complete > 1;
      end
    end
  end
  assign leaves = gone != '0;
  assign last = leaves && wanted(to, many, out_row + ROW_BITS'(gone)) == '0;
  function automatic logic [PLACE_BITS-1:0] behind_of(input logic [PLACE_BITS-1:0] place, input logic [1:0] rows_on);
    behind_of = place;
    for (int i = 0; i < 2; i++)
      if (i < 32'(rows_on)) behind_of = behind_of + 1'b1 == ring ? '0 : behind_of + 1'b1;
  endfunction

  logic reset = 1'b0, ask_waits, offered_well;
  always_ff @(posedge clk) begin
    reset <= reset || rst;
    active <= !rst && (fresh ? wanted(destinations, rows, '0) != '0 : active && !last);
    to <= to_now;
    shared <= shared_now;
    many <= many_now;
    bytes <= bytes_now;
    ring <= ring_now;
    row <= row_now + ROW_BITS'(ends_row);
    for (int d = 0; d < 3; d++)
      at[d*ADDRESS_BITS+:ADDRESS_BITS] <= at_now[d*ADDRESS_BITS+:ADDRESS_BITS] +
          (ends_row ? ADDRESS_BITS'(bytes_now[d*BYTE_BITS+:BYTE_BITS]) : '0);
    held <= held_now + PLACE_BITS'(takes && !midway) - (fresh ? '0 : PLACE_BITS'(gone));
    asked <= ends_row ? '0 : ends_read ? asked_next : asked_now;
    ask_beat <= ends_read ? '0 : takes ? ask_beat_now + BEAT_BITS'(length) : ask_beat_now;
    data_row <= fresh ? '0 : data_row + ROW_BITS'(comes_row);
    had <= fresh || comes_row ? '0 : comes_read ? had_next : had;
    data_beat <= fresh || comes_read ? '0 : data_beat + BEAT_BITS'(comes);
    data_place <= fresh ? '0 : !comes_row ? data_place : data_place + 1'b1 == ring ? '0 : data_place + 1'b1;
    complete <= fresh || rst ? '0 : complete + PLACE_BITS'(comes_row) - PLACE_BITS'(gone);
    out_row <= fresh ? '0 : out_row + ROW_BITS'(gone);
    taken <= fresh || gone == 2 ? '0 : leaves ? taken & turn & row_ready : taken | (turn & row_ready);
    out_place <= fresh ? '0 : behind_of(out_place, gone);
    ask_waits <= arvalid && !arready && !rst;
  end

  always_comb begin
    offered_well = 1'b1;
    for (int d = 0; d < 3; d++)
      if (row_valid[d] && 32'(row_address[d*BUFFER_BITS+:BUFFER_BITS]) !=
          (32'(behind_of(out_place, {1'b0, taken[d]})) * 3 +
           32'(reader(taken[d] ? next_wants : out_wants, shared, 2'(d)))) * ROW_BEATS)
        offered_well = 1'b0;
  end

  always_ff @(posedge clk) begin
    assume (reset || rst);
    assume (!rvalid || behind);
    if (start) begin
      assume (places != '0 && 32'(places) <= PLACES);
      for (int d = 0; d < 3; d++) begin
        assume (source[d*ADDRESS_BITS+:BEAT_SHIFT] == '0 && row_bytes[d*BYTE_BITS+:BEAT_SHIFT] == '0);
        assume (beats(row_bytes, 2'(d)) != '0 && 32'(beats(row_bytes, 2'(d))) <= ROW_BEATS);
      end
    end
    if (reset && !rst) begin
      takes_commands: assert (start_ready == (!active || last));
      asks_for_rows: assert (arvalid == asks);
      asks_at_their_addresses: assert (!arvalid || araddr == address(at_now, ask_for) +
                                       (ADDRESS_BITS'(ask_beat_now) << BEAT_SHIFT));
      asks_in_bursts: assert (!arvalid || (32'(arlen) + 1 == length && aruser == (length != 32'(left)) &&
                                           32'(arsize) == BEAT_SHIFT && arburst == 2'd1));
      bursts_end_at_pages: assert (!arvalid || 32'(araddr[11:0]) + ((32'(arlen) + 1) << BEAT_SHIFT) <= 4096);
      asks_until_granted: assert (!ask_waits || (arvalid && $stable({araddr, arlen, aruser})));
      takes_data: assert (!behind || rready);
      writes_data: assert (buffer_write == rvalid);
      writes_to_places: assert (!rvalid || (buffer_data == rdata && 32'(buffer_address) ==
          (32'(data_place) * 3 + 32'(data_for)) * ROW_BEATS + 32'(data_beat)));
      offers_in_turn: assert (row_valid == turn);
      offers_from_places: assert (offered_well);
    end
  end
endmodule
