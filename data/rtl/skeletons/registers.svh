  localparam logic [1:0] RW = 2'd0, RO = 2'd1, WO = 2'd2, W1C = 2'd3;
  localparam logic [1:0] OKAY = 2'd0, SLVERR = 2'd2, DECERR = 2'd3;
  // Access and reset value of each word, made by topkima-soc --print-register-rtl:
  localparam logic [21*34-1:0] MAP = {
      {RW, 32'h00000000},  // KV_ROW_BYTES
      {RW, 32'hffffffff},  // AVAILABLE
      {RW, 32'h00000000},  // SEQUENCE_STRIDE
      {WO, 32'h00000000},  // DOORBELL
      {RO, 32'h00000000},  // CYCLES[1]
      {RO, 32'h00000000},  // CYCLES[0]
      {RO, 32'h00000000},  // COMPLETED
      {RW, 32'h00000000},  // V_SOURCE
      {RW, 32'h00000000},  // K_SOURCE
      {RW, 32'h00000000},  // Q_SOURCE
      {RW, 32'h00000000},  // ROW_BYTES
      {RW, 32'h00000000},  // QUERY_ROWS
      {RW, 32'h00000000},  // TOKENS
      {RW, 32'h00000001},  // BANKS
      {RW, 32'h00000001},  // SEQUENCES
      {RW, 32'h00000002},  // SCHEDULE
      {W1C, 32'h00000000},  // IRQ_STATUS
      {RW, 32'h00000000},  // IRQ_ENABLE
      {RO, 32'h00000000},  // STATUS
      {WO, 32'h00000000},  // CONTROL
      {RO, 32'h544b4631}   // ID
  };

  function automatic logic there(input logic [ADDRESS_BITS-1:0] address);
    return 32'(address) < 4 * WORDS;
  endfunction
  function automatic logic [1:0] kind(input logic [ADDRESS_BITS-1:0] address);
    return there(address) ? MAP[int'(address[ADDRESS_BITS-1:2])*34+32+:2] : RO;
  endfunction

  // A write is taken when its address and its data are both there, and its response is free.
  logic take;
  assign take = awvalid && wvalid && !bvalid;
  assign awready = take;
  assign wready = take;
  assign written = take && !rst && there(awaddr) && kind(awaddr) != RO && wstrb == '1 && awaddr[1:0] == '0;
  assign written_address = awaddr;
  assign written_data = wdata;
  always_ff @(posedge clk) begin
    if (rst || (bvalid && bready)) bvalid <= 1'b0;
    if (take && !rst) begin
      bvalid <= 1'b1;
      bresp <= awaddr[1:0] != '0 ? SLVERR : wstrb == '0 ? OKAY : !there(awaddr) ? DECERR :
               !written || (kind(awaddr) == WO && refused) ? SLVERR : OKAY;
    end
  end

  always_ff @(posedge clk) begin
    for (int word = 0; word < WORDS; word++)
      if (MAP[word*34+32+:2] == W1C) stored[word*32+:32] <= stored[word*32+:32] | raised[word*32+:32];
    if (written && kind(awaddr) == RW) stored[int'(awaddr[ADDRESS_BITS-1:2])*32+:32] <= wdata;
    if (written && kind(awaddr) == W1C)
      stored[int'(awaddr[ADDRESS_BITS-1:2])*32+:32] <=
          (stored[int'(awaddr[ADDRESS_BITS-1:2])*32+:32] & ~wdata) | raised[int'(awaddr[ADDRESS_BITS-1:2])*32+:32];
    if (rst)
      for (int word = 0; word < WORDS; word++)
        stored[word*32+:32] <= MAP[word*34+32+:2] == RO ? '0 : MAP[word*34+:32];
  end

  // A read is taken when its response is free.
  assign arready = !rvalid;
  always_ff @(posedge clk) begin
    if (rst || (rvalid && rready)) rvalid <= 1'b0;
    if (arvalid && arready && !rst) begin
      rvalid <= 1'b1;
      rresp <= OKAY;
      rdata <= '0;
      if (araddr[1:0] != '0) rresp <= SLVERR;
      else if (!there(araddr)) rresp <= DECERR;
      else if (kind(araddr) == WO) rresp <= SLVERR;
      else if (kind(araddr) == RO) rdata <= hardware[int'(araddr[ADDRESS_BITS-1:2])*32+:32];
      else rdata <= stored[int'(araddr[ADDRESS_BITS-1:2])*32+:32];
    end
  end
