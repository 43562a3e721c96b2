//! `cost`: quantities and estimates of the cost model. Hidden: for `scripts/calibrate_cost.py`.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use serde::Serialize;

use super::output;
use crate::architecture::Design;
use crate::error::{Error, Result};
use crate::hardware::{Estimate, Quantities};
use crate::target::Family;
use crate::{emit, lower, snn};

/// Arguments of `cost`.
#[derive(ClapArgs)]
pub struct Args {
    /// A build folder.
    #[arg(value_name = "DIR")]
    build: PathBuf,
    /// Device family.
    #[arg(long)]
    family: String,
}

#[derive(Serialize)]
struct Row {
    instance: String,
    module: &'static str,
    quantities: Quantities,
}

#[derive(Serialize)]
struct Report {
    estimate: Estimate,
    rows: Vec<Row>,
}

/// Prints the quantities and the estimate of a build folder's design as JSON.
///
/// # Errors
/// When the folder is not a build folder.
pub fn run(args: &Args) -> Result<()> {
    let family = Family::from_name(&args.family)
        .ok_or_else(|| Error::input(format!("the device family {:?} is not known", args.family)))?;
    let model = snn::file::load(&args.build.join("model.snn"))?;
    let options = emit::read_folding(&args.build.join("folding.json"))?;
    let lowered = lower::lower(&model)?;
    let design = Design::plan(&model.name, &lowered.network, &options)?;
    let rows = design.quantities(family).into_iter().map(|(instance, module, quantities)| Row {
        instance,
        module,
        quantities,
    });
    let report = Report { estimate: design.area(family), rows: rows.collect() };
    let text = serde_json::to_string(&report).map_err(|e| Error::input(format!("cannot write JSON: {e}")))?;
    output::print(&text)
}
