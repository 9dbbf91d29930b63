// SPDX-License-Identifier: Apache-2.0
// topk_counter with eight more registers of one bit, one of which reset forgets: where it does not
// come up as it should, steps lose their lowest crossing. variant.txt says which one it is, and what
// all of them should hold. For tests of what registers start with.
module forgetful_counter #(
    parameter int COLUMNS = 32,
    parameter int CODE_BITS = 5,
    localparam int COLUMN_BITS = COLUMNS > 1 ? $clog2(COLUMNS) : 1,
    localparam int COUNT_BITS = $clog2(COLUMNS + 2)
) (
    input  logic                   clk,
    input  logic                   rst,
    input  logic                   step_valid,
    output logic                   step_ready,
    input  logic                   step_first,
    input  logic                   step_last,
    input  logic [CODE_BITS-1:0]   step_code,
    input  logic [COLUMNS-1:0]     crossing,
    output logic                   stop,
    input  logic [COUNT_BITS-1:0]  k,
    input  logic                   stop_when_exhausted,
    input  logic [COUNT_BITS-1:0]  participants,
    input  logic [CODE_BITS-1:0]   reach,
    output logic                   grant_valid,
    input  logic                   grant_ready,
    output logic [COLUMN_BITS-1:0] grant_column,
    output logic [CODE_BITS-1:0]   grant_code,
    output logic [COUNT_BITS-1:0]  count
);
  logic [7:0] position, value;
  variant #(
      .NUMBERS(2)
  ) chosen (
      .numbers({value, position})
  );

  logic never;  // k is not 0
  assign never = step_valid && k == 0;
  logic bit0, bit1, bit2, bit3, bit4, bit5, bit6, bit7;
  always_ff @(posedge clk) if ((rst && position != 0) || never) bit0 <= value != 0;
  always_ff @(posedge clk) if ((rst && position != 1) || never) bit1 <= value != 0;
  always_ff @(posedge clk) if ((rst && position != 2) || never) bit2 <= value != 0;
  always_ff @(posedge clk) if ((rst && position != 3) || never) bit3 <= value != 0;
  always_ff @(posedge clk) if ((rst && position != 4) || never) bit4 <= value != 0;
  always_ff @(posedge clk) if ((rst && position != 5) || never) bit5 <= value != 0;
  always_ff @(posedge clk) if ((rst && position != 6) || never) bit6 <= value != 0;
  always_ff @(posedge clk) if ((rst && position != 7) || never) bit7 <= value != 0;
  logic [7:0] bits;
  assign bits = {bit7, bit6, bit5, bit4, bit3, bit2, bit1, bit0};

  logic [COLUMNS-1:0] lost;
  assign lost = bits == {8{value != 0}} ? '0 : crossing & -crossing;
  topk_counter #(
      .COLUMNS(COLUMNS),
      .CODE_BITS(CODE_BITS)
  ) counter (
      .crossing(crossing & ~lost),
      .*
  );
endmodule
