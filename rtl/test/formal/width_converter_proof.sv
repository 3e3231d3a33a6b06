module width_converter_proof #(
  parameter int InLanes  = 1,
  parameter int OutLanes = 4,
  parameter int Unit     = 1,  ///< elements that count_q counts at a time: the smaller side's, or the largest common group
  parameter int Slots    = 4   ///< elements in data_q
) (
  input logic clk_i, input logic rst_ni, input logic in_valid_i, input logic [InLanes*2-1:0] in_data_i, input logic out_ready_i
);
  logic in_ready, out_valid;
  logic [OutLanes*2-1:0] out_data;
  width_converter #(.ElementWidth(2), .InLanes(InLanes), .OutLanes(OutLanes)) dut (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(in_valid_i), .in_ready_o(in_ready), .in_data_i(in_data_i),
    .out_valid_o(out_valid), .out_ready_i(out_ready_i), .out_data_o(out_data)
  );

  // Registers of the block, connected by the proof's script.
  (* keep *) logic [$clog2(Slots/Unit+1)-1:0] count_q;
  (* keep *) logic [Slots*2-1:0] data_q;
  logic [4:0] held;
  assign held = 5'(count_q) * 5'(Unit);
  always_comb assert (held <= Slots);

  // Widening fills its register from the high end down.
  logic [Slots*2-1:0] slots;
  always_comb begin
    slots = data_q;
    for (int units = 0; units < Slots / Unit; units++) begin
      if (OutLanes % InLanes == 0 && held == 5'(units * Unit)) slots = data_q >> (Slots - units * Unit) * 2;
    end
  end

  stream_order #(.InLanes(InLanes), .OutLanes(OutLanes), .Most(Slots)) u_order (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(in_valid_i), .in_ready_i(in_ready), .in_data_i(in_data_i), .out_valid_i(out_valid),
    .out_ready_i(out_ready_i), .out_data_i(out_data), .held_i(held), .slots_i(slots)
  );
endmodule
