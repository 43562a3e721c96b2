//! What a design is reckoned to take of its device, and what to do where that is too much.

use super::output::{self, thousands};
use crate::advice::{Advice, advise};
use crate::error::{Result, printable};
use crate::lower;
use crate::snn::Model;
use crate::streaming::design::{Design, Kind, Options, Stage, plan};
use crate::streaming::schedule::{Estimate, Figures, blocks, estimate, lut_offloaded, needs, short};
use crate::target::{Device, Short};

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

/// The estimate, block by block, against what the device has.
pub fn table(design: &Design, estimate: &Estimate, device: &Device) -> String {
    let row = |name: String, cells: Vec<String>| std::iter::once(name).chain(cells).collect::<Vec<_>>();
    let each = |figures: &Figures, of: &dyn Fn((&str, u64, u64)) -> String| {
        needs(figures, device).into_iter().map(of).collect::<Vec<_>>()
    };
    let numbers = |figures: &Figures| each(figures, &|(_, needed, _)| thousands(needed));
    let total = &estimate.total;
    let mut rows: Vec<_> = blocks(design, estimate)
        .iter()
        .map(|block| row(printable(&block.name), numbers(&block.figures)))
        .collect();
    let percent = |(_, needed, there): (&str, u64, u64)| match there {
        0 if needed == 0 => "-".to_owned(),
        there => format!("{:.1} %", 100.0 * needed as f64 / there as f64),
    };
    rows.push(row("in total".to_owned(), numbers(total)));
    rows.push(row(format!("there on {}", device.die), each(total, &|(_, _, there)| thousands(there))));
    rows.push(row("used".to_owned(), each(total, &percent)));
    let header = row("estimate".to_owned(), each(total, &|(name, _, _)| name.to_owned()));
    let table = output::table(header, rows, 1).to_string();
    let text = in_tables(design).into_iter().fold(table, |text, line| format!("{text}\n{line}"));
    if estimate.calibrated {
        return text;
    }
    format!("{text}\nlogic in {} is reckoned with coefficients of another family", estimate.family)
}

/// Says on standard error that a design is not expected to fit, and what would.
///
/// # Errors
/// When the model cannot be lowered or laid out.
pub fn warn(model: &Model, options: &Options, device: &Device, estimate: &Estimate) -> Result<()> {
    let spinner = output::spinner("designs that would fit");
    let advice = advise(model, options, device, &estimate.total);
    spinner.finish_and_clear();
    if let Some(advice) = advice? {
        let Advice { device, short, .. } = &advice;
        eprintln!("warning: by the estimate, this design does not fit {device} ({})", Short::list(short));
        eprintln!("{}", indented(&advice));
    }
    Ok(())
}

/// Advice as the remedy of an error.
pub fn indented(advice: &Advice) -> String {
    let text = advice.to_string();
    let lines: Vec<String> = text.lines().map(|line| format!("  - {line}")).collect();
    lines.join("\n")
}
