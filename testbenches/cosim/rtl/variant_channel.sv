// SPDX-License-Identifier: Apache-2.0
// A channel of the DMA reader with times of its own, or that breaks the contract. Numbers in
// variant.txt: cycles for which each burst, each beat and each hand-off is late; and what is wrong:
// 1 no command is taken, 2 nothing is asked for, 3 bursts are not INCR, 4 every burst is said to be
// followed by another, 5 no beat is taken, 6 beats go beyond the buffer, 7 nothing is offered,
// 8 everything is offered always, 9 rows are offered from beyond the buffer. For tests of handshakes.
module variant_channel #(
    parameter int ADDRESS_BITS = 32,
    parameter int BUS_BYTES = 16,
    parameter int ROW_BEATS = 3,
    parameter int ROW_BITS = 8,
    parameter int PLACES = 3,
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
  logic [7:0] ask_late, beat_late, row_late, wrong;
  variant #(
      .NUMBERS(4)
  ) chosen (
      .numbers({wrong, row_late, beat_late, ask_late})
  );

  // A command is kept until the channel itself has the time for its first burst.
  logic own_start_ready, own_arvalid, own_rready, own_aruser, own_write;
  logic [1:0] own_arburst;
  logic [2:0] own_valid;
  logic [BUFFER_BITS-1:0] own_address;
  logic [3*BUFFER_BITS-1:0] own_row_address;
  logic [7:0] asks, beats, offers;
  dma_channel #(
      .ADDRESS_BITS(ADDRESS_BITS),
      .BUS_BYTES(BUS_BYTES),
      .ROW_BEATS(ROW_BEATS),
      .ROW_BITS(ROW_BITS),
      .PLACES(PLACES)
  ) channel (
      .start_ready(own_start_ready),
      .arburst(own_arburst),
      .aruser(own_aruser),
      .arvalid(own_arvalid),
      .arready(arvalid && arready),
      .rvalid(rvalid && rready),
      .rready(own_rready),
      .buffer_write(own_write),
      .buffer_address(own_address),
      .row_valid(own_valid),
      .row_ready(offers == row_late ? row_ready : 3'd0),
      .row_address(own_row_address),
      .*
  );
  always_ff @(posedge clk) begin
    asks <= !own_arvalid || (arvalid && arready) || rst ? '0 : asks < ask_late ? asks + 1'b1 : asks;
    beats <= !rvalid || rready || rst ? '0 : beats < beat_late ? beats + 1'b1 : beats;
    offers <= own_valid == '0 || (row_valid & row_ready) != '0 || rst ? '0 : offers < row_late ? offers + 1'b1 : offers;
  end

  assign start_ready = own_start_ready && wrong != 1;
  assign arvalid = own_arvalid && asks == ask_late && wrong != 2;
  assign arburst = wrong == 3 ? 2'd2 : own_arburst;
  assign aruser = own_aruser || wrong == 4;
  assign rready = own_rready && beats == beat_late && wrong != 5;
  assign buffer_write = own_write;
  assign buffer_address = wrong == 6 ? '1 : own_address;
  assign row_valid = wrong == 7 ? '0 : wrong == 8 ? '1 : offers == row_late ? own_valid : '0;
  assign row_address = wrong == 9 ? '1 : own_row_address;
endmodule
