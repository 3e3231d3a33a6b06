/// What holds of every block that only holds and regroups a stream: nothing is lost, doubled, changed or reordered, waiting output stands
/// still, and it is never blocked at both ends. The solver marks any one element as it goes in; its place is followed until it comes out.
///   held_i   elements in the block, as it counts them itself         slots_i   those elements, oldest lowest
module stream_order #(
  parameter int ElementWidth = 2,
  parameter int InLanes      = 1,
  parameter int OutLanes     = 1,
  parameter int Most         = 2  ///< elements that the block can hold
) (
  input logic                             clk_i,
  input logic                             rst_ni,
  input logic                             in_valid_i,
  input logic                             in_ready_i,
  input logic [InLanes*ElementWidth-1:0]  in_data_i,
  input logic                             out_valid_i,
  input logic                             out_ready_i,
  input logic [OutLanes*ElementWidth-1:0] out_data_i,
  input logic [4:0]                       held_i,
  input logic [Most*ElementWidth-1:0]     slots_i
);
  (* anyseq *) logic [InLanes-1:0] pick;  // mark an element of this cycle's input, the lowest one picked
  logic began_q = 1'b0;
  logic marked_q, waiting_q;
  logic [4:0] inside_q, place_q;
  logic [ElementWidth-1:0] value_q;
  logic [OutLanes*ElementWidth-1:0] waiting_data_q;

  logic push, pop;
  assign push = in_valid_i && in_ready_i;
  assign pop = out_valid_i && out_ready_i;

  always_ff @(posedge clk_i) begin
    began_q <= 1'b1;
    if (!rst_ni) begin
      marked_q <= 1'b0;
      waiting_q <= 1'b0;
      inside_q <= 5'd0;
    end else begin
      inside_q <= inside_q + (push ? 5'(InLanes) : 5'd0) - (pop ? 5'(OutLanes) : 5'd0);
      waiting_q <= out_valid_i && !out_ready_i;
      waiting_data_q <= out_data_i;
      if (marked_q) begin
        if (pop) place_q <= place_q - 5'(OutLanes);
        if (pop && place_q < 5'(OutLanes)) marked_q <= 1'b0;
      end else begin
        for (int lane = InLanes - 1; lane >= 0; lane--) begin
          if (push && pick[lane]) begin
            marked_q <= 1'b1;
            place_q <= inside_q + 5'(lane) - (pop ? 5'(OutLanes) : 5'd0);
            value_q <= in_data_i[lane*ElementWidth +: ElementWidth];
          end
        end
      end
    end
  end

  always_comb begin
    assume (rst_ni == began_q);
    if (began_q) begin
      assert (inside_q == held_i);
      assert (inside_q <= 5'(Most));
      if (pop) assert (inside_q >= 5'(OutLanes));
      assert (in_ready_i || out_valid_i);
      if (waiting_q) assert (out_valid_i && out_data_i == waiting_data_q);
      if (marked_q) assert (place_q < inside_q);
      for (int place = 0; place < Most; place++) begin
        if (marked_q && place_q == 5'(place)) assert (slots_i[place*ElementWidth +: ElementWidth] == value_q);
      end
      for (int place = 0; place < OutLanes; place++) begin
        if (marked_q && pop && place_q == 5'(place)) assert (out_data_i[place*ElementWidth +: ElementWidth] == value_q);
      end
    end
  end
endmodule
