//! `verify`: compares a build folder with its manifest, and with a build of the model.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::output;
use crate::emit::{self, Verification};
use crate::error::{Error, Result, printable};
use crate::flow::load;
use crate::target::Target;

/// Arguments of `verify`.
#[derive(ClapArgs)]
pub struct Args {
    /// A build folder.
    #[arg(value_name = "DIR")]
    build: PathBuf,
    /// Build this model again, with folding and target of the folder, and compare the result too.
    #[arg(long, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Maximum number of differences that the error lists.
const NAMED: usize = 8;

/// Compares and prints what differs.
///
/// # Errors
/// When there is no manifest or it is broken, or the model cannot be built; a difference is a failed check.
pub fn run(args: &Args) -> Result<()> {
    let mut found = emit::verify(&args.build)?;
    if let Some(path) = &args.model {
        let manifest = emit::read_manifest(&args.build)?;
        let target =
            manifest.target.as_ref().map(|entry| Target::of_build(&args.build, entry)).transpose()?;
        let (own, files) = emit::render_for(&load::model(path)?, &manifest.folding, target.as_ref())?;
        emit::compare_builds(&mut found, &manifest, &own, &files);
    }
    let lines = differences(&found);
    if args.json {
        output::json(&found)?;
    } else {
        for line in &lines {
            output::print(line)?;
        }
        output::print(&format!(
            "{}, {}: {} of {} files as listed, fingerprint {}",
            printable(&found.model),
            printable(&found.generator),
            found.files - found.missing.len() - found.changed.len(),
            found.files,
            found.fingerprint
        ))?;
        if found.rebuilt && found.differs.is_empty() {
            output::print("the model gives the same build folder")?;
        }
    }
    if found.is_whole() {
        return Ok(());
    }
    let more = lines.len().saturating_sub(NAMED);
    let mut text = lines[..lines.len() - more].join("; ");
    if more > 0 {
        text += &format!("; and {more} more");
    }
    Err(Error::check(format!("this build folder is not what its manifest says: {text}"))
        .at_file(&args.build)
        .fix("write it again with 'snn2rtl build'"))
}

/// One line per difference.
fn differences(found: &Verification) -> Vec<String> {
    let missing = found.missing.iter().map(|path| format!("missing: {path}"));
    let changed = found.changed.iter().map(|c| format!("changed: {}: {}", c.path, c.problem));
    let additional = found.additional.iter().map(|path| format!("additional: {}", printable(path)));
    let differs = found.differs.iter().map(|path| format!("the model gives another: {}", printable(path)));
    missing.chain(changed).chain(additional).chain(differs).collect()
}
