//! The benches of `sim/benches`, each built with Verilator for several parameter sets and run with several seeds.
//!
//! A bench is a module `<name>_tb` that checks itself and fails by `$fatal`. The files here hold the parameter sets and
//! make the images that they name: random constants, and the beats that the operators of the integer network ask for.
//! The benches of one test are built as one program.

#![allow(clippy::unwrap_used)]

mod axi;
mod images;
mod inputs;
mod layer_norm;
mod lint;
mod matmul;
mod model_loader;
mod neurons;
mod non_monotone_tables;
mod outputs;
mod overlay_engine;
mod overlay_fetch;
mod overlay_fire;
mod overlay_input;
mod overlay_lif;
mod overlay_memories;
mod overlay_pieces;
mod overlay_rows;
mod overlay_serial;
mod overlay_softmax;
mod overlay_vector;
mod product;
mod registered_product;
mod row_array;
mod rows;
mod runner;
mod softmax;
mod streams;
mod sums;
mod uart;
mod vectors;
