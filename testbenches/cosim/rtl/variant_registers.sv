// SPDX-License-Identifier: Apache-2.0
// The controller's registers with times of their own, or that break the contract. Numbers in
// variant.txt: cycles for which each part of a request waits to be taken; cycles for which a
// response is late; and what is wrong: 1 a response is withdrawn, 2 writes are not answered, 3 reads
// show writes, 4 a write is shown twice, 5 it is shown for another word, 6 there are responses to
// nothing. For tests of handshakes.
module variant_registers #(
    parameter int ADDRESS_BITS = 12,
    localparam int WORDS = 21
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic [ADDRESS_BITS-1:0] awaddr,
    input  logic                    awvalid,
    output logic                    awready,
    input  logic [31:0]             wdata,
    input  logic [3:0]              wstrb,
    input  logic                    wvalid,
    output logic                    wready,
    output logic [1:0]              bresp,
    output logic                    bvalid,
    input  logic                    bready,
    input  logic [ADDRESS_BITS-1:0] araddr,
    input  logic                    arvalid,
    output logic                    arready,
    output logic [31:0]             rdata,
    output logic [1:0]              rresp,
    output logic                    rvalid,
    input  logic                    rready,
    input  logic [WORDS*32-1:0]     hardware,
    input  logic [WORDS*32-1:0]     raised,
    input  logic                    refused,
    output logic [WORDS*32-1:0]     stored,
    output logic                    written,
    output logic [ADDRESS_BITS-1:0] written_address,
    output logic [31:0]             written_data
);
  logic [7:0] rest, late, wrong;
  variant #(
      .NUMBERS(3)
  ) chosen (
      .numbers({wrong, late, rest})
  );

  logic aw_ready, w_ready, ar_ready, b_valid, r_valid, shown;
  logic [ADDRESS_BITS-1:0] shown_address;
  logic [7:0] aw_rests, w_rests, ar_rests, b_late, r_late;
  controller_registers #(
      .ADDRESS_BITS(ADDRESS_BITS)
  ) registers (
      .awvalid(awvalid && aw_rests == rest),
      .awready(aw_ready),
      .wvalid(wvalid && w_rests == rest),
      .wready(w_ready),
      .bvalid(b_valid),
      .bready(wrong == 1 || (bvalid && bready)),
      .arvalid(arvalid && ar_rests == rest),
      .arready(ar_ready),
      .rvalid(r_valid),
      .rready(rvalid && rready),
      .written(shown),
      .written_address(shown_address),
      .*
  );
  assign awready = aw_ready && aw_rests == rest;
  assign wready = w_ready && w_rests == rest;
  assign arready = ar_ready && ar_rests == rest;

  assign bvalid = wrong == 6 || (b_valid && b_late == late && wrong != 2);
  assign rvalid = r_valid && r_late == late;
  assign written = shown || (wrong == 3 && arvalid && arready) || (wrong == 4 && b_valid);
  assign written_address = wrong == 5 ? ADDRESS_BITS'(84) : shown_address;

  always_ff @(posedge clk) begin
    aw_rests <= rst || !awvalid || awready ? '0 : aw_rests == rest ? rest : aw_rests + 1'b1;
    w_rests <= rst || !wvalid || wready ? '0 : w_rests == rest ? rest : w_rests + 1'b1;
    ar_rests <= rst || !arvalid || arready ? '0 : ar_rests == rest ? rest : ar_rests + 1'b1;
    b_late <= rst || !b_valid ? '0 : b_late == late ? late : b_late + 1'b1;
    r_late <= rst || !r_valid ? '0 : r_late == late ? late : r_late + 1'b1;
  end
endmodule
