//! What a design is reckoned to take of its device, and what to do where that is too much.

use crate::advice::Advice;
use crate::error::{Result, printable, thousands};
use crate::lower;
use crate::snn::Model;
use crate::streaming::design::{Design, Kind, Options, Stage, plan};
use crate::streaming::schedule::{Estimate, estimate, lut_offloaded, short};
use crate::target::Device;

/// The design of a model, and its estimate for a device.
///
/// # Errors
/// When the model cannot be lowered or laid out.
pub fn estimate_for(model: &Model, options: &Options, device: &Device) -> Result<(Design, Estimate)> {
    let lowered = lower::lower(model)?;
    let design = plan(&model.name, &lowered.network, options)?;
    let estimate = estimate(&design, device.family);
    Ok((design, estimate))
}

/// The same choices as they fit a device: with weights in look-up tables, where it has too little block memory and enough
/// of all else, and, if that may be, in fewer lanes. None where they do not.
///
/// # Errors
/// When the model cannot be lowered or laid out.
pub fn uniform(model: &Model, options: &Options, device: &Device, fewer: bool) -> Result<Option<Options>> {
    let network = lower::lower(model)?.network;
    let fitting = |lanes: usize| -> Result<Option<Options>> {
        let options = Options { lanes, ..options.clone() };
        let design = plan(&model.name, &network, &options)?;
        if short(&design, device).is_empty() {
            return Ok(Some(options));
        }
        Ok(lut_offloaded(&design, device).map(|design| design.folding(&options)))
    };
    let asked = fitting(options.lanes)?;
    // Whether any will do is known from one lane.
    if asked.is_some() || !fewer || options.lanes < 2 || fitting(1)?.is_none() {
        return Ok(asked);
    }
    (1..options.lanes).rev().find_map(|lanes| fitting(lanes).transpose()).transpose()
}

/// Which layers have weights in look-up tables, and how many words of how many.
pub fn in_tables(design: &Design) -> Vec<String> {
    let line = |stage: &Stage| match &stage.kind {
        Kind::AnalogMatmul(matmul) | Kind::SpikeMatmul(matmul) if matmul.lut_words > 0 => {
            let [some, all] = [matmul.lut_words, matmul.bank_words()].map(|words| thousands(words as u64));
            let each = if matmul.banks > 1 { " of each bank" } else { "" };
            Some(format!(
                "{}: {some} of {all} words{each} of weights in look-up tables",
                printable(&stage.node)
            ))
        }
        _ => None,
    };
    design.stages.iter().filter_map(line).collect()
}

/// Advice as the remedy of an error.
pub fn indented(advice: &Advice) -> String {
    let text = advice.to_string();
    let lines: Vec<String> = text.lines().map(|line| format!("  - {line}")).collect();
    lines.join("\n")
}
