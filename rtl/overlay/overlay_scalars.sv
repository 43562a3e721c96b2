`default_nettype none

/// The numbers of a loaded network: a register for each word of memory `MemoryScalars`.
module overlay_scalars (
  input  wire logic        clk_i,
  /// Write port.
  input  wire logic        write_i,
  input  wire logic [31:0] write_addr_i,
  input  wire logic [31:0] write_data_i,
  output      logic [32*overlay_image_pkg::Scalars-1:0] scalars_o
);

  for (genvar s = 0; s < overlay_image_pkg::Scalars; s++) begin : gen_scalar
    always_ff @(posedge clk_i) begin
      if (write_i && write_addr_i == 32'(s)) scalars_o[32*s+:32] <= write_data_i;
    end
  end

endmodule

`default_nettype wire
