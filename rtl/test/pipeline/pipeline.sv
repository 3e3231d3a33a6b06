`default_nettype none

/// Convolution 3x3 -> max pooling 2x2 -> convolution 3x3, each followed by requantize where it sums: the blocks as a generated design joins
/// them, for tests of a whole pipeline's results and pace. Maps of Size x Size; one input channel.
module pipeline #(
  parameter int Size      = 16,
  parameter int Pad       = 0,
  parameter int Channels1 = 4,
  parameter int Pe1       = 1,
  parameter int Channels2 = 8,
  parameter int Pe2       = 1,
  parameter int Simd2     = 1,
  parameter     Weights1  = "",
  parameter     Biases1   = "",
  parameter     Weights2  = "",
  parameter     Biases2   = ""
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [7:0]       in_data_i,
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Pe2*8-1:0] out_data_o
);
  localparam int Size1 = Size + 2 * Pad - 2;  // after the first convolution
  localparam int Size2 = Size1 / 2;           // after pooling

  logic window1_valid, window1_ready, sum1_valid, sum1_ready, map1_valid, map1_ready, places_valid, places_ready;
  logic pooled_valid, pooled_ready, regrouped_valid, regrouped_ready, window2_valid, window2_ready, sum2_valid, sum2_ready;
  logic [7:0] window1;
  logic [Pe1*20-1:0] sum1;
  logic [Pe1*8-1:0] map1, places, pooled;
  logic [Simd2*8-1:0] regrouped, window2;
  logic [Pe2*24-1:0] sum2;

  sliding_window #(
    .Height(Size), .Width(Size), .PadTop(Pad), .PadLeft(Pad), .PadBottom(Pad), .PadRight(Pad)
  ) u_window1 (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(in_valid_i), .in_ready_o(in_ready_o), .in_data_i(in_data_i),
    .out_valid_o(window1_valid), .out_ready_i(window1_ready), .out_data_o(window1)
  );
  matrix_vector #(
    .Inputs(9), .Outputs(Channels1), .Pe(Pe1), .AccWidth(20), .WeightFile(Weights1), .BiasFile(Biases1)
  ) u_sum1 (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(window1_valid), .in_ready_o(window1_ready), .in_data_i(window1),
    .out_valid_o(sum1_valid), .out_ready_i(sum1_ready), .out_data_o(sum1)
  );
  requantize #(
    .Lanes(Pe1), .Channels(Channels1), .AccWidth(20), .Shift(10)
  ) u_map1 (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(sum1_valid), .in_ready_o(sum1_ready), .in_data_i(sum1),
    .out_valid_o(map1_valid), .out_ready_i(map1_ready), .out_data_o(map1)
  );
  sliding_window #(
    .Channels(Channels1), .Lanes(Pe1), .Height(Size1), .Width(Size1), .KernelH(2), .KernelW(2), .StrideH(2), .StrideW(2)
  ) u_places (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(map1_valid), .in_ready_o(map1_ready), .in_data_i(map1),
    .out_valid_o(places_valid), .out_ready_i(places_ready), .out_data_o(places)
  );
  pool #(
    .Lanes(Pe1), .Channels(Channels1), .Window(4)
  ) u_pooled (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(places_valid), .in_ready_o(places_ready), .in_data_i(places),
    .out_valid_o(pooled_valid), .out_ready_i(pooled_ready), .out_data_o(pooled)
  );
  width_converter #(
    .ElementWidth(8), .InLanes(Pe1), .OutLanes(Simd2)
  ) u_regrouped (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(pooled_valid), .in_ready_o(pooled_ready), .in_data_i(pooled),
    .out_valid_o(regrouped_valid), .out_ready_i(regrouped_ready), .out_data_o(regrouped)
  );
  sliding_window #(
    .Channels(Channels1), .Lanes(Simd2), .Height(Size2), .Width(Size2), .SupplyLag((Size2 + 1) / 2)
  ) u_window2 (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(regrouped_valid), .in_ready_o(regrouped_ready), .in_data_i(regrouped),
    .out_valid_o(window2_valid), .out_ready_i(window2_ready), .out_data_o(window2)
  );
  matrix_vector #(
    .Inputs(9 * Channels1), .Outputs(Channels2), .Pe(Pe2), .Simd(Simd2), .AccWidth(24), .WeightFile(Weights2), .BiasFile(Biases2)
  ) u_sum2 (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(window2_valid), .in_ready_o(window2_ready), .in_data_i(window2),
    .out_valid_o(sum2_valid), .out_ready_i(sum2_ready), .out_data_o(sum2)
  );
  requantize #(
    .Lanes(Pe2), .Channels(Channels2), .AccWidth(24), .Shift(16)
  ) u_map2 (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(sum2_valid), .in_ready_o(sum2_ready), .in_data_i(sum2),
    .out_valid_o(out_valid_o), .out_ready_i(out_ready_i), .out_data_o(out_data_o)
  );
endmodule

`default_nettype wire
