  // A column keeps the code of the step in which its comparator fires; behind the last step all are read.
  always_comb step_ready = !out_valid || out_ready;
  always_ff @(posedge clk) begin
    if (rst) out_valid <= 1'b0;
    else if (step_ready) out_valid <= step_valid && step_last;
    if (step_valid && step_ready) begin
      out_latched <= step_first ? crossing : out_latched | crossing;
      for (int column = 0; column < COLUMNS; column++)
        if (crossing[column]) out_code[column*CODE_BITS+:CODE_BITS] <= step_code;
    end
  end
