//! Computation against memory: the additions of each layer for a byte of its weights, if these come from outside the chip.

use serde::{Deserialize, Serialize};

use super::cycles::Estimate;
use super::plan::Plan;
use super::stream::Beats;

/// The roofs of a machine, and its layers below them, of one sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Roofline {
    /// Additions a cycle, at most: lanes times events.
    pub additions_per_cycle: u64,
    /// Bytes of weights a cycle, at most.
    pub bytes_per_cycle: f64,
    /// Cycles of a sample, without waits for memory.
    pub compute_cycles: u64,
    /// Cycles in which the port passes the weights of a sample.
    pub weight_cycles: f64,
    /// Bytes of weights of a sample, filled up to whole beats.
    pub weight_bytes: u64,
    /// Matrix products that read weights, in the order of the program.
    pub layers: Vec<RooflineLayer>,
}

/// A matrix product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RooflineLayer {
    /// The node that is computed.
    pub node: String,
    /// Additions of weights.
    pub additions: u64,
    /// Bytes of weights that it reads, each once.
    pub weight_bytes: u64,
    /// Cycles in which its words of spikes are taken apart or its groups fire, whichever are more.
    pub compute_cycles: u64,
}

impl Roofline {
    /// With a memory that gives fewer bytes a cycle than the port takes.
    #[must_use]
    pub fn with_memory(mut self, bytes_per_cycle: f64) -> Self {
        let bytes = self.bytes_per_cycle.min(bytes_per_cycle);
        if bytes > 0.0 {
            self.weight_cycles *= self.bytes_per_cycle / bytes;
            self.bytes_per_cycle = bytes;
        }
        self
    }

    /// Cycles in which the port passes the weights of a layer.
    pub fn cycles_of_memory(&self, layer: &RooflineLayer) -> f64 {
        layer.weight_bytes as f64 / self.bytes_per_cycle
    }

    /// Whether the port needs longer for the weights of a sample than the units for all else.
    pub fn is_memory_bound(&self) -> bool {
        self.weight_cycles > self.compute_cycles as f64
    }

    /// Cycles of a sample, at least: those of computation, or those of memory.
    pub fn least_cycles(&self) -> f64 {
        self.weight_cycles.max(self.compute_cycles as f64)
    }
}

/// Of a machine that reads weights from memory.
pub(super) fn roofline(plan: &Plan, estimate: &Estimate) -> Option<Roofline> {
    let (m, stream) = (&plan.machine, plan.stream.as_ref()?);
    let beats = Beats::new(m.lanes * m.weight_width as usize, m.bus_width);
    let bytes = |words: usize| (words * beats.stride()).div_ceil(8) as u64;
    let [products, _] = &plan.notes;
    let mut layers: Vec<RooflineLayer> = Vec::new();
    let reads = stream.reads.iter().map(|read| read.len());
    for ((words, node), busy) in reads.zip(products).zip(&estimate.engine) {
        if words == 0 {
            continue;
        }
        let next = RooflineLayer {
            node: node.clone(),
            additions: busy.events * m.lanes as u64,
            weight_bytes: bytes(words),
            compute_cycles: busy.fetch.max(busy.fire),
        };
        match layers.last_mut() {
            Some(last) if last.node == next.node => {
                last.additions += next.additions;
                last.weight_bytes += next.weight_bytes;
                last.compute_cycles += next.compute_cycles;
            }
            _ => layers.push(next),
        }
    }
    let weight_bytes = layers.iter().map(|layer| layer.weight_bytes).sum::<u64>();
    let bytes_per_cycle = m.bus_width as f64 / 8.0;
    Some(Roofline {
        additions_per_cycle: (m.lanes * m.spikes) as u64,
        bytes_per_cycle,
        compute_cycles: estimate.compute,
        weight_cycles: weight_bytes as f64 / bytes_per_cycle,
        weight_bytes,
        layers,
    })
}
