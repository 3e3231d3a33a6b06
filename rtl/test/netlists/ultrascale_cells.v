// Simulation models of the UltraScale+ cells that Yosys 0.23 maps to without bringing a model of its own: DSP48E2, RAMB18E2, RAMB36E2.
// Written for this project from AMD's public descriptions (UG579, UG573); only what Yosys uses is modelled, anything else ends the
// simulation. They are no substitute for the vendor's models.

/// The multiplier alone: P = A * B, signed, A 27 bits and B 18 bits, all registers bypassed.
module DSP48E2 #(
  parameter integer ACASCREG = 1, ADREG = 1, ALUMODEREG = 1, AREG = 1, BCASCREG = 1, BREG = 1, CARRYINREG = 1, CARRYINSELREG = 1, CREG = 1,
  parameter integer DREG = 1, INMODEREG = 1, MREG = 1, OPMODEREG = 1, PREG = 1,
  parameter AMULTSEL = "A", A_INPUT = "DIRECT", BMULTSEL = "B", B_INPUT = "DIRECT", USE_MULT = "MULTIPLY", USE_SIMD = "ONE48"
) (
  input wire signed [29:0] A, ACIN, input wire signed [17:0] B, BCIN, input wire [47:0] C, PCIN, input wire [26:0] D,
  input wire [3:0] ALUMODE, input wire [2:0] CARRYINSEL, input wire [4:0] INMODE, input wire [8:0] OPMODE, input wire CARRYIN,
  output wire [47:0] P
);
  wire signed [26:0] a = A[26:0];
  wire signed [44:0] product = a * B;
  assign P = {{3{product[44]}}, product};
  initial if (ACASCREG + ADREG + ALUMODEREG + AREG + BCASCREG + BREG + CARRYINREG + CARRYINSELREG + CREG + DREG + INMODEREG + MREG + OPMODEREG +
              PREG != 0 || AMULTSEL != "A" || BMULTSEL != "B" || A_INPUT != "DIRECT" || B_INPUT != "DIRECT" || USE_MULT != "MULTIPLY" ||
              USE_SIMD != "ONE48") begin
    $display("DSP48E2: this model has no registers, cascades, pre-adder or SIMD");
    $fatal;
  end
  always @* if (OPMODE !== 9'h005 || ALUMODE !== 0 || INMODE !== 0 || CARRYINSEL !== 0 || CARRYIN !== 0) begin
    $display("DSP48E2: this model only multiplies, OPMODE is %h", OPMODE);
    $fatal;
  end
endmodule

/// What RAMB18E2 and RAMB36E2 share: two ports on one array of bytes with a parity bit each. A port of width 9 * 2^n moves 2^n bytes with their
/// parity bits, one of width 1, 2 or 4 a part of a byte without. A port twice as wide as the data pins (simple dual port) reads at
/// port A and writes at port B; its upper half is on the other port's pins.
module block_ram #(
  parameter integer AddressWidth = 14, PortBytes = 2, ReadA = 0, ReadB = 0, WriteA = 0, WriteB = 0,
  parameter [(1<<AddressWidth)-1:0] Data = 0, parameter [(1<<AddressWidth)/8-1:0] Parity = 0
) (
  input wire clk_a, clk_b, enable_a, enable_b,
  input wire [AddressWidth-1:0] address_a, address_b,  // of a bit of data
  input wire [8*PortBytes-1:0] in_a, in_b, input wire [PortBytes-1:0] in_parity_a, in_parity_b,
  input wire [PortBytes-1:0] write_a, input wire [2*PortBytes-1:0] write_b,
  output wire [8*PortBytes-1:0] out_a, out_b, output wire [PortBytes-1:0] out_parity_a, out_parity_b
);
  reg [(1<<AddressWidth)-1:0] data = Data;
  reg [(1<<AddressWidth)/8-1:0] parity = Parity;
  localparam integer WideBits = 16 * PortBytes;
  localparam WideRead = ReadA == 18 * PortBytes, WideWrite = WriteB == 18 * PortBytes;

  function integer data_bits(input integer width);  // of a port
    data_bits = width < 9 ? width : width / 9 * 8;
  endfunction
  function [AddressWidth-1:0] aligned(input [AddressWidth-1:0] address, input integer bits);
    aligned = address / bits * bits;
  endfunction

  reg [WideBits-1:0] read_a, read_b;
  reg [2*PortBytes-1:0] read_parity_a, read_parity_b;
  assign out_a = read_a;
  assign out_parity_a = read_parity_a;
  assign out_b = WideRead ? read_a[WideBits-1:8*PortBytes] : read_b[8*PortBytes-1:0];
  assign out_parity_b = WideRead ? read_parity_a[2*PortBytes-1:PortBytes] : read_parity_b[PortBytes-1:0];

  // Reads come before writes (READ_FIRST): writes take effect at the end of the time step.
  integer i, j;
  always @(posedge clk_a) if (enable_a) begin
    if (ReadA != 0) read_a <= data >> aligned(address_a, data_bits(ReadA));
    if (ReadA >= 9) read_parity_a <= parity >> aligned(address_a, data_bits(ReadA)) / 8;
    if (WriteA != 0) for (i = 0; i < data_bits(WriteA); i = i + 1) begin
      if (write_a[i/8]) data[aligned(address_a, data_bits(WriteA)) + i] <= in_a[i];
      if (WriteA >= 9 && i % 8 == 0 && write_a[i/8]) parity[(aligned(address_a, data_bits(WriteA)) + i) / 8] <= in_parity_a[i/8];
    end
  end
  wire [WideBits-1:0] in_wide = {in_b, WideWrite ? in_a : in_b};
  wire [2*PortBytes-1:0] in_parity_wide = {in_parity_b, WideWrite ? in_parity_a : in_parity_b};
  always @(posedge clk_b) if (enable_b) begin
    if (ReadB != 0) read_b <= data >> aligned(address_b, data_bits(ReadB));
    if (ReadB >= 9) read_parity_b <= parity >> aligned(address_b, data_bits(ReadB)) / 8;
    if (WriteB != 0) for (j = 0; j < data_bits(WriteB); j = j + 1) begin
      if (write_b[j/8]) data[aligned(address_b, data_bits(WriteB)) + j] <= in_wide[j];
      if (WriteB >= 9 && j % 8 == 0 && write_b[j/8]) parity[(aligned(address_b, data_bits(WriteB)) + j) / 8] <= in_parity_wide[j/8];
    end
  end
