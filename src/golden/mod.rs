//! The golden model: the integer network stepped through time, spike by spike. The RTL is compared with it.
//!
//! Time-steps `t = 1, 2, …` are synchronous passes in topological order without delay between layers. A [`Golden`] is
//! compiled once from an integer network; a [`State`] holds what changes and is reused from sample to sample. Work is
//! proportional to spikes: a synaptic row without an event and a row of neurons in which nothing can change cost nothing.
//!
//! | file | holds |
//! |---|---|
//! | `plan.rs` | the compiled network: narrowed weights, thresholds, the order of the stages |
//! | `state.rs`, `events.rs` | accumulators, membranes, tracers; lists of spikes |
//! | `synapse.rs` | spikes times weights |
//! | `embedding.rs`, `sum.rs`, `product.rs` | tables, residual sums, products of attention |
//! | `neuron.rs` | the decision of a time-step |
//! | `norm.rs`, `softmax.rs`, `edges.rs` | the same where whole rows decide |
//! | `run.rs`, `confidence.rs` | the loop over time-steps, and a rule that ends it early |
//! | `batch.rs` | many samples in parallel |

mod batch;
mod confidence;
mod edges;
mod embedding;
mod events;
mod neuron;
mod norm;
mod observer;
mod plan;
mod product;
mod run;
mod softmax;
mod state;
mod sum;
mod synapse;

pub use batch::correct_per_step;
pub use confidence::Confidence;
pub use observer::{Membranes, Observer, Unobserved};
pub use plan::{Golden, Layer};
pub use run::{Limits, Outcome};
pub use state::State;
