//! Quantisers for values that have none: levels and scales from calibration samples, and what they cost.

use rayon::prelude::*;
use serde::Serialize;

use super::Positions;
use super::load;
use crate::data::Inputs;
use crate::error::{Error, Result};
use crate::graph::NodeId;
use crate::qann::eval::{evaluate, observed};
use crate::qann::gaps::{Gap, filled, gaps};
use crate::qann::{Network, Op};
use crate::quant::{Quantiser, Rounding};

/// Widths that quantisers may have.
pub const BITS: std::ops::RangeInclusive<u8> = 1..=16;

/// Values of a gap that are kept to choose its scale.
const MOST_VALUES: usize = 1 << 15;

/// Quantisers that the user asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insert {
    /// Width of their levels in bits.
    pub bits: u8,
    /// Samples that give their scales.
    pub calibrate: String,
    /// Labels of these samples.
    pub labels: Option<String>,
}

/// The quantisers that were inserted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inserted {
    /// Width of their levels in bits.
    pub bits: u8,
    /// Number of samples.
    pub samples: usize,
    /// The quantisers, sources first.
    pub quantisers: Vec<Placed>,
    /// Samples whose class changes.
    pub classes_changed: usize,
    /// Accuracy of the network as it was, if there are labels.
    pub accuracy_before: Option<f64>,
    /// Accuracy with the quantisers.
    pub accuracy: Option<f64>,
}

/// A quantiser that was inserted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Placed {
    /// The node before it.
    pub after: String,
    /// Those that read it.
    pub readers: Vec<String>,
    /// Its lowest and highest level.
    pub levels: (i32, i32),
    /// Its scale.
    #[serde(rename = "quantiser_scale")]
    pub scale: f32,
}

/// A network with further quantisers.
pub struct Placement {
    /// The network.
    pub network: Network,
    /// Where the quantisers stand in the network as it was.
    pub gaps: Vec<Gap>,
    /// The quantisers, one for each gap.
    pub quantisers: Vec<Quantiser>,
    /// What they cost.
    pub inserted: Inserted,
}

/// Quantisers for an imported network: where they stand, what they are, and what they cost.
///
/// # Errors
/// If the samples do not fit the network, or its values are not finite.
pub fn insert(network: &Network, options: &Insert) -> Result<Placement> {
    if !BITS.contains(&options.bits) {
        return Err(Error::input(format!("quantisers of {} bits; supported are 1 to 16", options.bits)));
    }
    let found = gaps(network);
    let samples = samples(network, &options.calibrate)?;
    let positions = Positions::of_quantised(network);
    let labels = options
        .labels
        .as_ref()
        .map(|labels| load::labels(labels, samples.len(), None, positions))
        .transpose()?;
    let all: Vec<(Vec<Vec<f64>>, Vec<usize>)> = samples
        .par_iter()
        .map(|raw| {
            let mut values = vec![Vec::new(); found.len()];
            let share = (MOST_VALUES / samples.len().max(1)).max(16);
            let logits = observed(network, raw, &mut |id, value| {
                for (_, kept) in found.iter().zip(&mut values).filter(|(gap, _)| gap.after == id) {
                    *kept = spread(value, share);
                }
            });
            (values, positions.classes_of_original(&logits.logits))
        })
        .collect();
    let quantisers: Vec<Quantiser> = (0..found.len())
        .map(|gap| {
            let values: Vec<f64> = all.iter().flat_map(|(values, _)| values[gap].iter().copied()).collect();
            quantiser(&values, options.bits).ok_or_else(|| {
                Error::input("its values are not finite, or too large or too small for a scale")
                    .at_node(name(network, &found[gap]))
            })
        })
        .collect::<Result<_>>()?;
    let quantised = filled(network, &found, &quantisers)?;
    let before: Vec<usize> = all.iter().flat_map(|(_, classes)| classes.clone()).collect();
    let of = |raw: &Vec<i32>| positions.classes_of_original(&evaluate(&quantised, raw).logits);
    let after: Vec<usize> = samples.par_iter().flat_map_iter(of).collect();
    let accuracy = |classes: &[usize]| labels.as_ref().map(|labels| positions.accuracy(classes, labels));
    let placed = |(gap, quantiser): (&Gap, &Quantiser)| Placed {
        after: name(network, gap),
        readers: gap.readers.iter().map(|&(id, _)| network.node(id).name.clone()).collect(),
        levels: (quantiser.low[0], quantiser.high[0]),
        scale: quantiser.scale[0],
    };
    let inserted = Inserted {
        bits: options.bits,
        samples: samples.len(),
        quantisers: found.iter().zip(&quantisers).map(placed).collect(),
        classes_changed: before.iter().zip(&after).filter(|(a, b)| a != b).count(),
        accuracy_before: accuracy(&before),
        accuracy: accuracy(&after),
    };
    Ok(Placement { network: quantised, gaps: found, quantisers, inserted })
}

