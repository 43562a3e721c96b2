//! What is known of a build folder, as one page: figures that earlier commands kept in `reports/`, and what follows
//! from the model and the design in the folder. What is not known is said to be missing, with the command that finds it
//! out.
//!
//! | file | contents |
//! |---|---|
//! | `golden.rs`, `spikes.rs` | results of the golden model on samples |
//! | `exploration.rs` | cycles against area |
//! | `stage.rs` | stage by stage: cycles, work, memory |
//! | `equality.rs` | the three equalities, and the comparisons that were made |
//! | `collect.rs` | all of it, read from a build folder |
//! | `page/` | the page: text and pictures |

mod collect;
mod equality;
mod exploration;
mod golden;
mod page;
mod spikes;
mod stage;

pub use collect::{FORMAT_VERSION, Report, Summary, Synthesis, collect};
pub use equality::{Check, Equality};
pub use exploration::{Exploration, Explored, FORMAT_VERSION as EXPLORATION_VERSION, MemoryBound, Spikes};
pub use golden::{
    Energy, EngineCycles, FloatReport, Layer, Measured, PredictedCycles, Raster, RasterLayer,
    ReferenceReport, Scheduled,
};
pub use page::{html, picture};
pub use spikes::{raster, rates};
pub use stage::Stage;
