`default_nettype none

/// Rotates a vector of lanes: lane j goes to lane (j + amount) mod `Lanes`, or back.
///
/// Combinational, one stage of two-way choices for each bit of the amount; `Lanes` need not be a
/// power of two.
module lane_rotator #(
  /// Lanes of the vector.
  parameter int unsigned Lanes = 4,
  /// Bits of a lane.
  parameter int unsigned Width = 8,
  /// 1: lane (j + amount) mod `Lanes` goes to lane j.
  parameter int unsigned Back = 0,
  /// Bits of the amount, derived.
  localparam int unsigned AmountWidth = (Lanes > 1) ? $clog2(Lanes) : 1
) (
  /// Less than `Lanes`.
  input  wire logic [AmountWidth-1:0] amount_i,
  input  wire logic [Lanes*Width-1:0] data_i,
  output      logic [Lanes*Width-1:0] data_o
);

  always_comb begin
    data_o = data_i;
    for (int unsigned k = 0; k < AmountWidth; k++) begin
      if (amount_i[k]) begin
        if (Back == 1) begin
          data_o = (data_o >> ((1 << k) * Width)) | (data_o << ((Lanes - (1 << k)) * Width));
        end else begin
          data_o = (data_o << ((1 << k) * Width)) | (data_o >> ((Lanes - (1 << k)) * Width));
        end
      end
    end
  end

endmodule

`default_nettype wire
