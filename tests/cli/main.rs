//! The program as its users meet it: commands in a fresh folder, what they print, what they leave behind.

mod architecture;
mod check;
#[path = "../common/mod.rs"]
mod common;
mod deterministic;
mod existing;
mod explore;
mod figures;
mod flow;
mod insert;
mod interrupt;
mod json;
mod large;
mod minilm;
mod overlay;
mod readme;
mod refusals;
mod schedules;
mod scripts;
mod session;
mod spiking;
mod split;
mod targets;
mod verify;
mod vivado;
