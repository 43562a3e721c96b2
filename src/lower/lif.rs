//! IF and LIF neurons: constants in the unit of the membrane, and the range of the membrane over all time-steps.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::interval::Span;
use super::rational::{exact, integer, round, to_f64};
use super::value::{Column, Kind, Value};
use crate::integer::{Leak, Lif, Range, Reset};
use crate::quant::per_channel;
use crate::snn;

/// The most fraction bits of a membrane.
const MOST_FRACTION: u32 = 32;

/// Neurons whose accumulated inputs are `columns`, the meaning of their spikes, and why membranes are not exact; `None` if
/// they are.
///
/// A channel's membrane has the unit `s·2^-F`, with `s` the real value of 1 in its accumulated input. `F` is the smallest
/// for which biases, thresholds and reset values are whole numbers of units, and leaks never round. Where that needs more
/// bits than the layer has (`lif.bits`), it is the smallest for which what all roundings together can change is at most
/// `2^-bits` of the threshold.
///
/// # Errors
/// If a number is not finite, or a membrane needs more than 62 bits.
pub(super) fn lower(lif: &snn::Lif, columns: &[Column<'_>]) -> Result<(Lif, Value, Option<String>), String> {
    let real = |list: &[f64], c: usize| exact(per_channel(list, c));
    let (leak, leaks_exact) = leaks(&lif.leak, lif.bits)?;
    let (synapse, synapse_exact) = leaks(&lif.synapse, lif.bits)?;

    // In units of A: what has to be a whole number after a multiplication by 2^F.
    let mut wanted: Option<u32> = Some(0);
    let mut rounded_fraction = 0;
    let growth: u32 = [&leak, &synapse].iter().map(|l| l.iter().map(|l| l.shift).max().unwrap_or(0)).sum();
    let repeated = u32::try_from(lif.time.steps - 1).unwrap_or(u32::MAX).saturating_mul(growth);
    for (c, column) in columns.iter().enumerate() {
        let threshold = real(&lif.threshold, c)?;
        let kept = real(&lif.leak, c)?;
        let mut numbers = vec![column.offset.clone(), real(&lif.start, c)? * &kept];
        match lif.reset {
            Reset::Subtract | Reset::SubtractLate => numbers.push(threshold.clone()),
            Reset::Value => numbers.push(real(&lif.value, c)? * &kept),
            Reset::Never => {}
        }
        for number in &numbers {
            wanted = wanted.and_then(|most| Some(most.max(fraction_of(&(number / column.scale))?)));
        }
        let kept = per_channel(&leak, c);
        let rest = 1.0 - kept.factor as f64 / f64::from(kept.shift).exp2();
        let lasts = (1.0 / rest).min(lif.time.steps as f64);
        let threshold = to_f64(&(threshold.abs() / column.scale));
        let bits = (f64::from(lif.bits) + lasts.log2() - threshold.max(f64::MIN_POSITIVE).log2()).ceil();
        // Clamped, so a number that is not one becomes 0.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let bits = bits.clamp(0.0, f64::from(MOST_FRACTION)) as u32;
        rounded_fraction = rounded_fraction.max(bits);
    }
    let whole = wanted.map(|f| f.saturating_add(repeated));
    let most = if growth == 0 { MOST_FRACTION } else { lif.bits };
    let rounded = rounded_fraction.max(wanted.filter(|&f| f <= lif.bits).unwrap_or(0));
    let attempts = whole.filter(|&f| f <= most).map(|f| (f, true)).into_iter().chain([(rounded, false)]);
    let mut result = Err(String::new());
    for (fraction, never_rounds) in attempts {
        result = with_fraction(lif, columns, (leak.clone(), synapse.clone()), fraction)
            .map(|lowered| (lowered, never_rounds));
        if result.is_ok() {
            break;
        }
    }
    let (lowered, never_rounds) = result?;
    let fraction = lowered.fraction;
    let kind = Kind {
        scale: BigRational::one(),
        offset: BigRational::zero(),
        step: Range::new(0, 1),
        total: Range::new(0, 1),
    };
    let note = match (never_rounds, leaks_exact && synapse_exact) {
        (true, true) => None,
        (true, false) => Some(format!("the leak is rounded to 2^-{}", lif.bits)),
        (false, exact) => {
            let leak = if exact { String::new() } else { format!("; the leak to 2^-{}", lif.bits) };
            Some(format!("the membrane is rounded to {fraction} bits behind the unit of the weights{leak}"))
        }
    };
    Ok((lowered, Value::per_channel(vec![kind]), note))
}

/// The neurons with so many fraction bits.
fn with_fraction(
    lif: &snn::Lif,
    columns: &[Column<'_>],
    (leak, synapse): (Vec<Leak>, Vec<Leak>),
    fraction: u32,
) -> Result<Lif, String> {
    let channels = columns.len();
    let real = |list: &[f64], c: usize| exact(per_channel(list, c));
    let one = integer(BigInt::one() << fraction);
    let mut lowered = Lif {
        time: lif.time,
        reset: lif.reset,
        fraction,
        drive: Vec::with_capacity(channels),
        threshold: Vec::with_capacity(channels),
        subtract: Vec::with_capacity(channels),
        value: Vec::with_capacity(channels),
        start: Vec::with_capacity(channels),
        leak,
        synapse,
        total: Range::new(0, 0),
        membrane: Range::new(0, 0),
        current: Range::new(0, 0),
    };
    for (c, column) in columns.iter().enumerate() {
        let units = |number: &BigRational| number / column.scale * &one;
        let threshold = units(&real(&lif.threshold, c)?);
        let subtracts = matches!(lif.reset, Reset::Subtract | Reset::SubtractLate);
        // What is subtracted is a whole number of units; what is only compared with need not be.
        let threshold = if subtracts { integer(round(&threshold)) } else { threshold };
        let decides = match lif.above {
            true => threshold.floor().to_integer() + 1,
            false => threshold.ceil().to_integer(),
        };
        let kept = real(&lif.leak, c)?;
        lowered.drive.push(fits(&round(&units(column.offset)))?);
        lowered.threshold.push(fits(&decides)?);
        lowered.subtract.push(if subtracts { fits(&threshold.to_integer())? } else { 0 });
        let value = units(&(real(&lif.value, c)? * &kept));
        lowered.value.push(if lif.reset == Reset::Value { fits(&round(&value))? } else { 0 });
        lowered.start.push(fits(&round(&units(&(real(&lif.start, c)? * &kept))))?);
        lowered.total = lowered.total.union(column.total);
    }
    ranges(&mut lowered, columns)?;
    Ok(lowered)
}

/// Leaks with so many bits behind the point, and whether none had to be rounded; one if all are equal.
fn leaks(list: &[f64], bits: u32) -> Result<(Vec<Leak>, bool), String> {
    let mut all_exact = true;
    let mut leaks = Vec::with_capacity(list.len());
    for &leak in list {
        let scaled = exact(leak)? * integer(BigInt::one() << bits);
        let nearest = round(&scaled);
        all_exact &= scaled.is_integer();
        let factor = nearest.to_i64().filter(|f| (0..=1 << bits).contains(f));
        let factor = factor.ok_or_else(|| format!("the leak {leak} is not within 0…1"))?;
        let zeros = if factor == 0 { bits } else { factor.trailing_zeros().min(bits) };
        leaks.push(Leak { factor: factor >> zeros, shift: bits - zeros });
    }
    if leaks.windows(2).all(|pair| pair[0] == pair[1]) {
        leaks.truncate(1);
    }
    Ok((leaks, all_exact))
}

/// Bits behind the point; none if there is no end of them.
fn fraction_of(value: &BigRational) -> Option<u32> {
    let denominator = value.denom();
    let bits = denominator.bits() - 1;
    (*denominator == BigInt::one() << bits).then(|| u32::try_from(bits).unwrap_or(u32::MAX))
}

fn fits(value: &BigInt) -> Result<i64, String> {
    value.to_i64().filter(|v| v.abs() <= 1 << 61).ok_or_else(|| too_wide(value.bits() + 1))
}

fn too_wide(bits: u64) -> String {
    format!("a membrane of {bits} bits; supported are 62")
}

/// The ranges of membranes and currents in all time-steps, channel by channel, by interval arithmetic.
fn ranges(lif: &mut Lif, columns: &[Column<'_>]) -> Result<(), String> {
    let point = |v: i64| Span { low: v.into(), high: v.into() };
    let (mut membranes, mut currents) = (Span::ZERO, Span::ZERO);
    for (c, column) in columns.iter().enumerate() {
        let leak = per_channel(&lif.leak, c);
        let (threshold, subtract) = (i128::from(lif.threshold[c]), i128::from(lif.subtract[c]));
        let mut input = Span::from(column.total).scaled(1 << lif.fraction).plus(point(lif.drive[c]));
        let mut stored = point(lif.start[c]);
        let mut current = Span::ZERO;
        let own = input;
        for _ in 0..lif.time.steps {
            let before = (stored, current);
            if !lif.synapse.is_empty() {
                current = left(per_channel(&lif.synapse, c), current)?.plus(own);
                currents = currents.union(current);
                input = current;
            }
            let v = stored.plus(input);
            let silent = (v.low < threshold).then(|| Span { low: v.low, high: v.high.min(threshold - 1) });
            let fires = (v.high >= threshold).then(|| Span { low: v.low.max(threshold), high: v.high });
            let lower = |span: Span| Span { low: span.low - subtract, high: span.high - subtract };
            let mut after = Vec::new();
            membranes = membranes.union(v);
            if let Some(silent) = silent {
                after.push(left(leak, silent)?);
            }
            if let Some(fires) = fires {
                after.push(match lif.reset {
                    Reset::Never => left(leak, fires)?,
                    Reset::Subtract => {
                        membranes = membranes.union(lower(fires));
                        left(leak, lower(fires))?
                    }
                    Reset::SubtractLate => lower(left(leak, fires)?),
                    Reset::Value => point(lif.value[c]),
                });
            }
            stored = after.into_iter().reduce(Span::union).unwrap_or(Span::ZERO);
            membranes = membranes.union(stored).union(input);
            if membranes.signed_width() > 63 {
                return Err(too_wide(membranes.signed_width().into()));
            }
            if (stored, current) == before {
                break;
            }
        }
    }
    let range = |span: Span| span.range().ok_or_else(|| too_wide(span.signed_width().into()));
    (lif.membrane, lif.current) = (range(membranes)?, range(currents)?);
    Ok(())
}

/// A leak of a span; it is monotone.
fn left(leak: Leak, span: Span) -> Result<Span, String> {
    let of = |v: i128| i64::try_from(v).map(|v| i128::from(leak.of(v)));
    match (of(span.low), of(span.high)) {
        (Ok(low), Ok(high)) => Ok(Span { low, high }),
        _ => Err(too_wide(span.signed_width().into())),
    }
}
