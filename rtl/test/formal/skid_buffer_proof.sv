module skid_buffer_proof (
  input logic clk_i, input logic rst_ni, input logic in_valid_i, input logic [1:0] in_data_i, input logic out_ready_i
);
  logic in_ready, out_valid;
  logic [1:0] out_data;
  skid_buffer #(.Width(2)) dut (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(in_valid_i), .in_ready_o(in_ready), .in_data_i(in_data_i),
    .out_valid_o(out_valid), .out_ready_i(out_ready_i), .out_data_o(out_data)
  );

  // Registers of the block, connected by the proof's script.
  (* keep *) logic skid_valid_q, out_valid_q;
  (* keep *) logic [1:0] skid_q, out_q;
  always_comb if (skid_valid_q) assert (out_valid_q);

  stream_order #(.Most(2)) u_order (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(in_valid_i), .in_ready_i(in_ready), .in_data_i(in_data_i), .out_valid_i(out_valid),
    .out_ready_i(out_ready_i), .out_data_i(out_data), .held_i(5'(skid_valid_q) + 5'(out_valid_q)), .slots_i({skid_q, out_q})
  );
endmodule
