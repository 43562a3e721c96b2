//! The importer: every form of every pattern, names, errors, hostile bytes.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod builder;
mod bytes;
mod chains;
mod errors;
mod external;
mod forms;
mod functions;
mod inputs;
mod layers;
mod layouts;
mod masks;
mod names;
mod references;
mod strangers;
mod transformers;
