//! `check`: whether a model can be converted, and everything that is in the way.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use serde::Serialize;

use super::convert::{Encoding, InputArgs, InputReport, Note, WeightBits};
use super::graph::GraphArgs;
use super::insert::{self, InsertArgs};
use super::output;
use super::spiking::SpikingArgs;
use crate::error::{Error, Result, printable, thousands};
use crate::flow;
use crate::flow::check::Check;
use crate::flow::insert::Inserted;
use crate::import::{Status, Surveyed};

/// Arguments of `check`.
#[derive(ClapArgs)]
pub struct Args {
    /// The model.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    graph: GraphArgs,
    /// When the input is applied, as for `convert`.
    #[arg(long)]
    encoding: Option<Encoding>,
    #[command(flatten)]
    spiking: SpikingArgs,
    /// Round weights without a quantiser to this number of bits, 2 to 32, with one scale per output channel. Without it, or
    /// with auto, they are taken to 24 bits of the largest weight of their output channel.
    #[arg(long, value_name = "N")]
    weight_bits: Option<WeightBits>,
    #[command(flatten)]
    insert: InsertArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    name: &'a str,
    producer: &'a str,
    convertible: bool,
    input: Option<InputReport<'a>>,
    parameters: usize,
    neurons: usize,
    layers: usize,
    nodes: Vec<Node<'a>>,
    notes: Vec<Note<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inserted: Option<&'a Inserted>,
    problems: Vec<Problem<'a>>,
}

/// A node of the file.
#[derive(Serialize)]
struct Node<'a> {
    node: &'a str,
    operator: &'a str,
    /// `supported`, `part`, `constant`, `unused`, `waits` or `problem`.
    status: &'static str,
    /// The pattern that ends in this node.
    pattern: Option<&'a str>,
    /// The match, the node whose pattern it is a part of, or the problem.
    detail: String,
}

#[derive(Serialize)]
struct Problem<'a> {
    problem: &'a str,
    node: Option<&'a str>,
    fix: Option<&'a str>,
}

/// Prints every node, all problems and the size.
///
/// # Errors
/// When the file is neither an ONNX model nor a NIR file, or it cannot be converted.
pub fn run(args: &Args) -> Result<()> {
    if args.insert.is_idle() {
        return Err(Error::input(
            "--calibrate without --insert-quantisers: check does not measure rounded weights",
        )
        .fix("add --insert-quantisers 8, or measure with convert: --weight-bits 8 or --tolerance 0.5"));
    }
    let (encoding, samples) = Encoding::of(args.encoding, &args.model)?;
    let check = flow::check(&flow::check::Options {
        model: args.model.clone(),
        input: args.input.spec()?,
        weight_bits: args.weight_bits.and_then(|bits| bits.0),
        adjustments: args.graph.adjustments(),
        encoding,
        precision: crate::quant::Precision::EXACT,
        spiking: args.spiking.options(samples),
        name: None,
        insert: args.insert.insert()?,
        search: None,
    })?;
    let nodes: Vec<Node> = check.nodes.iter().map(|node| described(node, &check.problems)).collect();
    if args.json {
        output::json(&Report {
            name: &check.model,
            producer: &check.producer,
            convertible: check.problems.is_empty(),
            input: check.samples.as_ref().map(InputReport::of),
            parameters: check.size.parameters,
            neurons: check.size.neurons,
            layers: check.size.layers,
            nodes,
            notes: check.notes.iter().map(Note::of).collect(),
            inserted: check.inserted.as_ref(),
            problems: check.problems.iter().map(Problem::of).collect(),
        })?;
        return if check.problems.is_empty() { Ok(()) } else { Err(summary(&check)) };
    }
    let rows = nodes.iter().map(|n| {
        let what =
            n.pattern.map_or_else(|| n.status.to_owned(), |pattern| format!("{}: {pattern}", n.status));
        [printable(n.node), printable(n.operator), what, printable(&n.detail)]
    });
    output::print(&output::table(["node", "operator", "status", "detail"], rows.collect(), 4).to_string())?;
    if let Some(reason) = check.samples.as_ref().and_then(|samples| samples.inferred.as_ref()) {
        output::print(&format!("input: {}", printable(reason)))?;
    }
    let count = |n: usize| thousands(n as u64);
    let about = if check.problems.is_empty() { "" } else { "at least " };
    output::print(&format!(
        "size: {about}{} parameters, {} neurons, {} layers of weights",
        count(check.size.parameters),
        count(check.size.neurons),
        count(check.size.layers)
    ))?;
    for (node, note) in &check.notes {
        output::print(&format!("note: {}: {note}", printable(node)))?;
    }
    if let Some(inserted) = &check.inserted {
        output::print(&insert::table(inserted))?;
    }
    if check.problems.is_empty() {
        return output::print("This model can be converted.");
    }
    check.converted().map(|_| ())
}

/// The end of a report that lists the problems themselves.
fn summary(check: &Check) -> Error {
    let count = check.problems.len();
    let problems = if count == 1 { "1 problem was".to_owned() } else { format!("{count} problems were") };
    Error::input(format!("{problems} found: this model cannot be converted as it is"))
        .at_file(check.file.clone())
        .fix("each entry of \"problems\" has its own fix")
}

impl<'a> Problem<'a> {
    fn of(error: &'a Error) -> Self {
        Self { problem: &error.problem, node: error.node.as_deref(), fix: error.fix.as_deref() }
    }
}

/// A node as it is reported.
fn described<'a>(surveyed: &'a Surveyed, problems: &[Error]) -> Node<'a> {
    let Surveyed { name, operator, status } = surveyed;
    let (status, pattern, detail) = match status {
        Status::Supported { pattern, detail } => ("supported", Some(*pattern), detail.clone()),
        Status::PartOf(whole) => ("part", None, format!("of {whole}")),
        Status::Constant => ("constant", None, String::new()),
        Status::Dropped(why) => ("dropped", None, why.clone()),
        Status::Unused => ("unused", None, "the output does not depend on it".to_owned()),
        Status::Waits => ("waits", None, "for the extents of an earlier node".to_owned()),
        Status::Wrong => {
            let of_node = problems.iter().filter(|e| e.node.as_ref() == Some(name));
            let texts: Vec<&str> = of_node.map(|e| e.problem.as_str()).collect();
            ("problem", None, texts.join("; "))
        }
    };
    Node { node: name, operator, status, pattern, detail }
}
