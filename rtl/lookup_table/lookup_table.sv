`default_nettype none

/// y = table[x - smallest x], element by element: any function of a narrow integer (tanh, sigmoid after quantization).
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i. Lane 0 lowest.
/// Timing      latency 1 cycle, 1 beat per cycle; out_ready_i -> in_ready_o is combinational (cut it with skid_buffer).
/// Reset       rst_ni, asynchronous, active low; drops the beat inside, data is not reset.
/// Parameters  Lanes >= 1; InWidth 1..16 and OutWidth >= 1, in bits; Signed: 1 if x is two's complement, so that the smallest x is
///             -2^(InWidth-1), 0 if it starts at 0; TableFile: 2^InWidth words of OutWidth bits for $readmemh.
/// Memory      one ROM, read synchronously by every lane (tools copy it where a block RAM has too few ports).
/// Mirrors     bitloom::LookupTable.
module lookup_table #(
  parameter int Lanes     = 1,
  parameter int InWidth   = 8,
  parameter bit Signed    = 1'b1,
  parameter int OutWidth  = 8,
  parameter     TableFile = ""
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic                      in_valid_i,
  output logic                      in_ready_o,
  input  logic [Lanes*InWidth-1:0]  in_data_i,
  output logic                      out_valid_o,
  input  logic                      out_ready_i,
  output logic [Lanes*OutWidth-1:0] out_data_o
);
  if (Lanes < 1 || InWidth < 1 || InWidth > 16 || OutWidth < 1 || TableFile == "") begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "lookup_table: illegal parameters");
    initial
`endif
    $error("lookup_table: Lanes = %0d and OutWidth = %0d must be at least 1, InWidth = %0d in 1..16, TableFile name a file", Lanes, OutWidth,
           InWidth);
  end

  logic [OutWidth-1:0] entries [0:(1<<InWidth)-1];
  initial $readmemh(TableFile, entries);

  logic out_valid_q;
  logic [Lanes*OutWidth-1:0] out_q;
  assign in_ready_o = !out_valid_q || out_ready_i;
  assign out_valid_o = out_valid_q;
  assign out_data_o = out_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) out_valid_q <= 1'b0;
    else if (in_ready_o) out_valid_q <= in_valid_i;
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : g_lane
    // x - smallest x: adding 2^(InWidth-1) modulo 2^InWidth flips the top bit.
    logic [InWidth-1:0] index;
    assign index = in_data_i[lane*InWidth +: InWidth] ^ (Signed ? InWidth'(1) << (InWidth - 1) : '0);
    always_ff @(posedge clk_i) if (in_ready_o) out_q[lane*OutWidth +: OutWidth] <= entries[index];
  end
endmodule

`default_nettype wire
