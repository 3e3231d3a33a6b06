`default_nettype none

/// Holds a reset for the first cycles after configuration, for parts whose flip-flops start at their initial values (iCE40, AMD).
/// On an iCE40 also bridges the microseconds in which block RAM does not yet read what the configuration put there.
/// Timing      rst_no is low for Cycles cycles, then high for good; it falls never again.
/// Parameters  Cycles >= 1.
module power_on_reset #(
  parameter int Cycles = 255
) (
  input  logic clk_i,
  output logic rst_no
);
  if (Cycles < 1) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "power_on_reset: illegal parameters");
    initial
`endif
    $error("power_on_reset: Cycles = %0d must be at least 1", Cycles);
  end

  localparam int CountWidth = $clog2(Cycles + 1);
  logic [CountWidth-1:0] count_q = '0;
  logic rst_n_q = 1'b0;
  assign rst_no = rst_n_q;
  always_ff @(posedge clk_i) begin
    if (count_q == CountWidth'(Cycles)) rst_n_q <= 1'b1;
    else count_q <= count_q + 1'b1;
  end
endmodule

`default_nettype wire
