// SPDX-License-Identifier: Apache-2.0
// A counter whose arbiter is a tree in one vector that feeds itself, as public arbiters have it: node n has the
// children 2n + 1 and 2n + 2, the leaves are the requests. The pins are those of topk_counter.
module tree_arbiter #(
    parameter int COLUMNS = 16,
    parameter int CODE_BITS = 4,
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
  localparam int LEAVES = 1 << COLUMN_BITS;

  logic                  resumed;
  logic [COLUMNS-1:0]    pending, requests, rest;
  logic [COUNT_BITS-1:0] granted, before_step;
  assign requests = resumed ? pending : crossing;

  logic [2*LEAVES-2:0]                  any;
  logic [2*LEAVES-2:0][COLUMN_BITS-1:0] lowest;
  for (genvar leaf = 0; leaf < LEAVES; leaf++) begin : leaves
    if (leaf < COLUMNS) begin : used
      assign any[LEAVES-1+leaf] = requests[leaf];
    end else begin : unused
      assign any[LEAVES-1+leaf] = 1'b0;
    end
    assign lowest[LEAVES-1+leaf] = COLUMN_BITS'(leaf);
  end
  for (genvar node = 0; node < LEAVES - 1; node++) begin : nodes
    assign any[node] = any[2*node+1] | any[2*node+2];
    assign lowest[node] = any[2*node+1] ? lowest[2*node+1] : lowest[2*node+2];
  end

  logic last, out_of_reach;
  logic [CODE_BITS-1:0] first_code;
  always_comb begin
    rest = requests;
    rest[lowest[0]] = 1'b0;
  end
  assign before_step = step_valid && step_first && !resumed ? '0 : granted;
  assign grant_valid = step_valid && any[0];
  assign grant_column = grant_valid ? lowest[0] : '0;
  assign grant_code = grant_valid ? step_code : '0;
  assign count = before_step + COUNT_BITS'(grant_valid);
  assign last = count == k || (stop_when_exhausted && count == participants);
  assign out_of_reach = reach != '0 && before_step != '0 && step_code == first_code - reach;
  assign step_ready = step_valid && (!grant_valid || (grant_ready && (last || rest == '0)));
  assign stop = step_ready && ((grant_valid && last) || out_of_reach);

  always_ff @(posedge clk) begin
    if (rst) begin
      resumed <= 1'b0;
      granted <= '0;
    end else if (step_valid && (grant_ready || !grant_valid)) begin
      resumed <= !step_ready;
      granted <= count;
      pending <= rest;
      if (before_step == '0) first_code <= step_code;
    end
  end
  logic unused_pin;
  assign unused_pin = step_last;
endmodule
