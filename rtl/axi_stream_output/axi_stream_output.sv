`default_nettype none

/// Puts each element into a field of its own of an AXI4-Stream word and marks the last word of every frame.
///   m_axis_tdata field i = in_data_i lane i, extended to FieldWidth by its sign (Signed = 1) or by zeros
///   m_axis_tlast high on every Beats-th word
/// Protocol    ready/valid on both sides, passed through combinationally; latency 0; data and last hold while valid waits.
/// Reset       rst_ni, asynchronous, active low: the next word is the first of a frame.
/// Parameters  Lanes >= 1; 1 <= ElementWidth <= FieldWidth, in bits; Beats >= 1, words a frame.
module axi_stream_output #(
  parameter int Lanes = 1,
  parameter int ElementWidth = 8,
  parameter int FieldWidth = 8,
  parameter bit Signed = 1'b1,
  parameter int Beats = 1
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic                          in_valid_i,
  output logic                          in_ready_o,
  input  logic [Lanes*ElementWidth-1:0] in_data_i,
  output logic                          m_axis_tvalid,
  input  logic                          m_axis_tready,
  output logic [Lanes*FieldWidth-1:0]   m_axis_tdata,
  output logic                          m_axis_tlast
);
  if (Lanes == 0 || ElementWidth == 0 || ElementWidth > FieldWidth || Beats == 0) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "axi_stream_output: illegal parameters");
    initial
`endif
    $error("axi_stream_output: Lanes = %0d, ElementWidth = %0d, FieldWidth = %0d, Beats = %0d", Lanes, ElementWidth, FieldWidth, Beats);
  end

  assign m_axis_tvalid = in_valid_i;
  assign in_ready_o    = m_axis_tready;

  for (genvar i = 0; i < Lanes; i++) begin : g_lane
    assign m_axis_tdata[i*FieldWidth +: ElementWidth] = in_data_i[i*ElementWidth +: ElementWidth];
    if (FieldWidth > ElementWidth) begin : g_extension
      assign m_axis_tdata[i*FieldWidth + ElementWidth +: FieldWidth - ElementWidth] =
          {(FieldWidth - ElementWidth){Signed && in_data_i[(i+1)*ElementWidth - 1]}};
    end
  end

  if (Beats == 1) begin : g_always_last
    assign m_axis_tlast = 1'b1;
    logic unused_clock;
    assign unused_clock = clk_i ^ rst_ni;
  end else begin : g_count
    localparam int CountWidth = $clog2(Beats);
    logic [CountWidth-1:0] count_q;
    assign m_axis_tlast = count_q == CountWidth'(Beats - 1);
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) count_q <= '0;
      else if (m_axis_tvalid && m_axis_tready) count_q <= m_axis_tlast ? '0 : count_q + 1'b1;
    end
  end
endmodule

`default_nettype wire
