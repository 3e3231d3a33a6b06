`default_nettype none

/// Registers a stream in both directions: no combinational path from any input to any output.
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i.
/// Timing      latency 1 cycle, 1 beat per cycle; holds at most two beats.
/// Reset       rst_ni, asynchronous, active low; empties the buffer, data is not reset.
/// Parameters  Width >= 1, bits of a beat.
module skid_buffer #(
  parameter int Width = 8
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);
  if (Width < 1) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "skid_buffer: illegal parameters");
    initial
`endif
    $error("skid_buffer: Width = %0d must be at least 1", Width);
  end

  // The beat that arrived in the cycle in which the output turned out to be blocked waits in skid_q.
  logic skid_valid_q, out_valid_q;
  logic [Width-1:0] skid_q, out_q;

  assign in_ready_o = !skid_valid_q;
  assign out_valid_o = out_valid_q;
  assign out_data_o = out_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      skid_valid_q <= 1'b0;
      out_valid_q <= 1'b0;
    end else if (!out_valid_q || out_ready_i) begin
      out_valid_q <= in_valid_i || skid_valid_q;
      skid_valid_q <= 1'b0;
    end else if (in_valid_i) begin
      skid_valid_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!skid_valid_q) skid_q <= in_data_i;
    if (!out_valid_q || out_ready_i) out_q <= skid_valid_q ? skid_q : in_data_i;
  end
endmodule

`default_nettype wire
