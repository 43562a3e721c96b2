//! The golden model: the integer network stepped through time, spike by spike. The RTL is compared with it.
//!
//! Time-steps `t = 1, 2, …` are synchronous passes in topological order without delay between layers. A [`Golden`] is
//! compiled once from an integer network; a [`State`] holds all variables and is reused from sample to sample. Work is
//! proportional to spikes: a synaptic row without an event and a row of neurons in which nothing can change cost
//! nothing.
//!
//! | file | contents |
//! |---|---|
//! | `plan.rs`, `compile.rs` | the compiled network: stages in order; the compiler |
//! | `sums.rs`, `state.rs` | accumulators, membranes, tracers |
//! | `source.rs`, `row.rs` | what stages read; a row of neurons in a time-step |
//! | `synapse.rs`, `weights.rs` | synaptic layers; their weights in memory |
//! | `spikes.rs`, `values.rs` | spikes times weights, values of the input times weights |
//! | `window.rs`, `pool.rs` | what the pixels of a convolution read; pools of maxima |
//! | `embedding.rs`, `sum.rs`, `product.rs` | tables, residual sums, products of attention |
//! | `neuron.rs` | the decision of a time-step |
//! | `layer_norm.rs`, `filter.rs`, `softmax.rs`, `levels.rs` | the decisions of whole rows |
//! | `run.rs`, `logits.rs`, `confidence.rs` | the loop over time-steps; the confidence rule |
//! | `batch.rs` | many samples in parallel |

mod batch;
mod compile;
mod confidence;
mod embedding;
mod filter;
mod layer_norm;
mod levels;
mod logits;
mod neuron;
mod observer;
mod plan;
mod pool;
mod product;
mod row;
mod run;
mod schedule;
mod settled;
mod softmax;
mod source;
mod spikes;
mod state;
mod sum;
mod sums;
mod synapse;
mod values;
mod weights;
mod window;

pub use batch::correct_per_step;
pub use confidence::Confidence;
pub use observer::{Membranes, Observer, Unobserved};
pub use plan::Golden;
pub use run::{Limits, Outcome};
pub use schedule::{Schedule, SpikeCode};
pub use settled::{Readers, Settled, SettledOutcome, SettledState};
pub use source::Layer;
pub use state::State;