fn name(network: &Network, gap: &Gap) -> String {
    network.node(gap.after).name.clone()
}

/// The samples of a file, for the input of a network.
pub(super) fn samples(network: &Network, location: &str) -> Result<Vec<Vec<i32>>> {
    let form = |id: NodeId| {
        let Op::Input { shape, spec } = &network.node(id).op else { return None };
        Some((shape.clone(), spec.clone()))
    };
    let (shape, spec) = network
        .topological()
        .into_iter()
        .find_map(form)
        .ok_or_else(|| Error::input("the model has no input"))?;
    let inputs = Inputs::read_for(location, &shape, &spec)?;
    if inputs.is_empty() {
        return Err(Error::input("no samples").at_file(location).fix("give at least one sample"));
    }
    Ok((0..inputs.len()).map(|n| inputs.sample(n)).collect())
}

/// About so many of the values, evenly spread, the smallest and the largest among them.
fn spread(values: &[f64], most: usize) -> Vec<f64> {
    let step = values.len().div_ceil(most.max(1)).max(1);
    let mut kept: Vec<f64> = values.iter().copied().step_by(step).collect();
    if step > 1 {
        kept.extend(values.iter().copied().reduce(f64::min));
        kept.extend(values.iter().copied().reduce(f64::max));
    }
    kept
}

/// The quantiser with the smallest squared error on these values; none if one is not finite, or no scale is.
fn quantiser(values: &[f64], bits: u8) -> Option<Quantiser> {
    if values.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let low = values.iter().copied().fold(0.0, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    let levels = (1i32 << bits) - 1;
    if high <= low {
        return Some(Quantiser::uniform(1.0, 0, levels, Rounding::HalfUp));
    }
    let mut best: Option<(f64, Quantiser)> = None;
    // Smaller and smaller ranges: what is beyond them is cut off.
    for part in (6..=40).rev().map(|part| f64::from(part) / 40.0) {
        #[expect(clippy::cast_possible_truncation)]
        let scale = ((high - low) * part / f64::from(levels)) as f32;
        if scale <= 0.0 || !scale.is_normal() {
            continue;
        }
        let unit = f64::from(scale);
        // The part of the range that is cut off is the same on both sides.
        #[expect(clippy::cast_possible_truncation)]
        let lowest = ((low * part / unit).round() as i32).clamp(-levels, 0);
        let (lowest, highest) = (f64::from(lowest), f64::from(lowest + levels));
        let error = |x: f64| {
            let level = (x / unit + 0.5).floor().clamp(lowest, highest);
            (level * unit - x).powi(2)
        };
        let total: f64 = values.iter().map(|&x| error(x)).sum();
        if best.as_ref().is_none_or(|(least, _)| total < *least) {
            #[expect(clippy::cast_possible_truncation)]
            let (lowest, highest) = (lowest as i32, highest as i32);
            best = Some((total, Quantiser::uniform(scale, lowest, highest, Rounding::HalfUp)));
        }
    }
    best.map(|(_, quantiser)| quantiser)
}

#[cfg(test)]
mod tests {
    use super::quantiser;

    #[test]
    fn a_quantiser_has_the_levels_of_its_values() {
        // Multiples of a scale are taken as they are.
        let values: Vec<f64> = (-3..=12).map(|k| f64::from(k) * 0.25).collect();
        let exact = quantiser(&values, 4).expect("finite values");
        assert_eq!((exact.scale[0], exact.low[0], exact.high[0]), (0.25, -3, 12));
        // An outlier is cut off.
        let mut values: Vec<f64> = (0..10000).map(|k| f64::from(k) / 10000.0).collect();
        values.push(2.0);
        let cut = quantiser(&values, 3).expect("finite values");
        assert!(cut.scale[0] < 0.2, "{cut:?}");
        assert_eq!((cut.low[0], cut.high[0]), (0, 7));
        assert_eq!(quantiser(&[0.0], 3).expect("finite values").scale[0], 1.0);
        assert!(quantiser(&[f64::NAN], 3).is_none());
        assert!(quantiser(&[1e300, -1e300, f64::INFINITY], 3).is_none());
    }
}
