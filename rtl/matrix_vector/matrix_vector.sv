`default_nettype none

/// y[o] = bias[o] + sum over i of w[o][i] * x[i], folded: Pe outputs x Simd inputs a cycle.
module matrix_vector #(
  parameter int Inputs      = 9,
  parameter int Outputs     = 4,
  parameter int Pe          = 1,
  parameter int Simd        = 1,
  parameter int InputWidth  = 8,
  parameter bit InputSigned = 1'b1,
  parameter int WeightWidth = 8,
  parameter int AccWidth    = 32,
  parameter     WeightFile  = "",
  parameter     BiasFile    = "",
  parameter bit UseDsp      = 1'b1
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  input  logic                       in_valid_i,
  output logic                       in_ready_o,
  input  logic [Simd*InputWidth-1:0] in_data_i,
  output logic                       out_valid_o,
  input  logic                       out_ready_i,
  output logic [Pe*AccWidth-1:0]     out_data_o
);
endmodule

`default_nettype wire
