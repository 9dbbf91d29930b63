// SPDX-License-Identifier: Apache-2.0
// What the pins of the controller's registers promise (docs/pins/registers.md), whatever accesses
// come, in both directions at a time, and whenever responses are taken. One word that is read and
// written, one that clears what is written as 1, one that is only written and one that is only read
// stand for all.
module controller_registers_proof #(
    parameter int ADDRESS_BITS = 7,
    localparam int WORDS = 21
) (
    input logic                    clk,
    input logic                    rst,
    input logic [ADDRESS_BITS-1:0] awaddr,
    input logic                    awvalid,
    input logic [31:0]             wdata,
    input logic [3:0]              wstrb,
    input logic                    wvalid,
    input logic                    bready,
    input logic [ADDRESS_BITS-1:0] araddr,
    input logic                    arvalid,
    input logic                    rready,
    input logic [WORDS*32-1:0]     hardware,
    input logic [WORDS*32-1:0]     raised,
    input logic                    refused
);
  logic awready, wready, bvalid, arready, rvalid, written;
  logic [1:0] bresp, rresp;
  logic [31:0] rdata, written_data;
  logic [ADDRESS_BITS-1:0] written_address;
  logic [WORDS*32-1:0] stored;
  controller_registers #(.ADDRESS_BITS(ADDRESS_BITS)) dut (.*);

  localparam int CONTROL = 4, STATUS = 8, IRQ_STATUS = 16, SCHEDULE = 20, LAST = 80;
  localparam logic [1:0] OKAY = 2'd0, SLVERR = 2'd2, DECERR = 2'd3;

  logic begun = 1'b0;  // the first reset has been
  // The parts of a write that have come, and what they were; accesses that wait for their response.
  logic has_address, has_data, answers_write, answers_read;
  logic [ADDRESS_BITS-1:0] had_address, address;
  logic [31:0] had_data, data;
  logic [3:0] had_strobes, strobes;
  logic [1:0] want_bresp, want_rresp;
  logic [31:0] want_rdata, schedule, irq_status;
  logic address_waits, data_waits, read_waits;

  logic takes_address, takes_data, takes_read, complete, whole;
  assign takes_address = awvalid && awready;
  assign takes_data = wvalid && wready;
  assign takes_read = arvalid && arready;
  assign complete = (has_address || takes_address) && (has_data || takes_data);
  assign address = has_address ? had_address : awaddr;
  assign data = has_data ? had_data : wdata;
  assign strobes = has_data ? had_strobes : wstrb;
  assign whole = complete && strobes == 4'd15;

  always_ff @(posedge clk) begin
    begun <= begun || rst;
    has_address <= !rst && !complete && (has_address || takes_address);
    has_data <= !rst && !complete && (has_data || takes_data);
    if (takes_address) had_address <= awaddr;
    if (takes_data) had_data <= wdata;
    if (takes_data) had_strobes <= wstrb;
    answers_write <= !rst && (complete || (answers_write && !bready));
    answers_read <= !rst && (takes_read || (answers_read && !rready));
    if (complete) begin
      want_bresp <= address[1:0] != 2'd0 ? SLVERR : strobes == 4'd0 ? OKAY : 32'(address) > LAST ? DECERR :
          strobes != 4'd15 || 32'(address) == STATUS || (32'(address) == CONTROL && refused) ? SLVERR : OKAY;
    end
    if (takes_read) begin
      want_rresp <= araddr[1:0] != 2'd0 ? SLVERR : 32'(araddr) > LAST ? DECERR :
          32'(araddr) == CONTROL ? SLVERR : OKAY;
      want_rdata <= 32'(araddr) == SCHEDULE ? schedule : 32'(araddr) == IRQ_STATUS ? irq_status :
          32'(araddr) == STATUS ? hardware[STATUS*8+:32] : 32'd0;
    end
    if (rst) schedule <= 32'd2;
    else if (whole && 32'(address) == SCHEDULE) schedule <= data;
    if (rst) irq_status <= 32'd0;
    else
      irq_status <= (irq_status & ~(whole && 32'(address) == IRQ_STATUS ? data : 32'd0)) | raised[IRQ_STATUS*8+:32];
    address_waits <= !rst && awvalid && !awready;
    data_waits <= !rst && wvalid && !wready;
    read_waits <= !rst && arvalid && !arready;
  end

  // Those that are looked at: others may be read-only or write-only, too.
  logic looked_at, write_known, read_known;
  assign looked_at = address[1:0] != 2'd0 || 32'(address) > LAST || 32'(address) == CONTROL ||
      32'(address) == STATUS || 32'(address) == SCHEDULE || 32'(address) == IRQ_STATUS;
  always_ff @(posedge clk) begin
    if (complete) write_known <= looked_at;
    if (takes_read)
      read_known <= araddr[1:0] != 2'd0 || 32'(araddr) > LAST || 32'(araddr) == CONTROL ||
          32'(araddr) == STATUS || 32'(araddr) == SCHEDULE || 32'(araddr) == IRQ_STATUS;
  end

  always_ff @(posedge clk) begin
    assume (begun || rst);
    if (address_waits) assume (awvalid && $stable(awaddr));
    if (data_waits) assume (wvalid && $stable({wdata, wstrb}));
    if (read_waits) assume (arvalid && $stable(araddr));
    if (begun && !rst) begin
      takes_addresses: assert (awready == (!has_address && !answers_write));
      takes_data_too: assert (wready == (!has_data && !answers_write));
      takes_reads: assert (arready == !answers_read);
      answers_writes: assert (bvalid == answers_write);
      answers_reads: assert (rvalid == answers_read);
      write_response: assert (!bvalid || !write_known || bresp == want_bresp);
      read_response: assert (!rvalid || !read_known || rresp == want_rresp);
      reads: assert (!rvalid || !read_known || rdata == want_rdata);
      stores: assert (stored[SCHEDULE*8+:32] == schedule);
      clears_and_raises: assert (stored[IRQ_STATUS*8+:32] == irq_status);
      holds_no_others: assert ({stored[CONTROL*8+:32], stored[STATUS*8+:32]} == '0);
      shows_writes: assert (!complete || !looked_at || written ==
                            (whole && address[1:0] == 2'd0 && 32'(address) <= LAST && 32'(address) != STATUS));
      shows_nothing_else: assert (!written || complete);
      shows_what_is_written: assert (!written || (written_address == address && written_data == data));
    end
  end
endmodule
