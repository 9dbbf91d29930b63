// SPDX-License-Identifier: Apache-2.0
// A manager that drives the SoC as RTL sees it: an AXI4-Lite port for registers, an AXI4 port for
// token memory and the interrupt. It runs a list of commands, one after the other:
//
//   WRITE  word b to address            BURST_WRITE  beats of the image from a on to address
//   READ   word at address, to the log  BURST_READ   beats from address, to the read image from a on
//   POLL   until (word & a) == b        WAIT         until the interrupt is up
//   END
//
// It stops at END with `done`, and with `failed` at a response that is not OKAY, at a wrong ID or
// RLAST, and where a command has not ended after TIMEOUT cycles; `at` is the command's number.
//
// +recording=DIRECTORY: where commands.hex and image.hex lie, and log.hex and read.hex go.

module axi_host #(
    parameter int COMMANDS = 1 << 16,
    parameter int BEATS    = 1 << 17,  // of each image
    parameter int WORDS    = 1 << 12,  // of the log
    parameter int TIMEOUT  = 1 << 24
) (
    input  logic        clk,
    input  logic        rst,
    input  logic        irq,
    output logic        done,
    output logic        failed,
    output logic [31:0] at,

    output logic [39:0] lite_awaddr,
    output logic        lite_awvalid,
    input  logic        lite_awready,
    output logic [31:0] lite_wdata,
    output logic [3:0]  lite_wstrb,
    output logic        lite_wvalid,
    input  logic        lite_wready,
    input  logic [1:0]  lite_bresp,
    input  logic        lite_bvalid,
    output logic        lite_bready,
    output logic [39:0] lite_araddr,
    output logic        lite_arvalid,
    input  logic        lite_arready,
    input  logic [31:0] lite_rdata,
    input  logic [1:0]  lite_rresp,
    input  logic        lite_rvalid,
    output logic        lite_rready,

    output logic [3:0]  data_awid,
    output logic [39:0] data_awaddr,
    output logic [7:0]  data_awlen,
    output logic [2:0]  data_awsize,
    output logic [1:0]  data_awburst,
    output logic        data_awvalid,
    input  logic        data_awready,
    output logic [63:0] data_wdata,
    output logic [7:0]  data_wstrb,
    output logic        data_wlast,
    output logic        data_wvalid,
    input  logic        data_wready,
    input  logic [3:0]  data_bid,
    input  logic [1:0]  data_bresp,
    input  logic        data_bvalid,
    output logic        data_bready,
    output logic [3:0]  data_arid,
    output logic [39:0] data_araddr,
    output logic [7:0]  data_arlen,
    output logic [2:0]  data_arsize,
    output logic [1:0]  data_arburst,
    output logic        data_arvalid,
    input  logic        data_arready,
    input  logic [3:0]  data_rid,
    input  logic [63:0] data_rdata,
    input  logic [1:0]  data_rresp,
    input  logic        data_rlast,
    input  logic        data_rvalid,
    output logic        data_rready
);

  localparam logic [1:0] OKAY = 2'b00;
  localparam logic [1:0] INCR = 2'b01;
  localparam logic [2:0] EIGHT_BYTES = 3'd3;

  localparam logic [7:0] END = 0, WRITE = 1, READ = 2, POLL = 3, BURST_WRITE = 4, BURST_READ = 5,
      WAIT = 6;

  // One line of commands.hex.
  typedef struct packed {
    logic [7:0] op;
    logic [7:0] len;          // beats - 1
    logic [7:0] first, last;  // strobes of the first and the last beat
    logic [63:0] address;
    logic [31:0] a, b;
  } command_t;

  typedef enum logic [2:0] {
    FETCH, DECODE, LITE_WRITE, LITE_READ, DATA_WRITE, DATA_READ, STOPPED
  } state_t;

  logic [159:0] commands[COMMANDS];
  logic [63:0]  image[BEATS];
  logic [63:0]  read_image[BEATS];
  logic [31:0]  log[WORDS];

  state_t      state;
  command_t    command;
  logic [31:0] next, logged, high_water, time_left;
  logic [7:0]  beat;
  logic [7:0]  strobes;
  logic [63:0] mask;
  logic [31:0] place;  // of the beat, in either image

  assign place   = command.a + 32'(beat);
  assign strobes = (beat == 0 ? command.first : 8'hff) & (beat == command.len ? command.last : 8'hff);
  always_comb for (int i = 0; i < 8; i++) mask[8*i+:8] = {8{strobes[i]}};

  assign lite_awaddr  = command.address[39:0];
  assign lite_wdata   = command.b;
  assign lite_wstrb   = 4'hf;
  assign lite_bready  = state == LITE_WRITE;
  assign lite_araddr  = command.address[39:0];
  assign lite_rready  = state == LITE_READ;

  assign data_awid    = at[3:0];
  assign data_awaddr  = command.address[39:0];
  assign data_awlen   = command.len;
  assign data_awsize  = EIGHT_BYTES;
  assign data_awburst = INCR;
  assign data_wdata   = image[place[$clog2(BEATS)-1:0]];
  assign data_wstrb   = strobes;
  assign data_wlast   = beat == command.len;
  assign data_bready  = state == DATA_WRITE;
  assign data_arid    = at[3:0];
  assign data_araddr  = command.address[39:0];
  assign data_arlen   = command.len;
  assign data_arsize  = EIGHT_BYTES;
  assign data_arburst = INCR;
  assign data_rready  = state == DATA_READ;

  always_ff @(posedge clk) begin
    if (rst) begin
      state        <= FETCH;
      next         <= 0;
      at           <= 0;
      logged       <= 0;
      high_water   <= 0;
      done         <= 0;
      failed       <= 0;
      lite_awvalid <= 0;
      lite_wvalid  <= 0;
      lite_arvalid <= 0;
      data_awvalid <= 0;
      data_wvalid  <= 0;
      data_arvalid <= 0;
    end else begin
      if (lite_awready) lite_awvalid <= 0;
      if (lite_wready) lite_wvalid <= 0;
      if (lite_arready) lite_arvalid <= 0;
      if (data_awready) data_awvalid <= 0;
      if (data_arready) data_arvalid <= 0;
      time_left <= time_left - 1;

      case (state)
        FETCH: begin
          command   <= commands[next[$clog2(COMMANDS)-1:0]];
          at        <= next;
          next      <= next + 1;
          beat      <= 0;
          time_left <= TIMEOUT;
          state     <= DECODE;
        end

        DECODE:
        case (command.op)
          WRITE: begin
            lite_awvalid <= 1;
            lite_wvalid  <= 1;
            state        <= LITE_WRITE;
          end
          READ, POLL: begin
            lite_arvalid <= 1;
            state        <= LITE_READ;
          end
          BURST_WRITE: begin
            data_awvalid <= 1;
            data_wvalid  <= 1;
            state        <= DATA_WRITE;
          end
          BURST_READ: begin
            data_arvalid <= 1;
            state        <= DATA_READ;
          end
          WAIT: if (irq) state <= FETCH;
          END: begin
            done  <= 1;
            state <= STOPPED;
          end
          default: begin
            failed <= 1;
            state  <= STOPPED;
          end
        endcase

        LITE_WRITE:
        if (lite_bvalid) begin
          failed <= lite_bresp != OKAY;
          state  <= lite_bresp != OKAY ? STOPPED : FETCH;
        end

        LITE_READ:
        if (lite_rvalid) begin
          if (lite_rresp != OKAY) begin
            failed <= 1;
            state  <= STOPPED;
          end else if (command.op == READ) begin
            log[logged[$clog2(WORDS)-1:0]] <= lite_rdata;
            logged <= logged + 1;
            state  <= FETCH;
          end else begin
            state <= (lite_rdata & command.a) == command.b ? FETCH : DECODE;
          end
        end

        DATA_WRITE: begin
          if (data_wvalid && data_wready) begin
            beat <= beat + 1;
            if (data_wlast) data_wvalid <= 0;
          end
          if (data_bvalid) begin
            failed <= data_bresp != OKAY || data_bid != data_awid;
            state  <= data_bresp != OKAY || data_bid != data_awid ? STOPPED : FETCH;
          end
        end

        DATA_READ:
        if (data_rvalid) begin
          read_image[place[$clog2(BEATS)-1:0]] <= data_rdata & mask;
          if (place >= high_water) high_water <= place + 1;
          beat <= beat + 1;
          if (data_rresp != OKAY || data_rid != data_arid || data_rlast != (beat == command.len)) begin
            failed <= 1;
            state  <= STOPPED;
          end else if (data_rlast) begin
            state <= FETCH;
          end
        end

        default: ;
      endcase

      if (time_left == 0 && state != FETCH && state != STOPPED) begin
        failed <= 1;
        state  <= STOPPED;
      end
    end
  end

`ifndef SYNTHESIS
  string directory = ".";
  initial begin
    void'($value$plusargs("recording=%s", directory));
    $readmemh({directory, "/commands.hex"}, commands);
    $readmemh({directory, "/image.hex"}, image);
  end
  final begin
    if (logged != 0) $writememh({directory, "/log.hex"}, log, 0, logged - 1);
    if (high_water != 0) $writememh({directory, "/read.hex"}, read_image, 0, high_water - 1);
  end
`endif

endmodule
