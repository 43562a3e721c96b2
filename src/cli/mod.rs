//! The command line: one file a subcommand.
//!
//! Exit codes: 0 done, 1 a check failed, 2 the input or the call is wrong.

mod board_fit;
mod build;
mod cocotb;
mod compact;
mod confidence;
mod convert;
mod cosim;
mod cost;
mod demo;
mod doctor;
mod energy;
mod explore;
mod fit;
mod inspect;
mod output;
mod report;
mod run;
mod schedule;
mod synth;
mod targets;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Converts quantised neural networks into spiking FPGA hardware, provably equal.
#[derive(Parser)]
#[command(version, about, arg_required_else_help = true, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The whole path on the built-in example: convert, run, build, co-simulate, synthesise.
    Demo(demo::Args),
    /// ONNX model → spiking network (a folder model.snn).
    Convert(convert::Args),
    /// The smallest fixed-point widths whose accuracy on calibration samples stays within a tolerance.
    Compact(compact::Args),
    /// Layers, shapes, levels, proven widths and memories of a model or build folder.
    Inspect(inspect::Args),
    /// Runs the golden model: accuracy against time-steps, spikes, equality with the quantised network.
    Run(run::Args),
    /// Spiking network → build folder with RTL, memory images and everything around them.
    Build(build::Args),
    /// Cycles against area: designs from the smallest to the fastest, balanced on measured spikes.
    Explore(explore::Args),
    /// RTL against golden model in Verilator: every neuron, every time-step.
    Cosim(cosim::Args),
    /// Interfaces of the hardware in Verilator under the AXI clients of cocotb: stalls, resets, malformed frames.
    Cocotb(cocotb::Args),
    /// Utilisation by synthesis.
    Synth(synth::Args),
    /// Whether a build folder is what its manifest says, file by file.
    Verify(verify::Args),
    /// Everything that is known of a build folder as one HTML page.
    Report(report::Args),
    /// Quantities and estimate of the cost model for a build folder.
    #[command(hide = true)]
    Cost(cost::Args),
    /// Boards and devices that hardware is built for.
    Targets(targets::Args),
    /// Which external programs are here, and how the others are had.
    Doctor(doctor::Args),
}

/// Parses the arguments, does what they say, and tells the exit code.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Compact(args) => compact::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Explore(args) => explore::run(&args),
        Command::Cosim(args) => cosim::run(&args),
        Command::Cocotb(args) => cocotb::run(&args),
        Command::Synth(args) => synth::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Cost(args) => cost::run(&args),
        Command::Targets(args) => targets::run(&args),
        Command::Doctor(args) => doctor::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
