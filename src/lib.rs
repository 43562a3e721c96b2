//! snn2rtl: exact conversion of quantised networks into spiking FPGA hardware.

pub mod error;
pub mod graph;
pub mod quant;

pub mod qann;

pub mod snn;

pub mod convert;

pub mod integer;

pub mod design;
pub mod lower;
pub mod synth;
pub mod tool;
pub mod import;
pub mod golden;

pub mod data;
