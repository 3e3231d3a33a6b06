`default_nettype none

/// Narrows accumulators to activations: y = clamp(ZeroPoint + round(acc * multiplier / 2^shift), Low, High), exact for every input.
///   Rounding 0 half to even, 1 half up (ties toward plus infinity), 2 floor
///   PerChannel 0: one factor, Multiplier and Shift, for all channels. 1: one for each from FactorFile; channels are counted, Lanes a beat.
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i. Lane 0 lowest.
/// Timing      1 beat per cycle. Latency 2 cycles if PerChannel = 0 and Multiplier = 1 (there is no multiplier then), 4 with another
///             Multiplier, 6 if PerChannel = 1. out_ready_i -> in_ready_o is combinational (cut it with skid_buffer).
/// Reset       rst_ni, asynchronous, active low; drops what is inside, the next beat is that of channel 0. Data is not reset.
/// Parameters  Lanes divides Channels. AccWidth 2..32 (two's complement), MultWidth 1..31 (unsigned), ShiftWidth 1..6, OutWidth 1..16,
///             in bits. 0 < Multiplier < 2^31 and 0 <= Shift <= 62. Low <= High are the ends of y, both in the range of OutWidth bits, signed
///             or unsigned; ZeroPoint lies within -2^OutWidth..2^OutWidth.
/// Memory      FactorFile, for $readmemh: word c / Lanes holds {shift, multiplier} of channel c at bit (c % Lanes)*(ShiftWidth + MultWidth).
/// Mirrors     bitloom::Requantize, whose multiply_shift_round its test calls.
module requantize #(
  parameter int Lanes      = 1,
  parameter int Channels   = 1,
  parameter int AccWidth   = 32,
  parameter int MultWidth  = 31,
  parameter int ShiftWidth = 6,
  parameter     FactorFile = "",
  parameter int Multiplier = 1,
  parameter int Shift      = 0,
  parameter bit PerChannel = 1'b0,
  parameter int ZeroPoint  = 0,
  parameter int Low        = -128,
  parameter int High       = 127,
  parameter int OutWidth   = 8,
  parameter int Rounding   = 0
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic                      in_valid_i,
  output logic                      in_ready_o,
  input  logic [Lanes*AccWidth-1:0] in_data_i,
  output logic                      out_valid_o,
  input  logic                      out_ready_i,
  output logic [Lanes*OutWidth-1:0] out_data_o
);
  localparam bit Counted = Lanes >= 1 && Channels >= 1 && Channels % Lanes == 0 && (!PerChannel || FactorFile != "");
  localparam bit Sized = AccWidth >= 2 && AccWidth <= 32 && MultWidth >= 1 && MultWidth <= 31 && ShiftWidth >= 1 && ShiftWidth <= 6 &&
                         OutWidth >= 1 && OutWidth <= 16 && Rounding >= 0 && Rounding <= 2;
  localparam bit Ranged = Multiplier >= 1 && Shift >= 0 && Shift <= 62 && Low <= High &&
                          (Low >= 0 ? High < 1 << OutWidth : (Low >= -(1 << (OutWidth - 1)) && High < 1 << (OutWidth - 1))) &&
                          ZeroPoint >= -(1 << OutWidth) && ZeroPoint <= 1 << OutWidth;
  if (!Counted || !Sized || !Ranged) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "requantize: illegal parameters");
    initial
`endif
    $error("requantize: Lanes = %0d must divide Channels = %0d; AccWidth = %0d be 2..32, MultWidth = %0d 1..31, ", Lanes, Channels, AccWidth,
           MultWidth, "ShiftWidth = %0d 1..6, OutWidth = %0d 1..16, Rounding = %0d 0..2, Multiplier = %0d positive, ", ShiftWidth, OutWidth,
           Rounding, Multiplier, "Shift = %0d 0..62, Low = %0d <= High = %0d within OutWidth bits, ZeroPoint = %0d within 2^OutWidth; ",
           Shift, Low, High, ZeroPoint, "FactorFile name a file if PerChannel");
  end

  localparam bit Multiplies = PerChannel ? MultWidth > 1 : Multiplier != 1;
  function automatic int bits_of(input int value);  // without its leading zeros
    bits_of = 0;
    for (int b = 0; b < 31; b++) if (value >> b != 0) bits_of = b + 1;
  endfunction
  localparam int FactorWidth = PerChannel ? MultWidth : bits_of(Multiplier);
  localparam int ProductWidth = AccWidth + (Multiplies ? FactorWidth : 0);

  // ---- Stages: factors of the channel (PerChannel), partial products and their sum (Multiplies), shift by a multiple of 8 (PerChannel),
  // the rest of the shift with rounding, clamp. They move together, and stand still while the output beat is not taken.
  localparam int Stages = 2 + (PerChannel ? 2 : 0) + (Multiplies ? 2 : 0);
  logic [Stages-1:0] valid_q;
  logic move;
  assign move = !out_valid_o || out_ready_i;
  assign in_ready_o = move;
  assign out_valid_o = valid_q[Stages-1];
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else if (move) valid_q <= {valid_q[Stages-2:0], in_valid_i};
  end

  // ---- Factors, beside the accumulators that they belong to.
  localparam int WordWidth = ShiftWidth + MultWidth;
  logic [Lanes*AccWidth-1:0] accs;
  logic [Lanes*WordWidth-1:0] factors;
  if (PerChannel) begin : g_factors
    localparam int Groups = Channels / Lanes;
    localparam int GroupBits = Groups <= 2 ? 1 : $clog2(Groups);
    logic [Lanes*WordWidth-1:0] words [0:Groups-1];
    logic [Lanes*WordWidth-1:0] factors_q;
    logic [Lanes*AccWidth-1:0] accs_q;
    logic [GroupBits-1:0] group_q;
    initial $readmemh(FactorFile, words);
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) group_q <= '0;
      else if (move && in_valid_i) group_q <= group_q == GroupBits'(Groups - 1) ? '0 : group_q + 1'b1;
    end
    always_ff @(posedge clk_i) begin
      if (move) factors_q <= words[group_q];
      if (move) accs_q <= in_data_i;
    end
    assign factors = factors_q;
    assign accs = accs_q;
  end else begin : g_one_factor
    assign factors = '0;
    assign accs = in_data_i;
  end

  // Bits that are kept of a shifted product: the half bit, and enough above it that a larger value, which saturates, is beyond Low or High
  // whatever ZeroPoint is, also after the 7 places that the second part of a variable shift may move it.
  localparam int KeptWidth = OutWidth + 3 + (PerChannel ? 7 : 0);
  localparam int WideWidth = ProductWidth >= KeptWidth ? ProductWidth + 1 : KeptWidth + 1;

  for (genvar lane = 0; lane < Lanes; lane++) begin : g_lane
    logic signed [AccWidth-1:0] acc;
    logic signed [ProductWidth-1:0] product;
    logic [ShiftWidth-1:0] shift, product_shift;
    assign acc = accs[lane*AccWidth +: AccWidth];
    assign shift = factors[lane*WordWidth + MultWidth +: ShiftWidth];

    // ---- acc * multiplier. Both are cut so that each partial product fits one DSP48E2 (27 x 18 bits, signed).
    if (Multiplies) begin : g_multiply
      localparam int AccCut = 17, FactorCut = 16;
      localparam int AccParts = AccWidth > AccCut + 1 ? 2 : 1;
      localparam int FactorParts = FactorWidth > 26 ? 2 : 1;
      localparam int TermWidth = 27 + 18;
      logic [FactorWidth-1:0] factor;
      logic signed [ProductWidth-1:0] sum, product_q;
      logic signed [TermWidth-1:0] term_q [0:AccParts*FactorParts-1];
      logic [ShiftWidth-1:0] shift_q, shift_2q;
      if (PerChannel) assign factor = factors[lane*WordWidth +: FactorWidth];
      else assign factor = FactorWidth'(Multiplier);
      for (genvar a = 0; a < AccParts; a++) begin : g_acc_part
        for (genvar f = 0; f < FactorParts; f++) begin : g_factor_part
          logic signed [17:0] acc_part;
          logic signed [26:0] factor_part;
          if (a == AccParts - 1) assign acc_part = 18'(acc >>> a * AccCut);
          else assign acc_part = {1'b0, acc[AccCut-1:0]};
          if (f == FactorParts - 1) assign factor_part = 27'(FactorWidth'(factor >> (f * FactorCut)));
          else assign factor_part = 27'(factor[FactorCut-1:0]);
          always_ff @(posedge clk_i) if (move) term_q[a*FactorParts+f] <= TermWidth'(acc_part * factor_part);
        end
      end
      always_comb begin
        sum = '0;
        for (int a = 0; a < AccParts; a++) begin
          for (int f = 0; f < FactorParts; f++) sum = sum + (ProductWidth'(term_q[a*FactorParts+f]) << (a * AccCut + f * FactorCut));
        end
      end
      always_ff @(posedge clk_i) if (move) product_q <= sum;
      // Reset only because Yosys (0.23 to 0.67, YosysHQ/yosys#6058) makes SRLs that lose their enable of such registers without one.
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) begin
          shift_q <= '0;
          shift_2q <= '0;
        end else if (move) begin
          shift_q <= shift;
          shift_2q <= shift_q;
        end
      end
      assign product = product_q;
      assign product_shift = shift_2q;
    end else begin : g_no_multiply
      assign product = acc;
      assign product_shift = shift;
    end

    // ---- The shifted product, half bit lowest. dropped: a bit below the half bit was set.
    logic signed [WideWidth-1:0] wide, shifted;
    logic signed [KeptWidth-1:0] kept, fraction;
    logic shifted_dropped, dropped;
    assign wide = WideWidth'($signed({product, 1'b0}));
    assign kept = shifted[WideWidth-1:KeptWidth-1] == '0 || shifted[WideWidth-1:KeptWidth-1] == '1
                      ? shifted[KeptWidth-1:0] : {shifted[WideWidth-1], {(KeptWidth-1){!shifted[WideWidth-1]}}};
    if (PerChannel) begin : g_variable_shift
      logic [5:0] places;
      logic [2:0] fine_q;
      logic signed [KeptWidth-1:0] kept_q;
      logic dropped_q;
      assign places = 6'(product_shift);
      assign shifted = wide >>> {places[5:3], 3'b000};
      assign shifted_dropped = (wide & ~({WideWidth{1'b1}} << {places[5:3], 3'b000})) != '0;
      always_ff @(posedge clk_i) begin
        if (move) begin
          kept_q <= kept;
          dropped_q <= shifted_dropped;
          fine_q <= places[2:0];
        end
      end
      assign fraction = kept_q >>> fine_q;
      assign dropped = dropped_q || (kept_q & ~({KeptWidth{1'b1}} << fine_q)) != '0;
    end else begin : g_constant_shift
      assign shifted = wide >>> Shift;
      assign shifted_dropped = (wide & ~({WideWidth{1'b1}} << Shift)) != '0;
      assign fraction = kept;
      assign dropped = shifted_dropped;
    end

    // ---- Rounding: the half bit says whether the fraction is at least 1/2, dropped whether it is more than that.
    logic up;
    logic signed [KeptWidth-1:0] rounded_q;
    if (Rounding == 0) assign up = fraction[0] && (dropped || fraction[1]);
    else if (Rounding == 1) assign up = fraction[0];
    else assign up = 1'b0;
    always_ff @(posedge clk_i) if (move) rounded_q <= (fraction >>> 1) + KeptWidth'($signed({1'b0, up}));

    // ---- Zero point and clamp.
    localparam logic signed [KeptWidth+1:0] LowValue = (KeptWidth+2)'(Low);
    localparam logic signed [KeptWidth+1:0] HighValue = (KeptWidth+2)'(High);
    logic signed [KeptWidth+1:0] value;
    logic [OutWidth-1:0] out_q;
    assign value = (KeptWidth+2)'(rounded_q) + (KeptWidth+2)'(ZeroPoint);
    always_ff @(posedge clk_i) begin
      if (move) out_q <= value < LowValue ? OutWidth'(Low) : value > HighValue ? OutWidth'(High) : value[OutWidth-1:0];
    end
    assign out_data_o[lane*OutWidth +: OutWidth] = out_q;

    // Constant factors need no words of a file, floor no dropped bits.
    logic unused;
    assign unused = &{1'b0, factors[lane*WordWidth +: WordWidth], product_shift, dropped};
  end
endmodule

`default_nettype wire
