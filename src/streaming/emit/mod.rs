//! Design → SystemVerilog: the top level, its memory images, and the stages and streams of the manifest. Nothing
//! numeric is decided here.
//!
//! | file | contents |
//! |---|---|
//! | `top.rs` | the top level |
//! | `instance.rs`, `link.rs`, `stage.rs`, `parameters.rs`, `comment.rs` | its instances |
//! | `rom.rs` | memory images |
//! | `entry.rs` | stages and streams in the manifest |

mod comment;
mod entry;
mod instance;
mod link;
mod parameters;
mod rom;
mod stage;
mod top;

pub(crate) use entry::{stages, streams};
pub(crate) use top::core;
