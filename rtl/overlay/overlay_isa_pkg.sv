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
  localparam int unsigned FetchDiagonalLsb = 5;
  localparam int unsigned FetchWait0UnitLsb = 6;
  localparam int unsigned FetchWait0BaseLsb = 8;
  localparam int unsigned FetchWait0StepLsb = 24;
  localparam int unsigned FetchWait1UnitLsb = 32;
  localparam int unsigned FetchWait1BaseLsb = 34;
  localparam int unsigned FetchWait1StepLsb = 50;
  localparam int unsigned FetchRowsLsb = 58;
  localparam int unsigned FetchSourceLsb = 74;
  localparam int unsigned FetchRowStrideLsb = 98;
  localparam int unsigned FetchStepsLsb = 114;
  localparam int unsigned FetchStepStrideLsb = 122;
  localparam int unsigned FetchSegmentsLsb = 146;
  localparam int unsigned FetchSegmentStrideLsb = 162;
  localparam int unsigned FetchColumnsLsb = 178;
  localparam int unsigned FetchLineEntriesLsb = 194;
  localparam int unsigned FetchColumnEntriesLsb = 210;
  localparam int unsigned FetchLineStrideLsb = 226;
  localparam int unsigned FetchLineWordsLsb = 250;
  localparam int unsigned FetchOuterLsb = 282;
  localparam int unsigned FetchInnerLsb = 298;
  localparam int unsigned FetchSliceStepLsb = 314;
  localparam int unsigned FetchSliceGroupsLsb = 330;
  localparam int unsigned FetchWordsLsb = 346;
  localparam int unsigned FetchOuterWordsLsb = 378;
  localparam int unsigned FetchInnerWordsLsb = 410;
  localparam int unsigned FetchSegmentWordsLsb = 442;

  localparam int unsigned FireWords = 19;
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
  localparam int unsigned FireBandLsb = 19;
  localparam int unsigned FireBehindLsb = 20;
  localparam int unsigned FireAheadLsb = 36;
  localparam int unsigned FireWideLsb = 52;
  localparam int unsigned FireRowsLsb = 53;
  localparam int unsigned FireChunksLsb = 69;
  localparam int unsigned FireInnerLsb = 85;
  localparam int unsigned FireFullLsb = 101;
  localparam int unsigned FireTailLsb = 117;
  localparam int unsigned FireStepsLsb = 133;
  localparam int unsigned FireHighLsb = 141;
  localparam int unsigned FireLowLsb = 157;
  localparam int unsigned FireThresholdsLsb = 173;
  localparam int unsigned FireSpikesLsb = 197;
  localparam int unsigned FireRowStrideLsb = 221;
  localparam int unsigned FireStepStrideLsb = 237;
  localparam int unsigned FireOperandWordsLsb = 261;
  localparam int unsigned FireOperandStrideLsb = 285;
  localparam int unsigned FireOperandGroupsLsb = 309;
  localparam int unsigned FireSumsLsb = 325;
  localparam int unsigned FireStartsLsb = 349;
  localparam int unsigned FireCoefficientsLsb = 373;
  localparam int unsigned FireCoefficientLsb = 397;
  localparam int unsigned FireExponentialsLsb = 461;
  localparam int unsigned FireExponentialCountLsb = 485;
  localparam int unsigned FireScaleLsb = 509;
  localparam int unsigned FireLifLsb = 573;
  localparam int unsigned FireCurrentLsb = 576;
  localparam int unsigned FireApartLsb = 577;
  localparam int unsigned FirePerRowLsb = 578;
  localparam int unsigned FireTurnedLsb = 579;
  localparam int unsigned FireSumStrideLsb = 580;

  localparam int unsigned VectorWords = 17;
  localparam int unsigned VectorLastLsb = 0;
  localparam int unsigned VectorOpLsb = 1;
  localparam int unsigned VectorPerChannelLsb = 4;
  localparam int unsigned VectorAccumulateLsb = 5;
  localparam int unsigned VectorStartLsb = 6;
  localparam int unsigned VectorHalfEvenLsb = 7;
  localparam int unsigned VectorUnaryLsb = 8;
  localparam int unsigned VectorUncentredLsb = 9;
  localparam int unsigned VectorWait0UnitLsb = 10;
  localparam int unsigned VectorWait0BaseLsb = 12;
  localparam int unsigned VectorWait0StepLsb = 28;
  localparam int unsigned VectorWait1UnitLsb = 36;
  localparam int unsigned VectorWait1BaseLsb = 38;
  localparam int unsigned VectorWait1StepLsb = 54;
  localparam int unsigned VectorRowsLsb = 62;
  localparam int unsigned VectorChannelsLsb = 78;
  localparam int unsigned VectorSourceLsb = 94;
  localparam int unsigned VectorTargetLsb = 118;
  localparam int unsigned VectorStartsLsb = 142;
  localparam int unsigned VectorCoefficientsLsb = 166;
  localparam int unsigned VectorCoefficientLsb = 190;
  localparam int unsigned VectorTableLsb = 254;
  localparam int unsigned VectorSpikesLsb = 286;
  localparam int unsigned VectorRowStrideLsb = 310;
  localparam int unsigned VectorStepStrideLsb = 326;
  localparam int unsigned VectorStepsLsb = 350;
  localparam int unsigned VectorHighLsb = 358;
  localparam int unsigned VectorLowLsb = 374;
  localparam int unsigned VectorConstantsLsb = 390;
  localparam int unsigned VectorEpsilonLsb = 414;

  /* verilator lint_on UNUSEDPARAM */

endpackage

`default_nettype wire
