`default_nettype none

/// Cuts a feature map into windows as sliding_window does, but takes whole pixels and emits Positions of a window's pixels a beat.
///   in   the map, one pixel (Channels elements) a beat, row-major; frames follow each other without a gap or a marker
///   out  the elements of sliding_window in the same order, Channels * Positions a beat: KernelH*KernelW/Positions beats a window
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i. Lane 0 lowest.
/// Timing      1 output beat and 1 input beat per cycle: a frame takes as many cycles as it has input pixels or output beats, whichever
///             are more (OutHeight * PadRight' + PadRight' more where StrideW*(OutWidth - 1) >= Width). A window can leave 3 cycles after
///             its last pixel came. Rows, also those of the next frame, are written meanwhile. No combinational path between the two sides.
/// Reset       rst_ni, asynchronous, active low; empties the ring, data is not reset.
/// Parameters  those of sliding_window without Lanes; Positions divides KernelH * KernelW.
/// Memory      KernelH banks, so that a column of a window is read at once; each holds BankRows rows of Width pixels. Registers for one
///             window, and for a second one if Positions < KernelH * KernelW.
module parallel_window #(
  parameter int ElementWidth = 8,
  parameter int Channels     = 1,
  parameter int Positions    = 3,
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
  input  logic                                       clk_i,
  input  logic                                       rst_ni,
  input  logic                                       in_valid_i,
  output logic                                       in_ready_o,
  input  logic [Channels*ElementWidth-1:0]           in_data_i,
  output logic                                       out_valid_o,
  input  logic                                       out_ready_i,
  output logic [Positions*Channels*ElementWidth-1:0] out_data_o
);
  localparam bit Counted = ElementWidth >= 1 && Channels >= 1 && Height >= 1 && Width >= 1 && KernelH >= 1 && KernelW >= 1 &&
                           StrideH >= 1 && StrideW >= 1 && SupplyLag >= 0 && Positions >= 1 && KernelH * KernelW % Positions == 0;
  localparam bit Fitting = PadTop >= 0 && PadLeft >= 0 && PadBottom >= 0 && PadRight >= 0 &&
                           PadTop < KernelH && PadBottom < KernelH && PadLeft < KernelW && PadRight < KernelW &&
                           KernelH <= Height + PadTop + PadBottom && KernelW <= Width + PadLeft + PadRight;
  if (!Counted || !Fitting) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "parallel_window: illegal parameters");
    initial
`endif
    $error("parallel_window: ElementWidth = %0d, Channels = %0d, Positions = %0d, map %0d x %0d, kernel %0d x %0d, stride %0d x %0d, ",
           ElementWidth, Channels, Positions, Height, Width, KernelH, KernelW, StrideH, StrideW,
           "pads top %0d, left %0d, bottom %0d, right %0d, SupplyLag = %0d: ", PadTop, PadLeft, PadBottom, PadRight, SupplyLag,
           "Positions must divide the kernel, pads be below the kernel, the kernel fit the padded map, strides be at least 1");
  end

  function automatic int maximum(input int a, input int b);
    maximum = a > b ? a : b;
  endfunction
  function automatic int clipped(input int value, input int high);  // to 0..high
    clipped = value < 0 ? 0 : (value > high ? high : value);
  endfunction
  function automatic int count_width(input int values);  // bits of a counter over 0..values-1
    count_width = values <= 2 ? 1 : $clog2(values);
  endfunction

  localparam int PixelWidth = Channels * ElementWidth;
  localparam int OutHeight = (Height + PadTop + PadBottom - KernelH) / StrideH + 1;
  localparam int OutWidth = (Width + PadLeft + PadRight - KernelW) / StrideW + 1;

  // ---- The ring of rows. Row r of the endless stream of frames is in bank r % KernelH, so any KernelH neighbours are in different ones.
  // The rows suffice for the constant rates of sliding_window (its header): KernelH - 1 that a window holds, those by which the frame
  // boundary makes supply and demand drift apart, and at most StrideH + 1 that arrive before the columns of a line are done with.
  localparam int FrameDrift = maximum(Height - StrideH * OutHeight, StrideH * OutHeight - Height);
  localparam int NeededRows = KernelH + StrideH + FrameDrift + (SupplyLag + Width - 1) / Width;
  localparam int BankRows = (NeededRows + KernelH - 1) / KernelH;
  localparam int RingRows = BankRows * KernelH;
  localparam int AddressWidth = count_width(BankRows * Width);

  // Moves of the window's top row from line to line and from the last line of a frame to the first of the next, in rows and modulo the
  // ring. Padding counts as rows of the neighbouring frame; they are not shown.
  localparam int FrameRows = Height - (OutHeight - 1) * StrideH;
  localparam int LineTurn = StrideH % RingRows;
  localparam int FrameTurn = (FrameRows % RingRows + RingRows) % RingRows;
  localparam int FirstTop = (RingRows - PadTop % RingRows) % RingRows;

  // ---- Writing: column and row in the ring.
  logic push, fetch;
  logic [count_width(Width)-1:0] write_column_q;
  logic [count_width(KernelH)-1:0] write_bank_q;
  logic [count_width(BankRows)-1:0] write_slot_q;
  logic row_written, slot_written;
  assign row_written = write_column_q == count_width(Width)'(Width - 1);
  assign slot_written = row_written && write_bank_q == count_width(KernelH)'(KernelH - 1);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_column_q <= '0;
      write_bank_q <= '0;
      write_slot_q <= '0;
    end else if (push) begin
      write_column_q <= row_written ? '0 : write_column_q + 1'b1;
      if (row_written) write_bank_q <= slot_written ? '0 : write_bank_q + 1'b1;
      if (slot_written) write_slot_q <= write_slot_q == count_width(BankRows)'(BankRows - 1) ? '0 : write_slot_q + 1'b1;
    end
  end

  // ---- Reading: for each line of windows the columns of the map, KernelH pixels at once, from the row in top_bank_q, top_slot_q down.
  logic [count_width(Width)-1:0] column_q;
  logic [count_width(OutHeight)-1:0] line_q;
  logic [count_width(KernelH):0] top_bank_q, top_bank_d;    // one bit more than their values need: room for the sums
  logic [count_width(BankRows):0] top_slot_q, top_slot_d, next_slot;
  logic line_ends, frame_ends, bank_wraps;
  assign line_ends = column_q == count_width(Width)'(Width - 1);
  assign frame_ends = line_ends && line_q == count_width(OutHeight)'(OutHeight - 1);
  assign next_slot = top_slot_q == (count_width(BankRows)+1)'(BankRows - 1) ? '0 : top_slot_q + 1'b1;
  always_comb begin
    top_bank_d = top_bank_q + (count_width(KernelH)+1)'(frame_ends ? FrameTurn % KernelH : LineTurn % KernelH);
    bank_wraps = top_bank_d >= (count_width(KernelH)+1)'(KernelH);
    if (bank_wraps) top_bank_d = top_bank_d - (count_width(KernelH)+1)'(KernelH);
    top_slot_d = bank_wraps ? next_slot : top_slot_q;
    top_slot_d = top_slot_d + (count_width(BankRows)+1)'(frame_ends ? FrameTurn / KernelH : LineTurn / KernelH);
    if (top_slot_d >= (count_width(BankRows)+1)'(BankRows)) top_slot_d = top_slot_d - (count_width(BankRows)+1)'(BankRows);
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      column_q <= '0;
      line_q <= '0;
      top_bank_q <= (count_width(KernelH)+1)'(FirstTop % KernelH);
      top_slot_q <= (count_width(BankRows)+1)'(FirstTop / KernelH);
    end else if (fetch) begin
      column_q <= line_ends ? '0 : column_q + 1'b1;
      if (line_ends) line_q <= frame_ends ? '0 : line_q + 1'b1;
      if (line_ends) top_bank_q <= top_bank_d;
      if (line_ends) top_slot_q <= top_slot_d;
    end
  end

  // ---- Levels, in pixels. ahead_q: pixels written from the column's last one on, less 1, so that it is negative until the column is
  // there. Its last pixel is in row needed(line) - 1, which stays put where the map's lower edge clips the windows. room_q: pixels
  // that may be written, less 1: the ring less what was written from the column's first position on.
  function automatic int needed(input int line);
    needed = clipped(line * StrideH + KernelH - PadTop, Height);
  endfunction
  localparam int FullLines = Height < KernelH - PadTop ? 0 : clipped((Height - KernelH + PadTop) / StrideH, OutHeight - 1);
  localparam int LineStep = StrideH * Width - Width + 1;  // to the next line while no window is clipped: lines before FullLines
  localparam int ClipStep = (needed(clipped(FullLines + 1, OutHeight - 1)) - needed(FullLines)) * Width - Width + 1;
  localparam int FrameStep = (Height - needed(OutHeight - 1) + needed(0)) * Width - Width + 1;
  localparam int FrameMove = FrameRows * Width - Width + 1;
  localparam int LongestMove = (StrideH + KernelH + Height) * Width;
  localparam int LevelWidth = $clog2(RingRows * Width + LongestMove) + 1;

  logic signed [LevelWidth-1:0] ahead_q, room_q, step, move;
  always_comb begin
    step = LevelWidth'(1);
    move = LevelWidth'(1);
    if (frame_ends) begin
      step = LevelWidth'(FrameStep);
      move = LevelWidth'(FrameMove);
    end else if (line_ends) begin
      if (line_q < count_width(OutHeight)'(FullLines)) step = LevelWidth'(LineStep);
      else if (line_q == count_width(OutHeight)'(FullLines)) step = LevelWidth'(ClipStep);
      else step = LevelWidth'(1 - Width);
      move = LevelWidth'(LineStep);
    end
    if (!fetch) begin
      step = '0;
      move = '0;
    end
  end

  logic column_valid_q, column_taken;
  assign in_ready_o = !room_q[LevelWidth-1];
  assign push = in_valid_i && in_ready_o;
  assign fetch = !ahead_q[LevelWidth-1] && (!column_valid_q || column_taken);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ahead_q <= LevelWidth'(-(needed(0) - 1) * Width - 1);
      room_q <= LevelWidth'((RingRows - PadTop) * Width - 1);
      column_valid_q <= 1'b0;
    end else begin
      ahead_q <= ahead_q - step + LevelWidth'(push);
      room_q <= room_q + move - LevelWidth'(push);
      if (fetch) column_valid_q <= 1'b1;
      else if (column_taken) column_valid_q <= 1'b0;
    end
  end

  // ---- The banks. A fetch and a push never meet in one word: the room ends where the column begins.
  function automatic logic [AddressWidth-1:0] first_word(input logic [count_width(BankRows):0] slot);
    first_word = '0;
    for (int s = 1; s < BankRows; s++) if (slot == (count_width(BankRows)+1)'(s)) first_word = AddressWidth'(s * Width);
  endfunction
  logic [AddressWidth-1:0] write_address, top_address, next_address;
  assign write_address = first_word({1'b0, write_slot_q}) + AddressWidth'(write_column_q);
  assign top_address = first_word(top_slot_q) + AddressWidth'(column_q);
  assign next_address = first_word(next_slot) + AddressWidth'(column_q);

  logic [KernelH*PixelWidth-1:0] banks_q;  // what the banks have read; then turned so that the window's top row is lowest
  for (genvar b = 0; b < KernelH; b++) begin : g_bank
    (* no_rw_check *) logic [PixelWidth-1:0] rows [0:BankRows*Width-1];
    logic [AddressWidth-1:0] address;
    assign address = (count_width(KernelH)+1)'(b) >= top_bank_q ? top_address : next_address;
    always_ff @(posedge clk_i) begin
      if (push && write_bank_q == count_width(KernelH)'(b)) rows[write_address] <= in_data_i;
      if (fetch) banks_q[b*PixelWidth +: PixelWidth] <= rows[address];
    end
  end

  localparam logic [PixelWidth-1:0] PadPixel = {Channels{ElementWidth'(PadValue)}};
  logic [count_width(KernelH):0] turn_q;   // bank of the top row of the column in banks_q
  logic [KernelH-1:0] row_in_map, row_in_map_q;
  logic [KernelH*PixelWidth-1:0] column;
  always_ff @(posedge clk_i) begin
    if (fetch) turn_q <= top_bank_q;
    if (fetch) row_in_map_q <= row_in_map;
  end
  if (PadTop + PadBottom == 0) begin : g_all_rows
    assign row_in_map = '1;
  end else begin : g_some_rows
    localparam int PlaceWidth = $clog2(Height + KernelH + KernelH + StrideH) + 1;
    logic signed [PlaceWidth-1:0] top_q;
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) top_q <= PlaceWidth'(-PadTop);
      else if (fetch && line_ends) top_q <= frame_ends ? PlaceWidth'(-PadTop) : top_q + PlaceWidth'(StrideH);
    end
    for (genvar k = 0; k < KernelH; k++) begin : g_row
      logic signed [PlaceWidth-1:0] row;
      assign row = top_q + PlaceWidth'(k);
      assign row_in_map[k] = $unsigned(row) < PlaceWidth'(Height);  // negative ones are large
    end
  end
  always_comb begin
    column = banks_q;
    for (int b = 1; b < KernelH; b++) begin
      if (turn_q == (count_width(KernelH)+1)'(b)) begin
        for (int k = 0; k < KernelH; k++) column[k*PixelWidth +: PixelWidth] = banks_q[((b + k) % KernelH)*PixelWidth +: PixelWidth];
      end
    end
    for (int k = 0; k < KernelH; k++) if (!row_in_map_q[k]) column[k*PixelWidth +: PixelWidth] = PadPixel;
  end

  // ---- Shifting columns through KernelW registers. The columns of a line follow those of the line before it without a gap: while a window
  // reaches over the right edge, the next line's first columns come in and are not shown. Only after a frame's last line blanks take
  // their place (the next frame may not come soon), and after each line as many as its windows are too many for one a column.
  localparam int LineShifts = maximum(Width, (OutWidth - 1) * StrideW + 1);
  localparam int TailShifts = maximum(0, (OutWidth - 1) * StrideW - PadLeft + KernelW - LineShifts);
  localparam int FirstShifts = KernelW - PadLeft;                         // to the first window; then to the next one, the next
  localparam int LineGap = LineShifts - (OutWidth - 1) * StrideW;         // line's first, the next frame's first
  localparam int FrameGap = LineGap + TailShifts;
  localparam int GapWidth = count_width(maximum(maximum(FirstShifts, StrideW), FrameGap));
  localparam int ShiftWidth = count_width(maximum(LineShifts, TailShifts));

  logic [ShiftWidth-1:0] shift_q;                          // position within the line, or within the tail
  logic [count_width(OutHeight + 1)-1:0] shift_line_q;     // OutHeight: the tail
  logic shift, blank, shift_line_ends, tail;
  assign tail = TailShifts != 0 && shift_line_q == count_width(OutHeight + 1)'(OutHeight);
  assign blank = tail || (LineShifts > Width && shift_q >= ShiftWidth'(Width));
  assign shift_line_ends = shift_q == (tail ? ShiftWidth'(TailShifts - 1) : ShiftWidth'(LineShifts - 1));

  logic window_valid_q, window_taken;
  logic [GapWidth-1:0] missing_q;                          // shifts until the next window is complete, less 1
  logic [count_width(OutWidth)-1:0] window_column_q;       // of that next window
  logic [count_width(OutHeight)-1:0] window_line_q;
  logic window_line_ends, window_frame_ends;
  assign window_line_ends = window_column_q == count_width(OutWidth)'(OutWidth - 1);
  assign window_frame_ends = window_line_ends && window_line_q == count_width(OutHeight)'(OutHeight - 1);
  assign shift = (blank || column_valid_q) && (!window_valid_q || window_taken);
  assign column_taken = shift && !blank;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      shift_q <= '0;
      shift_line_q <= '0;
      missing_q <= GapWidth'(FirstShifts - 1);
      window_column_q <= '0;
      window_line_q <= '0;
      window_valid_q <= 1'b0;
    end else begin
      if (shift) begin
        shift_q <= shift_line_ends ? '0 : shift_q + 1'b1;
        if (shift_line_ends) begin
          shift_line_q <= shift_line_q == count_width(OutHeight + 1)'(TailShifts == 0 ? OutHeight - 1 : OutHeight) ? '0 : shift_line_q + 1'b1;
        end
        missing_q <= missing_q - 1'b1;
        if (missing_q == '0) begin
          missing_q <= window_frame_ends ? GapWidth'(FrameGap - 1) : window_line_ends ? GapWidth'(LineGap - 1) : GapWidth'(StrideW - 1);
          window_column_q <= window_line_ends ? '0 : window_column_q + 1'b1;
          if (window_line_ends) window_line_q <= window_frame_ends ? '0 : window_line_q + 1'b1;
        end
      end
      if (shift) window_valid_q <= missing_q == '0;
      else if (window_taken) window_valid_q <= 1'b0;
    end
  end

  logic [KernelW*KernelH*PixelWidth-1:0] columns_q;        // oldest column lowest
  logic [KernelW-1:0] column_in_map_q;                     // of the window in columns_q
  if (KernelW == 1) begin : g_one_column
    always_ff @(posedge clk_i) if (shift) columns_q <= column;
  end else begin : g_columns
    always_ff @(posedge clk_i) if (shift) columns_q <= {column, columns_q[KernelW*KernelH*PixelWidth-1:KernelH*PixelWidth]};
  end
  if (PadLeft + PadRight == 0) begin : g_all_columns
    assign column_in_map_q = '1;
  end else begin : g_some_columns
    localparam int PlaceWidth = $clog2(Width + KernelW + KernelW + StrideW) + 1;
    logic signed [PlaceWidth-1:0] left_q;                  // leftmost column of the next window
    logic [KernelW-1:0] column_in_map;
    for (genvar k = 0; k < KernelW; k++) begin : g_column
      logic signed [PlaceWidth-1:0] place;
      assign place = left_q + PlaceWidth'(k);
      assign column_in_map[k] = $unsigned(place) < PlaceWidth'(Width);
    end
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) left_q <= PlaceWidth'(-PadLeft);
      else if (shift && missing_q == '0) left_q <= window_line_ends ? PlaceWidth'(-PadLeft) : left_q + PlaceWidth'(StrideW);
    end
    always_ff @(posedge clk_i) if (shift) column_in_map_q <= column_in_map;
  end

  // ---- The window in the order of the output, row by row, and its way out, Positions at a time.
  localparam int Beats = KernelH * KernelW / Positions;
  localparam int BeatWidth = Positions * PixelWidth;
  logic [KernelH*KernelW*PixelWidth-1:0] window;
  always_comb begin
    for (int kh = 0; kh < KernelH; kh++) begin
      for (int kw = 0; kw < KernelW; kw++) begin
        window[(kh*KernelW + kw)*PixelWidth +: PixelWidth] =
            column_in_map_q[kw] ? columns_q[(kw*KernelH + kh)*PixelWidth +: PixelWidth] : PadPixel;
      end
    end
  end
  if (Beats == 1) begin : g_whole
    assign out_valid_o = window_valid_q;
    assign out_data_o = window;
    assign window_taken = window_valid_q && out_ready_i;
  end else begin : g_parts
    logic [count_width(Beats + 1)-1:0] parts_q;  // left to go out
    logic [KernelH*KernelW*PixelWidth-1:0] parts_data_q;
    assign out_valid_o = parts_q != '0;
    assign out_data_o = parts_data_q[BeatWidth-1:0];
    assign window_taken = window_valid_q && (!out_valid_o || (parts_q == count_width(Beats + 1)'(1) && out_ready_i));
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) parts_q <= '0;
      else if (window_taken) parts_q <= count_width(Beats + 1)'(Beats);
      else if (out_valid_o && out_ready_i) parts_q <= parts_q - 1'b1;
    end
    always_ff @(posedge clk_i) begin
      if (window_taken) parts_data_q <= window;
      else if (out_ready_i) parts_data_q <= parts_data_q >> BeatWidth;
    end
  end
endmodule

`default_nettype wire
