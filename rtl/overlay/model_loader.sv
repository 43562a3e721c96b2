`default_nettype none

/// Takes a model image (docs/model-image.md), checks it, and writes its words to the memories.
///
/// Contract: `start_i` begins an image; what was loaded before does not count any more. Words are taken when the core is
/// empty (`busy_i` low); `ready_o` says so. `hold_o` is high unless a good image is in: no sample may begin. `error_i`: the
/// source has failed, the image is refused. The first error ends an image; words are not taken until the next `start_i`.
/// Words of an image that turns out bad may have been written: `loaded_o` comes only after the CRC.
/// Throughput: a word in 5 cycles; a word in each cycle of those that are only checked.
module model_loader #(
  /// Identifier of the machine, of which the image must be.
  parameter bit [31:0] Machine = '0,
  /// Memories; bits of the number of one.
  parameter int unsigned Memories = 2,
  parameter int unsigned MemoryBits = 1,
  /// Words of each memory, 32 bits each, and 32-bit parts of a word, 16 bits each; memory 0 in the low bits.
  parameter bit [32*Memories-1:0] Depths = '0,
  parameter bit [16*Memories-1:0] Parts = '0,
  /// The memory whose words are only checked; none if there is no such number.
  parameter int unsigned CheckedMemory = 32'hFFFF_FFFF
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_i,
  /// Control.
  input  wire logic                  start_i,
  input  wire logic                  busy_i,
  output      logic                  hold_o,
  output      logic                  ready_o,
  output      logic                  loaded_o,
  output      logic [3:0]            error_o,
  /// Words of the image.
  input  wire logic                  in_valid_i,
  output      logic                  in_ready_o,
  input  wire logic [31:0]           in_data_i,
  input  wire logic                  in_error_i,
  /// A part of a word of a memory.
  output      logic                  write_valid_o,
  output      logic [MemoryBits-1:0] write_memory_o,
  output      logic [31:0]           write_addr_o,
  output      logic [15:0]           write_part_o,
  output      logic [31:0]           write_data_o
);

  // idle: nothing is taken. empty: waits until no sample is inside. The others are named by the word that comes next.
  typedef enum logic [3:0] {
    StIdle,
    StEmpty,
    StMagic,
    StVersion,
    StMachine,
    StLength,
    StMemory,
    StFirst,
    StCount,
    StData,
    StCrc
  } state_e;
  state_e state_q;

  logic loaded_q, taken, last, ends;
  logic [3:0] error_q, problem;
  // left_q: words that are left, the next one included. end_q: behind the last word of the section.
  logic [31:0] left_q, addr_q, end_q, crc_q, crc, shift_q, depth;
  logic [MemoryBits-1:0] memory_q;
  logic [15:0] part_q, parts;
  logic [32:0] behind;
  // Bytes of the last word that are not in the CRC yet; whole_q: all of them come into it at once.
  logic [2:0] bytes_q;
  logic takes, whole, whole_q;
  assign takes = state_q != StIdle && state_q != StEmpty;
  assign ready_o = takes;
  assign in_ready_o = takes && (bytes_q == '0 || (whole_q && state_q == StData));
  assign taken = in_valid_i && in_ready_o;
  assign loaded_o = loaded_q;
  assign hold_o = !loaded_q;
  assign error_o = error_q;

  always_comb begin
    depth = '0;
    parts = '0;
    for (int unsigned m = 0; m < Memories; m++) begin
      if (memory_q == MemoryBits'(m)) begin
        depth = Depths[32*m+:32];
        parts = Parts[16*m+:16];
      end
    end
  end

  crc32_byte u_crc (
    .crc_i(crc_q),
    .data_i(shift_q[7:0]),
    .crc_o(crc)
  );
  // A word of the memory that is only checked.
  logic [31:0] word_crc;
  if (CheckedMemory < Memories) begin : gen_whole
    logic [31:0] second, third;
    assign whole = state_q == StData && 32'(memory_q) == CheckedMemory;
    crc32_byte u_second (
      .crc_i(crc),
      .data_i(shift_q[15:8]),
      .crc_o(second)
    );
    crc32_byte u_third (
      .crc_i(second),
      .data_i(shift_q[23:16]),
      .crc_o(third)
    );
    crc32_byte u_fourth (
      .crc_i(third),
      .data_i(shift_q[31:24]),
      .crc_o(word_crc)
    );
  end else begin : gen_bytes
    assign whole = 1'b0;
    assign word_crc = '0;
  end

  // ---------------------------------------------------------------------------- checks
  assign behind = {1'b0, addr_q} + {1'b0, in_data_i};
  assign last = left_q == 32'd1;
  // The last word of a section.
  assign ends = part_q + 16'd1 == parts && addr_q + 32'd1 == end_q;
  always_comb begin
    problem = '0;
    case (state_q)
      StMagic: if (in_data_i != overlay_image_pkg::Magic) problem = overlay_image_pkg::ErrorMagic;
      StVersion: begin
        if (in_data_i != overlay_image_pkg::Version) problem = overlay_image_pkg::ErrorVersion;
      end
      StMachine: if (in_data_i != Machine) problem = overlay_image_pkg::ErrorMachine;
      StLength: begin
        if (in_data_i < overlay_image_pkg::LeastWords) problem = overlay_image_pkg::ErrorLength;
      end
      StMemory: begin
        if (last) problem = overlay_image_pkg::ErrorLength;
        else if (in_data_i >= 32'(Memories)) problem = overlay_image_pkg::ErrorMemory;
      end
      StFirst: begin
        if (last) problem = overlay_image_pkg::ErrorLength;
      end
      StCount: begin
        if (last) problem = overlay_image_pkg::ErrorLength;
        else if (in_data_i == '0 || behind > {1'b0, depth}) begin
          problem = overlay_image_pkg::ErrorAddress;
        end
      end
      StData: if (last) problem = overlay_image_pkg::ErrorLength;
      StCrc: if (in_data_i != ~crc_q) problem = overlay_image_pkg::ErrorCrc;
      default: problem = '0;
    endcase
  end

  // ---------------------------------------------------------------------------- state
  always_ff @(posedge clk_i) begin
    if (rst_i) begin
      state_q <= StIdle;
      loaded_q <= 1'b0;
      error_q <= '0;
      bytes_q <= '0;
    end else if (start_i) begin
      state_q <= StEmpty;
      error_q <= '0;
      bytes_q <= '0;
      loaded_q <= 1'b0;
    end else if (in_error_i && state_q != StIdle) begin
      state_q <= StIdle;
      error_q <= overlay_image_pkg::ErrorSource;
    end else begin
      if (bytes_q != '0) bytes_q <= bytes_q - 3'd1;
      case (state_q)
        StIdle: ;
        StEmpty: if (!busy_i) state_q <= StMagic;
        default: begin
          if (taken && problem != '0) begin
            state_q <= StIdle;
            error_q <= problem;
          end else if (taken) begin
            bytes_q <= whole ? 3'd1 : 3'd4;
            case (state_q)
              StMagic: state_q <= StVersion;
              StVersion: state_q <= StMachine;
              StMachine: state_q <= StLength;
              StLength: state_q <= StMemory;
              StMemory: state_q <= StFirst;
              StFirst: state_q <= StCount;
              StCount: state_q <= StData;
              StData: if (ends) state_q <= (left_q == 32'd2) ? StCrc : StMemory;
              default: begin
                state_q <= StIdle;
                loaded_q <= 1'b1;
                bytes_q <= '0;
              end
            endcase
          end
        end
      endcase
    end
    if (state_q == StEmpty) crc_q <= '1;
    else if (bytes_q != '0) crc_q <= whole_q ? word_crc : crc;
    if (taken) whole_q <= whole;
    if (taken) shift_q <= in_data_i;
    else shift_q <= shift_q >> 8;
    if (taken) begin
      left_q <= left_q - 32'd1;
      case (state_q)
        StLength: left_q <= in_data_i - 32'd4;
        StMemory: memory_q <= MemoryBits'(in_data_i);
        StFirst: addr_q <= in_data_i;
        StCount: begin
          end_q <= behind[31:0];
          part_q <= '0;
        end
        StData: begin
          part_q <= (part_q + 16'd1 == parts) ? '0 : part_q + 16'd1;
          if (part_q + 16'd1 == parts) addr_q <= addr_q + 32'd1;
        end
        default: ;
      endcase
    end
  end

  // ---------------------------------------------------------------------------- write bus
  always_ff @(posedge clk_i) begin
    write_valid_o <= !rst_i && !start_i && taken && state_q == StData && problem == '0;
    write_memory_o <= memory_q;
    write_addr_o <= addr_q;
    write_part_o <= part_q;
    write_data_o <= in_data_i;
  end

endmodule

`default_nettype wire
