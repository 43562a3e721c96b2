//! Linear interpolation between pixels: what each line and column of the result reads, with which weights, as exact rationals.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::decode::Node;
use crate::graph::{Clipped, Window};

/// Where an element of the result lies in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordinates {
    /// `x/scale`
    Asymmetric,
    /// `(x + ½)/scale − ½`
    HalfPixel,
    /// The same, around the centres of both.
    HalfPixelSymmetric,
    /// As `HalfPixel`; the first element, if there is only one.
    PytorchHalfPixel,
    /// The first elements and the last ones lie on each other.
    AlignCorners,
}

impl Coordinates {
    /// Those of a node.
    ///
    /// # Errors
    /// Names others.
    pub fn of(node: &Node) -> Result<Self, String> {
        Ok(match &*node.string("coordinate_transformation_mode", "half_pixel") {
            "asymmetric" => Self::Asymmetric,
            "half_pixel" => Self::HalfPixel,
            "half_pixel_symmetric" => Self::HalfPixelSymmetric,
            "pytorch_half_pixel" => Self::PytorchHalfPixel,
            "align_corners" => Self::AlignCorners,
            other => return Err(format!("Resize with the coordinates {other:?} is not supported")),
        })
    }
}

/// An exact number.
pub type Exact = BigRational;

/// What a line or a column of the result reads: neighbours from the first on, with weights that add up to 1.
pub type Read = (usize, Vec<BigRational>);

/// A window of places, a weight for each tap, and the divisor of their sums.
#[derive(Debug)]
pub struct Resample {
    /// The window, of one group.
    pub window: Window,
    /// Weights; those of each place add up to the divisor.
    pub weights: Vec<i32>,
    /// The divisor.
    pub divisor: u32,
    /// Whether no weight was rounded.
    pub exact: bool,
}

/// The largest divisor: weights are up to this.
const MOST: u32 = 1 << 30;
/// The divisor of rounded weights: the precision of a float.
const ROUNDED: u32 = 1 << 24;
/// The largest number of weights, those of all channels.
const MOST_WEIGHTS: usize = 1 << 24;

/// What the places of one direction read: `to` places of `from` ones, `scale` times as many.
pub fn reads(coordinates: Coordinates, scale: &BigRational, from: usize, to: usize) -> Vec<Read> {
    let one = BigRational::one();
    let integer = |n: usize| BigRational::from_integer(n.into());
    let half = BigRational::new(1.into(), 2.into());
    let last = integer(from.saturating_sub(1));
    let at = |o: usize| -> Read {
        let centre = || (integer(o) + &half) / scale - &half;
        let x = match coordinates {
            Coordinates::Asymmetric => integer(o) / scale,
            Coordinates::HalfPixel => centre(),
            Coordinates::PytorchHalfPixel | Coordinates::AlignCorners if to == 1 => BigRational::zero(),
            Coordinates::PytorchHalfPixel => centre(),
            Coordinates::HalfPixelSymmetric => {
                let adjustment = &one - integer(to) / (scale * integer(from));
                centre() + integer(from) * adjustment * &half
            }
            Coordinates::AlignCorners => integer(o) * &last / integer(to - 1),
        };
        // Beyond the border are copies of it.
        let x = x.max(BigRational::zero()).min(last.clone());
        let first = x.floor();
        let rest = &x - &first;
        let weights = if rest.is_zero() { vec![one.clone()] } else { vec![&one - &rest, rest] };
        (first.to_integer().to_usize().unwrap_or(0), weights)
    };
    (0..to).map(at).collect()
}

