// SPDX-License-Identifier: Apache-2.0
// The controller's registers, an AXI4-Lite subordinate of 32-bit words (docs/pins/registers.md).
//
//   aw*, w*, b*    writes; address and data in either order
//   ar*, r*        reads
//   hardware       values of the RO words, which hardware has
//   raised         bits of W1C words that hardware sets
//   stored         values of RW and W1C words, 0 of the others
//   written*       a write takes effect at the next edge: its address and data
//   refused        hardware refuses it: SLVERR; counts for WO words
//
// A response is there in the cycle behind the one that completes the request; another request of
// its direction is taken once it has left.
module controller_registers #(
    parameter int ADDRESS_BITS = 12,
    localparam int WORDS = 21
) (
    input  logic                    clk,
    input  logic                    rst,

    input  logic [ADDRESS_BITS-1:0] awaddr,
    input  logic                    awvalid,
    output logic                    awready,
    input  logic [31:0]             wdata,
    input  logic [3:0]              wstrb,
    input  logic                    wvalid,
    output logic                    wready,
    output logic [1:0]              bresp,
    output logic                    bvalid,
    input  logic                    bready,
    input  logic [ADDRESS_BITS-1:0] araddr,
    input  logic                    arvalid,
    output logic                    arready,
    output logic [31:0]             rdata,
    output logic [1:0]              rresp,
    output logic                    rvalid,
    input  logic                    rready,

    input  logic [WORDS*32-1:0]     hardware,
    input  logic [WORDS*32-1:0]     raised,
    input  logic                    refused,
    output logic [WORDS*32-1:0]     stored,
    output logic                    written,
    output logic [ADDRESS_BITS-1:0] written_address,
    output logic [31:0]             written_data
);
  localparam logic [1:0] RW = 2'd0, RO = 2'd1, WO = 2'd2, W1C = 2'd3;
  localparam logic [1:0] OKAY = 2'd0, SLVERR = 2'd2, DECERR = 2'd3;
  // Access and reset value of each word, made by topkima-soc --print-register-rtl:
  localparam logic [21*34-1:0] MAP = {
      {RW, 32'h00000000},  // KV_ROW_BYTES
      {RW, 32'hffffffff},  // AVAILABLE
      {RW, 32'h00000000},  // SEQUENCE_STRIDE
      {WO, 32'h00000000},  // DOORBELL
      {RO, 32'h00000000},  // CYCLES[1]
      {RO, 32'h00000000},  // CYCLES[0]
      {RO, 32'h00000000},  // COMPLETED
      {RW, 32'h00000000},  // V_SOURCE
      {RW, 32'h00000000},  // K_SOURCE
      {RW, 32'h00000000},  // Q_SOURCE
      {RW, 32'h00000000},  // ROW_BYTES
      {RW, 32'h00000000},  // QUERY_ROWS
      {RW, 32'h00000000},  // TOKENS
      {RW, 32'h00000001},  // BANKS
      {RW, 32'h00000001},  // SEQUENCES
      {RW, 32'h00000002},  // SCHEDULE
      {W1C, 32'h00000000},  // IRQ_STATUS
      {RW, 32'h00000000},  // IRQ_ENABLE
      {RO, 32'h00000000},  // STATUS
      {WO, 32'h00000000},  // CONTROL
      {RO, 32'h544b4631}   // ID
  };

  // The request of a write: what has come before, or what comes now.
  logic                    has_address, has_data, complete;
  logic [ADDRESS_BITS-1:0] held_address;
  logic [31:0]             held_data;
  logic [3:0]              held_strobes, strobes;
  assign awready = !has_address && !bvalid;
  assign wready = !has_data && !bvalid;
  assign complete = (has_address || (awvalid && awready)) && (has_data || (wvalid && wready));
  assign written_address = has_address ? held_address : awaddr;
  assign written_data = has_data ? held_data : wdata;
  assign strobes = has_data ? held_strobes : wstrb;

  always_ff @(posedge clk) begin
    if (awvalid && awready) held_address <= awaddr;
    if (wvalid && wready) begin
      held_data <= wdata;
      held_strobes <= wstrb;
    end
    has_address <= !rst && !complete && (has_address || (awvalid && awready));
    has_data <= !rst && !complete && (has_data || (wvalid && wready));
  end

  // What becomes of it.
  logic       there;
  logic [1:0] kind, response;
  always_comb begin
    there = 1'b0;
    kind = RO;
    for (int word = 0; word < WORDS; word++)
      if (written_address[ADDRESS_BITS-1:2] == (ADDRESS_BITS - 2)'(word)) begin
        there = 1'b1;
        kind = MAP[word*34+32+:2];
      end
  end
  assign written = complete && !rst && there && kind != RO && strobes == '1 && written_address[1:0] == '0;
  always_comb
    if (written_address[1:0] != '0) response = SLVERR;
    else if (strobes == '0) response = OKAY;
    else if (!there) response = DECERR;
    else response = written && !(kind == WO && refused) ? OKAY : SLVERR;

  always_ff @(posedge clk) begin
    if (complete) bresp <= response;
    bvalid <= !rst && (complete || (bvalid && !bready));
  end

  always_ff @(posedge clk)
    for (int word = 0; word < WORDS; word++)
      case (MAP[word*34+32+:2])
        RW:
        if (rst) stored[word*32+:32] <= MAP[word*34+:32];
        else if (written && written_address[ADDRESS_BITS-1:2] == (ADDRESS_BITS - 2)'(word))
          stored[word*32+:32] <= written_data;
        W1C:
        if (rst) stored[word*32+:32] <= MAP[word*34+:32];
        else if (written && written_address[ADDRESS_BITS-1:2] == (ADDRESS_BITS - 2)'(word))
          stored[word*32+:32] <= (stored[word*32+:32] & ~written_data) | raised[word*32+:32];
        else stored[word*32+:32] <= stored[word*32+:32] | raised[word*32+:32];
        default: stored[word*32+:32] <= '0;
      endcase

  // Reads.
  logic        found;
  logic [1:0]  access;
  logic [31:0] value;
  always_comb begin
    found = 1'b0;
    access = WO;
    value = '0;
    for (int word = 0; word < WORDS; word++)
      if (araddr[ADDRESS_BITS-1:2] == (ADDRESS_BITS - 2)'(word)) begin
        found = 1'b1;
        access = MAP[word*34+32+:2];
        value = access == RO ? hardware[word*32+:32] : stored[word*32+:32];
      end
  end
  assign arready = !rvalid;
  always_ff @(posedge clk) begin
    if (arvalid && arready) begin
      rresp <= araddr[1:0] != '0 ? SLVERR : !found ? DECERR : access == WO ? SLVERR : OKAY;
      rdata <= araddr[1:0] != '0 || access == WO ? '0 : value;
    end
    rvalid <= !rst && ((arvalid && arready) || (rvalid && !rready));
  end
endmodule
