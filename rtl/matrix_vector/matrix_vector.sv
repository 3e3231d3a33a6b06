`default_nettype none

/// y[o] = bias[o] + sum over i of w[o][i] * x[i] for a stream of vectors x; folded: Pe outputs and Simd inputs a cycle.
///   in   Inputs/Simd beats a vector, beat f lane s is x[f*Simd + s]          out  Outputs/Pe beats, beat g lane p is y[g*Pe + p]
/// Protocol    ready/valid; a beat moves when both are high; out data holds while out_valid_o && !out_ready_i. Lane 0 lowest.
/// Timing      Inputs/Simd * Outputs/Pe cycles a vector, back to back, while input is there when it is needed and output is taken in
///             the cycle in which it comes. An output follows its last input beat by 3 cycles and one more per factor of 4 in Simd (one
///             more still if Outputs > Pe). If Outputs > Pe two vectors are buffered, so that input of the next one is taken while this
///             one is replayed, and no path between the two sides is combinational; if Outputs = Pe, out_ready_i -> in_ready_o is.
/// Reset       rst_ni, asynchronous, active low; drops what is inside, data is not reset.
/// Parameters  Simd divides Inputs, Pe divides Outputs. InputWidth, WeightWidth, AccWidth in bits; x is two's complement if InputSigned,
///             w and y always. y is exact modulo 2^AccWidth: give the bits that the largest sum needs.
///             UseDsp 0 keeps the multiplications out of DSP blocks.
/// Memory      WeightFile, for $readmemh: word g*(Inputs/Simd) + f holds w[g*Pe + p][f*Simd + s] at bit (p*Simd + s)*WeightWidth.
///             BiasFile: word g holds bias[g*Pe + p] at bit p*AccWidth. Both are read synchronously: block RAM where that pays.
/// Mirrors     bitloom::Conv2d (a window is a vector) and bitloom::Gemm on integers.
module matrix_vector #(
  parameter int Inputs      = 9,
  parameter int Outputs     = 4,
  parameter int Pe          = 1,
  parameter int Simd        = 1,
  parameter int InputWidth  = 8,
  parameter bit InputSigned = 1'b1,
  parameter int WeightWidth = 8,
  parameter int AccWidth    = 32,
  parameter     WeightFile  = "",
  parameter     BiasFile    = "",
  parameter bit UseDsp      = 1'b1
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  input  logic                       in_valid_i,
  output logic                       in_ready_o,
  input  logic [Simd*InputWidth-1:0] in_data_i,
  output logic                       out_valid_o,
  input  logic                       out_ready_i,
  output logic [Pe*AccWidth-1:0]     out_data_o
);
  localparam bit Counted = Inputs >= 1 && Outputs >= 1 && Pe >= 1 && Simd >= 1 && Inputs % Simd == 0 && Outputs % Pe == 0;
  localparam bit Sized = InputWidth >= 1 && WeightWidth >= 1 && AccWidth >= 1;
  if (!Counted || !Sized || WeightFile == "" || BiasFile == "") begin : g_illegal
`ifdef __ICARUS__  // Icarus 11 has no elaboration tasks: it stops at time zero
    initial #0 $fatal(1, "matrix_vector: illegal parameters");
    initial