/// The window of these lines and columns on a map of `size` pixels of `channels` channels.
///
/// # Errors
/// If there are too many weights, or extents are out of range.
pub fn of(size: [usize; 2], channels: usize, lines: &[Read], columns: &[Read]) -> Result<Resample, String> {
    let (lines, columns) = (Taps::of(lines), Taps::of(columns));
    let taps = lines.weights.len().checked_mul(columns.weights.len());
    let count = taps.and_then(|taps| taps.checked_mul(channels)).filter(|&count| count <= MOST_WEIGHTS);
    if count.is_none() {
        return Err(format!(
            "a Resize with {}×{} different weights of {channels} channels",
            lines.weights.len(),
            columns.weights.len()
        ));
    }
    let (weights, divisor) = exact(&lines, &columns).unwrap_or_else(|| rounded(&lines, &columns));
    let exact = divisor != ROUNDED || exact(&lines, &columns).is_some();
    let window = Window {
        kernel: [lines.weights.len(), columns.weights.len()],
        size,
        places: Some([lines.places, columns.places]),
        ..Window::pixel(1, channels, 1)
    };
    window.check()?;
    Ok(Resample { window, weights, divisor, exact })
}

/// The different lists of weights of one direction, side by side, and the list that each place reads.
struct Taps {
    weights: Vec<BigRational>,
    places: Vec<Clipped>,
    /// First tap and number of taps of each list.
    lists: Vec<(usize, usize)>,
}

impl Taps {
    fn of(reads: &[Read]) -> Self {
        let mut taps = Self { weights: Vec::new(), places: Vec::new(), lists: Vec::new() };
        let mut known: BTreeMap<&[BigRational], usize> = BTreeMap::new();
        for (at, own) in reads {
            let tap = *known.entry(own).or_insert_with(|| {
                taps.lists.push((taps.weights.len(), own.len()));
                taps.weights.extend_from_slice(own);
                taps.weights.len() - own.len()
            });
            taps.places.push(Clipped { tap, at: *at, count: own.len() });
        }
        taps
    }

    /// The weights as integers of their least common denominator.
    fn integers(&self) -> (Vec<BigInt>, BigInt) {
        let common = self.weights.iter().fold(BigInt::one(), |common, w| common.lcm(w.denom()));
        (self.weights.iter().map(|w| w.numer() * (&common / w.denom())).collect(), common)
    }
}

/// Products of the weights of lines and columns, with their least common denominator, if these are small enough.
fn exact(lines: &Taps, columns: &Taps) -> Option<(Vec<i32>, u32)> {
    let ((a, a_divisor), (b, b_divisor)) = (lines.integers(), columns.integers());
    let gcd = |list: &[BigInt], all: &BigInt| list.iter().fold(all.clone(), |gcd, n| gcd.gcd(n));
    let (g, h) = (gcd(&a, &a_divisor), gcd(&b, &b_divisor));
    let divisor = ((a_divisor / &g) * (b_divisor / &h)).to_u32().filter(|&divisor| divisor <= MOST)?;
    let products =
        a.iter().flat_map(|x| b.iter().map(|y| ((x / &g) * (y / &h)).to_i32()).collect::<Vec<_>>());
    Some((products.collect::<Option<_>>()?, divisor))
}

/// Products rounded to multiples of `1/ROUNDED`; the largest of each place takes the rest, so that they add up to 1.
fn rounded(lines: &Taps, columns: &Taps) -> (Vec<i32>, u32) {
    let width = columns.weights.len();
    let mut weights = vec![0; lines.weights.len() * width];
    let unit = BigRational::from_integer(ROUNDED.into());
    for (y, height) in &lines.lists {
        for (x, count) in &columns.lists {
            let taps: Vec<usize> =
                (*y..y + height).flat_map(|i| (*x..x + count).map(move |j| i * width + j)).collect();
            let mut rest = i64::from(ROUNDED);
            for &tap in &taps {
                let exact = &lines.weights[tap / width] * &columns.weights[tap % width] * &unit;
                // At most 2^24.
                weights[tap] = exact.round().to_i32().unwrap_or(0);
                rest -= i64::from(weights[tap]);
            }
            if let Some(&largest) = taps.iter().max_by_key(|&&tap| weights[tap].abs()) {
                weights[largest] += i32::try_from(rest).unwrap_or(0);
            }
        }
    }
    debug_assert!(lines.weights.iter().all(|w| !w.is_negative()));
    (weights, ROUNDED)
}

