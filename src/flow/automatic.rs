//! The architecture of a build for which none is named: the one whose design suits the goal better, by the estimates.

use super::found::{Compared, Estimated, Found, Other};
use super::schedule::Schedule;
use crate::architecture::Architecture;
use crate::error::{Error, Kind, Result};
use crate::hardware::{Figures, needs};
use crate::target::{Short, Target};

/// The design of the architecture that suits the goal better: the smaller one for a number of samples per second, the faster
/// one for a device or a number of look-up tables, else that with the smaller product of area and cycles. Multipliers and
/// block memories count as look-up tables ([`crate::hardware::Figures::in_luts`]). A design that fits the device goes before
/// one that does not.
///
/// # Errors
/// When neither architecture has a design.
pub fn better(
    streaming: Result<Found>,
    overlay: Result<Found>,
    schedule: &Schedule,
    target: Option<&Target>,
) -> Result<Found> {
    match (streaming, overlay) {
        (Ok(first), Ok(second)) => {
            let (one, two) = (Estimated::of(&first), Estimated::of(&second));
            let other = |estimated: Option<Estimated>| estimated.map_or(Other::Large, Other::Design);
            match rank(&first, one, schedule, target) < rank(&second, two, schedule, target) {
                true => Ok(taken(first, Architecture::Streaming, other(two))),
                false => Ok(taken(second, Architecture::Overlay, other(one))),
            }
        }
        (Ok(first), Err(error)) => Ok(taken(first, Architecture::Streaming, Other::None(error))),
        (Err(error), Ok(second)) => Ok(taken(second, Architecture::Overlay, Other::None(error))),
        (Err(first), Err(second)) => Err(neither(first, second)),
    }
}

/// Why neither architecture has a design: both reasons, if both miss the goal; a goal that is not met says more than an
/// operator that an architecture lacks.
pub fn neither(streaming: Error, overlay: Error) -> Error {
    match (streaming.kind, overlay.kind) {
        (Kind::Check, Kind::Check) => {
            Error { problem: format!("{}; {}", streaming.problem, overlay.problem), ..streaming }
        }
        (Kind::Check, Kind::Input) => streaming,
        (Kind::Input, _) => overlay,
    }
}

/// The overlay where it can compute the network; no streaming design is searched for a large one unless it cannot.
///
/// # Errors
/// When neither architecture has a design.
pub fn overlay_first(overlay: Result<Found>, streaming: impl FnOnce() -> Result<Found>) -> Result<Found> {
    match overlay {
        Ok(found) => Ok(taken(found, Architecture::Overlay, Other::Large)),
        Err(error) => Ok(taken(streaming()?, Architecture::Streaming, Other::None(error))),
    }
}

fn taken(found: Found, taken: Architecture, other: Other) -> Found {
    let design = Estimated::of(&found);
    Found { compared: Some(Compared { taken, design, other }), ..found }
}

/// Less is better: whether the device does not hold it, then what is to be small.
fn rank(
    found: &Found,
    estimated: Option<Estimated>,
    schedule: &Schedule,
    target: Option<&Target>,
) -> (bool, f64) {
    let total = found.total();
    let fits = match (target, total) {
        (Some(target), Some(total)) => Short::of(needs(&total, &target.room())).is_empty(),
        _ => true,
    };
    let worth = estimated.zip(total).map(|(design, total)| worth(schedule, target, design.cycles, &total));
    (!fits, worth.unwrap_or(f64::INFINITY))
}

/// What is to be small in a design for a goal, of those that meet it: area for a number of samples per second, cycles for a
/// device or a number of look-up tables, else their product.
pub fn worth(schedule: &Schedule, target: Option<&Target>, cycles: f64, total: &Figures) -> f64 {
    match (schedule.fps, schedule.luts, target) {
        (Some(_), ..) => total.in_luts(),
        (None, Some(_), _) | (None, None, Some(_)) => cycles,
        (None, None, None) => cycles * total.in_luts(),
    }
}
