  // The columns that are to be granted: in a step's first cycle those whose comparators fire, in the others what is
  // left of them.
  logic               resumed;
  logic [COLUMNS-1:0] pending, requests, rest;
  always_comb begin
    requests = resumed ? pending : crossing;
    rest = requests & (requests - 1'b1);
  end

  // The lowest of them is granted.
  always_comb begin
    grant_valid = step_valid && requests != '0;
    grant_code = grant_valid ? step_code : '0;
    grant_column = '0;
    for (int column = COLUMNS - 1; column >= 0; column--)
      if (grant_valid && requests[column]) grant_column = COLUMN_BITS'(column);
  end

  // The k-th grant of a conversion ends it, or that to the last participant; and the step that is `reach` below the
  // first one with a crossing.
  logic [COUNT_BITS-1:0] granted, so_far;
  logic [CODE_BITS-1:0]  first_code;
  logic                  is_last, out_of_reach;
  always_comb begin
    so_far = step_valid && step_first && !resumed ? '0 : granted;
    count = so_far + COUNT_BITS'(grant_valid);
    is_last = count == k || (stop_when_exhausted && count == participants);
    out_of_reach = reach != '0 && so_far != '0 && step_code == first_code - reach;
    step_ready = step_valid && (!grant_valid || (grant_ready && (is_last || rest == '0)));
    stop = step_ready && ((grant_valid && is_last) || out_of_reach);
  end

  always_ff @(posedge clk) begin
    if (rst) begin
      resumed <= 1'b0;
      granted <= '0;
      pending <= '0;
      first_code <= '0;
    end else if (step_valid && (grant_ready || !grant_valid)) begin
      resumed <= !step_ready;
      granted <= count;
      pending <= rest;
      if (so_far == '0) first_code <= step_code;
    end
  end

  logic unused;
  assign unused = step_last;  // the ramp knows where it ends
