//! Library interface of the commands: functions with typed options and results, which print nothing. `src/cli/` parses,
//! calls these and prints; another front end can call the same functions.
//!
//! Progress is reported to a [`Watch`]; [`Silent`] ignores it. A failed check is part of the result: `check()` returns
//! it as an error, after the front end has shown the figures.
//!
//! | function | options | result |
//! |---|---|---|
//! | [`fn@check`] | [`check::Options`] | [`check::Check`]: every node, all problems, size |
//! | [`fn@convert`] | [`convert::Options`] | [`convert::Converted`]: the model, what was proven, patterns and notes |
//! | [`image::write`] | [`image::Options`] | [`image::Written`]: memories that are filled |
//! | [`inspect::inspect`] | a model | [`inspect::Inspection`]: nodes, widths, memories |
//! | [`fn@run`] | [`run::Options`] | [`run::Report`]: accuracy, spikes, differences |
//! | [`fn@build`] | [`build::Options`] | [`build::Built`]: manifest, estimate, advice |
//! | [`fn@explore`] | [`explore::Options`] | [`explore::Frontier`]: cycles against area |
//! | [`fn@split`] | [`split::Options`] | [`split::Plan`]: parts of a network, what crosses between them |
//! | [`fn@cosim`] | [`cosim::Options`] | [`crate::cosim::Report`]: comparisons, cycles, the first mismatch |
//! | [`fn@synth`] | [`synth::Options`] | [`synth::Synthesised`]: utilisation, timing |
//! | [`fn@report`] | [`report::Options`] | the path of the page and [`crate::report::Report`] |

mod automatic;
mod balanced;
pub mod board_fit;
pub mod build;
pub mod check;
mod checked;
pub mod compare;
pub mod convert;
pub mod cosim;
pub mod demo;
mod dump;
pub mod energy;
pub mod examples;
pub mod explore;
pub mod fit;
pub mod found;
pub mod image;
pub mod insert;
pub mod inspect;
pub mod layout;
pub mod load;
pub mod overlay;
mod positions;
pub mod report;
pub mod rounding;
pub mod run;
mod schedule;
mod spiking;
pub mod split;
mod stop;
pub mod synth;
mod watch;
pub mod widths;

pub use build::build;
pub use check::check;
pub use convert::convert;
pub use cosim::cosim;
pub use explore::explore;
pub use positions::Positions;
pub use report::report;
pub use run::run;
pub use split::split;
pub use stop::StopRule;
pub use synth::synth;
pub use watch::{Silent, Steps, Watch};
