//! Output: tables and text, or one JSON object; progress bars on a terminal.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use comfy_table::{CellAlignment, ContentArrangement, Row, Table};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

pub use crate::error::thousands;
use crate::error::{Error, Result};
use crate::flow::{Steps, Watch};

/// Version of the JSON that commands print.
pub const FORMAT_VERSION: u32 = 1;

/// Width of tables in characters where standard output is not a terminal.
const WIDTH: u16 = 120;

/// Prints text and a newline to standard output. A closed pipe is not an error.
///
/// # Errors
/// If it cannot be written for another reason.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Error::input(format!("cannot write to standard output: {e}")))
        }
        _ => Ok(()),
    }
}

/// Prints one JSON object, with its version.
///
/// # Errors
/// As [`print`].
pub fn json(value: &impl Serialize) -> Result<()> {
    json_of(FORMAT_VERSION, value)
}

/// Prints one JSON object that carries its version.
///
/// # Errors
/// As [`print`].
pub fn json_own(value: &impl Serialize) -> Result<()> {
    let text =
        serde_json::to_string_pretty(value).map_err(|e| Error::input(format!("cannot write JSON: {e}")))?;
    print(&text)
}

/// Prints one JSON object, with a version of its own.
///
/// # Errors
/// As [`print`].
pub fn json_of(format_version: u32, value: &impl Serialize) -> Result<()> {
    #[derive(Serialize)]
    struct Versioned<'a, T> {
        format_version: u32,
        #[serde(flatten)]
        value: &'a T,
    }
    let text = serde_json::to_string_pretty(&Versioned { format_version, value })
        .map_err(|e| Error::input(format!("cannot write JSON: {e}")))?;
    print(&text)
}

/// A table; columns from `right` on are aligned to the right.
pub fn table(header: impl Into<Row>, rows: Vec<impl Into<Row>>, right: usize) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
    table.set_header(header);
    table.add_rows(rows);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if !io::stdout().is_terminal() {
        table.set_width(WIDTH);
    }
    for column in table.column_iter_mut().skip(right) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Shows the progress of a flow on a terminal; nothing where standard error is not one.
pub struct Display {
    bar: Mutex<Option<ProgressBar>>,
}

impl Display {
    /// Nothing is shown yet.
    pub fn new() -> Self {
        Self { bar: Mutex::new(None) }
    }

    fn with(&self, act: impl FnOnce(&ProgressBar)) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            act(bar);
        }
    }
}

impl Watch for Display {
    fn begin(&self, task: &str, steps: Steps) {
        let bar = match steps {
            Steps::Unknown => spinner(task),
            Steps::Equal(steps) => bar(task, steps),
            Steps::Unequal(steps) => styled(task, steps, UNEQUAL),
        };
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn advance(&self, steps: usize) {
        self.with(|bar| bar.inc(steps as u64));
    }

    fn doing(&self, what: &str) {
        self.with(|bar| bar.set_message(what.to_owned()));
    }

    fn end(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }

    fn note(&self, text: &str) {
        let print = || eprintln!("note: {text}");
        match self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

/// A bar over steps of about the same length, with the time that is left.
const EQUAL: &str = "{msg:28} {bar:30} {pos}/{len} {eta} left";
/// A bar over steps of different lengths: what the first ones took says little about the others.
const UNEQUAL: &str = "{msg:28} {bar:30} {pos}/{len} after {elapsed}";

/// A bar over `count` things; nothing where standard error is not a terminal.
pub fn bar(what: &str, count: usize) -> ProgressBar {
    styled(what, count, EQUAL)
}

fn styled(what: &str, count: usize, template: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(count as u64).with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// A spinner for work of unknown length; nothing where standard error is not a terminal.
pub fn spinner(what: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}
