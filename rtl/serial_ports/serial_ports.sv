`default_nettype none

/// The ends of a stream design on a board with few pins: an SPI target (spi_bridge) with a buffer for each direction.
///   images   bytes that the host writes come out at image_data_o, in order
///   results  words from word_data_i are kept as bytes, lowest first, until the host reads them
/// The host may write Room bytes whenever ready_o is high, and read ResultBytes bytes whenever result_o is high.
/// Protocol    ready/valid on both streams; the serial side as in spi_bridge.
/// Reset       rst_ni, asynchronous, active low: both buffers empty.
/// Parameters  WordBytes 1, 2 or 4; Depth of each buffer, a power of two (16384: one SPRAM each); Room < Depth; ResultBytes <= Depth.
module serial_ports #(
  parameter int WordBytes = 4,
  parameter int ResultBytes = 40,
  parameter int Room = 1024,
  parameter int Depth = 16384
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   spi_sck_i,
  input  logic                   spi_cs_ni,
  input  logic                   spi_copi_i,
  output logic                   spi_cipo_o,
  output logic                   ready_o,
  output logic                   result_o,
  output logic                   overrun_o,
  output logic                   image_valid_o,
  input  logic                   image_ready_i,
  output logic [7:0]             image_data_o,
  input  logic                   word_valid_i,
  output logic                   word_ready_o,
  input  logic [8*WordBytes-1:0] word_data_i
);
  if (WordBytes < 1 || ResultBytes < 1 || ResultBytes > Depth || Room < 1 || Room >= Depth) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "serial_ports: illegal parameters");
    initial
`endif
    $error("serial_ports: WordBytes = %0d, ResultBytes = %0d and Room = %0d in a Depth of %0d bytes", WordBytes, ResultBytes, Room, Depth);
  end

  localparam int LevelWidth = $clog2(Depth) + 1;

  logic       from_host_valid, from_host_ready, to_host_valid, to_host_ready, byte_valid, byte_ready;
  logic [7:0] from_host, to_host, result_byte;
  logic [LevelWidth-1:0] image_level, result_level;

  spi_bridge u_bridge (
    .clk_i(clk_i), .rst_ni(rst_ni),
    .spi_sck_i(spi_sck_i), .spi_cs_ni(spi_cs_ni), .spi_copi_i(spi_copi_i), .spi_cipo_o(spi_cipo_o),
    .out_valid_o(from_host_valid), .out_ready_i(from_host_ready), .out_data_o(from_host),
    .in_valid_i(to_host_valid), .in_ready_o(to_host_ready), .in_data_i(to_host),
    .overrun_o(overrun_o)
  );
  byte_buffer #(.Depth(Depth)) u_images (
    .clk_i(clk_i), .rst_ni(rst_ni),
    .in_valid_i(from_host_valid), .in_ready_o(from_host_ready), .in_data_i(from_host),
    .out_valid_o(image_valid_o), .out_ready_i(image_ready_i), .out_data_o(image_data_o),
    .level_o(image_level)
  );
  width_converter #(.ElementWidth(8), .InLanes(WordBytes), .OutLanes(1)) u_bytes (
    .clk_i(clk_i), .rst_ni(rst_ni),
    .in_valid_i(word_valid_i), .in_ready_o(word_ready_o), .in_data_i(word_data_i),
    .out_valid_o(byte_valid), .out_ready_i(byte_ready), .out_data_o(result_byte)
  );
  byte_buffer #(.Depth(Depth)) u_results (
    .clk_i(clk_i), .rst_ni(rst_ni),
    .in_valid_i(byte_valid), .in_ready_o(byte_ready), .in_data_i(result_byte),
    .out_valid_o(to_host_valid), .out_ready_i(to_host_ready), .out_data_o(to_host),
    .level_o(result_level)
  );

  // Registered: they are pins, and a cycle late is early enough.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ready_o  <= 1'b0;
      result_o <= 1'b0;
    end else begin
      ready_o  <= image_level <= LevelWidth'(Depth - Room);
      result_o <= result_level >= LevelWidth'(ResultBytes);
    end
  end
endmodule

`default_nettype wire
