`default_nettype none

/// Reads a model image from memory and gives it to `model_loader` word by word, through `axi_read_master`.
///
/// Contract: `start_i` begins with the image of `bytes_i` bytes at `addr_i`, both multiples of 4; it may come at any time,
/// also while an image is read: what is left of that is dropped first. Nothing outside of these bytes is used.
/// Words are given until the loader has come to an end, good or bad (`ended_i`, low from the cycle after `start_i`); the
/// rest is dropped. `out_error_o` is high, until `ended_i`, if the memory answers with an error, if the words do not suffice,
/// or if address or length is no multiple of 4.
/// Throughput: a word per cycle.
module model_reader #(
  /// Bits of a byte address, of a beat (at least 32), of a length in bytes.
  parameter int unsigned AddrWidth = 40,
  parameter int unsigned DataWidth = 128,
  parameter int unsigned LengthWidth = 32
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_i,
  /// An image.
  input  wire logic                   start_i,
  input  wire logic [AddrWidth-1:0]   addr_i,
  input  wire logic [LengthWidth-1:0] bytes_i,
  /// Beats are asked for or wanted.
  output      logic                   busy_o,
  /// Commands to the master.
  output      logic                   cmd_valid_o,
  input  wire logic                   cmd_ready_i,
  output      logic [AddrWidth-1:0]   cmd_addr_o,
  output      logic [LengthWidth-1:0] cmd_bytes_o,
  /// Beats from it.
  input  wire logic                   in_valid_i,
  output      logic                   in_ready_o,
  input  wire logic [DataWidth-1:0]   in_data_i,
  input  wire logic                   in_last_i,
  input  wire logic                   in_error_i,
  /// Words to the loader.
  input  wire logic                   ended_i,
  output      logic                   out_valid_o,
  input  wire logic                   out_ready_i,
  output      logic [31:0]            out_data_o,
  output      logic                   out_error_o
);

  localparam int unsigned Words = DataWidth / 32;
  localparam int unsigned IndexBits = (Words > 1) ? $clog2(Words) : 1;

  if (DataWidth < 32 || LengthWidth < 3 || AddrWidth < 8) begin : gen_bad_parameters
    $error("model_reader: a parameter is out of range");
  end

  // command: the master is asked. words: beats come, as words to the loader. drop: beats come that nobody wants. check: all
  // words are given. error: until the loader knows.
  typedef enum logic [2:0] {
    StIdle,
    StCommand,
    StWords,
    StDrop,
    StCheck,
    StError
  } state_e;
  state_e state_q;

  // Of the image that is read or comes next; next_q: it comes next.
  logic [AddrWidth-1:0] addr_q;
  logic [LengthWidth-1:0] bytes_q;
  logic next_q;
  logic [IndexBits-1:0] index_q;
  logic beat_end, take, asked;

  assign asked = bytes_q != '0 && bytes_q[1:0] == 2'b00 && addr_q[1:0] == 2'b00;
  assign cmd_valid_o = state_q == StCommand && asked;
  assign cmd_addr_o = addr_q;
  assign cmd_bytes_o = bytes_q;
  assign busy_o = state_q != StIdle;

  // A beat is given back with its last word, or with the last word of all.
  logic [LengthWidth-3:0] left_q;
  logic word_last, refused;
  assign word_last = left_q == (LengthWidth - 2)'(1);
  if (Words > 1) begin : gen_words
    assign beat_end = index_q == IndexBits'(Words - 1) || word_last;
    assign out_data_o = in_data_i[32*index_q+:32];
  end else begin : gen_word
    assign beat_end = 1'b1;
    assign out_data_o = in_data_i[31:0];
  end
  assign out_valid_o = state_q == StWords && in_valid_i && !in_error_i && !ended_i && !start_i;
  assign take = out_valid_o && out_ready_i;
  // An error is the last beat of its command.
  assign refused = state_q == StWords && in_valid_i && in_error_i && !ended_i && !start_i;
  assign in_ready_o = state_q == StDrop || (take && beat_end) || refused;
  assign out_error_o = state_q == StError;

  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StIdle;
      next_q <= 1'b0;
    end else begin
      case (state_q)
        StIdle: if (start_i || next_q) state_q <= StCommand;
        StCommand: begin
          // A new image takes the place of one that is not asked for yet.
          if (asked && cmd_ready_i) state_q <= start_i ? StDrop : StWords;
          else if (!asked && !start_i) state_q <= StError;
        end
        StWords: begin
          if (start_i || ended_i) state_q <= StDrop;
          else if (refused) state_q <= StError;
          else if (take && word_last) state_q <= StCheck;
        end
        StDrop: if (in_valid_i && in_last_i) state_q <= StIdle;
        StCheck: state_q <= (start_i || ended_i) ? StIdle : StError;
        default: if (start_i || ended_i) state_q <= StIdle;
      endcase
      if (start_i) begin
        next_q <= state_q != StIdle && !(state_q == StCommand && !(asked && cmd_ready_i));
      end
      else if (state_q == StIdle) next_q <= 1'b0;
    end
    if (start_i) begin
      addr_q <= addr_i;
      bytes_q <= bytes_i;
    end
    if (state_q == StCommand) begin
      index_q <= (Words > 1) ? IndexBits'(addr_q >> 2) : '0;
      left_q <= bytes_q[LengthWidth-1:2];
    end else if (take) begin
      index_q <= index_q + IndexBits'(1);
      left_q <= left_q - (LengthWidth - 2)'(1);
    end
  end

endmodule

`default_nettype wire
