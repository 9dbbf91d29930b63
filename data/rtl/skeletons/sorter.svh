  // The winners that each sorter has: an element goes behind those whose codes are as large, and smaller ones move
  // down. The row is complete behind its last element.
  logic                          complete, leave;
  logic [CROSSBARS*IN_BITS-1:0]  kept, next_kept;
  logic [WINNERS*TOKEN_BITS-1:0] token, next_token;
  logic [WINNERS*CODE_BITS-1:0]  code, next_code;
  int                            place;
  always_comb begin
    next_kept = in_first ? '0 : kept;
    next_token = token;
    next_code = code;
    place = 0;
    for (int c = 0; c < CROSSBARS; c++)
      if (in_enabled[c]) begin
        place = 0;
        for (int p = 0; p < SUB_K; p++)
          if (next_kept[c*IN_BITS+:IN_BITS] > IN_BITS'(p) &&
              $signed(code[(c*SUB_K+p)*CODE_BITS+:CODE_BITS]) >= $signed(in_code[c*CODE_BITS+:CODE_BITS]))
            place = p + 1;
        for (int p = SUB_K - 1; p >= 0; p--)
          if (p == place) begin
            next_token[(c*SUB_K+p)*TOKEN_BITS+:TOKEN_BITS] = in_token[c*TOKEN_BITS+:TOKEN_BITS];
            next_code[(c*SUB_K+p)*CODE_BITS+:CODE_BITS] = in_code[c*CODE_BITS+:CODE_BITS];
          end else if (p > place) begin
            next_token[(c*SUB_K+p)*TOKEN_BITS+:TOKEN_BITS] = token[(c*SUB_K+p-1)*TOKEN_BITS+:TOKEN_BITS];
            next_code[(c*SUB_K+p)*CODE_BITS+:CODE_BITS] = code[(c*SUB_K+p-1)*CODE_BITS+:CODE_BITS];
          end
        if (next_kept[c*IN_BITS+:IN_BITS] < k[c*IN_BITS+:IN_BITS])
          next_kept[c*IN_BITS+:IN_BITS] = next_kept[c*IN_BITS+:IN_BITS] + 1'b1;
      end
  end

  always_ff @(posedge clk) begin
    if (rst) complete <= 1'b0;
    else if (leave || (in_valid && in_ready)) complete <= in_valid && in_ready && in_last;
    if (in_valid && in_ready) begin
      kept <= next_kept;
      token <= next_token;
      code <= next_code;
    end
  end

  // All of them, in the order of the sorters, packed to the left.
  logic [OUT_BITS-1:0]           count;
  logic [WINNERS*TOKEN_BITS-1:0] all_tokens;
  logic [WINNERS*CODE_BITS-1:0]  all_codes;
  always_comb begin
    count = '0;
    all_tokens = '0;
    all_codes = '0;
    for (int c = 0; c < CROSSBARS; c++)
      for (int p = 0; p < SUB_K; p++)
        if (kept[c*IN_BITS+:IN_BITS] > IN_BITS'(p)) begin
          all_tokens[int'(count)*TOKEN_BITS+:TOKEN_BITS] = token[(c*SUB_K+p)*TOKEN_BITS+:TOKEN_BITS];
          all_codes[int'(count)*CODE_BITS+:CODE_BITS] = code[(c*SUB_K+p)*CODE_BITS+:CODE_BITS];
          count = count + 1'b1;
        end
  end

  // One sorter's places are its result; those of several are joined in a cycle of their own.
  if (CROSSBARS == 1) begin : one
    always_comb begin
      leave = out_ready;
      in_ready = !complete || out_ready;
      out_valid = complete;
      {out_count, out_token, out_code} = {count, all_tokens, all_codes};
    end
  end else begin : several
    always_comb begin
      leave = !out_valid || out_ready;
      in_ready = leave && !complete;
    end
    always_ff @(posedge clk) begin
      if (rst) out_valid <= 1'b0;
      else if (leave) out_valid <= complete;
      if (complete && leave) {out_count, out_token, out_code} <= {count, all_tokens, all_codes};
    end
  end
