//! snn2rtl: exact conversion of quantised neural networks into spiking FPGA hardware.
//!
//! Data flows in one direction: [`import`] reads ONNX into [`qann`]; [`convert`] makes [`snn`]; [`lower`] makes
//! [`integer`]; [`golden`] runs it, and [`compact`] chooses widths with it; [`architecture`] plans the hardware
//! ([`streaming`] is its only architecture), and [`advice`] lists alternatives if it does not fit; the later modules
//! write, simulate and synthesise it, and [`report`] shows the results. [`flow`] is the library interface of the commands; [`cli`] parses arguments and
//! prints.

pub mod data;
pub mod error;
pub mod float;
pub mod folder;
pub mod graph;
pub mod quant;

pub mod compact;
pub mod convert;
pub mod golden;
pub mod import;
pub mod integer;
pub mod lower;
pub mod qann;
pub mod snn;

pub mod advice;
pub mod architecture;
pub mod cosim;
pub mod emit;
pub mod hardware;
pub mod place;
pub mod registers;
pub mod report;
pub mod streaming;
pub mod synth;
pub mod target;
pub mod tool;

pub mod flow;

pub mod cli;
