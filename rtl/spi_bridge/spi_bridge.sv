`default_nettype none

/// SPI target (mode 0, most significant bit first) between a host and two byte streams. The clock of the bus is sampled with clk_i, so
/// the bus needs no clock domain of its own.
///   A transaction begins when spi_cs_ni falls and ends when it rises. Its first byte says what follows:
///     8'h00  write: every further byte goes to out_data_o
///     8'h01  read:  every further byte comes from in_data_i; 8'h00 where none is waiting
///   Other first bytes: the rest of the transaction is ignored.
/// Protocol    ready/valid. The bus cannot wait: a byte that arrives while out_ready_i is low is lost and overrun_o stays high until
///             reset. A byte is taken from in_data_i when the host samples its first bit, so one that the host does not begin to read stays.
/// Timing      f(spi_sck_i) <= f(clk_i) / 8; spi_cipo_o changes at most 4 cycles after a falling edge of spi_sck_i.
/// Reset       rst_ni, asynchronous, active low.
module spi_bridge (
  input  logic       clk_i,
  input  logic       rst_ni,
  input  logic       spi_sck_i,
  input  logic       spi_cs_ni,
  input  logic       spi_copi_i,
  output logic       spi_cipo_o,
  output logic       out_valid_o,
  input  logic       out_ready_i,
  output logic [7:0] out_data_o,
  input  logic       in_valid_i,
  output logic       in_ready_o,
  input  logic [7:0] in_data_i,
  output logic       overrun_o
);
  localparam logic [7:0] Write = 8'h00;
  localparam logic [7:0] Read  = 8'h01;

  // Two flip-flops against metastability, a third to see edges.
  logic [2:0] sck_q;
  logic [1:0] cs_n_q, copi_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sck_q  <= 3'b000;
      cs_n_q <= 2'b11;
      copi_q <= 2'b00;
    end else begin
      sck_q  <= {sck_q[1:0], spi_sck_i};
      cs_n_q <= {cs_n_q[0], spi_cs_ni};
      copi_q <= {copi_q[0], spi_copi_i};
    end
  end
  logic selected, rise, fall;
  assign selected = !cs_n_q[1];
  assign rise     = selected && sck_q[1] && !sck_q[2];
  assign fall     = selected && !sck_q[1] && sck_q[2];

  logic [2:0] bit_q;        // bits of the current byte that have come in
  logic [7:0] shift_in_q, shift_out_q, command_q;
  logic       has_command_q, valid_q, overrun_q;
  logic       loaded_q;     // shift_out_q holds a byte from in_data_i of which nothing has been sampled
  logic [7:0] byte_in;
  logic       byte_ends, byte_begins;
  assign byte_in     = {shift_in_q[6:0], copi_q[1]};
  assign byte_ends   = rise && bit_q == 3'd7;
  assign byte_begins = fall && bit_q == 3'd0 && has_command_q && command_q == Read;

  assign in_ready_o  = rise && loaded_q;
  assign out_valid_o = valid_q;
  assign out_data_o  = shift_in_q;  // holds until the next bit, at least 8 cycles
  assign spi_cipo_o  = shift_out_q[7];
  assign overrun_o   = overrun_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bit_q         <= '0;
      shift_in_q    <= '0;
      shift_out_q   <= '0;
      command_q     <= '0;
      has_command_q <= 1'b0;
      valid_q       <= 1'b0;
      overrun_q     <= 1'b0;
      loaded_q      <= 1'b0;
    end else begin
      if (valid_q && out_ready_i) valid_q <= 1'b0;
      if (!selected) begin
        bit_q         <= '0;
        has_command_q <= 1'b0;
        shift_out_q   <= '0;
        loaded_q      <= 1'b0;
      end else if (rise) begin
        loaded_q   <= 1'b0;
        bit_q      <= bit_q + 1'b1;
        shift_in_q <= byte_in;
        if (valid_q && !out_ready_i) begin  // the next bit overwrites a byte that nobody took
          valid_q   <= 1'b0;
          overrun_q <= 1'b1;
        end
        if (byte_ends && !has_command_q) begin
          command_q     <= byte_in;
          has_command_q <= 1'b1;
        end
        if (byte_ends && has_command_q && command_q == Write) valid_q <= 1'b1;
      end else if (byte_begins) begin
        shift_out_q <= in_valid_i ? in_data_i : 8'h00;
        loaded_q    <= in_valid_i;
      end else if (fall) begin
        shift_out_q <= {shift_out_q[6:0], 1'b0};
      end
    end
  end
endmodule

`default_nettype wire
