//! The choice of one of the overlays that were explored.

use super::Point;
use crate::error::{Error, Result};
use crate::hardware::usage;
use crate::target::{Device, Short};

/// Goal of the choice.
#[derive(Clone, Debug)]
pub enum Goal {
    /// The smallest that takes at most so many cycles per sample; of those that fit the device, if any does.
    Cycles(f64),
    /// The fastest with at most so many look-up tables; of those that fit the device, if any does.
    Luts(u64),
    /// The fastest that fits the device.
    Fit,
    /// The smallest product of look-up tables and cycles; of those that fit the device, if any does.
    Balanced,
}

/// The index of the point that meets the goal.
///
/// # Errors
/// When none does; says by how much.
pub fn choose(points: &[Point], goal: &Goal, device: Option<&Device>) -> Result<usize> {
    let cycles = |n: usize| points[n].cycles.per_sample;
    let lut = |n: usize| points[n].estimate.total.lut;
    let fits = |n: usize| device.is_none_or(|device| points[n].short(device).is_empty());
    let none = || Error::input("there are no sizes to choose from");
    let all = || 0..points.len();
    // Of those that do, those that fit.
    let of = |meets: &dyn Fn(usize) -> bool| {
        let met: Vec<usize> = all().filter(|&n| meets(n)).collect();
        let fitting: Vec<usize> = met.iter().copied().filter(|&n| fits(n)).collect();
        if fitting.is_empty() { met } else { fitting }
    };
    match goal {
        Goal::Cycles(most) => {
            let chosen = of(&|n| cycles(n) <= *most).into_iter().min_by_key(|&n| lut(n));
            chosen.map_or_else(
                || {
                    let fastest = all().min_by(|&a, &b| cycles(a).total_cmp(&cycles(b))).ok_or_else(none)?;
                    Err(too_slow(&points[fastest], *most))
                },
                Ok,
            )
        }
        Goal::Luts(most) => {
            let chosen =
                of(&|n| lut(n) <= *most).into_iter().min_by(|&a, &b| cycles(a).total_cmp(&cycles(b)));
            chosen.map_or_else(
                || {
                    let smallest = all().min_by_key(|&n| lut(n)).ok_or_else(none)?;
                    Err(Error::check(format!(
                        "the smallest overlay ({}) takes {} look-up tables by the estimate, more than {most}",
                        points[smallest].sizes(),
                        lut(smallest),
                    ))
                    .fix("allow more, or quantise to fewer levels or weight bits"))
                },
                Ok,
            )
        }
        Goal::Fit => {
            let device = device.ok_or_else(|| Error::input("--fit needs something to fit"))?;
            let chosen = all().filter(|&n| fits(n)).min_by(|&a, &b| cycles(a).total_cmp(&cycles(b)));
            chosen.map_or_else(
                || {
                    let nearest = nearest(points, device).ok_or_else(none)?;
                    let short = Short::list(&points[nearest].short(device));
                    Err(Error::check(format!(
                        "no overlay fits {}; the nearest ({}) lacks {short}",
                        device.part,
                        points[nearest].sizes(),
                    ))
                    .fix(
                        "quantise to fewer levels or weight bits, `snn2rtl compact` the model, or take a larger \
                         device: `snn2rtl targets`",
                    ))
                },
                Ok,
            )
        }
        Goal::Balanced => {
            let product = |n: usize| lut(n) as f64 * cycles(n);
            of(&|_| true).into_iter().min_by(|&a, &b| product(a).total_cmp(&product(b))).ok_or_else(none)
        }
    }
}

/// That the fastest overlay takes more cycles than it may, and whether its memory is the reason.
fn too_slow(fastest: &Point, most: f64) -> Error {
    // A goal of less than a cycle is not told as 0.
    let digits = if most < 1.0 { 6 } else { 0 };
    let cycles = fastest.cycles.per_sample;
    let mut problem = format!(
        "the fastest overlay ({}) takes {cycles:.0} cycles per sample, more than {most:.digits$}",
        fastest.sizes(),
    );
    let mut fix = "ask for less, or for a faster clock";
    if let Some(roofline) = fastest.roofline.as_ref().filter(|roofline| roofline.weight_cycles > most) {
        problem += &format!(
            "; memory limits it: {} bytes of weights at {:.3} bytes a cycle take {:.0} cycles, computation {}",
            roofline.weight_bytes, roofline.bytes_per_cycle, roofline.weight_cycles, roofline.compute_cycles,
        );
        fix = "ask for less, take a wider port (--bus-width) or a board with faster memory, or quantise to fewer weight bits";
    }
    Error::check(problem).at_node(&fastest.busiest).fix(fix)
}

/// The point whose scarcest resource comes nearest to what a device has.
pub fn nearest(points: &[Point], device: &Device) -> Option<usize> {
    let worst = |n: usize| usage(&points[n].estimate.total, device);
    (0..points.len()).min_by(|&a, &b| worst(a).total_cmp(&worst(b)))
}
