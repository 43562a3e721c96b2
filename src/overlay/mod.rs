//! The overlay architecture: one engine for every layer, run by a program. Other modules reach it through
//! `src/architecture/`.
//!
//! | file | holds |
//! |---|---|
//! | `isa.rs` | instructions: fields, encoding, text |

pub mod isa;
