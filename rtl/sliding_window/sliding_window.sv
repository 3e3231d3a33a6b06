`default_nettype none

/// Cuts a feature map into windows. SupplyLag (pixels, default 0): by how much the supply may lag behind a constant rate without a bubble.
module sliding_window #(
  parameter int ElementWidth = 8,
  parameter int Channels     = 1,
  parameter int Lanes        = 1,
  parameter int Height       = 28,
  parameter int Width        = 28,
  parameter int KernelH      = 3,
  parameter int KernelW      = 3,
  parameter int StrideH      = 1,
  parameter int StrideW      = 1,
  parameter int PadTop       = 0,
  parameter int PadLeft      = 0,
  parameter int PadBottom    = 0,
  parameter int PadRight     = 0,
  parameter int PadValue     = 0,
  parameter int SupplyLag    = 0
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic                          in_valid_i,
  output logic                          in_ready_o,
  input  logic [Lanes*ElementWidth-1:0] in_data_i,
  output logic                          out_valid_o,
  input  logic                          out_ready_i,
  output logic [Lanes*ElementWidth-1:0] out_data_o
);
endmodule

`default_nettype wire
