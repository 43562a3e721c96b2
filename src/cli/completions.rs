//! `completions`: what a shell needs to complete commands and options.

use clap::{Args as ClapArgs, CommandFactory};
use clap_complete::Shell;

use super::{Cli, output};
use crate::error::{Error, Result};

/// Arguments of `completions`.
#[derive(ClapArgs)]
pub struct Args {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script of a shell.
///
/// # Errors
/// When it cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "snn2rtl", &mut script);
    let script =
        String::from_utf8(script).map_err(|e| Error::input(format!("the completions are not text: {e}")))?;
    output::print(script.trim_end())
}
