//! The program of an overlay: its layers, and a picture of each memory.

use super::{chart, text};
use crate::architecture::{LayerProgram, Program, Roofline, Size, Span, Value};
use crate::error::Result;

/// What the section shows.
pub struct ProgramView<'a> {
    /// The program.
    pub program: &'a Program,
    /// Sizes of the machine: name and value.
    pub machine: Vec<(String, String)>,
    /// Its layers; shares in percent of the longest.
    pub layers: Vec<(&'a LayerProgram, f64)>,
    /// Memories that are written.
    pub pictures: Vec<Picture>,
    /// When instructions are executed.
    pub timeline: String,
    /// What the adders do: name, cycles, share in percent.
    pub adders: Vec<(String, String, f64)>,
    /// Cycles that nothing hides.
    pub unhidden: String,
    /// Computation against memory, and the picture.
    pub roofline: Option<(&'a Roofline, String)>,
}

/// Instructions of the same layer and unit that follow one another, from the first to the last, in the order of their
/// begins.
fn spans(timeline: &[Span]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for next in timeline {
        match spans.iter_mut().find(|span| (&span.node, &span.unit) == (&next.node, &next.unit)) {
            Some(span) => {
                span.begin_cycle = span.begin_cycle.min(next.begin_cycle);
                span.end_cycle = span.end_cycle.max(next.end_cycle);
            }
            None => spans.push(next.clone()),
        }
    }
    spans.sort_by_key(|span| (span.begin_cycle, span.end_cycle));
    spans
}

/// Values of a memory against instructions.
pub struct Picture {
    /// The memory.
    pub memory: &'static str,
    /// The picture.
    pub plot: String,
    /// The same in words.
    pub description: String,
    /// Its values.
    pub values: Vec<Value>,
}

/// Arranges a program.
///
/// # Errors
/// Never for the program of a design.
pub fn view(program: &Program) -> Result<ProgramView<'_>> {
    let longest = program.layers.iter().map(|layer| layer.cycles).fold(0.0, f64::max);
    let share = |layer: &LayerProgram| if longest > 0.0 { 100.0 * layer.cycles / longest } else { 0.0 };
    let size = |size: &Size| (size.name.replace('_', " "), text::count(size.value));
    let mut machine: Vec<(String, String)> = program.machine.iter().map(size).collect();
    machine.push(("spike code".to_owned(), program.code.to_owned()));
    let instructions = program.layers.iter().map(|layer| layer.instructions).sum();
    let mut pictures = Vec::new();
    for memory in program.memories.iter().filter(|memory| memory.written) {
        let values: Vec<Value> =
            program.values.iter().filter(|value| value.memory == memory.name).cloned().collect();
        // One value in a memory of its own is no picture.
        if values.len() < 2 {
            continue;
        }
        let words: usize = values.iter().map(|value| value.words).sum();
        let description = format!(
            "{} with {} words together in {} words of {}.",
            text::plural(values.len(), "value", "values"),
            text::count(words),
            text::count(memory.words),
            text::plural(memory.width, "bit", "bits"),
        );
        pictures.push(Picture {
            memory: memory.name,
            plot: chart::memory(&values, memory.words, instructions)?,
            description,
            values,
        });
    }
    let layers = program.layers.iter().map(|layer| (layer, share(layer))).collect();
    let all = program.adders.cycles;
    let part = |cycles: f64| if all > 0.0 { 100.0 * cycles / all } else { 0.0 };
    let adders = program.adders.parts.iter();
    let adders = adders.map(|p| (p.name().to_owned(), text::mean(p.cycles), part(p.cycles))).collect();
    Ok(ProgramView {
        program,
        machine,
        layers,
        pictures,
        timeline: chart::timeline(&spans(&program.timeline))?,
        adders,
        unhidden: text::percent(program.adders.unhidden),
        roofline: match &program.roofline {
            Some(roofline) => Some((roofline, chart::roofline(roofline)?)),
            None => None,
        },
    })
}
