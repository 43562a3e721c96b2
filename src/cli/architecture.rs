//! The architecture of a build: named, or that of options which only one has.

use clap::ValueEnum;

use super::output;
use crate::architecture::Architecture;
use crate::error::{Error, Result};
use crate::flow::found::{Compared, Estimated, Other};

/// The architectures.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// The one whose design suits the goal better, by the estimates
    Auto,
    /// One stage per operator, connected by streams; the schedule of the paper
    Streaming,
    /// One engine for all layers, run by a program; layer after layer
    Overlay,
}

/// What was given besides: the first option of each kind.
pub struct Given {
    /// An option that only the streaming architecture has.
    pub streaming: Option<&'static str>,
    /// An option that only the overlay has.
    pub overlay: Option<&'static str>,
    /// Where lanes are given: an option for which lanes of the streaming architecture are found.
    pub lanes_and: Option<&'static str>,
}

impl Kind {
    /// The architecture that is asked for; None if either will do.
    ///
    /// # Errors
    /// When options exclude each other.
    pub fn asked(self, given: &Given) -> Result<Option<Architecture>> {
        let foreign = |name: &str, of: Architecture, fix: &str| {
            Err(Error::input(format!("{name} is an option of the {of} architecture")).fix(fix))
        };
        match (self, given.streaming, given.overlay) {
            (Self::Streaming, _, Some(name)) => {
                foreign(name, Architecture::Overlay, "leave it out, or take --architecture overlay")
            }
            (Self::Overlay, Some(name), _) => foreign(name, Architecture::Streaming, "leave it out"),
            (Self::Auto, Some(one), Some(other)) => Err(Error::input(format!(
                "{one} is an option of the streaming architecture, {other} of the overlay"
            ))
            .fix("leave one of them out")),
            (Self::Streaming, ..) | (Self::Auto, Some(_), None) => match given.lanes_and {
                Some(name) => Err(Error::input(format!(
                    "--lanes cannot be used with {name}: lanes of the streaming architecture are given or balanced"
                ))
                .fix("leave one of them out, or take --architecture overlay")),
                None => Ok(Some(Architecture::Streaming)),
            },
            (Self::Overlay, ..) | (Self::Auto, None, Some(_)) => Ok(Some(Architecture::Overlay)),
            (Self::Auto, None, None) => Ok(given.lanes_and.map(|_| Architecture::Overlay)),
        }
    }
}

/// The architecture that was taken, and why, in a line.
pub fn line(compared: &Compared) -> String {
    let Compared { taken, design, other } = compared;
    let (name, option) = match taken {
        Architecture::Streaming => ("an overlay", "overlay"),
        Architecture::Overlay => ("a streaming design", "streaming"),
    };
    let figures = |design: &Estimated| {
        let cycles = output::thousands(design.cycles.round() as u64);
        format!("{cycles} cycles, {} LUT", output::thousands(design.luts))
    };
    let own = design.as_ref().map(|design| format!(" ({})", figures(design))).unwrap_or_default();
    let why = match other {
        Other::Design(design) => format!("{name} takes {} by the estimate", figures(design)),
        Other::None(error) => format!("not {name}: {}", error.problem),
        Other::Large => format!("{name} was not searched, since the network is large"),
    };
    format!("architecture: {taken}{own}; {why} (--architecture {option})")
}
