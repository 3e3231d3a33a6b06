`default_nettype none

/// Regroups a stream of elements: InLanes elements a beat in, OutLanes a beat out, same elements in the same order.
/// A beat that is not complete waits for elements of the next frame, so the elements of a frame must divide by OutLanes.
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i. Lane 0 lowest.
/// Timing      1 beat per cycle at the side with fewer lanes... see README; out_ready_i -> in_ready_o is combinational.
/// Reset       rst_ni, asynchronous, active low; empties the buffer, data is not reset.
/// Parameters  ElementWidth >= 1 (bits), InLanes >= 1, OutLanes >= 1 (elements a beat).
module width_converter #(
  parameter int ElementWidth = 8,
  parameter int InLanes      = 1,
  parameter int OutLanes     = 4
) (
  input  logic                             clk_i,
  input  logic                             rst_ni,
  input  logic                             in_valid_i,
  output logic                             in_ready_o,
  input  logic [InLanes*ElementWidth-1:0]  in_data_i,
  output logic                             out_valid_o,
  input  logic                             out_ready_i,
  output logic [OutLanes*ElementWidth-1:0] out_data_o
);
endmodule

`default_nettype wire
