`default_nettype none

/// y = table[x - smallest x], element by element. TableFile: 2^InWidth words of OutWidth bits.
module lookup_table #(
  parameter int Lanes     = 1,
  parameter int InWidth   = 8,
  parameter bit Signed    = 1'b1,
  parameter int OutWidth  = 8,
  parameter     TableFile = ""
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic                      in_valid_i,
  output logic                      in_ready_o,
  input  logic [Lanes*InWidth-1:0]  in_data_i,
  output logic                      out_valid_o,
  input  logic                      out_ready_i,
  output logic [Lanes*OutWidth-1:0] out_data_o
);
endmodule

`default_nettype wire
