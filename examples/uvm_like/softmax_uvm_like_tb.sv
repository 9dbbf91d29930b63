// SPDX-License-Identifier: Apache-2.0
// softmax_unit, its pins and the environment; +vectors=DIRECTORY.
module softmax_uvm_like_tb;
  import softmax_vectors_pkg::*;
  import softmax_agent_pkg::*;

  softmax_if pins ();

  // Through a virtual interface Verilator 5.006 sees nothing but what processes assign: what a clocking
  // block would do is done here, once in each cycle.
  localparam int OUT_BITS = $clog2(WINNERS + 1);
  logic                          rst, in_valid, table_write, exponents_ready, out_ready;
  logic                          in_ready, exponents_valid, out_valid;
  logic [OUT_BITS-1:0]           in_count, exponents_count, out_count;
  logic [CODE_BITS-1:0]          in_max, table_address;
  logic [WINNERS*TOKEN_BITS-1:0] in_token, exponents_token, out_token;
  logic [WINNERS*CODE_BITS-1:0]  in_code;
  logic [15:0]                   table_data;
  logic [WINNERS*16-1:0]         exponents;
  logic [15+$clog2(WINNERS):0]   exponents_sum;
  logic [WINNERS*PROB_BITS-1:0]  out_prob;
  always @(negedge pins.clk) begin
    rst = pins.rst;
    in_valid = pins.in_valid;
    in_count = pins.in_count;
    in_max = pins.in_max;
    in_token = pins.in_token;
    in_code = pins.in_code;
    table_write = pins.table_write;
    table_address = pins.table_address;
    table_data = pins.table_data;
    exponents_ready = pins.exponents_ready;
    out_ready = pins.out_ready;
    #1;  // outputs have followed
    pins.in_ready = in_ready;
    pins.exponents_valid = exponents_valid;
    pins.exponents_count = exponents_count;
    pins.exponents_token = exponents_token;
    pins.exponents = exponents;
    pins.exponents_sum = exponents_sum;
    pins.out_valid = out_valid;
    pins.out_count = out_count;
    pins.out_token = out_token;
    pins.out_prob = out_prob;
  end

  softmax_unit #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) dut (
      .clk(pins.clk),
      .*
  );

  initial begin
    repeat (1000 * STIMULUS_LINES) @(posedge pins.clk);
    $fatal(1, "no end");
  end

  string directory;
  softmax_env env;
  initial begin
    if (!$value$plusargs("vectors=%s", directory)) $fatal(1, "+vectors=DIRECTORY is missing");
    env = new(pins, directory);
    env.run_phase();
    env.report_phase();
    $finish;
  end
endmodule
