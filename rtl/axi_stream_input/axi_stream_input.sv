`default_nettype none

/// Takes elements out of an AXI4-Stream word in which each fills a field of its own (a byte, or 16 or 32 bits).
///   out_data_o lane i = low ElementWidth bits of s_axis_tdata field i; the bits above them are ignored.
/// Protocol    ready/valid on both sides, passed through combinationally; no storage, latency 0.
/// Parameters  Lanes >= 1; 1 <= ElementWidth <= FieldWidth, in bits.
module axi_stream_input #(
  parameter int Lanes = 1,
  parameter int ElementWidth = 8,
  parameter int FieldWidth = 8
) (
  input  logic                          s_axis_tvalid,
  output logic                          s_axis_tready,
  input  logic [Lanes*FieldWidth-1:0]   s_axis_tdata,
  output logic                          out_valid_o,
  input  logic                          out_ready_i,
  output logic [Lanes*ElementWidth-1:0] out_data_o
);
  if (Lanes == 0 || ElementWidth == 0 || ElementWidth > FieldWidth) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "axi_stream_input: illegal parameters");
    initial
`endif
    $error("axi_stream_input: Lanes = %0d, ElementWidth = %0d, FieldWidth = %0d", Lanes, ElementWidth, FieldWidth);
  end

  assign out_valid_o   = s_axis_tvalid;
  assign s_axis_tready = out_ready_i;

  for (genvar i = 0; i < Lanes; i++) begin : g_lane
    assign out_data_o[i*ElementWidth +: ElementWidth] = s_axis_tdata[i*FieldWidth +: ElementWidth];
  end

  // The padding bits of each field carry nothing.
  logic unused_padding;
  assign unused_padding = ^s_axis_tdata;
endmodule

`default_nettype wire
