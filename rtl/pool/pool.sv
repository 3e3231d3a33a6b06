`default_nettype none

/// Reduces each window that sliding_window emits to one pixel, channel by channel:
///   Mode 0, "max"   y[c] = the largest of the window's x[c]
///   Mode 1, "sum"   y[c] = (the sum of the window's x[c]) - Offset; Offset = zero_point * Window makes it the sum of real values
/// in: Window * Channels/Lanes beats a window, position by position; out: Channels/Lanes beats.
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i. Lane 0 lowest.
/// Timing      1 input beat per cycle; the result of a lane group comes 1 cycle after its last element. out_ready_i -> in_ready_o is
///             combinational (cut it with skid_buffer).
/// Reset       rst_ni, asynchronous, active low; the next beat begins a window. Data is not reset.
/// Parameters  all but Offset >= 1; Lanes divides Channels. Signed: 1 if x is two's complement. max: OutWidth = ElementWidth, Offset = 0.
///             sum: y is two's complement of OutWidth <= 32 bits, which must hold every sum of Window elements less Offset.
/// Memory      Channels * OutWidth bits of partial results: registers up to 256 bits, above that a RAM read synchronously.
/// Mirrors     bitloom::MaxPool2d and bitloom::SumPool2d.
module pool #(
  parameter int Lanes        = 1,
  parameter int Channels     = 1,
  parameter int Window       = 4,
  parameter int ElementWidth = 8,
  parameter bit Signed       = 1'b1,
  parameter int Mode         = 0,
  parameter int OutWidth     = 8,
  parameter int Offset       = 0
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic                          in_valid_i,
  output logic                          in_ready_o,
  input  logic [Lanes*ElementWidth-1:0] in_data_i,
  output logic                          out_valid_o,
  input  logic                          out_ready_i,
  output logic [Lanes*OutWidth-1:0]     out_data_o
);
  localparam bit Counted = Lanes >= 1 && Channels >= 1 && Channels % Lanes == 0 && Window >= 1 && ElementWidth >= 1;
  localparam bit Sized = Mode == 0 ? OutWidth == ElementWidth && Offset == 0 : Mode == 1 && OutWidth >= 1 && OutWidth <= 32;
  if (!Counted || !Sized) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "pool: illegal parameters");
    initial
`endif
    $error("pool: Lanes = %0d must divide Channels = %0d; Window = %0d and ElementWidth = %0d be at least 1; ", Lanes, Channels, Window,
           ElementWidth, "Mode = %0d be 0 with OutWidth = %0d equal to ElementWidth and Offset = %0d zero, or 1 with OutWidth up to 32", Mode,
           OutWidth, Offset);
  end

  localparam int Groups = Channels / Lanes;  // beats of a position
  localparam int GroupBits = Groups <= 2 ? 1 : $clog2(Groups);
  localparam int WindowBits = Window <= 2 ? 1 : $clog2(Window);
  localparam int BeatWidth = Lanes * OutWidth;

  logic [GroupBits-1:0] group_q;
  logic [WindowBits-1:0] position_q;
  logic position_ends, first, last, take, out_valid_q;
  assign position_ends = group_q == GroupBits'(Groups - 1);
  assign first = position_q == '0;
  assign last = position_q == WindowBits'(Window - 1);
  assign in_ready_o = !last || !out_valid_q || out_ready_i;
  assign take = in_valid_i && in_ready_o;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      group_q <= '0;
      position_q <= '0;
      out_valid_q <= 1'b0;
    end else begin
      if (take) group_q <= position_ends ? '0 : group_q + 1'b1;
      if (take && position_ends) position_q <= last ? '0 : position_q + 1'b1;
      if (take && last) out_valid_q <= 1'b1;
      else if (out_ready_i) out_valid_q <= 1'b0;
    end
  end

  // partial: what the window's earlier positions gave for this group of channels; reduced: with this beat.
  logic [BeatWidth-1:0] partial, reduced;
  for (genvar lane = 0; lane < Lanes; lane++) begin : g_lane
    logic [ElementWidth-1:0] element;
    logic [OutWidth-1:0] previous;
    assign element = in_data_i[lane*ElementWidth +: ElementWidth];
    assign previous = partial[lane*OutWidth +: OutWidth];
    if (Mode == 0) begin : g_max
      // Flipping the top bit turns the order of two's complement into that of plain numbers.
      localparam logic [ElementWidth-1:0] Flip = Signed ? ElementWidth'(1) << (ElementWidth - 1) : '0;
      assign reduced[lane*OutWidth +: OutWidth] = first || (element ^ Flip) > (previous ^ Flip) ? element : previous;
    end else begin : g_sum
      logic [OutWidth-1:0] extended;
      if (OutWidth <= ElementWidth) assign extended = element[OutWidth-1:0];
      else assign extended = {{(OutWidth - ElementWidth){Signed && element[ElementWidth-1]}}, element};
      assign reduced[lane*OutWidth +: OutWidth] = (first ? OutWidth'(-Offset) : previous) + extended;
    end
  end

  // The partial results come round in the order in which they left, Groups beats later.
  if (Window == 1) begin : g_no_partial
    assign partial = '0;
  end else if (Groups == 1) begin : g_one
    logic [BeatWidth-1:0] partial_q;
    assign partial = partial_q;
    always_ff @(posedge clk_i) if (take) partial_q <= reduced;
  end else if (Groups * BeatWidth <= 256 || Groups < 4) begin : g_registers
    // Reset only because Yosys (0.23 to 0.67, YosysHQ/yosys#6058) makes SRLs that lose their enable of such registers without one.
    logic [Groups*BeatWidth-1:0] partials_q;
    assign partial = partials_q[BeatWidth-1:0];
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) partials_q <= '0;
      else if (take) partials_q <= {reduced, partials_q[Groups*BeatWidth-1:BeatWidth]};
    end
  end else begin : g_ram
    // Reads one group ahead; that word was written Groups - 1 beats ago, or never, and then it is not used.
    (* no_rw_check *) logic [BeatWidth-1:0] partials [0:Groups-1];
    logic [BeatWidth-1:0] partial_q;
    logic [GroupBits-1:0] next_group;
    assign partial = partial_q;
    assign next_group = position_ends ? '0 : group_q + 1'b1;
    always_ff @(posedge clk_i) begin
      if (take) partials[group_q] <= reduced;
      if (take) partial_q <= partials[next_group];
    end
  end

  logic [BeatWidth-1:0] out_q;
  always_ff @(posedge clk_i) if (take && last) out_q <= reduced;
  assign out_valid_o = out_valid_q;
  assign out_data_o = out_q;
endmodule

`default_nettype wire
