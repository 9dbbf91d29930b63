// SPDX-License-Identifier: Apache-2.0
// A ramp with handshakes of its own, for tests of them. variant.txt says, in this order:
//
//   start_cycles     that it rests behind a conversion before it takes a start
//   step_cycles      that pass between two steps
//   registered       1: start_ready and step_valid come from registers, and the first step is on
//                    offer in the cycle behind that of the start
//   wrong            1: a code in the middle of the ramp has no step; 2: it has two
module delayed_ramp #(
    parameter int CODE_BITS = 5
) (
    input  logic                 clk,
    input  logic                 rst,
    input  logic                 start,
    output logic                 start_ready,
    output logic                 step_valid,
    input  logic                 step_ready,
    output logic                 step_first,
    output logic                 step_last,
    output logic [CODE_BITS-1:0] step_code,
    input  logic                 stop
);
  localparam logic [CODE_BITS-1:0] LOWEST = CODE_BITS'(1) << (CODE_BITS - 1);
  localparam logic [CODE_BITS-1:0] HIGHEST = ~LOWEST;
  localparam logic [CODE_BITS-1:0] ODD_ONE = HIGHEST >> 1;

  logic [7:0] start_cycles, step_cycles, registered, wrong;
  variant #(
      .NUMBERS(4)
  ) chosen (
      .numbers({wrong, registered, step_cycles, start_cycles})
  );

  logic running, repeated, begins;
  logic [7:0] rests, waits;
  // Its ready is 1 only where a start is there, unless it is registered.
  assign start_ready = !running && rests == 0 && (start || registered != 0);
  assign begins = start && start_ready;
  assign step_valid = (running && waits == 0) || (begins && registered == 0);
  assign step_first = step_valid && step_code == HIGHEST;
  assign step_last = step_valid && step_code == LOWEST;

  logic taken, ends, again;
  assign taken = step_valid && step_ready;
  assign ends = taken && (stop || step_last);
  assign again = wrong == 2 && step_code == ODD_ONE && !repeated;

  always_ff @(posedge clk) begin
    if (rst) begin
      running <= 1'b0;
      repeated <= 1'b0;
      rests <= '0;
      waits <= '0;
      step_code <= HIGHEST;
    end else begin
      running <= (running || begins) && !ends;
      rests <= ends ? start_cycles : rests - 8'(rests != 0);
      waits <= taken && !ends ? step_cycles : waits - 8'(waits != 0);
      if (taken) begin
        repeated <= again;
        if (ends) step_code <= HIGHEST;
        else if (wrong == 1 && step_code == ODD_ONE + 1'b1) step_code <= ODD_ONE - 1'b1;
        else if (!again) step_code <= step_code - 1'b1;
      end
    end
  end
endmodule
