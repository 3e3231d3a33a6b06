// The bus seen from the host: writes, reads, reads from an empty stream, unknown commands, transactions broken off, a lost byte.
// Prints "PASS" or "FAIL: reason". Half periods of the bus are 4 cycles and more, at random phases.
`timescale 1ns / 1ps
`default_nettype none

module spi_bridge_tb;
  reg clk = 1'b0, rst_n = 1'b0, sck = 1'b0, cs_n = 1'b1, copi = 1'b0, out_ready = 1'b1, in_valid = 1'b0;
  reg [7:0] in_data = 8'h00;
  wire cipo, out_valid, in_ready, overrun;
  wire [7:0] out_data;
  spi_bridge dut (
    .clk_i(clk), .rst_ni(rst_n), .spi_sck_i(sck), .spi_cs_ni(cs_n), .spi_copi_i(copi), .spi_cipo_o(cipo),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data),
    .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data), .overrun_o(overrun)
  );

  integer seed = 1, bit_index, i, taken = 0, given = 0, ok = 1;
  reg [7:0] taken_bytes [0:63];
  reg [7:0] got;
  always #5 clk = !clk;
  always @(posedge clk) begin
    if (out_valid && out_ready) begin
      taken_bytes[taken] = out_data;
      taken = taken + 1;
    end
    if (in_valid && in_ready) begin
      given = given + 1;
      in_data <= in_data + 8'd3;
    end
  end

  task check(input integer condition, input integer what);
    if (!condition && ok) begin
      $display("FAIL: check %0d", what);
      ok = 0;
    end
  endtask
  task half_period;
    #(40 + $unsigned($random(seed)) % 30);
  endtask
  task send_bits(input [7:0] value, input integer count);
    for (bit_index = 7; bit_index > 7 - count; bit_index = bit_index - 1) begin
      copi = value[bit_index];
      half_period;
      got[bit_index] = cipo;
      sck = 1'b1;
      half_period;
      sck = 1'b0;
    end
  endtask
  task select; begin cs_n = 1'b0; half_period; end endtask
  task deselect; begin half_period; cs_n = 1'b1; half_period; half_period; end endtask

  initial begin
    #33 rst_n = 1'b1;
    half_period;
    // A write of three bytes.
    select; send_bits(8'h00, 8);
    for (i = 0; i < 3; i = i + 1) send_bits(8'hA5 + i, 8);
    deselect;
    check(taken == 3 && taken_bytes[0] == 8'hA5 && taken_bytes[1] == 8'hA6 && taken_bytes[2] == 8'hA7, 1);
    // A read: the command's own byte brings nothing, then the stream's bytes come in order.
    in_valid = 1'b1;
    in_data = 8'h11;
    select; send_bits(8'h01, 8);
    for (i = 0; i < 4; i = i + 1) begin
      send_bits(8'hFF, 8);
      check(got == 8'h11 + 3 * i, 2);
    end
    deselect;
    check(given == 4, 3);  // the byte after them stays
    check(taken == 3, 4);
    // The next read goes on where the last one ended.
    select; send_bits(8'h01, 8); send_bits(8'hFF, 8);
    check(got == 8'h11 + 3 * 4, 11);
    deselect;
    check(given == 5, 12);
    // Nothing to read: zeros, and nothing is taken.
    in_valid = 1'b0;
    select; send_bits(8'h01, 8); send_bits(8'hFF, 8);
    check(got == 8'h00, 5);
    deselect;
    check(given == 5, 6);
    // An unknown command and what follows it are ignored.
    select; send_bits(8'h42, 8); send_bits(8'h12, 8); deselect;
    check(taken == 3, 7);
    // Broken off in the middle of a byte: the next transaction begins anew.
    select; send_bits(8'h00, 8); send_bits(8'h77, 5); deselect;
    select; send_bits(8'h00, 8); send_bits(8'h99, 8); deselect;
    check(taken == 4 && taken_bytes[3] == 8'h99, 8);
    check(overrun === 1'b0, 9);
    // Nobody takes the byte before the next one comes.
    out_ready = 1'b0;
    select; send_bits(8'h00, 8); send_bits(8'h01, 8); send_bits(8'h02, 8);
    check(overrun === 1'b1, 10);
    out_ready = 1'b1;
    deselect;
    if (ok) $display("PASS");
    $finish;
  end
endmodule

`default_nettype wire
