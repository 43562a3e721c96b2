//! `report`: all results of a build folder as one page.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::output;
use crate::error::Result;
use crate::flow;

/// Arguments of `report`.
#[derive(ClapArgs)]
pub struct Args {
    /// A build folder.
    #[arg(value_name = "DIR")]
    build: PathBuf,
    /// Samples for the golden model: FILE.npy or FILE.npz:NAME, batch first. The results are stored for later reports.
    #[arg(long, value_name = "FILE")]
    inputs: Option<String>,
    /// Labels: FILE.npy or FILE.npz:NAME.
    #[arg(long, value_name = "FILE", requires = "inputs")]
    labels: Option<String>,
    /// Use only the first N samples.
    #[arg(long, value_name = "N", requires = "inputs")]
    samples: Option<usize>,
    /// Also evaluate the network in float64, without integers, and count differences.
    #[arg(long, requires = "inputs")]
    float: bool,
    /// Compare with levels (level/NEURON) and logits from another program.
    #[arg(long, value_name = "FILE.npz", requires = "inputs")]
    reference: Option<PathBuf>,
    /// The sample whose spikes are drawn, counted from 0.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "inputs")]
    raster: usize,
    /// File for the page; default DIR/reports/report.html.
    #[arg(short, long, value_name = "FILE.html")]
    output: Option<PathBuf>,
    /// Also print the data of the page as JSON.
    #[arg(long)]
    json: bool,
}

/// Measures what is requested and writes the page.
///
/// # Errors
/// When the folder is not a build folder, or samples do not fit; a strict equality that does not hold is a failed
/// check.
pub fn run(args: &Args) -> Result<()> {
    let options = flow::report::Options {
        build: args.build.clone(),
        inputs: args.inputs.clone(),
        labels: args.labels.clone(),
        samples: args.samples,
        float: args.float,
        reference: args.reference.clone(),
        raster: args.raster,
        output: args.output.clone(),
    };
    let (path, found) = flow::report(&options, &output::Display::new())?;
    if args.json {
        output::json_own(&found)?;
    } else {
        output::print(&format!("report: {}", path.display()))?;
    }
    found.check()
}
