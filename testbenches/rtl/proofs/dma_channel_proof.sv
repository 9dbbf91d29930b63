// SPDX-License-Identifier: Apache-2.0
// What the pins of a channel of the DMA reader promise (docs/pins/reader.md), whatever commands come,
// however long the bus, memory and destinations take. Rows are counted here from the command's first
// to its last: those that have been begun, that are complete, that are gone.
module dma_channel_proof #(
    parameter int ADDRESS_BITS = 13,
    parameter int BUS_BYTES = 64,
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
    input logic [BYTE_BITS-1:0]      row_bytes,
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
  localparam int BITS = ROW_BITS + 1;  // of numbers of rows
  localparam int BEAT_BITS = $clog2(ROW_BEATS + 1);

  // The command that counts in this cycle, and the one that is under way.
  logic fresh, active;
  logic [2:0] to, to_now;
  logic [3*ADDRESS_BITS-1:0] from, from_now;
  logic [3*ROW_BITS-1:0] many, many_now;
  logic [BEAT_BITS-1:0] beats, beats_now;
  logic [PLACE_BITS-1:0] ring, ring_now;
  assign fresh = start && start_ready && !rst;
  assign to_now = fresh ? destinations : to;
  assign from_now = fresh ? source : from;
  assign many_now = fresh ? rows : many;
  assign beats_now = fresh ? row_bytes[BYTE_BITS-1:BEAT_SHIFT] : beats;
  assign ring_now = fresh ? places : ring;

  function automatic logic [2:0] wanted(input logic [2:0] whom, input logic [3*ROW_BITS-1:0] each,
                                        input logic [BITS-1:0] row);
    for (int d = 0; d < 3; d++) wanted[d] = whom[d] && row < BITS'(each[d*ROW_BITS+:ROW_BITS]);
  endfunction
  // The one whose source is read for `d`.
  function automatic logic [1:0] reader(input logic [2:0] wants, input logic [3*ADDRESS_BITS-1:0] at,
                                        input logic [1:0] d);
    reader = d;
    for (int e = 2; e >= 0; e--)
      if (2'(e) < d && wants[e] && at[e*ADDRESS_BITS+:ADDRESS_BITS] == at[32'(d)*ADDRESS_BITS+:ADDRESS_BITS])
        reader = 2'(e);
  endfunction
  // The next that a row is read for, from `d` on; 3: none.
  function automatic logic [1:0] read_from(input logic [2:0] wants, input logic [3*ADDRESS_BITS-1:0] at,
                                           input logic [2:0] d);
    read_from = 2'd3;
    for (int e = 2; e >= 0; e--)
      if (3'(e) >= d && wants[e] && reader(wants, at, 2'(e)) == 2'(e)) read_from = 2'(e);
  endfunction

  // Asking: rows begun, those of which all has been asked for, and what of the next one has been.
  logic [BITS-1:0] begun, begun_now, asked, asked_now, complete, gone, gone_now;
  logic [2:0] ask_wants;
  logic [1:0] ask_for, ask_for_kept;  // in the row that is being asked for
  logic [BEAT_BITS-1:0] ask_beat, ask_beat_now;
  logic midway, midway_kept, takes, ends_read, ends_row, leaves, asks;
  logic [31:0] left, page_left, length, distance;
  assign begun_now = fresh ? '0 : begun;
  assign asked_now = fresh ? '0 : asked;
  assign gone_now = fresh ? '0 : gone;
  assign ask_beat_now = fresh ? '0 : ask_beat;
  assign midway = !fresh && midway_kept;
  assign ask_wants = wanted(to_now, many_now, asked_now);
  assign ask_for = midway ? ask_for_kept : read_from(ask_wants, from_now, 3'd0);
  assign asks = (active || fresh) && ask_wants != '0 && (midway || begun_now - gone_now < BITS'(ring_now) || leaves);
  assign distance = (32'(asked_now) * 32'(beats_now) + 32'(ask_beat_now)) << BEAT_SHIFT;
  assign left = 32'(beats_now) - 32'(ask_beat_now);
  assign page_left = (32'd4096 - 32'(araddr[11:0])) >> BEAT_SHIFT;
  assign length = left < page_left ? left : page_left;
  assign takes = asks && arready;
  assign ends_read = takes && length == left;
  assign ends_row = ends_read && read_from(ask_wants, from_now, 3'(ask_for) + 3'd1) == 2'd3;

  // Data: how many beats are on their way, and where the next one belongs.
  localparam int FLIGHT_BITS = $clog2(3 * PLACES * ROW_BEATS + 1);
  logic [FLIGHT_BITS-1:0] flight;
  logic [2:0] data_wants;
  logic [1:0] data_for, data_for_kept;
  logic [BEAT_BITS-1:0] data_beat;
  logic data_midway, comes, comes_read, comes_row;
  logic [PLACE_BITS-1:0] data_place, out_place;
  assign data_wants = wanted(to, many, complete);
  assign data_for = data_midway ? data_for_kept : read_from(data_wants, from, 3'd0);
  assign comes = rvalid && flight != '0 && !rst;
  assign comes_read = comes && data_beat + 1'b1 == beats;
  assign comes_row = comes_read && read_from(data_wants, from, 3'(data_for) + 3'd1) == 2'd3;

  // Rows on offer.
  logic [2:0] out_wants, taken, turn;
  logic last;
  assign out_wants = wanted(to, many, gone);
  assign turn[0] = complete != gone && out_wants[0] && !taken[0];
  assign turn[1] = complete != gone && out_wants[1] && !taken[1] && (!turn[0] || row_ready[0]);
  assign turn[2] = complete != gone && out_wants[2] && !taken[2] && (!turn[0] || row_ready[0]) &&
      (!turn[1] || row_ready[1]);
  assign leaves = complete != gone && (out_wants & ~taken & ~(turn & row_ready)) == '0;
  assign last = wanted(to, many, gone + 1'b1) == '0;

  logic reset = 1'b0, ask_waits, offered_well;
  always_ff @(posedge clk) begin
    reset <= reset || rst;
    active <= !rst && (fresh ? wanted(destinations, rows, '0) != '0 : active && !(leaves && last));
    if (fresh) begin
      to <= destinations;
      from <= source;
      many <= rows;
      beats <= beats_now;
      ring <= places;
    end
    begun <= begun_now + BITS'(takes && !midway);
    asked <= asked_now + BITS'(ends_row);
    midway_kept <= takes ? !ends_row : midway;
    ask_for_kept <= ends_read ? read_from(ask_wants, from_now, 3'(ask_for) + 3'd1) : ask_for;
    ask_beat <= ends_read ? '0 : takes ? ask_beat_now + BEAT_BITS'(length) : ask_beat_now;
    complete <= fresh ? '0 : complete + BITS'(comes_row);
    gone <= fresh ? '0 : gone + BITS'(leaves);
    taken <= leaves || fresh ? '0 : taken | (turn & row_ready);
    flight <= flight + (takes ? FLIGHT_BITS'(length) : '0) - FLIGHT_BITS'(comes);
    data_midway <= !fresh && (comes ? !comes_row : data_midway);
    data_for_kept <= comes_read ? read_from(data_wants, from, 3'(data_for) + 3'd1) : data_for;
    data_beat <= comes_read || fresh ? '0 : data_beat + BEAT_BITS'(comes);
    if (fresh) begin
      data_place <= '0;
      out_place <= '0;
    end else begin
      if (comes_row) data_place <= data_place + 1'b1 == ring ? '0 : data_place + 1'b1;
      if (leaves) out_place <= out_place + 1'b1 == ring ? '0 : out_place + 1'b1;
    end
    ask_waits <= arvalid && !arready && !rst;
    if (rst) begin
      flight <= '0;
      begun <= '0;
      asked <= '0;
      complete <= '0;
      gone <= '0;
      taken <= '0;
      midway_kept <= 1'b0;
    end
  end

  always_comb begin
    offered_well = 1'b1;
    for (int d = 0; d < 3; d++)
      if (row_valid[d] && 32'(row_address[d*BUFFER_BITS+:BUFFER_BITS]) !=
          (32'(out_place) * 3 + 32'(reader(out_wants, from, 2'(d)))) * ROW_BEATS)
        offered_well = 1'b0;
  end

  always_ff @(posedge clk) begin
    assume (reset || rst);
    assume (!rvalid || flight != '0);
    if (start) begin
      assume (row_bytes[BEAT_SHIFT-1:0] == '0 && row_bytes != '0 && 32'(row_bytes) <= ROW_BEATS * BUS_BYTES);
      assume (places != '0 && 32'(places) <= PLACES);
      for (int d = 0; d < 3; d++) assume (source[d*ADDRESS_BITS+:BEAT_SHIFT] == '0);
    end
    if (reset && !rst) begin
      takes_commands: assert (start_ready == (!active || (leaves && last)));
      asks_for_rows: assert (arvalid == asks);
      asks_at_their_addresses: assert (!arvalid || araddr == from_now[32'(ask_for)*ADDRESS_BITS+:ADDRESS_BITS] +
                                       distance[ADDRESS_BITS-1:0]);
      asks_in_bursts: assert (!arvalid || (32'(arlen) + 1 == length && aruser == (length != left) &&
                                           32'(arsize) == BEAT_SHIFT && arburst == 2'd1));
      bursts_end_at_pages: assert (!arvalid || 32'(araddr[11:0]) + ((32'(arlen) + 1) << BEAT_SHIFT) <= 4096);
      asks_until_granted: assert (!ask_waits || (arvalid && $stable({araddr, arlen, aruser})));
      takes_data: assert (flight == '0 || rready);
      writes_data: assert (buffer_write == rvalid);
      writes_to_places: assert (!rvalid || (buffer_data == rdata && 32'(buffer_address) ==
          (32'(data_place) * 3 + 32'(data_for)) * ROW_BEATS + 32'(data_beat)));
      offers_in_turn: assert (row_valid == turn);
      offers_from_places: assert (offered_well);
    end
  end
endmodule