endmodule

module RAMB18E2 #(
  parameter [255:0] INIT_00 = 0, parameter [255:0] INIT_01 = 0, parameter [255:0] INIT_02 = 0, parameter [255:0] INIT_03 = 0,
  parameter [255:0] INIT_04 = 0, parameter [255:0] INIT_05 = 0, parameter [255:0] INIT_06 = 0, parameter [255:0] INIT_07 = 0,
  parameter [255:0] INIT_08 = 0, parameter [255:0] INIT_09 = 0, parameter [255:0] INIT_0A = 0, parameter [255:0] INIT_0B = 0,
  parameter [255:0] INIT_0C = 0, parameter [255:0] INIT_0D = 0, parameter [255:0] INIT_0E = 0, parameter [255:0] INIT_0F = 0,
  parameter [255:0] INIT_10 = 0, parameter [255:0] INIT_11 = 0, parameter [255:0] INIT_12 = 0, parameter [255:0] INIT_13 = 0,
  parameter [255:0] INIT_14 = 0, parameter [255:0] INIT_15 = 0, parameter [255:0] INIT_16 = 0, parameter [255:0] INIT_17 = 0,
  parameter [255:0] INIT_18 = 0, parameter [255:0] INIT_19 = 0, parameter [255:0] INIT_1A = 0, parameter [255:0] INIT_1B = 0,
  parameter [255:0] INIT_1C = 0, parameter [255:0] INIT_1D = 0, parameter [255:0] INIT_1E = 0, parameter [255:0] INIT_1F = 0,
  parameter [255:0] INIT_20 = 0, parameter [255:0] INIT_21 = 0, parameter [255:0] INIT_22 = 0, parameter [255:0] INIT_23 = 0,
  parameter [255:0] INIT_24 = 0, parameter [255:0] INIT_25 = 0, parameter [255:0] INIT_26 = 0, parameter [255:0] INIT_27 = 0,
  parameter [255:0] INIT_28 = 0, parameter [255:0] INIT_29 = 0, parameter [255:0] INIT_2A = 0, parameter [255:0] INIT_2B = 0,
  parameter [255:0] INIT_2C = 0, parameter [255:0] INIT_2D = 0, parameter [255:0] INIT_2E = 0, parameter [255:0] INIT_2F = 0,
  parameter [255:0] INIT_30 = 0, parameter [255:0] INIT_31 = 0, parameter [255:0] INIT_32 = 0, parameter [255:0] INIT_33 = 0,
  parameter [255:0] INIT_34 = 0, parameter [255:0] INIT_35 = 0, parameter [255:0] INIT_36 = 0, parameter [255:0] INIT_37 = 0,
  parameter [255:0] INIT_38 = 0, parameter [255:0] INIT_39 = 0, parameter [255:0] INIT_3A = 0, parameter [255:0] INIT_3B = 0,
  parameter [255:0] INIT_3C = 0, parameter [255:0] INIT_3D = 0, parameter [255:0] INIT_3E = 0, parameter [255:0] INIT_3F = 0,
  parameter [255:0] INITP_00 = 0, parameter [255:0] INITP_01 = 0, parameter [255:0] INITP_02 = 0, parameter [255:0] INITP_03 = 0,
  parameter [255:0] INITP_04 = 0, parameter [255:0] INITP_05 = 0, parameter [255:0] INITP_06 = 0, parameter [255:0] INITP_07 = 0,
  parameter [71:0] INIT_A = 0, parameter [71:0] INIT_B = 0, parameter [71:0] SRVAL_A = 0, parameter [71:0] SRVAL_B = 0,
  parameter integer DOA_REG = 0, parameter integer DOB_REG = 0, parameter integer READ_WIDTH_A = 0, parameter integer READ_WIDTH_B = 0,
  parameter integer WRITE_WIDTH_A = 0, parameter integer WRITE_WIDTH_B = 0, parameter WRITE_MODE_A = "NO_CHANGE", parameter WRITE_MODE_B = "NO_CHANGE"
) (
  input wire CLKARDCLK, CLKBWRCLK, ENARDEN, ENBWREN, ADDRENA, ADDRENB, REGCEAREGCE, REGCEB, SLEEP,
  input wire RSTRAMARSTRAM, RSTRAMB, RSTREGARSTREG, RSTREGB,
  input wire [13:0] ADDRARDADDR, ADDRBWRADDR,
  input wire [15:0] DINADIN, DINBDIN, input wire [1:0] DINPADINP, DINPBDINP,
  input wire [1:0] WEA, input wire [3:0] WEBWE,
  output wire [15:0] DOUTADOUT, DOUTBDOUT, output wire [1:0] DOUTPADOUTP, DOUTPBDOUTP
);
  block_ram #(
    .AddressWidth(14), .PortBytes(2), .ReadA(READ_WIDTH_A), .ReadB(READ_WIDTH_B), .WriteA(WRITE_WIDTH_A), .WriteB(WRITE_WIDTH_B),
    .Data({
    INIT_3F, INIT_3E, INIT_3D, INIT_3C, INIT_3B, INIT_3A, INIT_39, INIT_38, INIT_37, INIT_36,
    INIT_35, INIT_34, INIT_33, INIT_32, INIT_31, INIT_30, INIT_2F, INIT_2E, INIT_2D, INIT_2C,
    INIT_2B, INIT_2A, INIT_29, INIT_28, INIT_27, INIT_26, INIT_25, INIT_24, INIT_23, INIT_22,
    INIT_21, INIT_20, INIT_1F, INIT_1E, INIT_1D, INIT_1C, INIT_1B, INIT_1A, INIT_19, INIT_18,
    INIT_17, INIT_16, INIT_15, INIT_14, INIT_13, INIT_12, INIT_11, INIT_10, INIT_0F, INIT_0E,
    INIT_0D, INIT_0C, INIT_0B, INIT_0A, INIT_09, INIT_08, INIT_07, INIT_06, INIT_05, INIT_04,
    INIT_03, INIT_02, INIT_01, INIT_00}),
    .Parity({
    INITP_07, INITP_06, INITP_05, INITP_04, INITP_03, INITP_02, INITP_01, INITP_00})
  ) u_ram (
    .clk_a(CLKARDCLK), .clk_b(CLKBWRCLK), .enable_a(ENARDEN && ADDRENA), .enable_b(ENBWREN && ADDRENB), .address_a(ADDRARDADDR),
    .address_b(ADDRBWRADDR), .in_a(DINADIN), .in_b(DINBDIN), .in_parity_a(DINPADINP), .in_parity_b(DINPBDINP), .write_a(WEA), .write_b(WEBWE),
    .out_a(DOUTADOUT), .out_b(DOUTBDOUT), .out_parity_a(DOUTPADOUTP), .out_parity_b(DOUTPBDOUTP)
  );
  initial if (DOA_REG != 0 || DOB_REG != 0 || (WRITE_WIDTH_A != 0 && WRITE_MODE_A != "READ_FIRST") ||
              (WRITE_WIDTH_B != 0 && WRITE_MODE_B != "READ_FIRST")) begin
    $display("RAMB18E2: this model has no output registers and only READ_FIRST");
    $fatal;
  end
  always @(posedge CLKARDCLK) if (SLEEP || RSTRAMARSTRAM || RSTRAMB) begin
    $display("RAMB18E2: this model has no sleep and no reset");
    $fatal;
  end
