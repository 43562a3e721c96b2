//! What is printed when a command fails: text, or with `--json` one line of JSON. Always on standard error, so that the
//! figures of a failed check stay alone on standard output.

use std::path::Path;

use serde::Serialize;

use super::output::FORMAT_VERSION;
use crate::error::Error;

/// The JSON form of an error.
#[derive(Serialize)]
struct Failure<'a> {
    format_version: u32,
    error: Fields<'a>,
}

#[derive(Serialize)]
struct Fields<'a> {
    /// The command; empty where the call names none.
    stage: &'a str,
    problem: &'a str,
    file: Option<&'a Path>,
    node: Option<&'a str>,
    fix: Option<&'a str>,
    exit_code: u8,
}

/// Prints an error of a command.
pub fn print(stage: &str, error: &Error, json: bool) {
    let Error { problem, file, node, fix, .. } = error;
    let fields = Fields {
        stage,
        problem,
        file: file.as_deref(),
        node: node.as_deref(),
        fix: fix.as_deref(),
        exit_code: error.exit_code(),
    };
    let failure = Failure { format_version: FORMAT_VERSION, error: fields };
    match (json, serde_json::to_string(&failure)) {
        (true, Ok(text)) => eprintln!("{text}"),
        // A file name that is no text has no JSON form.
        _ => eprintln!("error: {error}"),
    }
}
