//! One network, several programs: the float64 evaluation of another framework (saved with every fixture), our own of the
//! imported network, exact arithmetic, the one-shot integer network, and the golden model at quiescence. Every neuron,
//! every input.

use crate::lowering::case;
use crate::random;
#[path = "equalities/chain.rs"]
mod chain;
#[path = "equalities/exact.rs"]
mod exact;
#[path = "equalities/generator.rs"]
pub mod generator;
#[path = "equalities/inputs.rs"]
mod inputs;
#[path = "equalities/mnist.rs"]
mod mnist;
#[path = "equalities/networks.rs"]
mod networks;
#[path = "equalities/reference.rs"]
mod reference;
#[path = "equalities/small.rs"]
mod small;