endmodule

module RAMB36E2 #(
  parameter [255:0] INIT_00 = 0, parameter [255:0] INIT_01 = 0, parameter [255:0] INIT_02 = 0, parameter [255:0] INIT_03 = 0,
  parameter [255:0] INIT_04 = 0, parameter [255:0] INIT_05 = 0, parameter [255:0] INIT_06 = 0, parameter [255:0] INIT_07 = 0,
  parameter [255:0] INIT_08 = 0, parameter [255:0] INIT_09 = 0, parameter [255:0] INIT_0A = 0, parameter [255:0] INIT_0B = 0,
  parameter [255:0] INIT_0C = 0, parameter [255:0] INIT_0D = 0, parameter [255:0] INIT_0E = 0, parameter [255:0] INIT_0F = 0,
  parameter [255:0] INIT_10 = 0, parameter [255:0] INIT_11 = 0, parameter [255:0] INIT_12 = 0, parameter [255:0] INIT_13 = 0,
  parameter [255:0] INIT_14 = 0, parameter [255:0] INIT_15 = 0, parameter [255:0] INIT_16 = 0, parameter [255:0] INIT_17 = 0,
  parameter [255:0] INIT_18 = 0, parameter [255:0] INIT_19 = 0, parameter [255:0] INIT_1A = 0, parameter [255:0] INIT_1B = 0,
  parameter [255:0] INIT_1C = 0, parameter [255:0] INIT_1D = 0, parameter [255:0] INIT_1E = 0, parameter [255:0] INIT_1F = 0,
  parameter [255:0] INIT_20 = 0, parameter [255:0] INIT_21 = 0, parameter [255:0] INIT_22 = 0, parameter [255:0] INIT_23 = 0,
  parameter [255:0] INIT_24 = 0, parameter [255:0] INIT_25 = 0, parameter [255:0] INIT_26 = 0, parameter [255:0] INIT_27 = 0,
  parameter [255:0] INIT_28 = 0, parameter [255:0] INIT_29 = 0, parameter [255:0] INIT_2A = 0, parameter [255:0] INIT_2B = 0,
  parameter [255:0] INIT_2C = 0, parameter [255:0] INIT_2D = 0, parameter [255:0] INIT_2E = 0, parameter [255:0] INIT_2F = 0,
  parameter [255:0] INIT_30 = 0, parameter [255:0] INIT_31 = 0, parameter [255:0] INIT_32 = 0, parameter [255:0] INIT_33 = 0,
  parameter [255:0] INIT_34 = 0, parameter [255:0] INIT_35 = 0, parameter [255:0] INIT_36 = 0, parameter [255:0] INIT_37 = 0,
  parameter [255:0] INIT_38 = 0, parameter [255:0] INIT_39 = 0, parameter [255:0] INIT_3A = 0, parameter [255:0] INIT_3B = 0,
  parameter [255:0] INIT_3C = 0, parameter [255:0] INIT_3D = 0, parameter [255:0] INIT_3E = 0, parameter [255:0] INIT_3F = 0,
  parameter [255:0] INIT_40 = 0, parameter [255:0] INIT_41 = 0, parameter [255:0] INIT_42 = 0, parameter [255:0] INIT_43 = 0,
  parameter [255:0] INIT_44 = 0, parameter [255:0] INIT_45 = 0, parameter [255:0] INIT_46 = 0, parameter [255:0] INIT_47 = 0,
  parameter [255:0] INIT_48 = 0, parameter [255:0] INIT_49 = 0, parameter [255:0] INIT_4A = 0, parameter [255:0] INIT_4B = 0,
  parameter [255:0] INIT_4C = 0, parameter [255:0] INIT_4D = 0, parameter [255:0] INIT_4E = 0, parameter [255:0] INIT_4F = 0,
  parameter [255:0] INIT_50 = 0, parameter [255:0] INIT_51 = 0, parameter [255:0] INIT_52 = 0, parameter [255:0] INIT_53 = 0,
  parameter [255:0] INIT_54 = 0, parameter [255:0] INIT_55 = 0, parameter [255:0] INIT_56 = 0, parameter [255:0] INIT_57 = 0,
  parameter [255:0] INIT_58 = 0, parameter [255:0] INIT_59 = 0, parameter [255:0] INIT_5A = 0, parameter [255:0] INIT_5B = 0,
  parameter [255:0] INIT_5C = 0, parameter [255:0] INIT_5D = 0, parameter [255:0] INIT_5E = 0, parameter [255:0] INIT_5F = 0,
  parameter [255:0] INIT_60 = 0, parameter [255:0] INIT_61 = 0, parameter [255:0] INIT_62 = 0, parameter [255:0] INIT_63 = 0,
  parameter [255:0] INIT_64 = 0, parameter [255:0] INIT_65 = 0, parameter [255:0] INIT_66 = 0, parameter [255:0] INIT_67 = 0,
  parameter [255:0] INIT_68 = 0, parameter [255:0] INIT_69 = 0, parameter [255:0] INIT_6A = 0, parameter [255:0] INIT_6B = 0,
  parameter [255:0] INIT_6C = 0, parameter [255:0] INIT_6D = 0, parameter [255:0] INIT_6E = 0, parameter [255:0] INIT_6F = 0,
  parameter [255:0] INIT_70 = 0, parameter [255:0] INIT_71 = 0, parameter [255:0] INIT_72 = 0, parameter [255:0] INIT_73 = 0,
  parameter [255:0] INIT_74 = 0, parameter [255:0] INIT_75 = 0, parameter [255:0] INIT_76 = 0, parameter [255:0] INIT_77 = 0,
  parameter [255:0] INIT_78 = 0, parameter [255:0] INIT_79 = 0, parameter [255:0] INIT_7A = 0, parameter [255:0] INIT_7B = 0,
  parameter [255:0] INIT_7C = 0, parameter [255:0] INIT_7D = 0, parameter [255:0] INIT_7E = 0, parameter [255:0] INIT_7F = 0,
  parameter [255:0] INITP_00 = 0, parameter [255:0] INITP_01 = 0, parameter [255:0] INITP_02 = 0, parameter [255:0] INITP_03 = 0,
  parameter [255:0] INITP_04 = 0, parameter [255:0] INITP_05 = 0, parameter [255:0] INITP_06 = 0, parameter [255:0] INITP_07 = 0,
  parameter [255:0] INITP_08 = 0, parameter [255:0] INITP_09 = 0, parameter [255:0] INITP_0A = 0, parameter [255:0] INITP_0B = 0,
  parameter [255:0] INITP_0C = 0, parameter [255:0] INITP_0D = 0, parameter [255:0] INITP_0E = 0, parameter [255:0] INITP_0F = 0,
  parameter [71:0] INIT_A = 0, parameter [71:0] INIT_B = 0, parameter [71:0] SRVAL_A = 0, parameter [71:0] SRVAL_B = 0,
  parameter integer DOA_REG = 0, parameter integer DOB_REG = 0, parameter integer READ_WIDTH_A = 0, parameter integer READ_WIDTH_B = 0,
  parameter integer WRITE_WIDTH_A = 0, parameter integer WRITE_WIDTH_B = 0, parameter WRITE_MODE_A = "NO_CHANGE", parameter WRITE_MODE_B = "NO_CHANGE"
) (
  input wire CLKARDCLK, CLKBWRCLK, ENARDEN, ENBWREN, ADDRENA, ADDRENB, REGCEAREGCE, REGCEB, SLEEP,
  input wire RSTRAMARSTRAM, RSTRAMB, RSTREGARSTREG, RSTREGB,
  input wire [14:0] ADDRARDADDR, ADDRBWRADDR,
  input wire [31:0] DINADIN, DINBDIN, input wire [3:0] DINPADINP, DINPBDINP,
  input wire [3:0] WEA, input wire [7:0] WEBWE,
  output wire [31:0] DOUTADOUT, DOUTBDOUT, output wire [3:0] DOUTPADOUTP, DOUTPBDOUTP
);
  block_ram #(
    .AddressWidth(15), .PortBytes(4), .ReadA(READ_WIDTH_A), .ReadB(READ_WIDTH_B), .WriteA(WRITE_WIDTH_A), .WriteB(WRITE_WIDTH_B),
    .Data({
    INIT_7F, INIT_7E, INIT_7D, INIT_7C, INIT_7B, INIT_7A, INIT_79, INIT_78, INIT_77, INIT_76,
    INIT_75, INIT_74, INIT_73, INIT_72, INIT_71, INIT_70, INIT_6F, INIT_6E, INIT_6D, INIT_6C,
    INIT_6B, INIT_6A, INIT_69, INIT_68, INIT_67, INIT_66, INIT_65, INIT_64, INIT_63, INIT_62,
    INIT_61, INIT_60, INIT_5F, INIT_5E, INIT_5D, INIT_5C, INIT_5B, INIT_5A, INIT_59, INIT_58,
    INIT_57, INIT_56, INIT_55, INIT_54, INIT_53, INIT_52, INIT_51, INIT_50, INIT_4F, INIT_4E,
    INIT_4D, INIT_4C, INIT_4B, INIT_4A, INIT_49, INIT_48, INIT_47, INIT_46, INIT_45, INIT_44,
    INIT_43, INIT_42, INIT_41, INIT_40, INIT_3F, INIT_3E, INIT_3D, INIT_3C, INIT_3B, INIT_3A,
    INIT_39, INIT_38, INIT_37, INIT_36, INIT_35, INIT_34, INIT_33, INIT_32, INIT_31, INIT_30,
    INIT_2F, INIT_2E, INIT_2D, INIT_2C, INIT_2B, INIT_2A, INIT_29, INIT_28, INIT_27, INIT_26,
    INIT_25, INIT_24, INIT_23, INIT_22, INIT_21, INIT_20, INIT_1F, INIT_1E, INIT_1D, INIT_1C,
    INIT_1B, INIT_1A, INIT_19, INIT_18, INIT_17, INIT_16, INIT_15, INIT_14, INIT_13, INIT_12,
    INIT_11, INIT_10, INIT_0F, INIT_0E, INIT_0D, INIT_0C, INIT_0B, INIT_0A, INIT_09, INIT_08,
    INIT_07, INIT_06, INIT_05, INIT_04, INIT_03, INIT_02, INIT_01, INIT_00}),
    .Parity({
    INITP_0F, INITP_0E, INITP_0D, INITP_0C, INITP_0B, INITP_0A, INITP_09, INITP_08, INITP_07, INITP_06,
    INITP_05, INITP_04, INITP_03, INITP_02, INITP_01, INITP_00})
  ) u_ram (
    .clk_a(CLKARDCLK), .clk_b(CLKBWRCLK), .enable_a(ENARDEN && ADDRENA), .enable_b(ENBWREN && ADDRENB), .address_a(ADDRARDADDR),
    .address_b(ADDRBWRADDR), .in_a(DINADIN), .in_b(DINBDIN), .in_parity_a(DINPADINP), .in_parity_b(DINPBDINP), .write_a(WEA), .write_b(WEBWE),
    .out_a(DOUTADOUT), .out_b(DOUTBDOUT), .out_parity_a(DOUTPADOUTP), .out_parity_b(DOUTPBDOUTP)
  );
  initial if (DOA_REG != 0 || DOB_REG != 0 || (WRITE_WIDTH_A != 0 && WRITE_MODE_A != "READ_FIRST") ||
              (WRITE_WIDTH_B != 0 && WRITE_MODE_B != "READ_FIRST")) begin
    $display("RAMB36E2: this model has no output registers and only READ_FIRST");
    $fatal;
  end
  always @(posedge CLKARDCLK) if (SLEEP || RSTRAMARSTRAM || RSTRAMB) begin
    $display("RAMB36E2: this model has no sleep and no reset");
    $fatal;
  end
endmodule
