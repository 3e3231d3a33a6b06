// Random traffic through a small byte_buffer: order, full and empty, level, and that it neither loses nor invents a byte.
// Prints "PASS" or "FAIL: reason". Plus argument: +seed=N.
`timescale 1ns / 1ps
`default_nettype none

module byte_buffer_tb;
  localparam integer Depth = 8;
  localparam integer Bytes = 4000;

  reg clk = 1'b0, rst_n = 1'b0, in_valid = 1'b0, out_ready = 1'b0, held = 1'b0;
  reg [7:0] in_data = 8'h00, held_data = 8'h00;
  wire in_ready, out_valid;
  wire [7:0] out_data;
  wire [$clog2(Depth):0] level;
  byte_buffer #(.Depth(Depth)) dut (
    .clk_i(clk), .rst_ni(rst_n), .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data), .level_o(level)
  );

  // The byte at place n of the stream.
  function [7:0] byte_at(input integer n);
    byte_at = n * 37 + n / 256;
  endfunction

  integer seed, sent, received, idle, fullest, source_stall, sink_stall;
  always #5 clk = !clk;
  initial begin
    if (!$value$plusargs("seed=%d", seed)) seed = 1;
    sent = 0;
    received = 0;
    idle = 0;
    fullest = 0;
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
  end

  // Long stretches in which one end is the slower one, so that the buffer is full for a while and empty for a while.
  always @(negedge clk) if (rst_n) begin
    source_stall = (received / 500) % 2 == 0 ? 10 : 90;
    sink_stall = 100 - source_stall;
    if (!in_valid && sent < Bytes && $unsigned($random(seed)) % 100 >= source_stall) begin
      in_valid <= 1'b1;
      in_data <= byte_at(sent);
    end
    out_ready <= $unsigned($random(seed)) % 100 >= sink_stall;
  end

  always @(posedge clk) if (rst_n) begin
    idle = idle + 1;
    if (held && (!out_valid || out_data !== held_data)) begin
      $display("FAIL: the output changed while it waited, byte %0d", received);
      $finish;
    end
    held <= out_valid && !out_ready;
    held_data <= out_data;
    if (level !== sent - received) begin
      $display("FAIL: level_o is %0d with %0d bytes inside", level, sent - received);
      $finish;
    end
    if (level > fullest) fullest = level;
    if (in_valid && in_ready) begin
      sent = sent + 1;
      in_valid <= 1'b0;
      idle = 0;
    end
    if (out_valid && out_ready) begin
      if (out_data !== byte_at(received)) begin
        $display("FAIL: byte %0d is %h, not %h", received, out_data, byte_at(received));
        $finish;
      end
      received = received + 1;
      idle = 0;
    end
    if (received == Bytes) begin
      if (fullest < Depth) $display("FAIL: never full, the most was %0d", fullest);
      else $display("PASS");
      $finish;
    end
    if (idle > 1000) begin
      $display("FAIL: hangs after %0d bytes", received);
      $finish;
    end
  end
endmodule

`default_nettype wire
