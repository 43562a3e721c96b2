//! One network, four programs: the float64 evaluation of another framework (saved with every fixture), our own of the
//! imported network, the one-shot integer network, and the golden model at quiescence. Every neuron, every input.

#[path = "equalities/chain.rs"]
mod chain;
#[path = "equalities/mnist.rs"]
mod mnist;
#[path = "equalities/reference.rs"]
mod reference;
#[path = "equalities/small.rs"]
mod small;
