//! The program of an overlay as tables.

use super::output::{self, thousands};
use crate::architecture::{Program, Roofline};
use crate::error::printable;

/// Machine, memories, layers, values.
pub fn tables(program: &Program) -> String {
    let machine = program.machine.iter().map(|size| [size.name.replace('_', " "), size.value.to_string()]);
    let mut machine: Vec<[String; 2]> = machine.collect();
    machine.push(["spike code".to_owned(), program.code.to_owned()]);
    let memories = program.memories.iter().map(|memory| {
        [
            memory.name.to_owned(),
            if memory.written { "written" } else { "constant" }.to_owned(),
            thousands(memory.words as u64),
            thousands(memory.width),
            thousands(memory.bits),
        ]
    });
    let layers = program.layers.iter().map(|layer| {
        let some = |count: u64| if count > 0 { thousands(count) } else { String::new() };
        [
            printable(&layer.node),
            layer.unit.to_owned(),
            layer.instructions.to_string(),
            thousands(layer.rows),
            thousands(layer.channels),
            some(layer.chunks),
            some(layer.steps),
            thousands(layer.cycles.round() as u64),
        ]
    });
    let values = program.values.iter().map(|value| {
        [
            printable(&value.node),
            value.memory.to_owned(),
            format!("{}…{}", value.first, value.first + value.words.max(1) - 1),
            thousands(value.words as u64),
            format!("{}…{}", value.begin, value.end),
        ]
    });
    let layer =
        ["computes", "unit", "instructions", "rows", "channels", "chunks", "steps", "cycles, estimated"];
    [
        output::table(["overlay", ""], machine, 1).to_string(),
        output::table(["memory", "", "words", "bits of a word", "bits"], memories.collect(), 2).to_string(),
        output::table(layer, layers.collect(), 2).to_string(),
        output::table(["value", "memory", "words", "count", "instructions"], values.collect(), 2).to_string(),
    ]
    .into_iter()
    .chain(program.roofline.as_ref().map(roofline))
    .collect::<Vec<_>>()
    .join("\n")
}

/// Computation against memory.
fn roofline(roofline: &Roofline) -> String {
    let layers = roofline.layers.iter().map(|layer| {
        [
            printable(&layer.node),
            thousands(layer.additions),
            thousands(layer.weight_bytes),
            format!("{:.1}", layer.additions as f64 / layer.weight_bytes.max(1) as f64),
            thousands(layer.compute_cycles),
            thousands(roofline.cycles_of_memory(layer).round() as u64),
        ]
    });
    let head = ["weights of", "additions", "bytes", "additions per byte", "cycles", "cycles of memory"];
    let bound = if roofline.is_memory_bound() { "memory" } else { "computation" };
    format!(
        "{}\na sample: {} cycles of computation, {} of memory at {} bytes a cycle; limited by {bound}",
        output::table(head, layers.collect(), 1),
        thousands(roofline.compute_cycles),
        thousands(roofline.weight_cycles.round() as u64),
        roofline.bytes_per_cycle,
    )
}
