// SPDX-License-Identifier: Apache-2.0
// A channel of the DMA reader: brings rows from token memory, at the read channels of AXI4, into a
// ring of places in a buffer, and offers each to its destinations in turn (docs/pins/reader.md).
//
//   start*                       a command, which is copied: where rows lie, how long they are, how many
//   ar*                          bursts of at most 256 beats, none across a 4 KiB boundary; aruser:
//                                the next one goes on with the same row
//   r*                           beats, in the order of the bursts
//   buffer_*                     a beat goes to the buffer: place p holds the row from source d from
//                                beat (3 p + d) ROW_BEATS on
//   row_valid, row_ready, row_address
//                                by destination: a row is offered, taken; where it lies
//
// A row that several take from one address, as long for all of them, is read once. It is offered to a destination when those
// before it have it and those behind it the row before, which may be in the same cycle; its place is
// free in the cycle in which the last one takes it.
module dma_channel #(
    parameter int ADDRESS_BITS = 32,
    parameter int BUS_BYTES = 16,  // of a beat: a power of two up to 128
    parameter int ROW_BEATS = 64,  // the most of a row
    parameter int ROW_BITS = 16,   // of a number of rows
    parameter int PLACES = 4,      // the most
    localparam int BYTE_BITS = $clog2(ROW_BEATS * BUS_BYTES + 1),
    localparam int PLACE_BITS = $clog2(PLACES + 1),
    localparam int BUFFER_BITS = $clog2(3 * PLACES * ROW_BEATS)
) (
    input  logic                      clk,
    input  logic                      rst,

    input  logic                      start,
    input  logic [2:0]                destinations,
    input  logic [3*ADDRESS_BITS-1:0] source,
    input  logic [3*ROW_BITS-1:0]     rows,
    input  logic [3*BYTE_BITS-1:0]    row_bytes,
    input  logic [PLACE_BITS-1:0]     places,
    output logic                      start_ready,

    output logic [ADDRESS_BITS-1:0]   araddr,
    output logic [7:0]                arlen,
    output logic [2:0]                arsize,
    output logic [1:0]                arburst,
    output logic                      aruser,
    output logic                      arvalid,
    input  logic                      arready,
    input  logic [8*BUS_BYTES-1:0]    rdata,
    input  logic                      rlast,
    input  logic                      rvalid,
    output logic                      rready,

    output logic                      buffer_write,
    output logic [BUFFER_BITS-1:0]    buffer_address,
    output logic [8*BUS_BYTES-1:0]    buffer_data,

    input  logic [2:0]                row_ready,
    output logic [2:0]                row_valid,
    output logic [3*BUFFER_BITS-1:0]  row_address
);
  localparam int BYTE_SHIFT = $clog2(BUS_BYTES);
  localparam int BEAT_BITS = $clog2(ROW_BEATS + 1);
  localparam int PAGE_BEATS = 4096 / BUS_BYTES;
  localparam int MOST = PAGE_BEATS < 256 ? PAGE_BEATS : 256;

  // The command: as it comes, and as it is kept. `same`: V takes what K takes, V what Q, K what Q.
  typedef struct packed {
    logic [2:0]             destinations, same;
    logic [3*ROW_BITS-1:0]  rows;
    logic [3*BYTE_BITS-1:0] row_bytes;
    logic [PLACE_BITS-1:0]  places;
  } command_t;
  command_t given, kept, now;
  logic     active, fresh;
  function automatic logic [2:0] equal(input logic [3*ADDRESS_BITS-1:0] from,
                                       input logic [3*BYTE_BITS-1:0] bytes);
    equal[0] = from[0+:ADDRESS_BITS] == from[ADDRESS_BITS+:ADDRESS_BITS] &&
        bytes[0+:BYTE_BITS] == bytes[BYTE_BITS+:BYTE_BITS];
    equal[1] = from[0+:ADDRESS_BITS] == from[2*ADDRESS_BITS+:ADDRESS_BITS] &&
        bytes[0+:BYTE_BITS] == bytes[2*BYTE_BITS+:BYTE_BITS];
    equal[2] = from[ADDRESS_BITS+:ADDRESS_BITS] == from[2*ADDRESS_BITS+:ADDRESS_BITS] &&
        bytes[BYTE_BITS+:BYTE_BITS] == bytes[2*BYTE_BITS+:BYTE_BITS];
  endfunction
  assign given = {destinations, equal(source, row_bytes), rows, row_bytes, places};
  assign fresh = start && start_ready;
  assign now = fresh ? given : kept;

  // Who wants a row, whose sources are read for it, and how many beats that are.
  function automatic logic [2:0] wanted(input logic [2:0] to, input logic [3*ROW_BITS-1:0] many,
                                        input logic [ROW_BITS-1:0] row);
    wanted = to & {row < many[2*ROW_BITS+:ROW_BITS], row < many[ROW_BITS+:ROW_BITS], row < many[0+:ROW_BITS]};
  endfunction
  function automatic logic [2:0] read_for(input logic [2:0] wants, input logic [2:0] same);
    read_for = wants & ~{(wants[0] && same[1]) || (wants[1] && same[2]), wants[0] && same[0], 1'b0};
  endfunction
  function automatic logic [BEAT_BITS-1:0] beats_of(input logic [2:0] one,
                                                    input logic [3*BYTE_BITS-1:0] bytes);
    beats_of = '0;
    for (int d = 0; d < 3; d++) if (one[d]) beats_of = beats_of | bytes[d*BYTE_BITS+BYTE_SHIFT+:BEAT_BITS];
  endfunction
  function automatic logic [BUFFER_BITS-1:0] beat_of(input logic [PLACE_BITS-1:0] place,
                                                     input logic [1:0] from);
    beat_of = BUFFER_BITS'((32'(place) * 3 + 32'(from)) * ROW_BEATS);
  endfunction
  function automatic logic [PLACE_BITS-1:0] behind(input logic [PLACE_BITS-1:0] place);
    behind = place + 1'b1 == kept.places ? '0 : place + 1'b1;
  endfunction

  // Asking: the row, its address by destination, what has been asked of it, and how many rows have
  // been begun and are not gone.
  logic [ROW_BITS-1:0]       ask_row, at_row;
  logic [3*ADDRESS_BITS-1:0] address, at_address, next_address;
  logic [2:0]                asked, at_asked, ask_wants, ask_for, ask_this;
  logic [BEAT_BITS-1:0]      ask_beat, at_beat, left;
  logic [PLACE_BITS-1:0]     held, at_held;
  logic                      begun, takes_burst, row_asked, leaves;
  logic [ADDRESS_BITS-1:0]   base;
  logic [31:0]               to_page, burst;
  assign {at_row, at_asked, at_beat, at_held} = fresh ? '0 : {ask_row, asked, ask_beat, held};
  assign at_address = fresh ? source : address;
  assign ask_wants = wanted(now.destinations, now.rows, at_row);
  assign ask_for = read_for(ask_wants, now.same) & ~at_asked;
  assign ask_this = ask_for & (~ask_for + 1'b1);
  assign begun = at_asked != '0 || at_beat != '0;
  for (genvar d = 0; d < 3; d++) begin : g_destination
    assign next_address[d*ADDRESS_BITS+:ADDRESS_BITS] =
        at_address[d*ADDRESS_BITS+:ADDRESS_BITS] + ADDRESS_BITS'(now.row_bytes[d*BYTE_BITS+:BYTE_BITS]);
  end
  assign base = (ask_this[0] ? at_address[0+:ADDRESS_BITS] : '0) |
      (ask_this[1] ? at_address[ADDRESS_BITS+:ADDRESS_BITS] : '0) |
      (ask_this[2] ? at_address[2*ADDRESS_BITS+:ADDRESS_BITS] : '0);
  assign left = beats_of(ask_this, now.row_bytes) - at_beat;
  assign araddr = base + (ADDRESS_BITS'(at_beat) << BYTE_SHIFT);
  assign to_page = PAGE_BEATS - (32'(araddr[11:0]) >> BYTE_SHIFT);
  always_comb begin
    burst = 32'(left);
    if (burst > to_page) burst = to_page;
    if (burst > MOST) burst = MOST;
  end
  assign arlen = 8'(burst - 1);
  assign arsize = 3'(BYTE_SHIFT);
  assign arburst = 2'd1;  // INCR
  assign aruser = burst != 32'(left);
  assign arvalid = (active || fresh) && !rst && ask_wants != '0 && (begun || at_held < now.places || leaves);
  assign takes_burst = arvalid && arready;
  assign row_asked = takes_burst && !aruser && ask_for == ask_this;

  always_ff @(posedge clk) begin
    if (fresh) kept <= given;
    if (fresh || takes_burst) begin
      ask_row <= at_row + ROW_BITS'(row_asked);
      address <= row_asked ? next_address : at_address;
      asked <= row_asked ? '0 : takes_burst && !aruser ? at_asked | ask_this : at_asked;
      ask_beat <= !takes_burst ? at_beat : aruser ? at_beat + BEAT_BITS'(burst) : '0;
    end
    held <= at_held + PLACE_BITS'(takes_burst && !begun) - PLACE_BITS'(leaves && !fresh) -
        PLACE_BITS'(both_leave && !fresh);
  end

  // Data: the row that beats are of, and what has come of it.
  logic [ROW_BITS-1:0]   data_row;
  logic [2:0]            come, come_for, come_this;
  logic [BEAT_BITS-1:0]  data_beat;
  logic [PLACE_BITS-1:0] data_place;
  logic                  read_ends, row_ends;
  assign come_for = read_for(wanted(kept.destinations, kept.rows, data_row), kept.same) & ~come;
  assign come_this = come_for & (~come_for + 1'b1);
  assign rready = active;
  assign buffer_write = rvalid && rready;
  assign buffer_address = beat_of(data_place, {come_this[2], come_this[1]}) + BUFFER_BITS'(data_beat);
  assign buffer_data = rdata;
  assign read_ends = buffer_write && data_beat + 1'b1 == beats_of(come_this, kept.row_bytes);
  assign row_ends = read_ends && come_for == come_this;
  always_ff @(posedge clk) begin
    if (buffer_write) data_beat <= read_ends ? '0 : data_beat + 1'b1;
    if (read_ends) come <= row_ends ? '0 : come | come_this;
    if (row_ends) begin
      data_row <= data_row + 1'b1;
      data_place <= behind(data_place);
    end
    if (fresh) {data_row, data_place, data_beat, come} <= '0;
  end
  logic unused_rlast;
  assign unused_rlast = rlast;  // beats are counted

  // Rows: the one on offer, who has taken it, and how many are complete. Who has taken it before this
  // cycle is offered the next one, if the others take this one now.
  logic [ROW_BITS-1:0]   out_row;
  logic [2:0]            out_wants, next_wants, taken, takes;
  logic [PLACE_BITS-1:0] out_place, next_place, complete;
  logic                  both_leave, last_leaves;
  assign out_wants = wanted(kept.destinations, kept.rows, out_row);
  assign next_wants = wanted(kept.destinations, kept.rows, out_row + 1'b1);
  assign next_place = behind(out_place);
  always_comb begin
    logic had;  // all before this one have it
    row_valid = '0;
    had = complete != '0;
    for (int d = 0; d < 3; d++) begin
      if (!taken[d]) row_valid[d] = had && out_wants[d];
      had = had && (!out_wants[d] || taken[d] || row_ready[d]);
    end
    leaves = had;
    had = had && complete > 1;
    for (int d = 0; d < 3; d++) begin
      if (taken[d]) row_valid[d] = had && next_wants[d];
      had = had && (!next_wants[d] || (taken[d] && row_ready[d]));
    end
    both_leave = had;
  end
  assign takes = row_valid & row_ready;
  assign last_leaves = leaves && (!both_leave ? next_wants == '0 :
                                  wanted(kept.destinations, kept.rows, out_row + ROW_BITS'(2)) == '0);
  for (genvar d = 0; d < 3; d++) begin : g_row
    logic [1:0] wants;  // Q and K
    assign wants = taken[d] ? next_wants[1:0] : out_wants[1:0];
    assign row_address[d*BUFFER_BITS+:BUFFER_BITS] =
        beat_of(taken[d] ? next_place : out_place,
                d > 0 && wants[0] && kept.same[d == 1 ? 0 : 1] ? 2'd0 :
                d > 1 && wants[1] && kept.same[2] ? 2'd1 : 2'(d));
  end
  assign start_ready = !active || last_leaves;
  always_ff @(posedge clk) begin
    taken <= fresh || both_leave ? '0 : leaves ? takes & taken : taken | takes;
    complete <= fresh || rst ? '0 :
        complete + PLACE_BITS'(row_ends) - PLACE_BITS'(leaves) - PLACE_BITS'(both_leave);
    out_row <= fresh ? '0 : out_row + ROW_BITS'(leaves) + ROW_BITS'(both_leave);
    out_place <= fresh ? '0 : both_leave ? behind(next_place) : leaves ? next_place : out_place;
    active <= !rst && (fresh ? wanted(destinations, rows, '0) != '0 : active && !last_leaves);
  end
endmodule
