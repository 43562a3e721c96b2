//! The settled schedule: layer after layer, each on its complete input.
//!
//! A layer's accumulated input `A` is final before its neurons fire, so it is computed once: `A[r, o] = Σ_i w[i, o]·S[r, i]`
//! over the levels `S` of the source. Then the neurons run local time-steps. In step `j` a spike carries `w = w(j)` levels
//! ([`SpikeCode::worth`]); with `V` the membrane and `θ` the threshold of one level,
//!
//! ```text
//! spike +1  when  V ≥ w·θ         and  S + w ≤ high
//! spike −1  when  V < −(w − 1)·θ  and  S − w ≥ low
//! V ← V − w·θ·spike,   S ← S + w·spike
//! ```
//!
//! which for `w = 1` is the ST-BIF+ neuron of the synchronous schedule. A neuron that decides by a table compares levels
//! `S + w` and `S − w + 1` in the same way. At the end `S` is the quantised value of `A`: the level of the integer network.
//!
//! Attention's products read a finished right operand: their left operand's spikes add rows of it, like weights. Input in
//! rate encoding is complete as well: the sum of all its time-steps is applied at once.
//!
//! Without an observer the levels are computed directly and spikes are counted from them; with one, every local
//! time-step is carried out (`fire.rs`). Both must end at the same levels.
//!
//! | file | holds |
//! |---|---|
//! | `plan.rs` | the network compiled |
//! | `run.rs` | a sample, node by node |
//! | `linear.rs`, `product.rs` | sums of weights; of another layer's levels |
//! | `readers.rs` | additions that a layer's spikes cause |
//! | `neuron.rs`, `layer_norm.rs`, `softmax.rs` | levels by thresholds; by LayerNorm; by softmax |
//! | `lif.rs` | IF and LIF neurons, whose time-steps are rows |
//! | `fire.rs` | local time-steps |
//! | `values.rs` | values in the narrower of two machine types |

mod fire;
mod layer_norm;
mod lif;
mod linear;
mod neuron;
mod plan;
mod product;
mod readers;
mod run;
mod softmax;
mod values;

pub use plan::Settled;
pub use readers::Readers;
pub use run::{SettledOutcome, SettledState};
