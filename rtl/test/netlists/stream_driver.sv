/// One end-to-end stream in Icarus Verilog: sends the beats of InFile with random pauses, takes output with random pauses, and compares each beat
/// with OutFile, unknown bits included. done_o rises when all came out right; a difference or a standstill ends the simulation.
module stream_driver #(
  parameter int InWidth  = 8,
  parameter int OutWidth = 8,
  parameter int InBeats  = 1,
  parameter int OutBeats = 1,
  parameter int Seed     = 1,
  parameter     Name     = "",
  parameter     InFile   = "",
  parameter     OutFile  = ""
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  output logic                valid_o,
  input  logic                ready_i,
  output logic [InWidth-1:0]  data_o,
  input  logic                valid_i,
  output logic                ready_o,
  input  logic [OutWidth-1:0] data_i,
  output logic                done_o
);
  logic [InWidth-1:0] in_beats [0:InBeats-1];
  logic [OutWidth-1:0] out_beats [0:OutBeats-1];
  initial $readmemh(InFile, in_beats);
  initial $readmemh(OutFile, out_beats);

  integer sent, received, idle, seed;
  assign done_o = received == OutBeats;
  always @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sent = 0;
      received = 0;
      idle = 0;
      seed = Seed;
      valid_o <= 1'b0;
      ready_o <= 1'b0;
    end else begin
      idle = idle + 1;
      if (valid_o && ready_i) begin
        sent = sent + 1;
        idle = 0;
      end
      if (!valid_o || ready_i) begin
        valid_o <= sent < InBeats && $random(seed) % 4 != 0;
        data_o <= sent < InBeats ? in_beats[sent] : 'x;
      end
      if (valid_i === 1'b1 && ready_o && received < OutBeats) begin
        if (data_i !== out_beats[received]) begin
          $display("%s: output beat %0d is %h, expected %h", Name, received, data_i, out_beats[received]);
          $fatal;
        end
        received = received + 1;
        idle = 0;
      end
      if (valid_i === 1'bx || ready_i === 1'bx || (idle > 20000 && !done_o)) begin
        $display("%s: stuck or unknown after %0d input and %0d output beats", Name, sent, received);
        $fatal;
      end
      ready_o <= $random(seed) % 4 != 0;
    end
  end
endmodule
