  localparam logic [CODE_BITS-1:0] LOWEST = CODE_BITS'(1) << (CODE_BITS - 1);
  localparam logic [CODE_BITS-1:0] HIGHEST = ~LOWEST;

  // The first step is on offer in the cycle of `start`; idle begins behind the last.
  logic idle;
  always_comb begin
    start_ready = idle;
    step_valid = start || !idle;
    step_first = step_valid && step_code == HIGHEST;
    step_last = step_valid && step_code == LOWEST;
  end

  always_ff @(posedge clk) begin
    if (rst) begin
      idle <= 1'b1;
      step_code <= HIGHEST;
    end else if (step_valid) begin
      idle <= step_ready && (stop || step_last);
      if (step_ready) step_code <= stop || step_last ? HIGHEST : step_code - 1'b1;
    end
  end
