//! `cocotb`: the interfaces under clients of cocotbext-axi.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::output;
use crate::cosim::clients::{self, Options, Report};
use crate::error::{Error, Result};
use crate::flow::load;
use crate::folder::Scratch;

/// Arguments of `cocotb`.
#[derive(ClapArgs)]
pub struct Args {
    /// A build folder.
    #[arg(value_name = "DIR")]
    build: PathBuf,
    /// Samples: FILE.npy or FILE.npz:NAME, batch first.
    #[arg(long, value_name = "FILE")]
    inputs: String,
    /// Use only the first N samples.
    #[arg(long, value_name = "N", default_value_t = 32)]
    samples: usize,
    /// Number of frames of the longest test, under random stalls.
    #[arg(long, value_name = "N", default_value_t = 100)]
    frames: usize,
    /// Seed of all random choices.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Run only tests whose name matches.
    #[arg(long, value_name = "REGEX")]
    only: Option<String>,
    /// Folder for the simulator and its logs; by default they are deleted.
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Use the simulator of an earlier run in that folder.
    #[arg(long, requires = "work")]
    again: bool,
    /// Only write the samples and the expected results, for `sim/cocotb/run.py`.
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["work", "only"])]
    vectors: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the tests and prints the results.
///
/// # Errors
/// When the folder or the samples are wrong or a tool is missing; a failed test is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let inputs = load::inputs(&args.inputs, &load::model(&args.build)?, Some(args.samples))?;
    let vectors = clients::vectors(&args.build, &inputs)?;
    if let Some(path) = &args.vectors {
        return vectors.write(path);
    }
    let temporary = Scratch::new("snn2rtl-cocotb-")?;
    let work = args.work.clone().unwrap_or_else(|| temporary.path().to_owned());
    let options =
        Options { frames: args.frames, seed: args.seed, only: args.only.clone(), work, again: args.again };
    let spinner = output::spinner("cocotb: building the simulation and testing");
    let report = clients::run(&args.build, &vectors, &options);
    spinner.finish_and_clear();
    let report = report?;
    if args.json {
        output::json(&report)?;
    } else {
        output::print(&table(&report))?;
    }
    let failed = report.tests.iter().find_map(|test| Some((&test.name, test.failure.as_ref()?)));
    match failed {
        None => Ok(()),
        Some((name, problem)) => Err(Error::check(format!("the test {name} failed: {problem}"))),
    }
}

/// One row per test.
fn table(report: &Report) -> String {
    let rows = report.tests.iter().map(|test| {
        let passed = if test.failure.is_none() { "passed" } else { "failed" };
        let cycles = output::thousands(test.cycles);
        [test.module.clone(), test.name.clone(), passed.to_owned(), cycles, format!("{:.1}", test.seconds)]
    });
    output::table(["file", "test", "result", "cycles", "seconds"], rows.collect(), 3).to_string()
}
