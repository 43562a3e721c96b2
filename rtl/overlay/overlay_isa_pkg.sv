// Generated from src/overlay/isa.rs; do not edit. tests/overlay/mod.rs compares.

`default_nettype none

/// Positions of the fields of instructions, and words of an instruction.
package overlay_isa_pkg;

  // Not every design has every unit.
  /* verilator lint_off UNUSEDPARAM */

  localparam int unsigned FetchWords = 12;
  localparam int unsigned FetchLastLsb = 0;
  localparam int unsigned FetchOperandLsb = 1;
  localparam int unsigned FetchDoublingLsb = 2;
  localparam int unsigned FetchInputLsb = 3;
  localparam int unsigned FetchWait0UnitLsb = 4;
  localparam int unsigned FetchWait0BaseLsb = 6;
  localparam int unsigned FetchWait0StepLsb = 22;
  localparam int unsigned FetchWait1UnitLsb = 30;
  localparam int unsigned FetchWait1BaseLsb = 32;
  localparam int unsigned FetchWait1StepLsb = 48;
  localparam int unsigned FetchRowsLsb = 56;
  localparam int unsigned FetchSourceLsb = 72;
  localparam int unsigned FetchRowStrideLsb = 96;
  localparam int unsigned FetchStepsLsb = 112;
  localparam int unsigned FetchStepStrideLsb = 120;
  localparam int unsigned FetchSegmentsLsb = 144;
  localparam int unsigned FetchSegmentStrideLsb = 160;
  localparam int unsigned FetchOuterLsb = 176;
  localparam int unsigned FetchInnerLsb = 192;
  localparam int unsigned FetchSliceStepLsb = 208;
  localparam int unsigned FetchSliceGroupsLsb = 224;
  localparam int unsigned FetchWordsLsb = 240;
  localparam int unsigned FetchOuterWordsLsb = 272;
  localparam int unsigned FetchInnerWordsLsb = 304;
  localparam int unsigned FetchSegmentWordsLsb = 336;

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
  localparam int unsigned FireRowsLsb = 19;
  localparam int unsigned FireChunksLsb = 35;
  localparam int unsigned FireInnerLsb = 51;
  localparam int unsigned FireFullLsb = 67;
  localparam int unsigned FireTailLsb = 83;
  localparam int unsigned FireStepsLsb = 99;
  localparam int unsigned FireHighLsb = 107;
  localparam int unsigned FireLowLsb = 123;
  localparam int unsigned FireThresholdsLsb = 139;
  localparam int unsigned FireSpikesLsb = 163;
  localparam int unsigned FireRowStrideLsb = 187;
  localparam int unsigned FireStepStrideLsb = 203;
  localparam int unsigned FireOperandWordsLsb = 227;
  localparam int unsigned FireOperandStrideLsb = 251;
  localparam int unsigned FireOperandGroupsLsb = 275;
  localparam int unsigned FireSumsLsb = 291;
  localparam int unsigned FireStartsLsb = 315;
  localparam int unsigned FireCoefficientsLsb = 339;
  localparam int unsigned FireCoefficientLsb = 363;
  localparam int unsigned FireExponentialsLsb = 427;
  localparam int unsigned FireExponentialCountLsb = 451;
  localparam int unsigned FireScaleLsb = 475;

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
