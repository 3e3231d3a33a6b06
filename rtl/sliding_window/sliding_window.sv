`default_nettype none

/// Cuts a feature map into the windows of a convolution or a pooling, Lanes channels a beat.
///   in   the map, pixels in row-major order, Channels / Lanes beats a pixel; frames follow each other without a gap or a marker
///   out  for every output pixel (row-major) its window: for kh, for kw, for channel: KernelH*KernelW*Channels/Lanes beats
///        element (kh, kw) of output (i, j) is map[i*StrideH + kh - PadTop][j*StrideW + kw - PadLeft], PadValue outside the map
///   outputs per frame: ((Height + PadTop + PadBottom - KernelH) / StrideH + 1) x ((Width + PadLeft + PadRight - KernelW) / StrideW + 1)
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i. Lane 0 lowest.
/// Timing      1 output beat per cycle while the elements are there; an element can leave 2 cycles after it came. Rows, also those of
///             the next frame, are written meanwhile. No combinational path between the two sides.
/// Reset       rst_ni, asynchronous, active low; empties the ring, data is not reset.
/// Parameters  all >= 1 but pads and SupplyLag >= 0 and PadValue (ElementWidth low bits of it); Lanes divides Channels; pads below the
///             kernel; the kernel at most as large as the padded map.
/// Memory      a ring of beats, Lanes * ElementWidth bits a word, read synchronously. RingWords below: the fewest words with which a
///             consumer that takes one window every T / outputs cycles never waits for a supply of one pixel every T / (Height * Width)
///             cycles, whatever T, across frames. SupplyLag (pixels) more allow the supply to lag behind that pace by as much: after
///             a pooling unit of kernel and stride s, whose pixels come in bursts, that is ceil(Width * (s - 1) / s).
module sliding_window #(
  parameter int ElementWidth = 8,
  parameter int Channels     = 1,
  parameter int Lanes        = 1,
  parameter int Height       = 28,
  parameter int Width        = 28,
  parameter int KernelH      = 3,
  parameter int KernelW      = 3,
  parameter int StrideH      = 1,
  parameter int StrideW      = 1,
  parameter int PadTop       = 0,
  parameter int PadLeft      = 0,
  parameter int PadBottom    = 0,
  parameter int PadRight     = 0,
  parameter int PadValue     = 0,
  parameter int SupplyLag    = 0
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic                          in_valid_i,
  output logic                          in_ready_o,
  input  logic [Lanes*ElementWidth-1:0] in_data_i,
  output logic                          out_valid_o,
  input  logic                          out_ready_i,
  output logic [Lanes*ElementWidth-1:0] out_data_o
);
  localparam bit Counted = ElementWidth >= 1 && Lanes >= 1 && Channels >= 1 && Channels % Lanes == 0 && Height >= 1 && Width >= 1 &&
                           KernelH >= 1 && KernelW >= 1 && StrideH >= 1 && StrideW >= 1 && SupplyLag >= 0;
  localparam bit Fitting = PadTop >= 0 && PadLeft >= 0 && PadBottom >= 0 && PadRight >= 0 &&
                           PadTop < KernelH && PadBottom < KernelH && PadLeft < KernelW && PadRight < KernelW &&
                           KernelH <= Height + PadTop + PadBottom && KernelW <= Width + PadLeft + PadRight;
  if (!Counted || !Fitting) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "sliding_window: illegal parameters");
    initial
`endif
    $error("sliding_window: ElementWidth = %0d, Channels = %0d in Lanes = %0d, map %0d x %0d, kernel %0d x %0d, stride %0d x %0d, ",
           ElementWidth, Channels, Lanes, Height, Width, KernelH, KernelW, StrideH, StrideW,
           "pads top %0d, left %0d, bottom %0d, right %0d, SupplyLag = %0d: ", PadTop, PadLeft, PadBottom, PadRight, SupplyLag,
           "Lanes must divide Channels, pads be below the kernel, the kernel fit the padded map, strides be at least 1");
  end

  localparam int Groups = Channels / Lanes;  // beats of a pixel
  localparam int OutHeight = (Height + PadTop + PadBottom - KernelH) / StrideH + 1;
  localparam int OutWidth = (Width + PadLeft + PadRight - KernelW) / StrideW + 1;

  // ---- Size of the ring, in pixels. Pixel n of the endless stream of frames arrives at time n; window k = i*OutWidth + j is read at
  // time Start + k*period, period = Pixels / Outputs. Start is the largest lead that a window needs: one more than the number of the last
  // pixel that it shows (padding is not waited for), less k*period. That splits into a term of i and one of j; each has a constant slope
  // up to where the map's edge clips the window and falls from there on, so three points decide. Windows let go of what lies before
  // their first corner when they are done, so the ring is fullest where Start + (k + 1)*period - corner is largest: in a frame's first
  // or last row and column. Terms of i are held times OutHeight and terms of j times Outputs to stay in integers.
  localparam int Pixels = Height * Width;
  localparam int Outputs = OutHeight * OutWidth;

  function automatic int maximum(input int a, input int b);
    maximum = a > b ? a : b;
  endfunction
  function automatic int clipped(input int value, input int high);  // to 0..high
    clipped = value < 0 ? 0 : (value > high ? high : value);
  endfunction
  function automatic int row_lead(input int i);
    row_lead = (clipped(i * StrideH + KernelH - PadTop, Height) - 1) * Width * OutHeight - i * Pixels;
  endfunction
  function automatic int column_lead(input int j);
    column_lead = clipped(j * StrideW + KernelW - PadLeft, Width) * Outputs - j * Pixels;
  endfunction

  localparam int ClipRow = clipped((Height - KernelH + PadTop) / StrideH, OutHeight - 1);
  localparam int ClipColumn = clipped((Width - KernelW + PadLeft) / StrideW, OutWidth - 1);
  localparam int RowStart = maximum(row_lead(0), maximum(row_lead(ClipRow), row_lead(clipped(ClipRow + 1, OutHeight - 1))));
  localparam int ColumnStart =
      maximum(column_lead(0), maximum(column_lead(ClipColumn), column_lead(clipped(ClipColumn + 1, OutWidth - 1))));
  localparam int RowDrift = maximum(0, (OutHeight - 1) * (Pixels - StrideH * Width * OutHeight));
  localparam int ColumnDrift = maximum(0, (OutWidth - 1) * (Pixels - StrideW * Outputs));
  localparam int HeldPixels = PadTop * Width + PadLeft + (RowStart + RowDrift + OutHeight - 1) / OutHeight +
                              (ColumnStart + ColumnDrift + Pixels + Outputs - 1) / Outputs;
  // Two words more cover the cycles from a read to the next write of its word. Up to 1024 words a power of two costs no block RAM more
  // and its addresses wrap by themselves; beyond, whole multiples of the shortest block RAM, 512 words.
  localparam int NeededWords = (HeldPixels + SupplyLag) * Groups + 2;
  localparam int RingWords = NeededWords <= 1024 ? 1 << $clog2(NeededWords) : (NeededWords + 511) / 512 * 512;

  // ---- Moves of the read position through the stream, in words. Positions in the padding have a number, too, that of the pixel which the
  // row-major numbering has there (of a neighbouring row or frame); it is not read. So every move is a constant.
  localparam int RowWords = Width * Groups;
  localparam int SpanWords = (KernelH - 1) * RowWords + KernelW * Groups;    // a window from its first element to its last
  localparam int CornerWords = PadTop * RowWords + PadLeft * Groups;         // from a frame's first corner to its first pixel
  localparam int WindowMove = StrideW * Groups;                              // from a corner to the next one
  localparam int LineMove = StrideH * RowWords - (OutWidth - 1) * WindowMove;
  localparam int FrameMove = Pixels * Groups - (OutHeight - 1) * StrideH * RowWords - (OutWidth - 1) * WindowMove;
  localparam int KernelRowStep = RowWords - KernelW * Groups + 1;            // from an element to the next one
  localparam int WindowStep = WindowMove - SpanWords + 1;
  localparam int LineStep = LineMove - SpanWords + 1;
  localparam int FrameStep = FrameMove - SpanWords + 1;
  localparam int LongestMove = maximum(maximum(WindowMove, SpanWords), maximum(maximum(LineMove, -LineMove), maximum(FrameMove, -FrameMove)));

  function automatic int count_width(input int values);  // bits of a counter over 0..values-1
    count_width = values <= 2 ? 1 : $clog2(values);
  endfunction
  function automatic int wrapped(input int words);  // as an address in the ring
    wrapped = (words % RingWords + RingWords) % RingWords;
  endfunction

  localparam int AddressWidth = count_width(RingWords);
  localparam int LevelWidth = $clog2(RingWords + SpanWords + LongestMove) + 1;

  // ---- Where the next element is read: counters from the innermost loop to the outermost.
  logic [count_width(Groups)-1:0] group_q;
  logic [count_width(KernelW)-1:0] kw_q;
  logic [count_width(KernelH)-1:0] kh_q;
  logic [count_width(OutWidth)-1:0] j_q;
  logic [count_width(OutHeight)-1:0] i_q;
  logic pixel_ends, kernel_row_ends, window_ends, line_ends, frame_ends;
  assign pixel_ends = group_q == count_width(Groups)'(Groups - 1);
  assign kernel_row_ends = pixel_ends && kw_q == count_width(KernelW)'(KernelW - 1);
  assign window_ends = kernel_row_ends && kh_q == count_width(KernelH)'(KernelH - 1);
  assign line_ends = window_ends && j_q == count_width(OutWidth)'(OutWidth - 1);
  assign frame_ends = line_ends && i_q == count_width(OutHeight)'(OutHeight - 1);

  logic push, fetch;  // a beat enters the ring; the next element leaves it for the output register
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      group_q <= '0;
      kw_q <= '0;
      kh_q <= '0;
      j_q <= '0;
      i_q <= '0;
    end else if (fetch) begin
      group_q <= pixel_ends ? '0 : group_q + 1'b1;
      if (pixel_ends) kw_q <= kernel_row_ends ? '0 : kw_q + 1'b1;
      if (kernel_row_ends) kh_q <= window_ends ? '0 : kh_q + 1'b1;
      if (window_ends) j_q <= line_ends ? '0 : j_q + 1'b1;
      if (line_ends) i_q <= frame_ends ? '0 : i_q + 1'b1;
    end
  end

  // ---- Is that element in the map?
  logic in_map;
  if (PadTop + PadBottom + PadLeft + PadRight == 0) begin : g_unpadded
    assign in_map = 1'b1;
  end else begin : g_padded
    localparam int PlaceWidth = $clog2(Height + Width + KernelH + KernelW) + 1;
    logic signed [PlaceWidth-1:0] row_q, column_q;
    assign in_map = $unsigned(row_q) < PlaceWidth'(Height) && $unsigned(column_q) < PlaceWidth'(Width);  // negative ones are large
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        row_q <= PlaceWidth'(-PadTop);
        column_q <= PlaceWidth'(-PadLeft);
      end else if (fetch && pixel_ends) begin
        if (line_ends) column_q <= PlaceWidth'(-PadLeft);
        else column_q <= column_q + (window_ends ? PlaceWidth'(StrideW - KernelW + 1) :
                                     kernel_row_ends ? PlaceWidth'(1 - KernelW) : PlaceWidth'(1));
        if (frame_ends) row_q <= PlaceWidth'(-PadTop);
        else if (kernel_row_ends) row_q <= row_q + (line_ends ? PlaceWidth'(StrideH - KernelH + 1) :
                                                    window_ends ? PlaceWidth'(1 - KernelH) : PlaceWidth'(1));
      end
    end
  end

  // ---- Levels. ahead_q: beats written from the next element's on, less 1, so that it is negative until that element is there.
  // room_q: words that may be written, less 1: RingWords less what was written from the window's corner on.
  logic signed [LevelWidth-1:0] ahead_q, room_q;
  logic signed [LevelWidth-1:0] step, move;
  always_comb begin
    step = LevelWidth'(1);
    move = '0;
    if (frame_ends) begin
      step = LevelWidth'(FrameStep);
      move = LevelWidth'(FrameMove);
    end else if (line_ends) begin
      step = LevelWidth'(LineStep);
      move = LevelWidth'(LineMove);
    end else if (window_ends) begin
      step = LevelWidth'(WindowStep);
      move = LevelWidth'(WindowMove);
    end else if (kernel_row_ends) begin
      step = LevelWidth'(KernelRowStep);
    end
    if (!fetch) begin
      step = '0;
      move = '0;
    end
  end

  logic out_valid_q;
  assign in_ready_o = !room_q[LevelWidth-1];
  assign push = in_valid_i && in_ready_o;
  assign fetch = (!in_map || !ahead_q[LevelWidth-1]) && (!out_valid_q || out_ready_i);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ahead_q <= LevelWidth'(CornerWords - 1);
      room_q <= LevelWidth'(RingWords - CornerWords - 1);
      out_valid_q <= 1'b0;
    end else begin
      ahead_q <= ahead_q - step + LevelWidth'(push);
      room_q <= room_q + move - LevelWidth'(push);
      if (fetch) out_valid_q <= 1'b1;
      else if (out_ready_i) out_valid_q <= 1'b0;
    end
  end

  // ---- The ring. A fetch and a push never meet in one word: the room ends where the window begins.
  logic [AddressWidth-1:0] write_address_q, read_address_q;
  logic [AddressWidth:0] read_address_sum;
  always_comb begin
    read_address_sum = {1'b0, read_address_q};
    if (frame_ends) read_address_sum = read_address_sum + (AddressWidth+1)'(wrapped(FrameStep));
    else if (line_ends) read_address_sum = read_address_sum + (AddressWidth+1)'(wrapped(LineStep));
    else if (window_ends) read_address_sum = read_address_sum + (AddressWidth+1)'(wrapped(WindowStep));
    else if (kernel_row_ends) read_address_sum = read_address_sum + (AddressWidth+1)'(wrapped(KernelRowStep));
    else read_address_sum = read_address_sum + (AddressWidth+1)'(1);
    if (read_address_sum >= (AddressWidth+1)'(RingWords)) read_address_sum = read_address_sum - (AddressWidth+1)'(RingWords);
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_address_q <= '0;
      read_address_q <= AddressWidth'(wrapped(-CornerWords));
    end else begin
      if (push) write_address_q <= write_address_q == AddressWidth'(RingWords - 1) ? '0 : write_address_q + 1'b1;
      if (fetch) read_address_q <= read_address_sum[AddressWidth-1:0];
    end
  end

  (* no_rw_check *) logic [Lanes*ElementWidth-1:0] ring [0:RingWords-1];
  logic [Lanes*ElementWidth-1:0] element_q;
  logic padding_q;
  always_ff @(posedge clk_i) begin
    if (push) ring[write_address_q] <= in_data_i;
    if (fetch) element_q <= ring[read_address_q];
    if (fetch) padding_q <= !in_map;
  end

  assign out_valid_o = out_valid_q;
  assign out_data_o = padding_q ? {Lanes{ElementWidth'(PadValue)}} : element_q;
endmodule

`default_nettype wire
