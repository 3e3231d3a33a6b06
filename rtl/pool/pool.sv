`default_nettype none

/// Reduces each window of `Window` positions, channel by channel: Mode 0 the largest element, Mode 1 the sum less Offset.
module pool #(
  parameter int Lanes        = 1,
  parameter int Channels     = 1,
  parameter int Window       = 4,
  parameter int ElementWidth = 8,
  parameter bit Signed       = 1'b1,
  parameter int Mode         = 0,
  parameter int OutWidth     = 8,
  parameter int Offset       = 0
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic                          in_valid_i,
  output logic                          in_ready_o,
  input  logic [Lanes*ElementWidth-1:0] in_data_i,
  output logic                          out_valid_o,
  input  logic                          out_ready_i,
  output logic [Lanes*OutWidth-1:0]     out_data_o
);
endmodule

`default_nettype wire
