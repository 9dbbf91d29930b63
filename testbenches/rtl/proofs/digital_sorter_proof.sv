// SPDX-License-Identifier: Apache-2.0
// What the pins of digital sorters promise (docs/pins/sorter.md), whatever rows come and whenever
// they are read. Besides what is kept, in its order, the rank of any one element is counted: so many
// are larger, or as large and came first; it is a winner if they are fewer than k.
module digital_sorter_proof #(
    parameter int CROSSBARS = 2,
    parameter int SUB_K = 2,
    parameter int CODE_BITS = 2,
    parameter int TOKEN_BITS = 2,
    localparam int WINNERS = CROSSBARS * SUB_K,
    localparam int IN_BITS = $clog2(SUB_K + 1),
    localparam int OUT_BITS = $clog2(WINNERS + 1)
) (
    input logic                            clk,
    input logic                            rst,
    input logic                            in_valid,
    input logic                            in_first,
    input logic                            in_last,
    input logic [CROSSBARS-1:0]            in_enabled,
    input logic [CROSSBARS*TOKEN_BITS-1:0] in_token,
    input logic [CROSSBARS*CODE_BITS-1:0]  in_code,
    input logic [CROSSBARS*IN_BITS-1:0]    k,
    input logic                            out_ready,
    input logic                            watch,  // the next element of that code is the one
    input logic [CODE_BITS-1:0]            watched
);
  logic                          in_ready, out_valid;
  logic [OUT_BITS-1:0]           out_count;
  logic [WINNERS*TOKEN_BITS-1:0] out_token;
  logic [WINNERS*CODE_BITS-1:0]  out_code;
  digital_sorter #(
      .CROSSBARS(CROSSBARS),
      .SUB_K(SUB_K),
      .CODE_BITS(CODE_BITS),
      .TOKEN_BITS(TOKEN_BITS)
  ) dut (.*);

  // What each sorter keeps, and what it keeps with the element on offer: behind all that are as
  // large, where there is room.
  logic [CROSSBARS*IN_BITS-1:0]  kept, next_kept;
  logic [WINNERS*TOKEN_BITS-1:0] token, next_token;
  logic [WINNERS*CODE_BITS-1:0]  code, next_code;
  logic                          later;  // places behind the element's
  always_comb begin
    next_kept = in_first ? '0 : kept;
    next_token = token;
    next_code = code;
    later = 1'b0;
    for (int c = 0; c < CROSSBARS; c++) begin
      later = 1'b0;
      for (int p = 0; p < SUB_K; p++) begin
        if (in_enabled[c]) begin
          if (later) begin
            next_token[(c*SUB_K+p)*TOKEN_BITS+:TOKEN_BITS] =
                token[(c*SUB_K+(p>0?p-1:0))*TOKEN_BITS+:TOKEN_BITS];
            next_code[(c*SUB_K+p)*CODE_BITS+:CODE_BITS] =
                code[(c*SUB_K+(p>0?p-1:0))*CODE_BITS+:CODE_BITS];
          end else if (in_first || 32'(kept[c*IN_BITS+:IN_BITS]) <= p ||
                       $signed(code[(c*SUB_K+p)*CODE_BITS+:CODE_BITS]) <
                       $signed(in_code[c*CODE_BITS+:CODE_BITS])) begin
            next_token[(c*SUB_K+p)*TOKEN_BITS+:TOKEN_BITS] = in_token[c*TOKEN_BITS+:TOKEN_BITS];
            next_code[(c*SUB_K+p)*CODE_BITS+:CODE_BITS] = in_code[c*CODE_BITS+:CODE_BITS];
            later = 1'b1;
          end
        end
      end
      if (in_enabled[c] && next_kept[c*IN_BITS+:IN_BITS] < k[c*IN_BITS+:IN_BITS])
        next_kept[c*IN_BITS+:IN_BITS] = next_kept[c*IN_BITS+:IN_BITS] + 1'b1;
    end
  end

  // All that is kept, sorter after sorter; and where the last one's begins.
  logic [OUT_BITS-1:0]           total, offset;
  logic [WINNERS*TOKEN_BITS-1:0] tokens;
  logic [WINNERS*CODE_BITS-1:0]  codes;
  always_comb begin
    total = '0;
    offset = '0;
    tokens = '0;
    codes = '0;
    for (int c = 0; c < CROSSBARS; c++) begin
      offset = total;
      for (int p = 0; p < SUB_K; p++) begin
        if (32'(kept[c*IN_BITS+:IN_BITS]) > p) begin
          for (int place = 0; place < WINNERS; place++) begin
            if (32'(total) == place) begin
              tokens[place*TOKEN_BITS+:TOKEN_BITS] = token[(c*SUB_K+p)*TOKEN_BITS+:TOKEN_BITS];
              codes[place*CODE_BITS+:CODE_BITS] = code[(c*SUB_K+p)*CODE_BITS+:CODE_BITS];
            end
          end
          total = total + 1'b1;
        end
      end
    end
  end

  // The one element, of the last sorter: how many rank before it, counted to SUB_K.
  localparam int LAST = CROSSBARS - 1;
  logic [CODE_BITS-1:0]  element;
  logic [TOKEN_BITS-1:0] its_token;
  logic [IN_BITS-1:0]    rank, rank_before, its_k;
  logic                  seen, seen_before, ranks_before;
  assign element = in_code[LAST*CODE_BITS+:CODE_BITS];
  assign seen_before = !in_first && seen;
  assign rank_before = in_first ? '0 : rank;
  assign ranks_before = in_enabled[LAST] && ($signed(element) > $signed(watched) ||
                                             (element == watched && !seen_before));

  logic begun = 1'b0;                 // the first reset has been
  logic between, waits, joins, full;  // two rows; an element waits; a row is joined; it is there
  logic take;
  logic [OUT_BITS-1:0]           want_count, want_offset;
  logic [WINNERS*TOKEN_BITS-1:0] want_token;
  logic [WINNERS*CODE_BITS-1:0]  want_code;
  logic                          want_seen;
  logic [IN_BITS-1:0]            want_rank, want_k;
  logic [TOKEN_BITS-1:0]         want_its_token;
  assign take = in_valid && in_ready;
  always_ff @(posedge clk) begin
    begun <= begun || rst;
    between <= rst || (take ? in_last : between);
    waits <= !rst && in_valid && !in_ready;
    if (take) begin
      kept <= next_kept;
      token <= next_token;
      code <= next_code;
      seen <= seen_before;
      rank <= rank_before;
      its_k <= k[LAST*IN_BITS+:IN_BITS];
      if (watch && !seen_before && in_enabled[LAST] && element == watched) begin
        seen <= 1'b1;
        its_token <= in_token[LAST*TOKEN_BITS+:TOKEN_BITS];
      end else if (ranks_before && 32'(rank_before) < SUB_K) begin
        rank <= rank_before + 1'b1;
      end
    end
  end

  if (CROSSBARS == 1) begin : one
    assign joins = 1'b0;
    always_ff @(posedge clk) full <= !rst && ((take && in_last) || (full && !out_ready));
    always_comb begin
      {want_count, want_offset, want_token, want_code} = {total, offset, tokens, codes};
      {want_seen, want_rank, want_k, want_its_token} = {seen, rank, its_k, its_token};
    end
  end else begin : several
    always_ff @(posedge clk) begin
      joins <= !rst && take && in_last;
      full <= !rst && (joins || (full && !out_ready));
      if (joins) begin
        {want_count, want_offset, want_token, want_code} <= {total, offset, tokens, codes};
        {want_seen, want_rank, want_k, want_its_token} <= {seen, rank, its_k, its_token};
      end
    end
  end

  logic placed;  // the one element has the place of its rank
  always_comb begin
    placed = 1'b0;
    for (int place = 0; place < WINNERS; place++)
      if (32'(want_offset) + 32'(want_rank) == place)
        placed = out_code[place*CODE_BITS+:CODE_BITS] == watched &&
                 out_token[place*TOKEN_BITS+:TOKEN_BITS] == want_its_token;
  end

  always_ff @(posedge clk) begin
    assume (begun || rst);
    assume (!begun || $stable(watched));
    if (begun && !rst && (waits || !between)) assume ($stable(k));
    for (int c = 0; c < CROSSBARS; c++)
      assume (k[c*IN_BITS+:IN_BITS] != '0 && 32'(k[c*IN_BITS+:IN_BITS]) <= SUB_K);
    if (waits)
      assume (in_valid && $stable({in_first, in_last, in_enabled, in_token, in_code}));
    if (in_valid) assume (in_first == between);
    if (begun && !rst) begin
      takes_when_it_can: assert (in_ready == ((!full || out_ready) && !joins));
      latency: assert (out_valid == full);
      if (full) begin
        counts: assert (out_count == want_count);
        tokens_in_order: assert (out_token == want_token);
        codes_in_order: assert (out_code == want_code);
        rank_is_the_place:
        assert (!want_seen || want_rank >= want_k || placed);
      end
    end
  end
endmodule
