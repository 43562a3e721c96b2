// Generated from src/overlay/image/; do not edit. tests/overlay/mod.rs compares.

`default_nettype none

/// Model images (docs/model-image.md): numbers of memories, words of the scalars, errors.
package overlay_image_pkg;

  // Not every design is loaded at run time.
  /* verilator lint_off UNUSEDPARAM */

  localparam bit [31:0] Magic = 32'h4D4E4E53;
  localparam bit [31:0] Version = 32'd4;
  localparam bit [31:0] LeastWords = 32'd9;
  localparam int unsigned Memories = 19;
  localparam int unsigned MemoryScalars = 0;
  localparam int unsigned MemoryFetch = 1;
  localparam int unsigned MemoryFire = 2;
  localparam int unsigned MemoryVector = 3;
  localparam int unsigned MemoryWeights = 4;
  localparam int unsigned MemoryThresholds = 5;
  localparam int unsigned MemoryPieces = 6;
  localparam int unsigned MemoryWindows = 7;
  localparam int unsigned MemoryStarts = 8;
  localparam int unsigned MemoryStartBeats = 9;
  localparam int unsigned MemoryCoefficients = 10;
  localparam int unsigned MemoryCoefficientBeats = 11;
  localparam int unsigned MemoryTable = 12;
  localparam int unsigned MemoryConstants = 13;
  localparam int unsigned MemoryExponentials = 14;
  localparam int unsigned MemoryReadout = 15;
  localparam int unsigned MemoryOrder = 16;
  localparam int unsigned MemoryNeeds = 17;
  localparam int unsigned MemoryStream = 18;
  localparam bit [31:0] StreamNumbers = 32'd8;
  localparam int unsigned Scalars = 20;
  localparam int unsigned ScalarFlags = 0;
  localparam int unsigned ScalarZeroPoint = 1;
  localparam int unsigned ScalarInputLast = 2;
  localparam int unsigned ScalarInputLastRow = 3;
  localparam int unsigned ScalarInputLastChannel = 4;
  localparam int unsigned ScalarInputBase = 5;
  localparam int unsigned ScalarInputHalf = 6;
  localparam int unsigned ScalarInputOther = 7;
  localparam int unsigned ScalarInputRowStride = 8;
  localparam int unsigned ScalarInputStepStride = 9;
  localparam int unsigned ScalarFetchLast = 10;
  localparam int unsigned ScalarFireLast = 11;
  localparam int unsigned ScalarVectorLast = 12;
  localparam int unsigned ScalarInputLastRun = 13;
  localparam int unsigned ScalarInputLastBandRow = 14;
  localparam int unsigned ScalarInputLastPass = 15;
  localparam int unsigned ScalarInputLastBand = 16;
  localparam int unsigned ScalarInputLastPlane = 17;
  localparam int unsigned ScalarInputBandStride = 18;
  localparam int unsigned ScalarInputReader = 19;
  localparam int unsigned FlagSpikes = 0;
  localparam int unsigned FlagSigned = 1;
  localparam int unsigned FlagOrdered = 2;
  localparam int unsigned FlagVector = 3;
  localparam int unsigned FlagSingle = 4;
  localparam bit [3:0] ErrorMagic = 4'd1;
  localparam bit [3:0] ErrorVersion = 4'd2;
  localparam bit [3:0] ErrorMachine = 4'd3;
  localparam bit [3:0] ErrorLength = 4'd4;
  localparam bit [3:0] ErrorMemory = 4'd5;
  localparam bit [3:0] ErrorAddress = 4'd6;
  localparam bit [3:0] ErrorCrc = 4'd7;
  localparam bit [3:0] ErrorSource = 4'd8;

  /* verilator lint_on UNUSEDPARAM */

endpackage

`default_nettype wire
