// SPDX-License-Identifier: Apache-2.0
// The controller's registers: the response of each access, its data, the write that is shown, and
// what is stored then. Address and data of a write take turns in which comes first, and responses
// in whether they are taken at once. After every reset what the accesses before have left is stored
// anew.
`ifndef TOPKIMA_TOP
`define TOPKIMA_TOP controller_registers
`endif

module registers_vectors_tb;
  import registers_vectors_pkg::*;
  `include "vectors_tb.svh"

  // Each has 32 bits in `raised` and in `hardware`; all other fields together have less than 64.
  localparam int WORDS = $bits(stimulus_t) / 64;

  stimulus_t stimulus[0:STIMULUS_LINES-1];
  expected_t expected[0:EXPECTED_LINES-1];
  stimulus_t now;
  expected_t want;

  logic [ADDRESS_BITS-1:0] awaddr, araddr;
  logic                    awvalid, wvalid, bready, arvalid, rready, refused;
  logic [31:0]             wdata;
  logic [3:0]              wstrb;
  logic [WORDS*32-1:0]     raised;
  logic                    awready, wready, bvalid, arready, rvalid, written;
  logic [1:0]              bresp, rresp;
  logic [31:0]             rdata, written_data;
  logic [WORDS*32-1:0]     stored;
  logic [ADDRESS_BITS-1:0] written_address;

  `TOPKIMA_TOP #(
      .ADDRESS_BITS(ADDRESS_BITS)
  ) dut (
      .clk,
      .rst,
      .awaddr,
      .awvalid,
      .awready,
      .wdata,
      .wstrb,
      .wvalid,
      .wready,
      .bresp,
      .bvalid,
      .bready,
      .araddr,
      .arvalid,
      .arready,
      .rdata,
      .rresp,
      .rvalid,
      .rready,
      .hardware(now.hardware),
      .raised,
      .refused,
      .stored,
      .written,
      .written_address,
      .written_data
  );

  logic [WORDS*32-1:0] raisable = '0;  // bits that hardware raises, ever

  task automatic read;
    $readmemh({directory, "/registers_stimulus.hex"}, stimulus);
    $readmemh({directory, "/registers_expected.hex"}, expected);
    $readmemh({directory, "/registers_rows.hex"}, rows);
    for (int l = 0; l < STIMULUS_LINES; l++) begin
      now = stimulus[l];
      raisable = raisable | now.raised;
    end
  endtask

  task automatic offer(input bit address, input bit data);
    awvalid = address && now.write;
    arvalid = address && !now.write;
    wvalid = data;
    awaddr = awvalid ? now.address : 'x;
    araddr = arvalid ? now.address : 'x;
    wdata = wvalid ? now.wdata : 'x;
    wstrb = wvalid ? now.wstrb : 'x;
  endtask

  task automatic take(input bit response);
    bready = response && now.write;
    rready = response && !now.write;
  endtask

  task automatic withdraw;
    offer(0, 0);
    take(0);
    raised = '0;
    refused = 1'bx;
  endtask

  task automatic compare_ready;
    compare_known("awready", awready);
    compare_known("wready", wready);
    compare_known("arready", arready);
  endtask

  task automatic expect_silence;
    compare_ready();
    compare("bvalid without an access", bvalid, 0);
    compare("rvalid without an access", rvalid, 0);
    compare("written without an access", written, 0);
  endtask

  int shown;  // writes of the access so far

  task automatic compare_write;
    compare_known("written", written);
    if (written) begin
      shown++;
      compare("written_address", written_address, now.address);
      compare("written_data", written_data, now.wdata);
    end
  endtask

  task automatic compare_response;
    if (now.write) compare("bresp", bresp, want.response);
    else compare("rresp", rresp, want.response);
    if (!now.write) compare("rdata", rdata, want.rdata);
    compare("writes that were shown", shown, want.written);
    compare("stored", stored, want.stored);
  endtask

  // What is not valid is X, and so is a refusal of no write.
  task automatic access(input int turn, output bit done);
    bit address, data, late, there, waits;  // `address`, `data`: still to be taken
    int cycles;                             // since all was taken
    address = 1;
    data = now.write;
    late = turn % 2 == 1;
    waits = 0;
    cycles = 0;
    shown = 0;
    done = 0;
    offer(turn % 3 != 1 || !data, data && turn % 3 != 2);
    while (!done && cycles_left > 0) begin
      take(!late || waits);
      #1 refused = written ? now.refused : 1'bx;
      @(negedge clk) compare_ready();
      compare_write();
      there = (now.write ? bvalid : rvalid) !== 1'b0;
      if (address || data) compare("a response to half a request", there, 0);
      if (waits) compare("a response until it is taken", there, 1);
      compare("a response of the other direction", now.write ? rvalid : bvalid, 0);
      if (there) compare_response();
      if (there && !waits) compare_cycles("cycles until the response", cycles, 1);
      done = there && (bready || rready);
      waits = there;
      if (awvalid && awready || arvalid && arready) address = 0;
      if (wvalid && wready) data = 0;
      if (!address && !data) cycles++;
      next_cycle();
      offer(address, data);
    end
    take(0);
    refused = 1'bx;
  endtask

  task automatic transaction;
    bit done;
    now = stimulus[line];
    want = expected[line];
    done = 0;
    raised = now.raised;
    if (raised != 0) next_cycle();
    raised = '0;
    if (cycles_left > 0) access(line, done);
    if (done) line++;
  endtask

  // What the first access has left shows what reset gives the words that it has not changed.
  task automatic compare_reset_values;
    logic [WORDS*32-1:0] values, changed;
    now = stimulus[0];
    want = expected[0];
    values = want.stored;
    changed = now.raised;
    for (int w = 0; w < WORDS; w++)
      if (changed[w*32+:32] != 0 || (want.written && now.address / 4 == w))
        compare_known("stored after a reset", ^stored[w*32+:32]);
      else compare("stored after a reset", stored[w*32+:32], values[w*32+:32]);
  endtask

  task automatic store(input int word, input logic [31:0] value);
    logic [WORDS*32-1:0] values;
    bit done;
    values = stored;
    values[word*32+:32] = value;
    now = stimulus[line];
    now.write = 1;
    now.address = ADDRESS_BITS'(4 * word);
    now.wdata = value;
    now.wstrb = 4'hf;
    now.refused = 0;
    want.response = 0;
    want.written = 1;
    want.stored = values;
    cycles_left = TIMEOUT;
    access(0, done);
    if (!done) $fatal(1, "line %0d: no answer after a reset", line + 1);
  endtask

  // Words of which hardware raises bits are set so, others are written.
  task automatic prepare;
    logic [WORDS*32-1:0] values;
    @(negedge clk) compare_reset_values();
    expect_silence();
    next_cycle();
    if (line > 0) begin
      want = expected[line-1];
      values = want.stored;
      raised = values & raisable;
      next_cycle();
      raised = '0;
      for (int w = 0; w < WORDS; w++)
        if (stored[w*32+:32] !== values[w*32+:32]) store(w, values[w*32+:32]);
      compare("stored anew", stored, values);
    end
  endtask
endmodule
