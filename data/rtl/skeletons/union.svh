  // Winners in the order of the crossbars, packed to the left; and the largest code, which each crossbar granted first.
  logic [WINNERS*TOKEN_BITS-1:0] token;
  logic [WINNERS*CODE_BITS-1:0]  code;
  logic [CODE_BITS-1:0]          largest;
  logic [OUT_BITS-1:0]           place;
  always_comb begin
    token = '0;
    code = '0;
    largest = '0;
    place = '0;
    for (int c = 0; c < CROSSBARS; c++)
      for (int w = 0; w < SUB_K; w++)
        if (in_count[c*IN_BITS+:IN_BITS] > IN_BITS'(w)) begin
          token[int'(place)*TOKEN_BITS+:TOKEN_BITS] =
              first_column[c*TOKEN_BITS+:TOKEN_BITS] +
              column_stride * TOKEN_BITS'(in_column[(c*SUB_K+w)*COLUMN_BITS+:COLUMN_BITS]);
          code[int'(place)*CODE_BITS+:CODE_BITS] = in_code[(c*SUB_K+w)*CODE_BITS+:CODE_BITS];
          if (place == '0 ||
              $signed(in_code[(c*SUB_K+w)*CODE_BITS+:CODE_BITS]) > $signed(largest))
            largest = in_code[(c*SUB_K+w)*CODE_BITS+:CODE_BITS];
          place = place + 1'b1;
        end
  end

  // A row may be taken in the cycle in which the one before it leaves.
  assign in_ready = !out_valid || out_ready;
  always_ff @(posedge clk) begin
    if (rst) out_valid <= 1'b0;
    else if (in_ready) out_valid <= in_valid;
  end

  always_ff @(posedge clk)
    if (in_valid && in_ready) begin
      out_count <= place;
      out_token <= token;
      out_code <= code;
      out_max <= largest;
    end
