//! snn2rtl: exact conversion of quantised neural networks into spiking FPGA hardware.
//!
//! Data flows in one direction: [`import`] reads ONNX into [`qann`]; [`convert`] makes [`snn`]; [`lower`] makes
//! [`integer`]; [`golden`] runs it, and [`compact`] chooses widths with it; [`architecture`] plans the hardware
//! ([`streaming`] and [`overlay`] are its architectures), and [`advice`] lists alternatives if it does not fit; the later modules
//! write, simulate and synthesise it, and [`report`] shows the results. [`flow`] is the library interface of the
//! commands; [`cli`] parses arguments and prints.
//!
//! Modules with `wildcard_enum_match_arm` match operators and kinds of stages without a catch-all arm: a new one does
//! not compile until each of them handles it.

pub mod cache;
pub mod data;
pub mod error;
pub mod float;
pub mod folder;
pub mod graph;
pub mod interrupt;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod operators;
pub mod quant;

#[warn(clippy::wildcard_enum_match_arm)]
pub mod compact;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod convert;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod golden;
pub mod import;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod integer;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod lower;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod nir;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod qann;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod snn;
pub mod split;

#[warn(clippy::wildcard_enum_match_arm)]
pub mod advice;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod architecture;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod cosim;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod emit;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod hardware;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod overlay;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod place;
pub mod registers;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod report;
#[warn(clippy::wildcard_enum_match_arm)]
pub mod streaming;
pub mod synth;
pub mod target;
pub mod tool;

#[warn(clippy::wildcard_enum_match_arm)]
pub mod flow;

pub mod cli;
