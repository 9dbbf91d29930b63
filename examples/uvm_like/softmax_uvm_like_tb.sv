// SPDX-License-Identifier: Apache-2.0
// softmax_unit, its pins and the environment; +vectors=DIRECTORY.
module softmax_uvm_like_tb;
  import softmax_vectors_pkg::*;
  import softmax_agent_pkg::*;

  logic clk = 0;
  always #5 clk = !clk;

  softmax_if pins (.clk);

  softmax_unit #(
      .WINNERS(WINNERS),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS),
      .PROB_BITS(PROB_BITS)
  ) dut (
      .clk,
      .rst(pins.rst),
      .in_valid(pins.in_valid),
      .in_ready(pins.in_ready),
      .in_count(pins.in_count),
      .in_max(pins.in_max),
      .in_token(pins.in_token),
      .in_code(pins.in_code),
      .table_write(pins.table_write),
      .table_address(pins.table_address),
      .table_data(pins.table_data),
      .exponents_valid(pins.exponents_valid),
      .exponents_ready(pins.exponents_ready),
      .exponents_count(pins.exponents_count),
      .exponents_token(pins.exponents_token),
      .exponents(pins.exponents),
      .exponents_sum(pins.exponents_sum),
      .out_valid(pins.out_valid),
      .out_ready(pins.out_ready),
      .out_count(pins.out_count),
      .out_token(pins.out_token),
      .out_prob(pins.out_prob)
  );

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
