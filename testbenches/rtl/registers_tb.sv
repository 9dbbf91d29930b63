// SPDX-License-Identifier: Apache-2.0
// controller_registers against what docs/pins/registers.md says: random accesses in both directions
// at a time, address and data of writes apart, responses that wait, refusals, raised bits, resets.
`include "check.svh"

module registers_tb #(
    parameter int ADDRESS_BITS = 12,
    parameter int CYCLES = 60000
);
  localparam int WORDS = 21;
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

  logic clk = 0, rst = 1;
  logic [ADDRESS_BITS-1:0] awaddr, araddr, written_address;
  logic [31:0] wdata, rdata, written_data;
  logic [3:0] wstrb;
  logic [1:0] bresp, rresp;
  logic awvalid = 0, wvalid = 0, arvalid = 0, bready = 0, rready = 0, refused = 0;
  logic awready, wready, arready, bvalid, rvalid, written;
  logic [WORDS*32-1:0] hardware, raised = '0, stored;
  controller_registers #(.ADDRESS_BITS(ADDRESS_BITS)) dut (.*);

  initial forever #1 clk = !clk;

  function automatic logic [1:0] kind_of(int word);
    return MAP[word*34+32+:2];
  endfunction
  function automatic logic [31:0] reset_of(int word);
    return MAP[word*34+:32];
  endfunction
  function automatic int word_of(logic [ADDRESS_BITS-1:0] address);
    return int'(address[ADDRESS_BITS-1:2]);
  endfunction

  // What a write with this address and these strobes is.
  function automatic logic takes_effect(logic [ADDRESS_BITS-1:0] address, logic [3:0] strobes);
    return address % 4 == 0 && word_of(address) < WORDS && strobes == 15 &&
        kind_of(word_of(address)) != RO;
  endfunction
  function automatic logic [1:0] write_response(logic [ADDRESS_BITS-1:0] address,
                                                logic [3:0] strobes, logic refuses);
    if (address % 4 != 0) return SLVERR;
    if (strobes == 0) return OKAY;
    if (word_of(address) >= WORDS) return DECERR;
    if (!takes_effect(address, strobes)) return SLVERR;
    return kind_of(word_of(address)) == WO && refuses ? SLVERR : OKAY;
  endfunction

  // Near the registers, mostly.
  function automatic logic [ADDRESS_BITS-1:0] some_address();
    automatic int word = int'($urandom % 24);
    if ($urandom % 16 == 0) return ADDRESS_BITS'($urandom);
    return ADDRESS_BITS'(4 * word + ($urandom % 12 == 0 ? int'($urandom % 4) : 0));
  endfunction

  logic [31:0] want[WORDS];
  logic has_address = 0, has_data = 0, want_bvalid = 0, want_rvalid = 0;
  logic [ADDRESS_BITS-1:0] address;
  logic [31:0] data, want_rdata;
  logic [3:0] strobes;
  logic [1:0] want_bresp, want_rresp;
  int cycle = 0, writes = 0, reads = 0, percent = 50;

  always @(posedge clk) begin
    automatic logic complete, now_written = 0;
    if (!rst) begin
      `CHECK(awready, !has_address && !want_bvalid);
      `CHECK(wready, !has_data && !want_bvalid);
      `CHECK(arready, !want_rvalid);
      `CHECK(bvalid, want_bvalid);
      `CHECK(rvalid, want_rvalid);
      if (bvalid) `CHECK(bresp, want_bresp);
      if (rvalid) `CHECK(rresp, want_rresp);
      if (rvalid) `CHECK(rdata, want_rdata);
      for (int w = 0; w < WORDS; w++)
        `CHECK(stored[w*32+:32], (kind_of(w) == RW || kind_of(w) == W1C ? want[w] : 0));
    end

    // Reads see what is stored before the edge.
    if (arvalid && arready) begin
      reads++;
      want_rresp = araddr % 4 != 0 ? SLVERR : word_of(araddr) >= WORDS ? DECERR :
          kind_of(word_of(araddr)) == WO ? SLVERR : OKAY;
      want_rdata = want_rresp != OKAY ? 0 :
          kind_of(word_of(araddr)) == RO ? hardware[word_of(araddr)*32+:32] : want[word_of(araddr)];
      want_rvalid = 1;
    end else if (rready) want_rvalid = 0;

    if (awvalid && awready) begin
      address = awaddr;
      has_address = 1;
    end
    if (wvalid && wready) begin
      data = wdata;
      strobes = wstrb;
      has_data = 1;
    end
    complete = has_address && has_data;
    if (complete) begin
      writes++;
      has_address = 0;
      has_data = 0;
      want_bresp = write_response(address, strobes, refused);
      now_written = takes_effect(address, strobes) && !rst;
    end
    if (complete) want_bvalid = 1;
    else if (bready) want_bvalid = 0;
    if (!rst) `CHECK(written, now_written);
    if (written) `CHECK(written_address, address);
    if (written) `CHECK(written_data, data);
    for (int w = 0; w < WORDS; w++) begin
      automatic logic hit = now_written && word_of(address) == w;
      if (kind_of(w) == RW && hit) want[w] = data;
      if (kind_of(w) == W1C) want[w] = (hit ? want[w] & ~data : want[w]) | raised[w*32+:32];
      if (rst) want[w] = reset_of(w);
    end
    if (rst) begin
      has_address = 0;
      has_data = 0;
      want_bvalid = 0;
      want_rvalid = 0;
    end

    rst <= cycle < 3 || $urandom % 500 == 0;
    if (cycle % 100 == 0) percent = $urandom % 2 == 0 ? 100 : int'($urandom % 100);
    if (rst || !awvalid || awready) begin
      awvalid <= int'($urandom % 100) < percent;
      awaddr <= some_address();
    end
    if (rst || !wvalid || wready) begin
      wvalid <= int'($urandom % 100) < percent;
      wdata <= $urandom;
      wstrb <= $urandom % 4 == 0 ? 4'($urandom) : 15;
    end
    if (rst || !arvalid || arready) begin
      arvalid <= int'($urandom % 100) < percent;
      araddr <= some_address();
    end
    bready <= int'($urandom % 100) < percent;
    rready <= int'($urandom % 100) < percent;
    refused <= $urandom % 2 == 0;
    for (int w = 0; w < WORDS; w++) begin
      hardware[w*32+:32] <= $urandom;
      raised[w*32+:32] <= $urandom % 8 == 0 ? $urandom : 0;
    end

    cycle++;
    if (cycle == CYCLES) begin
      $display("%0d writes, %0d reads", writes, reads);
      $finish;
    end
  end
endmodule
