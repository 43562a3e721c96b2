//! `inspect`: layers, shapes, levels, proven widths, memories.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{energy, output, program};
use crate::error::{Result, printable};
use crate::flow::inspect::{Entry, built_program, inspect, inspect_lowered, overlay};
use crate::flow::load;
use crate::lower::{self, LayerProof};
use crate::snn::Model;

/// What the symbols in the tables mean.
const LEGEND: &str = "\
symbols: w weight; A accumulated input; Δ change of A in one time-step; partial: the sum for Δ while it is being added up; \
V membrane = v0 + 2^F·A − θ·S, where S is the tracer (sum of the spikes so far), F the number of fraction bits and v0 the \
start value; θ threshold, one for the layer or one per channel; X residual sum; ΔX its change in one time-step; γ, β scale \
and shift of LayerNorm; Σe sum of the exponentials of softmax; a…b (n bits): proven range and width";

/// Arguments of `inspect`.
#[derive(ClapArgs)]
pub struct Args {
    /// A model.snn or a build folder.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Also print the text form of the spiking and of the integer network.
    #[arg(long)]
    text: bool,
    /// Only print the program of an overlay, one instruction per line; for a model, with the default sizes.
    #[arg(long, conflicts_with_all = ["text", "json"])]
    program: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Loads, lowers, prints.
///
/// # Errors
/// When the model is damaged or cannot be lowered.
pub fn run(args: &Args) -> Result<()> {
    let model = load::model(&args.model)?;
    let lowered = lower::lower(&model)?;
    if args.program {
        let listing = overlay(&args.model, &model, &lowered)?.listing().unwrap_or_default();
        return output::print(listing.trim_end());
    }
    let mut report = inspect_lowered(&model, &lowered);
    report.program = built_program(&args.model, &model, &lowered)?;
    if args.json {
        return output::json(&report);
    }
    output::print(&format!("{}, from {}", printable(&report.name), printable(&report.producer)))?;
    output::print(&node_table(&report.nodes))?;
    output::print(&proof_table(&report.proof))?;
    output::print(LEGEND)?;
    let figures = [
        ("neurons", report.neurons as u64),
        ("parameters", report.parameters as u64),
        ("bits of parameters", report.parameter_bits),
        ("bits of state", report.state_bits),
        ("bits of multipliers", report.multiplier_bits),
        ("synapses", report.synapses),
        ("inequalities proven", report.proof.iter().map(|p| p.inequalities).sum()),
    ];
    let rows = figures.map(|(name, value)| [name.to_owned(), output::thousands(value)]);
    output::print(&output::table(["in total", ""], rows.into(), 1).to_string())?;
    if report.multiplier_bits > 0 {
        let [residual, affine, exponent, scale] = report.precision.bits();
        let profile = report.precision.profile();
        output::print(&format!(
            "profile {profile}: fraction bits of residual sums {residual}, of γ and β {affine}, of the exponential \
             {exponent}, of the softmax scale {scale}"
        ))?;
    }
    output::print(&energy::bounds(&report.energy))?;
    if let Some(program) = &report.program {
        output::print(&program::tables(program))?;
    }
    if args.text {
        output::print(&model.network.text())?;
        output::print(&lowered.network.text())?;
    }
    Ok(())
}

/// The layers of a model as a table.
///
/// # Errors
/// When it cannot be lowered.
pub fn layers(model: &Model) -> Result<String> {
    Ok(node_table(&inspect(model)?.nodes))
}

fn node_table(nodes: &[Entry]) -> String {
    let rows = nodes.iter().map(|n| {
        [
            printable(&n.node),
            n.kind.to_owned(),
            format!("{}×{}", n.rows, n.channels),
            output::thousands(n.parameters as u64),
            output::thousands(n.parameter_bits),
            output::thousands(n.state_bits),
            n.description.clone(),
        ]
    });
    let header = ["node", "kind", "output", "parameters", "bits", "state bits", "ranges"];
    output::table(header, rows.collect(), 7).to_string()
}

fn proof_table(proof: &[LayerProof]) -> String {
    let rows = proof.iter().map(|p| {
        [
            printable(&p.name),
            p.rule.to_owned(),
            p.levels.to_string(),
            p.fraction.to_string(),
            if p.common_theta { "one".into() } else { "per channel".into() },
            p.accumulator_width.to_string(),
            p.membrane_width.to_string(),
            output::thousands(p.inequalities),
        ]
    });
    let header = ["neurons", "rule", "levels", "fraction", "θ", "bits of A", "bits of V", "inequalities"];
    output::table(header, rows.collect(), 2).to_string()
}
