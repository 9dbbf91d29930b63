// SPDX-License-Identifier: Apache-2.0
// A queue of rows for tests of handshakes, in front of a block or behind one.
//
//   depth    rows that it holds, at most 2; 0: none, both sides are one
//   mode     when a row is taken: 0 where there is room, or comes to be in this cycle
//            (combinational from out_ready); 1 where there was room (a register); 2 only in cycles
//            behind one in which it was offered (a register); 3 only where it is offered
//            (combinational from in_valid)
//   cycles   that a row waits at the head before it is on offer
//   wrong    1: every third row is dropped; 2: every third row is given twice
module row_queue #(
    parameter int WIDTH = 8
) (
    input  logic [7:0]       depth,
    input  logic [7:0]       mode,
    input  logic [7:0]       cycles,
    input  logic [7:0]       wrong,
    input  logic             clk,
    input  logic             rst,
    input  logic             in_valid,
    output logic             in_ready,
    input  logic [WIDTH-1:0] in,
    output logic             out_valid,
    input  logic             out_ready,
    output logic [WIDTH-1:0] out
);
  logic [WIDTH-1:0] head, second;
  logic [7:0] held, age, taken, left, kept, now_held;
  logic was_offered, had_room, again, enter, leave, frees, offers, takes;
  assign out = depth == 0 ? in : head;
  assign out_valid = depth == 0 ? in_valid : offers;
  assign in_ready = depth == 0 ? out_ready : takes;

  assign offers = held != 0 && age == cycles;
  assign leave = offers && out_ready;
  assign again = wrong == 2 && left % 3 == 2;
  assign frees = leave && !again;
  always_comb begin
    case (mode)
      0: takes = held < depth || frees;
      1: takes = had_room;
      2: takes = held < depth && was_offered;
      default: takes = in_valid && held < depth;
    endcase
  end
  assign enter = in_valid && takes && !(wrong == 1 && taken % 3 == 2);
  assign kept = held - 8'(frees);
  assign now_held = kept + 8'(enter);

  always_ff @(posedge clk) begin
    if (rst) begin
      held <= '0;
      age <= '0;
      taken <= '0;
      left <= '0;
      was_offered <= 1'b0;
      had_room <= 1'b1;
    end else if (depth != 0) begin
      held <= now_held;
      had_room <= now_held < depth;
      was_offered <= in_valid && !takes;
      age <= leave || held == 0 ? 8'd0 : age == cycles ? age : age + 8'd1;
      taken <= taken + 8'(in_valid && takes);
      left <= left + 8'(leave);
    end
  end
  always_ff @(posedge clk) begin
    if (enter && kept == 0) head <= in;
    else if (frees) head <= second;
    if (enter && kept == 1) second <= in;
  end
endmodule
