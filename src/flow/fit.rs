//! Estimated area of a design on its device, and advice if it does not fit.

use crate::advice::Advice;
use crate::architecture::{Design, Options, StreamingOptions};
use crate::error::Result;
use crate::hardware::{Estimate, needs};
use crate::lower;
use crate::snn::Model;
use crate::target::{Device, Short};

/// The design of a model, and its estimate for a device.
///
/// # Errors
/// If the model cannot be lowered or planned.
pub fn estimate_for(model: &Model, options: &Options, device: &Device) -> Result<(Design, Estimate)> {
    let lowered = lower::lower(model)?;
    let design = Design::plan(&model.name, &lowered.network, options)?;
    let estimate = design.area(device.family);
    Ok((design, estimate))
}

/// The same choices for the streaming architecture as they fit a device: with weights in look-up tables, where it has too little block memory and
/// enough of all else, and, if that may be, in fewer lanes. None where they do not.
///
/// # Errors
/// If the model cannot be lowered or planned.
pub fn uniform(
    model: &Model,
    options: &StreamingOptions,
    device: &Device,
    fewer: bool,
) -> Result<Option<Options>> {
    let network = lower::lower(model)?.network;
    let fitting = |lanes: usize| -> Result<Option<Options>> {
        let options = Options::from(StreamingOptions { lanes, ..options.clone() });
        let design = Design::plan(&model.name, &network, &options)?;
        if Short::of(needs(&design.area(device.family).total, device)).is_empty() {
            return Ok(Some(options));
        }
        Ok(design.with_memory_elsewhere(device).map(|design| design.options(&options)))
    };
    let asked = fitting(options.lanes)?;
    // Whether any will do is known from one lane.
    if asked.is_some() || !fewer || options.lanes < 2 || fitting(1)?.is_none() {
        return Ok(asked);
    }
    (1..options.lanes).rev().find_map(|lanes| fitting(lanes).transpose()).transpose()
}

/// Advice as the fix of an error.
pub fn indented(advice: &Advice) -> String {
    let text = advice.to_string();
    let lines: Vec<String> = text.lines().map(|line| format!("  - {line}")).collect();
    lines.join("\n")
}
