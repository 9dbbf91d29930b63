  // The sums of the codes of all arrays and slices, each slice twice as heavy as the one before it.
  logic [D_K*VALUE_BITS-1:0] value;
  always_comb begin
    value = '0;
    for (int a = 0; a < ARRAYS; a++)
      for (int s = 0; s < SLICES; s++)
        for (int e = 0; e < D_K; e++)
          value[e*VALUE_BITS+:VALUE_BITS] = value[e*VALUE_BITS+:VALUE_BITS] +
              (VALUE_BITS'($signed(in_code[((a*SLICES+s)*D_K+e)*CODE_BITS+:CODE_BITS])) << s);
  end

  // LANES elements in each cycle, from that on in which the row is taken. The codes stay where they are.
  localparam int CYCLES = (D_K + LANES - 1) / LANES;
  logic [$clog2(CYCLES + 1)-1:0] cycle;  // of the row that is being added
  logic                          adds, last;
  assign in_ready = cycle == '0 && (!out_valid || out_ready);
  assign adds = cycle != '0 || (in_valid && in_ready);
  assign last = int'(cycle) == CYCLES - 1;
  always_ff @(posedge clk)
    if (rst) begin
      cycle <= '0;
      out_valid <= 1'b0;
    end else begin
      if (adds) cycle <= last ? '0 : cycle + 1'b1;
      out_valid <= (adds && last) || (out_valid && !out_ready);
    end

  always_ff @(posedge clk)
    for (int e = 0; e < D_K; e++)
      if (adds && e / LANES == int'(cycle))
        out_value[e*VALUE_BITS+:VALUE_BITS] <= value[e*VALUE_BITS+:VALUE_BITS];
