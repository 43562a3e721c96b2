//! Vivado's scripts in a stub of Vivado, and its reports.

#[path = "vivado/figures.rs"]
mod figures;
#[path = "vivado/ports.rs"]
mod ports;
#[path = "vivado/reports.rs"]
mod reports;
#[path = "vivado/rtl.rs"]
mod rtl;
#[path = "vivado/scripts.rs"]
mod scripts;