#[cfg(test)]
mod tests {
    use num_rational::BigRational;

    use super::{Coordinates, of, reads};

    fn ratio(p: i64, q: i64) -> BigRational {
        BigRational::new(p.into(), q.into())
    }

    /// What each place reads, as text.
    fn shown(coordinates: Coordinates, scale: (i64, i64), from: usize, to: usize) -> Vec<String> {
        let one = |(at, weights): &(usize, Vec<BigRational>)| {
            let weights: Vec<String> = weights.iter().map(ToString::to_string).collect();
            format!("{at}: {}", weights.join(" "))
        };
        reads(coordinates, &ratio(scale.0, scale.1), from, to).iter().map(one).collect()
    }

    #[test]
    fn neighbours_as_onnx_defines_them() {
        let twice = shown(Coordinates::HalfPixel, (2, 1), 3, 6);
        assert_eq!(twice, ["0: 1", "0: 3/4 1/4", "0: 1/4 3/4", "1: 3/4 1/4", "1: 1/4 3/4", "2: 1"]);
        let corners = shown(Coordinates::AlignCorners, (2, 1), 3, 6);
        assert_eq!(corners, ["0: 1", "0: 3/5 2/5", "0: 1/5 4/5", "1: 4/5 1/5", "1: 2/5 3/5", "2: 1"]);
        assert_eq!(shown(Coordinates::Asymmetric, (2, 1), 2, 4), ["0: 1", "0: 1/2 1/2", "1: 1", "1: 1"]);
        assert_eq!(shown(Coordinates::HalfPixel, (1, 2), 4, 2), ["0: 1/2 1/2", "2: 1/2 1/2"]);
        assert_eq!(shown(Coordinates::HalfPixel, (1, 4), 4, 1), ["1: 1/2 1/2"]);
        assert_eq!(shown(Coordinates::PytorchHalfPixel, (1, 4), 4, 1), ["0: 1"]);
        assert_eq!(shown(Coordinates::AlignCorners, (1, 4), 4, 1), ["0: 1"]);
        assert_eq!(shown(Coordinates::HalfPixel, (3, 2), 2, 3), ["0: 1", "0: 1/2 1/2", "1: 1"]);
        let symmetric = shown(Coordinates::HalfPixelSymmetric, (3, 2), 3, 4);
        assert_eq!(symmetric, ["0: 1", "0: 1/3 2/3", "1: 2/3 1/3", "2: 1"]);
    }

    #[test]
    fn weights_of_each_place_add_up_to_the_divisor() {
        for (scale, from, to) in [((2, 1), 4, 8), ((3, 2), 6, 9), ((11_184_811, 8_388_608), 6, 8)] {
            for coordinates in [Coordinates::HalfPixel, Coordinates::AlignCorners, Coordinates::Asymmetric] {
                let lines = reads(coordinates, &ratio(scale.0, scale.1), from, to);
                let found = of([from, from], 3, &lines, &lines).expect("it fits");
                assert_eq!(found.window.output(), [to, to]);
                for taps in found.window.tap_lists() {
                    let sum: i64 = taps.iter().map(|&tap| i64::from(found.weights[tap])).sum();
                    assert_eq!(sum, i64::from(found.divisor));
                }
                assert_eq!(found.exact, scale.0 < 100 || coordinates == Coordinates::AlignCorners);
            }
        }
        let lines = reads(Coordinates::HalfPixel, &ratio(2, 1), 4, 8);
        let found = of([4, 4], 3, &lines, &lines).expect("it fits");
        assert_eq!((found.divisor, found.weights.len()), (16, 25));
        assert!(of([4, 4], 1 << 20, &lines, &lines).is_err());
    }
}
