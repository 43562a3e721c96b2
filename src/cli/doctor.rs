//! `doctor`: external programs.

use clap::Args as ClapArgs;
use serde::Serialize;

use super::output;
use crate::error::{Error, Result};
use crate::tool::doctor::{Line, report, table};

/// Arguments of `doctor`.
#[derive(ClapArgs)]
pub struct Args {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    tools: &'a [Line],
}

/// Checks and prints; a missing required program is a failed check.
///
/// # Errors
/// If a required program is neither installed nor can be provided.
pub fn run(args: &Args) -> Result<()> {
    let lines = report();
    if args.json {
        output::json(&Report { tools: &lines })?;
    } else {
        output::print(&table(&lines).to_string())?;
    }
    if lines.iter().all(|line| line.ok) {
        Ok(())
    } else {
        Err(Error::check("something that is needed is missing").fix("see the last column above"))
    }
}
