// Generated from src/overlay/isa.rs; do not edit. tests/overlay/mod.rs compares.

`default_nettype none

/// Positions of the fields of instructions, and words of an instruction.
package overlay_isa_pkg;

  // Not every design has every unit.
  /* verilator lint_off UNUSEDPARAM */

  localparam int unsigned FetchWords = 15;
  localparam int unsigned FetchLastLsb = 0;
  localparam int unsigned FetchOperandLsb = 1;
  localparam int unsigned FetchDoublingLsb = 2;
  localparam int unsigned FetchInputLsb = 3;
  localparam int unsigned FetchMaximumLsb = 4;
  localparam int unsigned FetchWait0UnitLsb = 5;
  localparam int unsigned FetchWait0BaseLsb = 7;
  localparam int unsigned FetchWait0StepLsb = 23;
  localparam int unsigned FetchWait1UnitLsb = 31;
  localparam int unsigned FetchWait1BaseLsb = 33;
  localparam int unsigned FetchWait1StepLsb = 49;
  localparam int unsigned FetchRowsLsb = 57;
  localparam int unsigned FetchSourceLsb = 73;
  localparam int unsigned FetchRowStrideLsb = 97;
  localparam int unsigned FetchStepsLsb = 113;
  localparam int unsigned FetchStepStrideLsb = 121;
  localparam int unsigned FetchSegmentsLsb = 145;
  localparam int unsigned FetchSegmentStrideLsb = 161;
  localparam int unsigned FetchColumnsLsb = 177;
  localparam int unsigned FetchLineEntriesLsb = 193;
  localparam int unsigned FetchColumnEntriesLsb = 209;
  localparam int unsigned FetchLineStrideLsb = 225;
  localparam int unsigned FetchLineWordsLsb = 249;
  localparam int unsigned FetchOuterLsb = 281;
  localparam int unsigned FetchInnerLsb = 297;
  localparam int unsigned FetchSliceStepLsb = 313;
  localparam int unsigned FetchSliceGroupsLsb = 329;
  localparam int unsigned FetchWordsLsb = 345;
  localparam int unsigned FetchOuterWordsLsb = 377;
  localparam int unsigned FetchInnerWordsLsb = 409;
  localparam int unsigned FetchSegmentWordsLsb = 441;

  localparam int unsigned FireWords = 17;
  localparam int unsigned FireLastLsb = 0;
  localparam int unsigned FireNeuronsLsb = 1;
  localparam int unsigned FireSpikesOutLsb = 2;
  localparam int unsigned FireOperandOutLsb = 3;
  localparam int unsigned FireTransposeLsb = 4;
  localparam int unsigned FireUnaryLsb = 5;
  localparam int unsigned FireTableLsb = 6;
  localparam int unsigned FireProbesLsb = 7;
  localparam int unsigned FirePerChannelLsb = 12;
  localparam int unsigned FireAccumulateLsb = 13;
  localparam int unsigned FireStartLsb = 14;
  localparam int unsigned FireHalfEvenLsb = 15;
  localparam int unsigned FireSerialLsb = 16;
  localparam int unsigned FireMaskedLsb = 18;
  localparam int unsigned FireWideLsb = 19;
  localparam int unsigned FireRowsLsb = 20;
  localparam int unsigned FireChunksLsb = 36;
  localparam int unsigned FireInnerLsb = 52;
  localparam int unsigned FireFullLsb = 68;
  localparam int unsigned FireTailLsb = 84;
  localparam int unsigned FireStepsLsb = 100;
  localparam int unsigned FireHighLsb = 108;
  localparam int unsigned FireLowLsb = 124;
  localparam int unsigned FireThresholdsLsb = 140;
  localparam int unsigned FireSpikesLsb = 164;
  localparam int unsigned FireRowStrideLsb = 188;
  localparam int unsigned FireStepStrideLsb = 204;
  localparam int unsigned FireOperandWordsLsb = 228;
  localparam int unsigned FireOperandStrideLsb = 252;
  localparam int unsigned FireOperandGroupsLsb = 276;
  localparam int unsigned FireSumsLsb = 292;
  localparam int unsigned FireStartsLsb = 316;
  localparam int unsigned FireCoefficientsLsb = 340;
  localparam int unsigned FireCoefficientLsb = 364;
  localparam int unsigned FireExponentialsLsb = 428;
  localparam int unsigned FireExponentialCountLsb = 452;
  localparam int unsigned FireScaleLsb = 476;

  localparam int unsigned VectorWords = 17;
  localparam int unsigned VectorLastLsb = 0;
  localparam int unsigned VectorOpLsb = 1;
  localparam int unsigned VectorPerChannelLsb = 4;
  localparam int unsigned VectorAccumulateLsb = 5;
  localparam int unsigned VectorStartLsb = 6;
  localparam int unsigned VectorHalfEvenLsb = 7;
  localparam int unsigned VectorUnaryLsb = 8;
  localparam int unsigned VectorWait0UnitLsb = 9;
  localparam int unsigned VectorWait0BaseLsb = 11;
  localparam int unsigned VectorWait0StepLsb = 27;
  localparam int unsigned VectorWait1UnitLsb = 35;
  localparam int unsigned VectorWait1BaseLsb = 37;
  localparam int unsigned VectorWait1StepLsb = 53;
  localparam int unsigned VectorRowsLsb = 61;
  localparam int unsigned VectorChannelsLsb = 77;
  localparam int unsigned VectorSourceLsb = 93;
  localparam int unsigned VectorTargetLsb = 117;
  localparam int unsigned VectorStartsLsb = 141;
  localparam int unsigned VectorCoefficientsLsb = 165;
  localparam int unsigned VectorCoefficientLsb = 189;
  localparam int unsigned VectorTableLsb = 253;
  localparam int unsigned VectorSpikesLsb = 285;
  localparam int unsigned VectorRowStrideLsb = 309;
  localparam int unsigned VectorStepStrideLsb = 325;
  localparam int unsigned VectorStepsLsb = 349;
  localparam int unsigned VectorHighLsb = 357;
  localparam int unsigned VectorLowLsb = 373;
  localparam int unsigned VectorConstantsLsb = 389;
  localparam int unsigned VectorEpsilonLsb = 413;

  /* verilator lint_on UNUSEDPARAM */

endpackage

`default_nettype wire
