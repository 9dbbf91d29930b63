// SPDX-License-Identifier: Apache-2.0
// What the pins of a shift-and-add promise (docs/pins/shift_add.md), whatever rows come and whenever
// they are read.
module shift_add_proof #(
    parameter int ARRAYS = 2,
    parameter int SLICES = 2,
    parameter int D_K = 3,
    parameter int CODE_BITS = 2,
    parameter int LANES = 2,
    localparam int VALUE_BITS = CODE_BITS + SLICES + $clog2(ARRAYS)
) (
    input logic                                   clk,
    input logic                                   rst,
    input logic                                   in_valid,
    input logic [ARRAYS*SLICES*D_K*CODE_BITS-1:0] in_code,
    input logic                                   out_ready
);
  localparam int CYCLES = (D_K + LANES - 1) / LANES;

  logic                      in_ready, out_valid;
  logic [D_K*VALUE_BITS-1:0] out_value;
  shift_add #(
      .ARRAYS(ARRAYS),
      .SLICES(SLICES),
      .D_K(D_K),
      .CODE_BITS(CODE_BITS),
      .LANES(LANES)
  ) dut (.*);

  // The row that is in it: its codes, and in which of its cycles it is, CYCLES when it is complete.
  logic begun = 1'b0;  // the first reset has been
  logic occupied, waits, leaves;
  logic [$clog2(CYCLES+1)-1:0] age;
  logic [ARRAYS*SLICES*D_K*CODE_BITS-1:0] codes;
  assign leaves = occupied && 32'(age) == CYCLES && out_ready;
  always_ff @(posedge clk) begin
    begun <= begun || rst;
    waits <= !rst && in_valid && !in_ready;
    occupied <= !rst && ((in_valid && in_ready) || (occupied && !leaves));
    if (in_valid && in_ready) begin
      codes <= in_code;
      age <= 1'b1;
    end else if (32'(age) != CYCLES) begin
      age <= age + 1'b1;
    end
  end

  // Of each slice as often as it weighs, one array after the other.
  logic [D_K*VALUE_BITS-1:0] want;
  logic [CODE_BITS-1:0]      code;
  always_comb begin
    want = '0;
    code = '0;
    for (int e = 0; e < D_K; e++) begin
      for (int a = 0; a < ARRAYS; a++) begin
        for (int s = 0; s < SLICES; s++) begin
          code = codes[((a*SLICES+s)*D_K+e)*CODE_BITS+:CODE_BITS];
          for (int times = 0; times < (1 << s); times++)
            want[e*VALUE_BITS+:VALUE_BITS] = want[e*VALUE_BITS+:VALUE_BITS] +
                {{(VALUE_BITS - CODE_BITS) {code[CODE_BITS-1]}}, code};
        end
      end
    end
  end

  always_ff @(posedge clk) begin
    assume (begun || rst);
    if (waits) assume (in_valid && $stable(in_code));
    if (occupied && !leaves) assume (!in_valid && in_code == codes);
    if (begun && !rst) begin
      takes_when_it_can: assert (in_ready == (!occupied || leaves));
      latency: assert (out_valid == (occupied && 32'(age) == CYCLES));
      if (occupied && 32'(age) == CYCLES) begin
        sums: assert (out_value == want);
      end
    end
  end
endmodule
