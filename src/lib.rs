//! snn2rtl: exact conversion of quantised networks into spiking FPGA hardware.

pub mod error;
pub mod synth;
pub mod tool;
