  // The exponent half: a winner per cycle is looked up by its distance from the row's largest code, and added. Two
  // cycles later than the last of them the row is complete.
  logic [15:0]                  exponent_table[0:(1<<CODE_BITS)-1];
  logic                         has_row, looked_up_valid, move;
  logic [CODE_BITS-1:0]         largest;
  logic [WINNERS*CODE_BITS-1:0] codes;  // the next one lowest
  logic [OUT_BITS-1:0]          looked_up, added;
  logic [15:0]                  exponent;
  logic [CODE_BITS-1:0]         distance;
  assign distance = largest - codes[CODE_BITS-1:0];
  assign in_ready = !has_row || move;
  always_ff @(posedge clk) begin
    if (table_write) exponent_table[table_address] <= table_data;
    exponent <= exponent_table[distance];
    if (rst) begin
      has_row <= 1'b0;
      looked_up_valid <= 1'b0;
      exponents_valid <= 1'b0;
    end else begin
      looked_up_valid <= has_row && looked_up != exponents_count;
      if (in_ready) begin
        has_row <= in_valid;
        exponents_valid <= 1'b0;
      end else if (looked_up_valid) begin
        exponents_valid <= added + 1'b1 == exponents_count;
      end
    end
    if (in_valid && in_ready) begin
      largest <= in_max;
      codes <= in_code;
      looked_up <= '0;
      added <= '0;
      exponents_count <= in_count;
      exponents_token <= in_token;
      exponents <= '0;
      exponents_sum <= '0;
    end else begin
      if (has_row && looked_up != exponents_count) begin
        codes <= codes >> CODE_BITS;
        looked_up <= looked_up + 1'b1;
      end
      if (looked_up_valid) begin
        exponents[int'(added)*16+:16] <= exponent;
        exponents_sum <= exponents_sum + SUM_BITS'(exponent);
        added <= added + 1'b1;
      end
    end
  end

  // The divider half: PROB_BITS + 1 cycles later than it was taken the first winner's probability is there, rounded to
  // the nearest, then one in each cycle.
  localparam int DIVIDEND_BITS = SUM_BITS + 1 + PROB_BITS;
  logic                     divides, divider_ready;
  logic [WINNERS*16-1:0]    dividends;  // the next one lowest
  logic [SUM_BITS-1:0]      divisor;
  logic [OUT_BITS-1:0]      divided;
  logic [$clog2(PROB_BITS + 2)-1:0] wait_for;  // cycles until the first
  logic [DIVIDEND_BITS-1:0] dividend, quotient;
  assign divider_ready = !divides || (out_valid && out_ready);
  assign move = exponents_valid && exponents_ready && divider_ready;
  always_comb begin
    dividend = (DIVIDEND_BITS'(dividends[15:0]) << (PROB_BITS + 1)) -
               (DIVIDEND_BITS'(dividends[15:0]) << 1) + DIVIDEND_BITS'(divisor);
    quotient = divisor == '0 ? '0 : dividend / (DIVIDEND_BITS'(divisor) << 1);
  end
  always_ff @(posedge clk) begin
    if (rst) begin
      divides <= 1'b0;
      out_valid <= 1'b0;
    end else if (divider_ready) begin
      divides <= move;
      out_valid <= 1'b0;
    end else if (wait_for == '0) begin
      out_valid <= out_valid || divided + 1'b1 == out_count;
    end
    if (move) begin
      dividends <= exponents;
      divisor <= exponents_sum;
      divided <= '0;
      wait_for <= ($clog2(PROB_BITS + 2))'(PROB_BITS);
      out_count <= exponents_count;
      out_token <= exponents_token;
      out_prob <= '0;
    end else if (divides && wait_for != '0) begin
      wait_for <= wait_for - 1'b1;
    end else if (divides && divided != out_count) begin
      dividends <= dividends >> 16;
      divided <= divided + 1'b1;
      out_prob[int'(divided)*PROB_BITS+:PROB_BITS] <= quotient[PROB_BITS-1:0];
    end
  end

  logic unused;
  assign unused = |quotient[DIVIDEND_BITS-1:PROB_BITS];  // a probability is below 1
