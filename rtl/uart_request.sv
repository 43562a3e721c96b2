`default_nettype none

/// Decoder of requests: command, tag and arguments of a packet, whether it is complete, and the bytes of a block
/// on their way into the buffer. Part of `uart_shell`, which lists the commands.
///
/// Contract: a packet is a request if it begins while `idle_i`. With its end comes `end_o`, unless it is
/// too short to be one; from the second cycle after that on, all that is said of it stands until the next
/// packet begins.
module uart_request #(
  /// Bytes of a block, at most.
  parameter int unsigned BlockBytes = 64,
  /// Address bits of the core's registers, up to 16.
  parameter int unsigned AddrWidth = 8,
  /// Bits of a byte's offset in a block, and of a block's length, derived.
  localparam int unsigned BlockWidth = (BlockBytes > 1) ? $clog2(BlockBytes) : 1,
  localparam int unsigned LengthWidth = $clog2(BlockBytes + 1)
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_i,
  /// Bytes of a packet, its end, and whether its check fits.
  input  wire logic                   in_valid_i,
  input  wire logic [7:0]             in_byte_i,
  input  wire logic                   in_end_i,
  input  wire logic                   in_good_i,
  /// A request may begin.
  input  wire logic                   idle_i,
  /// The buffer of blocks is free.
  input  wire logic                   block_free_i,
  /// A byte of a block, and its offset.
  output      logic                   block_write_o,
  output      logic [BlockWidth-1:0]  block_offset_o,
  /// A request ends; a packet of any kind ends that is long enough, and does not fit its check.
  output      logic                   end_o,
  output      logic                   bad_o,
  /// Its check fits; so does its length.
  output      logic                   good_o,
  output      logic                   fits_o,
  output      logic [7:0]             command_o,
  output      logic [7:0]             tag_o,
  /// Its arguments, as the command has them: a number, or an address, which is within range, and data.
  output      logic [7:0]             number_o,
  output      logic [AddrWidth-1:0]   address_o,
  output      logic                   address_fits_o,
  output      logic [31:0]            data_o,
  /// Bytes of the block, which is in the buffer.
  output      logic [LengthWidth-1:0] block_length_o,
  output      logic                   stored_o
);

  // Bytes of a request beside the data of a block: command, tag, number, check. The longest request
  // without a block has 10.
  localparam int unsigned Around = 5;
  localparam int unsigned MostBytes = (BlockBytes + Around > 10) ? BlockBytes + Around : 10;
  localparam int unsigned CountWidth = $clog2(MostBytes + 2);

  // count_q: bytes of the packet, counted up to one more than any request has. ours_q: it began when
  // a request could come in. stored_q: its data go into the block buffer.
  logic [CountWidth-1:0] count_q;
  logic ours_q, ours, stored_q, take, long_enough;
  logic [7:0] command_q, tag_q;
  // The first in the low bits; of a block, only the number.
  logic [47:0] arguments_q;
  assign ours = (count_q == '0) ? idle_i : ours_q;
  assign take = in_valid_i && ours;
  assign long_enough = count_q >= CountWidth'(4);
  assign end_o = in_end_i && ours && long_enough;
  assign bad_o = in_end_i && !in_good_i && long_enough;

  always_ff @(posedge clk_i) begin
    if (rst_i || in_end_i) begin
      count_q <= '0;
      ours_q <= 1'b0;
    end else if (in_valid_i) begin
      if (count_q != CountWidth'(MostBytes + 1)) count_q <= count_q + CountWidth'(1);
      ours_q <= ours;
    end
    if (take) begin
      if (count_q == '0) begin
        command_q <= in_byte_i;
        stored_q <= block_free_i;
      end
      if (count_q == CountWidth'(1)) tag_q <= in_byte_i;
      for (int unsigned i = 0; i < 6; i++) begin
        if (count_q == CountWidth'(2 + i)) arguments_q[8*i+:8] <= in_byte_i;
      end
    end
  end

  assign block_offset_o = BlockWidth'(count_q - CountWidth'(3));
  assign block_write_o = take && command_q == uart_shell_pkg::CmdBlock && stored_q &&
      count_q >= CountWidth'(3) && count_q < CountWidth'(3 + BlockBytes);

  // With the end of the packet: its length without the check, and what is wrong with it.
  logic [CountWidth-1:0] length_q;
  logic good_q, fits_q, fits, address_fits_q;
  logic [LengthWidth-1:0] block_length_q;
  always_comb begin
    case (command_q)
      uart_shell_pkg::CmdIdentify, uart_shell_pkg::CmdReset, uart_shell_pkg::CmdLine:
      fits = length_q == CountWidth'(2);
      uart_shell_pkg::CmdBlock:
      fits = length_q >= CountWidth'(4) && length_q <= CountWidth'(BlockBytes + 3);
      uart_shell_pkg::CmdResult: fits = length_q == CountWidth'(3);
      uart_shell_pkg::CmdRead: fits = length_q == CountWidth'(4);
      uart_shell_pkg::CmdWrite: fits = length_q == CountWidth'(8);
      default: fits = 1'b0;
    endcase
  end
  always_ff @(posedge clk_i) begin
    if (end_o) begin
      length_q <= count_q - CountWidth'(2);
      good_q <= in_good_i;
      block_length_q <= LengthWidth'(count_q - CountWidth'(Around));
    end
    fits_q <= fits;
    address_fits_q <= AddrWidth == 16 || (arguments_q[15:0] >> AddrWidth) == '0;
  end

  assign good_o = good_q;
  assign fits_o = fits_q;
  assign command_o = command_q;
  assign tag_o = tag_q;
  assign number_o = arguments_q[7:0];
  assign address_o = arguments_q[AddrWidth-1:0];
  assign data_o = arguments_q[47:16];
  assign address_fits_o = address_fits_q;
  assign block_length_o = block_length_q;
  assign stored_o = stored_q;

endmodule

`default_nettype wire
