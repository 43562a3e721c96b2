//! The command line: one file per subcommand.
//!
//! Exit codes: 0 success, 1 a check failed, 2 wrong input or arguments.

mod architecture;
mod board_fit;
mod build;
mod check;
mod cocotb;
mod compact;
mod completions;
mod confidence;
mod convert;
mod cosim;
mod cost;
mod demo;
mod doctor;
mod energy;
mod explore;
mod external;
mod failure;
mod fit;
mod graph;
mod image;
mod insert;
mod inspect;
mod output;
mod program;
mod report;
mod run;
mod schedule;
mod spiking;
mod split;
mod synth;
mod targets;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::error::Error;
use crate::interrupt;

/// Compile quantised neural networks into spiking FPGA hardware that computes the same values.
#[derive(Parser)]
#[command(version, about, arg_required_else_help = true, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run all steps on a built-in example: convert, run, build, co-simulate, synthesise.
    Demo(demo::Args),
    /// Check whether an ONNX or NIR model can be converted: every node, all problems with their fixes, a rough size.
    Check(check::Args),
    /// Convert an ONNX or NIR model to a spiking network (a folder model.snn).
    Convert(convert::Args),
    /// Find the smallest fixed-point widths whose accuracy on calibration samples stays within a tolerance.
    Compact(compact::Args),
    /// Show layers, shapes, levels, proven widths and memories of a model or build folder.
    Inspect(inspect::Args),
    /// Run the golden model: accuracy against time-steps, spikes, equality with the quantised network.
    Run(run::Args),
    /// Build a folder with RTL, memory images, scripts and constraints from a spiking network.
    Build(build::Args),
    /// Compile a network for a machine that was built with --loadable: a model image, to be loaded at run time.
    Image(image::Args),
    /// Show cycles against area: designs from the smallest to the fastest, balanced on measured spikes.
    Explore(explore::Args),
    /// Split a network into several in sequence, for as many devices: balanced, with what goes from one to the next.
    Split(split::Args),
    /// Compare the RTL in Verilator with the golden model: every neuron, every time-step.
    Cosim(cosim::Args),
    /// Test the interfaces in Verilator with the AXI clients of cocotb: stalls, resets, malformed frames.
    Cocotb(cocotb::Args),
    /// Synthesise: utilisation; with nextpnr place and route, and a bitstream.
    Synth(synth::Args),
    /// Compare a build folder with its manifest, file by file.
    Verify(verify::Args),
    /// Write all results of a build folder as one HTML page.
    Report(report::Args),
    /// Quantities and estimate of the cost model for a build folder.
    #[command(hide = true)]
    Cost(cost::Args),
    /// List boards and devices.
    Targets(targets::Args),
    /// List external programs, and how to install missing ones.
    Doctor(doctor::Args),
    /// Print completions for a shell.
    Completions(completions::Args),
}

/// Parses the arguments, runs the command, and returns the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::command();
    let matches = match cli.try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return wrong_call(&error),
    };
    let stage = matches.subcommand_name().unwrap_or_default();
    let json = matches
        .subcommand()
        .is_some_and(|(_, arguments)| matches!(arguments.try_get_one::<bool>("json"), Ok(Some(true))));
    let command = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli.command,
        Err(error) => return wrong_call(&error),
    };
    if let Err(error) = interrupt::install() {
        eprintln!("note: {error}");
    }
    let result = match command {
        Command::Demo(args) => demo::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Compact(args) => compact::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Image(args) => image::run(&args),
        Command::Explore(args) => explore::run(&args),
        Command::Split(args) => split::run(&args),
        Command::Cosim(args) => cosim::run(&args),
        Command::Cocotb(args) => cocotb::run(&args),
        Command::Synth(args) => synth::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Cost(args) => cost::run(&args),
        Command::Targets(args) => targets::run(&args),
        Command::Doctor(args) => doctor::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // When a signal has killed a child, the thread that handles it ends the program: this waits for it.
            drop(interrupt::hold());
            failure::print(stage, &error, json);
            ExitCode::from(error.exit_code())
        }
    }
}

/// What clap says to a wrong call, or the help that was asked for.
fn wrong_call(error: &clap::Error) -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let stage = arguments.next().filter(|stage| Cli::command().find_subcommand(stage).is_some());
    if error.use_stderr() && arguments.any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let text = text.trim().strip_prefix("error: ").unwrap_or(text.trim()).to_owned();
        failure::print(stage.as_deref().unwrap_or_default(), &Error::input(text), true);
    } else {
        // A reader that has gone away is no error.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        Cli::command().debug_assert();
    }
}
