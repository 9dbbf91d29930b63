  // The command, as it comes and as it is kept.
  localparam int SHIFT = $clog2(BUS_BYTES);
  localparam int PAGE = 4096 / BUS_BYTES;
  localparam int MOST = PAGE < 256 ? PAGE : 256;
  logic                      active, fresh, leaves;
  logic [2:0]                to, to_kept;
  logic [3*ADDRESS_BITS-1:0] from, from_kept;
  logic [3*ROW_BITS-1:0]     many, many_kept;
  logic [3*BYTE_BITS-1:0]    bytes, bytes_kept;
  logic [PLACE_BITS-1:0]     ring, ring_kept;
  assign fresh = start && start_ready;
  assign {to, from, many, bytes, ring} =
      fresh ? {destinations, source, rows, row_bytes, places} : {to_kept, from_kept, many_kept, bytes_kept, ring_kept};
  always_ff @(posedge clk)
    if (fresh) {to_kept, from_kept, many_kept, bytes_kept, ring_kept} <= {destinations, source, rows, row_bytes, places};

  // Who of `whom` wants a row, whether two take the same rows, and, of `wants`, whose sources are read.
  function automatic logic [2:0] wanted(input logic [2:0] whom, input logic [3*ROW_BITS-1:0] each,
                                        input logic [ROW_BITS-1:0] row);
    for (int d = 0; d < 3; d++) wanted[d] = whom[d] && row < each[d*ROW_BITS+:ROW_BITS];
  endfunction
  function automatic logic alike(input int d, input int e, input logic [3*ADDRESS_BITS-1:0] at,
                                 input logic [3*BYTE_BITS-1:0] long);
    alike = at[d*ADDRESS_BITS+:ADDRESS_BITS] == at[e*ADDRESS_BITS+:ADDRESS_BITS] &&
        long[d*BYTE_BITS+:BYTE_BITS] == long[e*BYTE_BITS+:BYTE_BITS];
  endfunction
  function automatic logic [2:0] sources(input logic [2:0] wants, input logic [3*ADDRESS_BITS-1:0] at,
                                         input logic [3*BYTE_BITS-1:0] long);
    sources = wants;
    for (int d = 1; d < 3; d++)
      for (int e = 0; e < d; e++) if (wants[e] && alike(d, e, at, long)) sources[d] = 1'b0;
  endfunction
  function automatic logic [1:0] lowest(input logic [1:0] some);  // of three, one of which is set
    lowest = some[0] ? 2'd0 : some[1] ? 2'd1 : 2'd2;
  endfunction
  function automatic logic [PLACE_BITS-1:0] behind(input logic [PLACE_BITS-1:0] place);
    behind = place + 1'b1 == ring_kept ? '0 : place + 1'b1;
  endfunction

  // Bursts: `asked` of the row's sources are done, and `beat` of the next one's beats.
  logic [ROW_BITS-1:0]     row, row_kept;
  logic [2:0]              asked, asked_kept, still;
  logic [31:0]             beat, beat_kept, burst, to_page;
  logic [PLACE_BITS-1:0]   held, held_kept;
  logic [BYTE_BITS-1:0]    ask_bytes;
  logic                    begun, takes_burst, ends_row;
  assign {row, asked, beat, held} = fresh ? '0 : {row_kept, asked_kept, beat_kept, held_kept};
  assign still = sources(wanted(to, many, row), from, bytes) & ~asked;
  assign ask_bytes = bytes[int'(lowest(still[1:0]))*BYTE_BITS+:BYTE_BITS];
  assign begun = asked != '0 || beat != '0;
  assign arvalid = (active || fresh) && !rst && still != '0 && (begun || held < ring || leaves);
  assign araddr = from[int'(lowest(still[1:0]))*ADDRESS_BITS+:ADDRESS_BITS] +
      ADDRESS_BITS'(row) * ADDRESS_BITS'(ask_bytes) + ADDRESS_BITS'(beat << SHIFT);
  assign to_page = PAGE - (32'(araddr[11:0]) >> SHIFT);
  always_comb begin
    burst = (32'(ask_bytes) >> SHIFT) - beat;
    if (burst > to_page) burst = to_page;
    if (burst > MOST) burst = MOST;
  end
  assign arlen = 8'(burst - 1);
  assign arsize = 3'(SHIFT);
  assign arburst = 2'd1;
  assign aruser = beat + burst != 32'(ask_bytes) >> SHIFT;
  assign takes_burst = arvalid && arready;
  assign ends_row = takes_burst && !aruser && still == 3'd1 << lowest(still[1:0]);
  always_ff @(posedge clk) begin
    row_kept <= row + ROW_BITS'(ends_row);
    asked_kept <= ends_row ? '0 : takes_burst && !aruser ? asked | 3'd1 << lowest(still[1:0]) : asked;
    beat_kept <= !takes_burst ? beat : aruser ? beat + burst : '0;
    held_kept <= held + PLACE_BITS'(takes_burst && !begun) - (fresh ? '0 : PLACE_BITS'(gone));
  end

  // Beats: place p of the ring holds what comes from source d from beat (3 p + d) ROW_BEATS on.
  logic [ROW_BITS-1:0]   come_row;
  logic [2:0]            come, coming;
  logic [31:0]           come_beat;
  logic [PLACE_BITS-1:0] come_place;
  logic [BYTE_BITS-1:0]  come_bytes;
  logic                  ends_read, comes;
  assign coming = sources(wanted(to_kept, many_kept, come_row), from_kept, bytes_kept) & ~come;
  assign come_bytes = bytes_kept[int'(lowest(coming[1:0]))*BYTE_BITS+:BYTE_BITS];
  assign rready = active;
  assign buffer_write = rvalid && rready;
  assign buffer_address = BUFFER_BITS'((32'(come_place) * 3 + 32'(lowest(coming[1:0]))) * ROW_BEATS + come_beat);
  assign buffer_data = rdata;
  assign ends_read = buffer_write && come_beat + 1 == 32'(come_bytes) >> SHIFT;
  assign comes = ends_read && coming == 3'd1 << lowest(coming[1:0]);
  always_ff @(posedge clk)
    if (fresh) {come_row, come, come_beat, come_place} <= '0;
    else if (buffer_write) begin
      come_beat <= ends_read ? '0 : come_beat + 1;
      if (ends_read) come <= comes ? '0 : come | 3'd1 << lowest(coming[1:0]);
      if (comes) come_row <= come_row + 1'b1;
      if (comes) come_place <= behind(come_place);
    end
  logic unused;
  assign unused = rlast;

  // Rows: each goes when the last of those who want it takes it. Who has it is offered the next one in
  // that cycle.
  logic [ROW_BITS-1:0]   out_row;
  logic [2:0]            wants, next, taken;
  logic [1:0]            gone;
  logic [PLACE_BITS-1:0] out_place, complete;
  logic                  last;
  assign wants = wanted(to_kept, many_kept, out_row);
  assign next = wanted(to_kept, many_kept, out_row + 1'b1);
  always_comb begin
    logic goes_on;
    row_valid = '0;
    gone = '0;
    goes_on = complete != '0;
    for (int step = 0; step < 6; step++) begin
      if (step < 3 ? wants[step%3] && !taken[step%3] : next[step%3] && taken[step%3]) begin
        row_valid[step%3] = goes_on;
        goes_on = goes_on && row_ready[step%3];
      end else if (step >= 3 && next[step%3]) goes_on = 1'b0;
      if (step % 3 == 2) begin
        gone = gone + 2'(goes_on);
        goes_on = goes_on && complete > 1;
      end
    end
  end
  assign leaves = gone != '0;
  always_comb
    for (int d = 0; d < 3; d++) begin
      logic [31:0] source_of;
      source_of = d;
      for (int e = 2; e >= 0; e--)
        if (e < d && (taken[d] ? next[e] : wants[e]) && alike(d, e, from_kept, bytes_kept)) source_of = e;
      row_address[d*BUFFER_BITS+:BUFFER_BITS] =
          BUFFER_BITS'((32'(taken[d] ? behind(out_place) : out_place) * 3 + source_of) * ROW_BEATS);
    end
  assign last = leaves && wanted(to_kept, many_kept, out_row + ROW_BITS'(gone)) == '0;
  assign start_ready = !active || last;
  always_ff @(posedge clk) begin
    if (fresh) {out_row, out_place, taken, complete} <= '0;
    else begin
      taken <= gone == 2 ? '0 : leaves ? taken & row_valid & row_ready : taken | (row_valid & row_ready);
      complete <= complete + PLACE_BITS'(comes) - PLACE_BITS'(gone);
      out_row <= out_row + ROW_BITS'(gone);
      if (leaves) out_place <= gone == 2 ? behind(behind(out_place)) : behind(out_place);
    end
    active <= fresh ? wanted(destinations, rows, '0) != '0 : active && !last;
    if (rst) {active, complete} <= '0;
  end
