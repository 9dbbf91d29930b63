// SPDX-License-Identifier: Apache-2.0
// Digital top-k of a head: a sorter for all columns, or one per crossbar, which work side by side
// and whose winners are joined in crossbar order.
//
//   in_*           an element of a row: of each sorter a column's token and code, and whether it
//                  takes part; in_first and in_last mark the row's first and last element
//   k              how many each sorter keeps of the row that comes in, at most SUB_K; constant from
//                  its first element to its last
//   out_*          the row's winners, sorter after sorter, by falling code, of equal codes the one
//                  that came first; fields beyond out_count are 0
//
// An element is compared with all places at once, and those with a smaller code move down: one is
// taken per cycle. Latency: the winners are valid in the cycle behind the last element's, with
// several sorters one cycle later. The first element of a row may be taken in the cycle in which
// the row before leaves.
module digital_sorter #(
    parameter int CROSSBARS = 4,
    parameter int SUB_K = 8,
    parameter int CODE_BITS = 5,
    parameter int TOKEN_BITS = 12,
    localparam int WINNERS = CROSSBARS * SUB_K,
    localparam int IN_BITS = $clog2(SUB_K + 1),
    localparam int OUT_BITS = $clog2(WINNERS + 1)
) (
    input  logic                            clk,
    input  logic                            rst,

    input  logic                            in_valid,
    output logic                            in_ready,
    input  logic                            in_first,
    input  logic                            in_last,
    input  logic [CROSSBARS-1:0]            in_enabled,
    input  logic [CROSSBARS*TOKEN_BITS-1:0] in_token,
    input  logic [CROSSBARS*CODE_BITS-1:0]  in_code,
    input  logic [CROSSBARS*IN_BITS-1:0]    k,

    output logic                            out_valid,
    input  logic                            out_ready,
    output logic [OUT_BITS-1:0]             out_count,
    output logic [WINNERS*TOKEN_BITS-1:0]   out_token,
    output logic [WINNERS*CODE_BITS-1:0]    out_code
);
  // Of filled places, which are the first ones. As a process of each sorter Icarus Verilog 11 would
  // evaluate it without end.
  function automatic logic [IN_BITS-1:0] number(input logic [SUB_K-1:0] filled);
    number = '0;
    for (int p = 0; p < SUB_K; p++) if (filled[p]) number = IN_BITS'(p + 1);
  endfunction

  logic take, complete, leave;  // `complete`: the places hold a whole row, which is to leave
  assign take = in_valid && in_ready;
  always_ff @(posedge clk) begin
    if (rst) complete <= 1'b0;
    else if (take || leave) complete <= take && in_last;
  end

  logic [CROSSBARS*IN_BITS-1:0]  count;
  logic [WINNERS*TOKEN_BITS-1:0] token;
  logic [WINNERS*CODE_BITS-1:0]  code;
  for (genvar c = 0; c < CROSSBARS; c++) begin : sorter
    localparam int FIRST = c * SUB_K;
    // A place with a code as large stays where it is. Such places are the first ones, since codes
    // fall; the element goes to the next one, and what was there and below moves down.
    logic [SUB_K-1:0] filled, stays, occupied;
    logic [CODE_BITS-1:0] element;
    assign element = in_code[c*CODE_BITS+:CODE_BITS];
    assign occupied = in_first ? '0 : filled;
    for (genvar p = 0; p < SUB_K; p++) begin : place
      localparam int FIELD = FIRST + p;
      localparam int ABOVE = p == 0 ? FIELD : FIELD - 1;
      logic [TOKEN_BITS-1:0] own_token;
      logic [CODE_BITS-1:0]  own_code;
      logic                  enters, used;
      assign stays[p] = occupied[p] && $signed(own_code) >= $signed(element);
      if (p == 0) begin : top
        assign enters = !stays[p];
        assign used = 1'b1;
      end else begin : below
        assign enters = stays[p-1] && !stays[p];
        assign used = stays[p-1] || occupied[p-1];
      end
      always_ff @(posedge clk) begin
        if (take && in_first) filled[p] <= p == 0 && in_enabled[c];
        else if (take && in_enabled[c])
          filled[p] <= used && k[c*IN_BITS+:IN_BITS] > IN_BITS'(p);
        if (take && in_enabled[c] && !stays[p]) begin
          own_token <= enters ? in_token[c*TOKEN_BITS+:TOKEN_BITS]
                              : token[ABOVE*TOKEN_BITS+:TOKEN_BITS];
          own_code <= enters ? element : code[ABOVE*CODE_BITS+:CODE_BITS];
        end
      end
      assign token[FIELD*TOKEN_BITS+:TOKEN_BITS] = filled[p] ? own_token : '0;
      assign code[FIELD*CODE_BITS+:CODE_BITS] = filled[p] ? own_code : '0;
    end

    assign count[c*IN_BITS+:IN_BITS] = number(filled);
  end

  if (CROSSBARS == 1) begin : single
    assign out_valid = complete;
    assign leave = out_ready;
    assign in_ready = !complete || out_ready;
    assign out_count = count;
    assign out_token = token;
    assign out_code = code;
  end else begin : several
    logic                 join_ready, unused;
    logic [CODE_BITS-1:0] largest;
    assign unused = |largest;  // of a union that leads to a softmax unit in one RTL
    topk_union #(
        .CROSSBARS(CROSSBARS),
        .SUB_K(SUB_K),
        .COLUMN_BITS(TOKEN_BITS),
        .CODE_BITS(CODE_BITS),
        .TOKEN_BITS(TOKEN_BITS)
    ) unite (
        .clk,
        .rst,
        .in_valid(complete),
        .in_ready(join_ready),
        .in_count(count),
        .in_column(token),
        .in_code(code),
        .first_column({(CROSSBARS * TOKEN_BITS) {1'b0}}),
        .column_stride(TOKEN_BITS'(1)),
        .out_valid,
        .out_ready,
        .out_count,
        .out_token,
        .out_code,
        .out_max(largest)
    );
    assign leave = join_ready;
    assign in_ready = !complete && join_ready;
  end

`ifdef TOPKIMA_ASSERT
  // In processes: Verilator 5.006 cannot sample vectors this wide for a property.
  logic between, in_waits, out_waits;  // two rows; an element or a result waits
  logic [$bits({in_first, in_last, in_enabled, in_token, in_code})-1:0] in_before;
  logic [$bits({out_count, out_token, out_code})-1:0] out_before;
  always_ff @(posedge clk) begin
    if (rst) between <= 1'b1;
    else if (take) between <= in_last;
    in_waits <= !rst && in_valid && !in_ready;
    in_before <= {in_first, in_last, in_enabled, in_token, in_code};
    out_waits <= !rst && out_valid && !out_ready;
    out_before <= {out_count, out_token, out_code};
    if (!rst && in_waits)
      assert (in_valid && {in_first, in_last, in_enabled, in_token, in_code} == in_before)
      else $error("an element changed or went before it was taken");
    if (!rst && out_waits)
      assert (out_valid && {out_count, out_token, out_code} == out_before)
      else $error("the winners changed or went before they were taken");
    if (!rst && in_valid)
      assert (in_first == between)
      else $error("in_first does not mark the first element of a row");
  end

  for (genvar c = 0; c < CROSSBARS; c++) begin : sorter_check
    always_ff @(posedge clk) begin
      if (!rst && in_valid && in_enabled[c])
        assert (k[c*IN_BITS+:IN_BITS] != '0 && int'(k[c*IN_BITS+:IN_BITS]) <= SUB_K)
        else $error("sorter %0d is to keep none, or more than SUB_K", c);
    end
  end
`endif
endmodule