`endif
    $error("matrix_vector: Simd = %0d must divide Inputs = %0d, Pe = %0d divide Outputs = %0d, ", Simd, Inputs, Pe, Outputs,
           "InputWidth = %0d, WeightWidth = %0d, AccWidth = %0d be at least 1, WeightFile and BiasFile name files", InputWidth, WeightWidth,
           AccWidth);
  end

  function automatic int count_width(input int values);  // bits of a counter over 0..values-1
    count_width = values <= 2 ? 1 : $clog2(values);
  endfunction

  localparam int InFolds = Inputs / Simd;
  localparam int OutFolds = Outputs / Pe;

  // A result waits in the accumulators, so the pipeline stands still while one is not taken.
  logic stall, issue;  // issue: a beat and its weights enter the pipeline
  logic [Simd*InputWidth-1:0] x_q;

  // ---- Which product comes next: input beats in the inner loop, output beats in the outer one, so the weights come in file order.
  logic [count_width(InFolds)-1:0] in_fold_q;
  logic [count_width(OutFolds)-1:0] out_fold_q;
  logic [count_width(InFolds * OutFolds)-1:0] weight_address_q;
  logic sum_begins, sum_ends, vector_ends;
  assign sum_begins = in_fold_q == '0;
  assign sum_ends = in_fold_q == count_width(InFolds)'(InFolds - 1);
  assign vector_ends = sum_ends && out_fold_q == count_width(OutFolds)'(OutFolds - 1);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      in_fold_q <= '0;
      out_fold_q <= '0;
      weight_address_q <= '0;
    end else if (issue) begin
      in_fold_q <= sum_ends ? '0 : in_fold_q + 1'b1;
      if (sum_ends) out_fold_q <= vector_ends ? '0 : out_fold_q + 1'b1;
      weight_address_q <= vector_ends ? '0 : weight_address_q + 1'b1;
    end
  end

  // ---- Input beats.
  if (OutFolds == 1) begin : g_once
    assign in_ready_o = !stall;
    assign issue = in_valid_i && !stall;
    always_ff @(posedge clk_i) if (!stall) x_q <= in_data_i;
  end else begin : g_replay
    // Two halves of a buffer, one vector each: one is replayed, and already read while it fills, the other takes the next vector.
    localparam int HalfBits = count_width(InFolds);
    (* no_rw_check *) logic [Simd*InputWidth-1:0] beats [0:(2<<HalfBits)-1];
    logic [HalfBits-1:0] write_index_q;
    logic [1:0] written_q, replayed_q;               // vectors, modulo 4; bit 0 is the half
    logic [count_width(2 * InFolds + 1)-1:0] new_q;  // beats written that have not been issued for the first time
    logic push, vector_written;
    assign in_ready_o = written_q != {!replayed_q[1], replayed_q[0]};  // the two differ by 2: both halves are in use
    assign push = in_valid_i && in_ready_o;
    assign vector_written = write_index_q == HalfBits'(InFolds - 1);
    assign issue = !stall && (out_fold_q != '0 || new_q != '0);
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        write_index_q <= '0;
        written_q <= '0;
        replayed_q <= '0;
        new_q <= '0;
      end else begin
        if (push) write_index_q <= vector_written ? '0 : write_index_q + 1'b1;
        if (push && vector_written) written_q <= written_q + 1'b1;
        if (issue && vector_ends) replayed_q <= replayed_q + 1'b1;
        if (push && !(issue && out_fold_q == '0)) new_q <= new_q + 1'b1;
        if (!push && issue && out_fold_q == '0) new_q <= new_q - 1'b1;
      end
    end
    always_ff @(posedge clk_i) begin
      if (push) beats[{written_q[0], write_index_q}] <= in_data_i;
      if (!stall) x_q <= beats[{replayed_q[0], in_fold_q}];
    end
  end

  // ---- Weights.
  logic [Pe*Simd*WeightWidth-1:0] weights [0:InFolds*OutFolds-1];
  logic [Pe*Simd*WeightWidth-1:0] w_q;
  initial $readmemh(WeightFile, weights);
  always_ff @(posedge clk_i) if (!stall) w_q <= weights[weight_address_q];

  // ---- Products.
  localparam int ProductWidth = InputWidth + WeightWidth;
  logic signed [ProductWidth-1:0] product [0:Pe*Simd-1];  // of output lane p and input lane s at p*Simd + s
  logic signed [InputWidth:0] x [0:Simd-1];               // one bit more, so that both kinds of x fit
  always_comb begin
    for (int s = 0; s < Simd; s++) begin
      x[s] = $signed({InputSigned && x_q[s*InputWidth + InputWidth - 1], x_q[s*InputWidth +: InputWidth]});
    end
  end
  if (UseDsp) begin : g_dsp
    always_comb begin
      for (int i = 0; i < Pe * Simd; i++) product[i] = ProductWidth'(x[i%Simd] * $signed(w_q[i*WeightWidth +: WeightWidth]));
    end
  end else begin : g_lut
    // Yosys has no attribute that keeps `*` out of DSP blocks, so these are additions: for each bit of w, low to high, x joins the sum
    // (leaves it for the sign bit), whose lowest bit is then final and makes room for the next. A register cuts the column in two.
    localparam int Half = WeightWidth / 2;
    for (genvar i = 0; i < Pe * Simd; i++) begin : g_product
      logic [WeightWidth-1:0] w, w_half_q, low_half, low_half_q, low;
      logic signed [InputWidth:0] x_half_q;
      logic signed [InputWidth+1:0] sum_half, sum_half_q, sum;
      assign w = w_q[i*WeightWidth +: WeightWidth];
      always_comb begin
        sum_half = '0;
        low_half = '0;
        for (int b = 0; b < Half; b++) begin
          if (w[b]) sum_half = sum_half + (InputWidth+2)'(x[i%Simd]);
          low_half[b] = sum_half[0];
          sum_half = sum_half >>> 1;
        end
      end
      always_ff @(posedge clk_i) begin
        if (!stall) begin
          x_half_q <= x[i%Simd];
          w_half_q <= w;
          sum_half_q <= sum_half;
        end
      end
      // Reset only because Yosys (0.23 to 0.67, YosysHQ/yosys#6058) makes SRLs that lose their enable of such registers without one.
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) low_half_q <= '0;
        else if (!stall) low_half_q <= low_half;
      end
      always_comb begin
        sum = sum_half_q;
        low = low_half_q;
        for (int b = Half; b < WeightWidth; b++) begin
          if (w_half_q[b]) sum = b == WeightWidth - 1 ? sum - (InputWidth+2)'(x_half_q) : sum + (InputWidth+2)'(x_half_q);
          low[b] = sum[0];
          sum = sum >>> 1;
        end
      end
      assign product[i] = ProductWidth'({sum, low});
    end
  end

  // ---- What is in which stage: bit 0 is x_q and w_q, the top bit the last sum before the accumulators.
  localparam int Levels = $clog2(Simd);
  localparam int Stages = 2 + (UseDsp ? 0 : 1) + Levels;
  logic [Stages-1:0] valid_q, begins_q, ends_q;
  logic sum_valid_q, accumulate;
  assign stall = sum_valid_q && !out_ready_i;
  assign accumulate = !stall && valid_q[Stages-1];
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      begins_q <= '0;
      ends_q <= '0;
      sum_valid_q <= 1'b0;
    end else if (!stall) begin
      valid_q <= {valid_q[Stages-2:0], issue};
      begins_q <= {begins_q[Stages-2:0], sum_begins};
      ends_q <= {ends_q[Stages-2:0], sum_ends};
      sum_valid_q <= valid_q[Stages-1] && ends_q[Stages-1];
    end
  end

  // ---- Biases, read while the sum that they join enters the top stage.
  logic [Pe*AccWidth-1:0] biases [0:OutFolds-1];
  logic [Pe*AccWidth-1:0] bias_q;
  logic [count_width(OutFolds)-1:0] bias_address_q;
  initial $readmemh(BiasFile, biases);
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) bias_address_q <= '0;
    else if (!stall && valid_q[Stages-2] && ends_q[Stages-2]) begin
      bias_address_q <= bias_address_q == count_width(OutFolds)'(OutFolds - 1) ? '0 : bias_address_q + 1'b1;
    end
  end
  always_ff @(posedge clk_i) if (!stall) bias_q <= biases[bias_address_q];

  // ---- Sums and accumulators of each output lane. The sums are a binary tree of registers in a heap: node n adds nodes 2n and 2n + 1,
  // node 1 is the root, the leaves are the products, as many as the next power of two with zeros in the places left over. Places are
  // taken in bit-reversed order, which spreads the zeros so that no product waits through two registers in a row.
  localparam int Leaves = 1 << Levels;
  function automatic int reversed(input int place);
    reversed = 0;
    for (int b = 0; b < Levels; b++) if (((place >> b) & 1) != 0) reversed = reversed + (Leaves >> (b + 1));
  endfunction
  localparam int SumWidth = ProductWidth + Levels;
  for (genvar p = 0; p < Pe; p++) begin : g_lane
    logic signed [SumWidth-1:0] node_q [1:2*Leaves-1];
    for (genvar n = 1; n < 2 * Leaves; n++) begin : g_node
      if (n < Leaves) begin : g_sum
        always_ff @(posedge clk_i) if (!stall) node_q[n] <= node_q[2*n] + node_q[2*n+1];
      end else if (reversed(n - Leaves) < Simd) begin : g_leaf
        always_ff @(posedge clk_i) if (!stall) node_q[n] <= SumWidth'(product[p*Simd + reversed(n-Leaves)]);
      end else begin : g_no_leaf
        always_ff @(posedge clk_i) node_q[n] <= '0;
      end
    end

    logic signed [AccWidth-1:0] acc_q;  // of the output in the making, then the output itself
    always_ff @(posedge clk_i) begin
      if (accumulate) acc_q <= (begins_q[Stages-1] ? $signed(bias_q[p*AccWidth +: AccWidth]) : acc_q) + AccWidth'(node_q[1]);
    end
    assign out_data_o[p*AccWidth +: AccWidth] = acc_q;
  end
  assign out_valid_o = sum_valid_q;
endmodule

`default_nettype wire
