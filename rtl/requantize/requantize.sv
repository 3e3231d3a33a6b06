`default_nettype none

/// clamp(ZeroPoint + round(acc * multiplier / 2^shift), Low, High).
/// Rounding 0 half to even, 1 half up, 2 floor. PerChannel 0: Multiplier and Shift for all, FactorFile is not read.
module requantize #(
  parameter int Lanes      = 1,
  parameter int Channels   = 1,
  parameter int AccWidth   = 32,
  parameter int MultWidth  = 31,
  parameter int ShiftWidth = 6,
  parameter     FactorFile = "",
  parameter int Multiplier = 1,
  parameter int Shift      = 0,
  parameter bit PerChannel = 1'b0,
  parameter int ZeroPoint  = 0,
  parameter int Low        = -128,
  parameter int High       = 127,
  parameter int OutWidth   = 8,
  parameter int Rounding   = 0
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic                      in_valid_i,
  output logic                      in_ready_o,
  input  logic [Lanes*AccWidth-1:0] in_data_i,
  output logic                      out_valid_o,
  input  logic                      out_ready_i,
  output logic [Lanes*OutWidth-1:0] out_data_o
);
endmodule

`default_nettype wire
