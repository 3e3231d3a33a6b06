`default_nettype none

/// Regroups a stream of elements: InLanes elements a beat in, OutLanes a beat out, same elements in the same order.
/// A beat that is not complete waits for elements of the next frame, so the elements of a frame must divide by OutLanes.
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i. Lane 0 lowest.
/// Timing      the side with more beats moves 1 per cycle; latency 1 cycle after the last element of a beat (0 if InLanes = OutLanes:
///             then it is wires). out_ready_i -> in_ready_o is combinational (cut it with skid_buffer).
/// Reset       rst_ni, asynchronous, active low; empties the buffer, data is not reset.
/// Parameters  ElementWidth >= 1 (bits), InLanes >= 1, OutLanes >= 1 (elements a beat).
module width_converter #(
  parameter int ElementWidth = 8,
  parameter int InLanes      = 1,
  parameter int OutLanes     = 4
) (
  input  logic                             clk_i,
  input  logic                             rst_ni,
  input  logic                             in_valid_i,
  output logic                             in_ready_o,
  input  logic [InLanes*ElementWidth-1:0]  in_data_i,
  output logic                             out_valid_o,
  input  logic                             out_ready_i,
  output logic [OutLanes*ElementWidth-1:0] out_data_o
);
  if (ElementWidth < 1 || InLanes < 1 || OutLanes < 1) begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "width_converter: illegal parameters");
    initial
`endif
    $error("width_converter: ElementWidth = %0d, InLanes = %0d, OutLanes = %0d must be at least 1", ElementWidth, InLanes, OutLanes);
  end

  function automatic int greatest_common_divisor(input int a, input int b);
    int rest, divisor;
    greatest_common_divisor = a;
    divisor = b;
    while (divisor != 0) begin
      rest = greatest_common_divisor % divisor;
      greatest_common_divisor = divisor;
      divisor = rest;
    end
  endfunction

  localparam int InWidth = InLanes * ElementWidth;
  localparam int OutWidth = OutLanes * ElementWidth;

  if (InLanes == OutLanes) begin : g_wires
    assign in_ready_o = out_ready_i;
    assign out_valid_o = in_valid_i;
    assign out_data_o = in_data_i;
    logic unused;
    assign unused = &{1'b0, clk_i, rst_ni};
  end else if (InLanes % OutLanes == 0) begin : g_narrow
    // One beat is shifted out from its low end; the next may load while the last part leaves.
    localparam int Ratio = InLanes / OutLanes;
    localparam int CountWidth = $clog2(Ratio + 1);
    logic [CountWidth-1:0] count_q;  // parts waiting
    logic [InWidth-1:0] data_q;

    assign out_valid_o = count_q != '0;
    assign out_data_o = data_q[OutWidth-1:0];
    assign in_ready_o = count_q == '0 || (count_q == CountWidth'(1) && out_ready_i);

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) count_q <= '0;
      else if (in_valid_i && in_ready_o) count_q <= CountWidth'(Ratio);
      else if (out_valid_o && out_ready_i) count_q <= count_q - 1'b1;
    end
    always_ff @(posedge clk_i) begin
      if (in_valid_i && in_ready_o) data_q <= in_data_i;
      else if (out_ready_i) data_q <= data_q >> OutWidth;
    end
  end else if (OutLanes % InLanes == 0) begin : g_widen
    // Parts are shifted in from the high end, so the first of Ratio ends up lowest.
    localparam int Ratio = OutLanes / InLanes;
    localparam int CountWidth = $clog2(Ratio + 1);
    logic [CountWidth-1:0] count_q;  // parts collected
    logic [OutWidth-1:0] data_q;

    assign out_valid_o = count_q == CountWidth'(Ratio);
    assign out_data_o = data_q;
    assign in_ready_o = !out_valid_o || out_ready_i;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) count_q <= '0;
      else if (out_valid_o && out_ready_i) count_q <= CountWidth'(in_valid_i);
      else if (in_valid_i && !out_valid_o) count_q <= count_q + 1'b1;
    end
    always_ff @(posedge clk_i) begin
      if (in_valid_i && in_ready_o) data_q <= {in_data_i, data_q[OutWidth-1:InWidth]};
    end
  end else begin : g_regroup
    // Counts in units, the largest groups that both sides consist of. Units leave at the low end and join behind the last one.
    // InUnits + OutUnits - 1 units let the side with more beats move in every cycle.
    localparam int UnitLanes = greatest_common_divisor(InLanes, OutLanes);
    localparam int UnitWidth = UnitLanes * ElementWidth;
    localparam int InUnits = InLanes / UnitLanes;
    localparam int OutUnits = OutLanes / UnitLanes;
    localparam int Units = InUnits + OutUnits - 1;
    localparam int CountWidth = $clog2(Units + 1);
    logic [CountWidth-1:0] count_q, kept;  // units held; units that stay after this cycle's output
    logic [Units*UnitWidth-1:0] data_q, kept_data, in_place, kept_mask;
    logic push, pop;

    assign out_valid_o = count_q >= CountWidth'(OutUnits);
    assign out_data_o = data_q[OutWidth-1:0];
    assign pop = out_valid_o && out_ready_i;
    assign kept = pop ? count_q - CountWidth'(OutUnits) : count_q;
    assign in_ready_o = kept <= CountWidth'(OutUnits - 1);
    assign push = in_valid_i && in_ready_o;

    always_comb begin
      kept_data = pop ? data_q >> OutWidth : data_q;
      in_place = '0;
      kept_mask = '1;
      for (int u = 0; u < OutUnits; u++) begin
        if (kept == CountWidth'(u)) begin
          in_place[u*UnitWidth +: InWidth] = in_data_i;
          kept_mask[u*UnitWidth +: InWidth] = '0;
        end
      end
    end
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) count_q <= '0;
      else count_q <= push ? kept + CountWidth'(InUnits) : kept;
    end
    always_ff @(posedge clk_i) begin
      data_q <= push ? (kept_data & kept_mask) | in_place : kept_data;
    end
  end
endmodule

`default_nettype wire
