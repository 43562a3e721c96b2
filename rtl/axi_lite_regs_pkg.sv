// Generated from src/registers/table.rs; do not edit. tests/registers.rs compares.

`default_nettype none

/// Byte addresses, field positions and reset values of the registers; the default reset value is 0.
package axi_lite_regs_pkg;

  // identity: read-only.
  localparam int unsigned IdentityOffset = 0;
  localparam bit [31:0] IdentityReset = 32'h534E4E31;

  // version: read-only.
  localparam int unsigned VersionOffset = 4;
  localparam bit [31:0] VersionReset = 32'h00000001;

  // control: read-write.
  localparam int unsigned ControlOffset = 8;
  localparam int unsigned ControlRunLsb = 0;
  localparam int unsigned ControlClearLsb = 1;
  localparam bit [31:0] ControlReset = 32'h00000001;

  // status: read-write.
  localparam int unsigned StatusOffset = 12;
  localparam int unsigned StatusBusyLsb = 0;
  localparam int unsigned StatusShortFrameLsb = 1;
  localparam int unsigned StatusLongFrameLsb = 2;

  // t_max: read-write.
  localparam int unsigned TMaxOffset = 16;

  // samples_in: read-only.
  localparam int unsigned SamplesInOffset = 20;

  // samples_out: read-only.
  localparam int unsigned SamplesOutOffset = 24;

  // stages: read-only.
  localparam int unsigned StagesOffset = 28;

  // cycles_low: read-only.
  localparam int unsigned CyclesLowOffset = 32;

  // cycles_high: read-only.
  localparam int unsigned CyclesHighOffset = 36;

  // in_stalls: read-only.
  localparam int unsigned InStallsOffset = 40;

  // out_stalls: read-only.
  localparam int unsigned OutStallsOffset = 44;

  // margin_low: read-write.
  localparam int unsigned MarginLowOffset = 48;

  // margin_high: read-write.
  localparam int unsigned MarginHighOffset = 52;

  // patience: read-write.
  localparam int unsigned PatienceOffset = 56;

  // Not every core has these.
  /* verilator lint_off UNUSEDPARAM */

  // load_control: read-write.
  localparam int unsigned LoadControlOffset = 128;
  localparam int unsigned LoadControlStartLsb = 0;

  // load_status: read-only.
  localparam int unsigned LoadStatusOffset = 132;
  localparam int unsigned LoadStatusLoadedLsb = 0;
  localparam int unsigned LoadStatusReadyLsb = 1;
  localparam int unsigned LoadStatusErrorLsb = 4;

  // load_data: read-write.
  localparam int unsigned LoadDataOffset = 136;

  // load_machine: read-only.
  localparam int unsigned LoadMachineOffset = 140;

  // load_address_low: read-write.
  localparam int unsigned LoadAddressLowOffset = 144;

  // load_address_high: read-write.
  localparam int unsigned LoadAddressHighOffset = 148;

  // load_length: read-write.
  localparam int unsigned LoadLengthOffset = 152;

  // memory_lost: read-only.
  localparam int unsigned MemoryLostOffset = 156;

  // memory_beats: read-only.
  localparam int unsigned MemoryBeatsOffset = 160;
  /* verilator lint_on UNUSEDPARAM */

  // The block of stage s begins at FirstStageOffset + s * StageBytes.
  localparam int unsigned FirstStageOffset = 64;
  localparam int unsigned StageBytes = 16;
  localparam int unsigned StageSpikesLowOffset = 0;
  localparam int unsigned StageSpikesHighOffset = 4;
  localparam int unsigned StageWorkLowOffset = 8;
  localparam int unsigned StageWorkHighOffset = 12;

endpackage

`default_nettype wire
