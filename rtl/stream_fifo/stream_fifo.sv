`default_nettype none

/// First in, first out. Holds at least Depth beats (one more waits in the output register).
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i.
/// Timing      latency 2 cycles, 1 beat per cycle from Depth = 2 on; no combinational path from any input to any output.
/// Reset       rst_ni, asynchronous, active low; empties the FIFO, data is not reset.
/// Parameters  Width >= 1 (bits of a beat), Depth >= 2 (beats).
/// Memory      Depth words of Width bits, read synchronously: block RAM where that pays. To cut a ready path only, use skid_buffer.
module stream_fifo #(
  parameter int Width = 8,
  parameter int Depth = 16
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
endmodule

`default_nettype wire
