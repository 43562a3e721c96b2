//! `image`: compiles a network for a machine that is there.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::output;
use crate::error::{Result, printable};
use crate::flow;

/// Arguments of `image`.
#[derive(ClapArgs)]
pub struct Args {
    /// A model.snn.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The build folder of the machine: one that was built with --loadable.
    #[arg(long, value_name = "DIR")]
    machine: PathBuf,
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Writes the image and prints what it fills.
///
/// # Errors
/// When the network does not fit the machine, or the file cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let options = flow::image::Options {
        model: args.model.clone(),
        machine: args.machine.clone(),
        output: args.output.clone(),
    };
    let written = flow::image::write(&options)?;
    if args.json {
        return output::json(&written);
    }
    let rows = written.memories.iter().map(|memory| {
        [
            memory.name.to_owned(),
            output::thousands(memory.words as u64),
            output::thousands(memory.words_available as u64),
        ]
    });
    output::print(&output::table(["memory", "words", "of"], rows.collect(), 1).to_string())?;
    output::print(&format!(
        "{}: {} bytes for machine {:08x}: {}",
        printable(&written.model),
        output::thousands(written.bytes as u64),
        written.machine_id,
        args.output.display()
    ))
}
