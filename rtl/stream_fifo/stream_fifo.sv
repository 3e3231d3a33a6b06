`default_nettype none

/// First in, first out. Holds at least Depth beats (one more waits in the output register).
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i.
/// Timing      latency 2 cycles, 1 beat per cycle from Depth = 2 on; no combinational path from any input to any output.
/// Reset       rst_ni, asynchronous, active low; empties the FIFO, data is not reset.
/// Parameters  Width >= 1 (bits of a beat), Depth >= 2 (beats).
/// Memory      Depth words of Width bits, read synchronously: block RAM where that pays. To cut a ready path only, use skid_buffer.
module stream_fifo #(
  parameter int Width = 8,
  parameter int Depth = 16
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [Width-1:0] in_data_i,
  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [Width-1:0] out_data_o
);
  if (Width < 1 || Depth < 2) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "stream_fifo: illegal parameters");
    initial
`endif
    $error("stream_fifo: Width = %0d must be at least 1, Depth = %0d at least 2", Width, Depth);
  end

  localparam int AddressWidth = $clog2(Depth);
  localparam int CountWidth = $clog2(Depth + 1);
  localparam logic [AddressWidth-1:0] LastAddress = AddressWidth'(Depth - 1);

  (* no_rw_check *) logic [Width-1:0] memory [0:Depth-1];
  logic [AddressWidth-1:0] write_address_q, read_address_q;
  logic [CountWidth-1:0] count_q;  // beats in the memory
  logic out_valid_q;
  logic [Width-1:0] out_q;         // the memory's output register

  logic push, pop;
  assign in_ready_o = count_q != CountWidth'(Depth);
  assign push = in_valid_i && in_ready_o;
  assign pop = count_q != '0 && (!out_valid_q || out_ready_i);
  assign out_valid_o = out_valid_q;
  assign out_data_o = out_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_address_q <= '0;
      read_address_q <= '0;
      count_q <= '0;
      out_valid_q <= 1'b0;
    end else begin
      if (push) write_address_q <= write_address_q == LastAddress ? '0 : write_address_q + 1'b1;
      if (pop) read_address_q <= read_address_q == LastAddress ? '0 : read_address_q + 1'b1;
      if (push && !pop) count_q <= count_q + 1'b1;
      if (pop && !push) count_q <= count_q - 1'b1;
      if (pop) out_valid_q <= 1'b1;
      else if (out_ready_i) out_valid_q <= 1'b0;
    end
  end

  // pop reads an address that push cannot write in the same cycle: count_q says that it was written before.
  always_ff @(posedge clk_i) begin
    if (push) memory[write_address_q] <= in_data_i;
    if (pop) out_q <= memory[read_address_q];
  end
endmodule

`default_nettype wire
