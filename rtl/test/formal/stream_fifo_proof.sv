module stream_fifo_proof (
  input logic clk_i, input logic rst_ni, input logic in_valid_i, input logic [1:0] in_data_i, input logic out_ready_i
);
  logic in_ready, out_valid;
  logic [1:0] out_data;
  stream_fifo #(.Width(2), .Depth(3)) dut (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(in_valid_i), .in_ready_o(in_ready), .in_data_i(in_data_i),
    .out_valid_o(out_valid), .out_ready_i(out_ready_i), .out_data_o(out_data)
  );

  // Registers of the block, connected by the proof's script.
  (* keep *) logic [1:0] write_address_q, read_address_q, count_q, out_q, word_0, word_1, word_2;
  (* keep *) logic out_valid_q;
  logic [4:0] held;
  assign held = 5'(count_q) + 5'(out_valid_q);

  // The words in the order in which they will be read.
  logic [5:0] words, turned;
  assign words = {word_2, word_1, word_0};
  always_comb begin
    case (read_address_q)
      2'd0: turned = words;
      2'd1: turned = {words[1:0], words[5:2]};
      default: turned = {words[3:0], words[5:4]};
    endcase
  end

  logic [1:0] distance;  // from the read address up to the write address, round the ring
  assign distance = write_address_q >= read_address_q ? write_address_q - read_address_q : write_address_q - read_address_q + 2'd3;
  always_comb begin
    assert (count_q <= 2'd3);
    assert (read_address_q < 2'd3 && write_address_q < 2'd3);
    assert (distance == (count_q == 2'd3 ? 2'd0 : count_q));
  end
  stream_order #(.Most(4)) u_order (
    .clk_i(clk_i), .rst_ni(rst_ni), .in_valid_i(in_valid_i), .in_ready_i(in_ready), .in_data_i(in_data_i), .out_valid_i(out_valid),
    .out_ready_i(out_ready_i), .out_data_i(out_data), .held_i(held), .slots_i(out_valid_q ? {turned, out_q} : {2'b00, turned})
  );
endmodule
