//! What a design costs, before anything is synthesised.

mod cost;

pub use cost::{Estimate, Figures, InstanceCost, Quantities, estimate, quantities};
