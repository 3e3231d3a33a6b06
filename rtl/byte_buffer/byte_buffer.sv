`default_nettype none

/// First in, first out for bytes in one single-port memory, deep and slow: for the ends of a design that talks over a serial line.
/// On an iCE40 UltraPlus, Depth 16384 is one SPRAM, which a design otherwise leaves idle.
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i.
/// Timing      a byte needs the port twice, so at most 1 byte per 2 cycles in the long run; latency 2 cycles when empty.
///             Writing and reading take turns when both want the port. in_ready_o does not depend on out_ready_i.
/// Level       level_o bytes are inside (0 .. Depth).
/// Reset       rst_ni, asynchronous, active low: empty. The memory keeps its contents.
/// Parameters  Depth, a power of two, at least 4.
module byte_buffer #(
  parameter int Depth = 16384
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,
  input  logic                     in_valid_i,
  output logic                     in_ready_o,
  input  logic [7:0]               in_data_i,
  output logic                     out_valid_o,
  input  logic                     out_ready_i,
  output logic [7:0]               out_data_o,
  output logic [$clog2(Depth):0]   level_o
);
  if (Depth < 4 || (Depth & (Depth - 1)) != 0) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "byte_buffer: illegal parameters");
    initial
`endif
    $error("byte_buffer: Depth = %0d, not a power of two from 4", Depth);
  end

  localparam int AddressWidth = $clog2(Depth);

  (* ram_style = "huge" *) logic [15:0] memory [0:Depth-1];
  logic [15:0] read_q;

  logic [AddressWidth-1:0] write_address_q, read_address_q;
  logic [AddressWidth:0]   stored_q;    // bytes in the memory, without the one that is being read or waits at the output
  logic                    turn_q;      // the last use of the port was a write, so a read goes first
  logic                    reading_q;   // read_q brings a byte in this cycle
  logic                    held_q;      // held_data_q holds the next output byte
  logic [7:0]              held_data_q;

  logic write, read, full, wants_read;
  assign full       = stored_q == (AddressWidth+1)'(Depth);
  assign wants_read = stored_q != '0 && !reading_q && !held_q;
  assign in_ready_o = !full && !(wants_read && turn_q);
  assign write      = in_valid_i && in_ready_o;
  assign read       = wants_read && !write;

  logic [AddressWidth-1:0] address;
  assign address = write ? write_address_q : read_address_q;
  always_ff @(posedge clk_i) begin
    if (write) memory[address] <= {8'h00, in_data_i};
    else if (read) read_q <= memory[address];
  end

  assign out_valid_o = held_q;
  assign out_data_o  = held_data_q;
  assign level_o     = stored_q + (AddressWidth+1)'(reading_q) + (AddressWidth+1)'(held_q);

  always_ff @(posedge clk_i) begin
    if (reading_q) held_data_q <= read_q[7:0];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_address_q <= '0;
      read_address_q  <= '0;
      stored_q        <= '0;
      turn_q          <= 1'b0;
      reading_q       <= 1'b0;
      held_q          <= 1'b0;
    end else begin
      reading_q <= read;
      if (reading_q) held_q <= 1'b1;
      else if (out_ready_i) held_q <= 1'b0;
      if (write) begin
        write_address_q <= write_address_q + 1'b1;
        turn_q          <= 1'b1;
      end
      if (read) begin
        read_address_q <= read_address_q + 1'b1;
        turn_q         <= 1'b0;
      end
      if (write) stored_q <= stored_q + 1'b1;
      else if (read) stored_q <= stored_q - 1'b1;
    end
  end

  logic unused_high_byte;
  assign unused_high_byte = ^read_q[15:8];
endmodule

`default_nettype wire
