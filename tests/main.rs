//! The tests that need no program of their own: one program compiles and links in a fraction of the time of many.
//!
//! `cargo test --test main golden::` runs those of `golden.rs`.

mod common;
#[path = "common/designs.rs"]
mod designs;
#[path = "transformers/generator.rs"]
#[allow(dead_code, reason = "a program uses a part")]
mod generator;
#[path = "common/naive.rs"]
mod naive;
#[path = "common/programs.rs"]
mod programs;
mod random;

mod board;
mod cnn;
mod compact;
mod cost_model;
mod driver;
mod emit;
mod equalities;
mod fusesoc;
mod generated_lint;
mod golden;
mod hostile_models;
mod hostile_names;
mod interfaces;
mod layering;
mod litex;
mod lowering;
mod mnist_vit;
mod model_file;
mod overlay;
mod place_script;
mod review_encoder;
mod schedule;
mod settled;
mod spikezip;
mod spiking;
mod split;
mod targets;
mod tools;
mod transformers;
mod vit_small;
mod vivado;
