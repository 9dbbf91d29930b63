// SPDX-License-Identifier: Apache-2.0
// Shift-and-add of a head's AV arrays: each element of a row is the sum over arrays a and column
// slices s of 2^s times the code that its column has latched. LANES adders take that many elements
// in a cycle, the lowest first.
//
//   in_*     a row: the code of array a, slice s, element e is field (a * SLICES + s) * D_K + e;
//            they stay in the columns' latches until the row leaves
//   out_*    the row's values, in steps of the arrays' ramp
//
// Latency D_K / LANES, rounded up: group g of a row taken in cycle c is added in c + g, and the row
// is valid in the cycle behind the last group. A row may be taken in the cycle in which the one
// before it leaves.
module shift_add #(
    parameter int ARRAYS = 2,
    parameter int SLICES = 4,
    parameter int D_K = 64,
    parameter int CODE_BITS = 5,
    parameter int LANES = 32,
    localparam int VALUE_BITS = CODE_BITS + SLICES + $clog2(ARRAYS)
) (
    input  logic                                   clk,
    input  logic                                   rst,

    input  logic                                   in_valid,
    output logic                                   in_ready,
    input  logic [ARRAYS*SLICES*D_K*CODE_BITS-1:0] in_code,

    output logic                                   out_valid,
    input  logic                                   out_ready,
    output logic [D_K*VALUE_BITS-1:0]              out_value
);
  localparam int COLUMNS = ARRAYS * SLICES;  // that make an element
  localparam int GROUPS = (D_K + LANES - 1) / LANES;
  localparam int GROUP_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;

  logic [GROUP_BITS-1:0] group;
  logic                  adds, last;
  assign in_ready = group == '0 && (!out_valid || out_ready);
  assign adds = group != '0 || (in_valid && in_ready);
  assign last = group == GROUP_BITS'(GROUPS - 1);

  always_ff @(posedge clk) begin
    if (rst) begin
      group <= '0;
      out_valid <= 1'b0;
    end else begin
      if (adds) group <= last ? '0 : group + 1'b1;
      if (adds && last) out_valid <= 1'b1;
      else if (out_ready) out_valid <= 1'b0;
    end
  end

  for (genvar l = 0; l < LANES && l < D_K; l++) begin : lane
    // The codes of this lane's element in each group, 0 where the last group lacks one.
    logic [GROUPS*COLUMNS*CODE_BITS-1:0] codes;
    for (genvar g = 0; g < GROUPS; g++) begin : in_group
      for (genvar c = 0; c < COLUMNS; c++) begin : column
        if (g * LANES + l < D_K) begin : element
          assign codes[(g*COLUMNS+c)*CODE_BITS+:CODE_BITS] =
              in_code[(c*D_K+g*LANES+l)*CODE_BITS+:CODE_BITS];
        end else begin : none
          assign codes[(g*COLUMNS+c)*CODE_BITS+:CODE_BITS] = '0;
        end
      end
    end

    logic [COLUMNS*CODE_BITS-1:0] chosen;
    logic [CODE_BITS-1:0]         code;
    logic [VALUE_BITS-1:0]        value;
    always_comb begin
      chosen = codes[32'(group)*COLUMNS*CODE_BITS+:COLUMNS*CODE_BITS];
      value = '0;
      for (int c = 0; c < COLUMNS; c++) begin
        code = chosen[c*CODE_BITS+:CODE_BITS];
        value = value +
                ({{(VALUE_BITS - CODE_BITS) {code[CODE_BITS-1]}}, code} << (c % SLICES));
      end
    end

    for (genvar g = 0; g < GROUPS; g++) begin : result
      if (g * LANES + l < D_K) begin : element
        always_ff @(posedge clk) begin
          if (adds && group == GROUP_BITS'(g))
            out_value[(g*LANES+l)*VALUE_BITS+:VALUE_BITS] <= value;
        end
      end
    end
  end

`ifdef TOPKIMA_ASSERT
  // In processes: Verilator 5.006 cannot sample vectors this wide for a property.
  logic in_waits, out_waits, held;
  logic [$bits(in_code)-1:0] in_before;
  logic [$bits(out_value)-1:0] out_before;
  always_ff @(posedge clk) begin
    in_waits <= !rst && in_valid && !in_ready;
    held <= !rst && (adds || (out_valid && !out_ready));
    in_before <= in_code;
    out_waits <= !rst && out_valid && !out_ready;
    out_before <= out_value;
    if (!rst && in_waits)
      assert (in_valid) else $error("a row went before it was taken");
    if (!rst && held && !(out_valid && out_ready))
      assert (in_code == in_before) else $error("codes changed before their row left");
    if (!rst && out_waits)
      assert (out_valid && out_value == out_before)
      else $error("the values changed or went before they were taken");
  end
`endif
endmodule
