//! The registers behind AXI4-Lite, before and after the run. The map stands in `src/registers/table.rs`.

use super::Options;
use super::pins::{Counts, Pins};
use crate::hardware::{Counter, FirstMismatch, StageEntry, Stop, What};
use crate::registers::{
    CONTROL, CYCLES, Core, IDENTITY, IN_STALLS, MARGIN, MEMORY_BEATS, OUT_STALLS, PATIENCE, Register,
    SAMPLES_IN, SAMPLES_OUT, STAGE_SPIKES, STAGE_WORK, STAGES, STATUS, T_MAX, VERSION, Wide,
};

/// A register, or two halves of one, and what it must hold.
struct Check {
    name: String,
    low: u32,
    /// Address of the high half.
    high: Option<u32>,
    expected: u64,
}

fn check(name: &str, register: Register, expected: u64) -> Check {
    Check { name: name.to_owned(), low: register.offset, high: None, expected }
}

/// Before the first sample: identity, and what stops samples, which is written.
pub(super) fn begin(pins: &mut Pins, stages: usize, options: &Options) -> Result<usize, Stop> {
    let t_max = options.t_max.unwrap_or(0);
    if t_max > 0 {
        pins.write_register(T_MAX.offset, t_max.into())?;
    }
    let (margin, patience) = options.confidence.map_or((0, 0), |rule| (rule.margin, rule.steps));
    let (margin_low, margin_high) = ((margin & 0xffff_ffff) as u32, (margin >> 32) as u32);
    if patience > 0 {
        pins.write_register(MARGIN.low.offset, margin_low)?;
        pins.write_register(MARGIN.high.offset, margin_high)?;
        pins.write_register(PATIENCE.offset, patience.into())?;
    }
    let after_reset = |name: &str, register: Register| check(name, register, register.reset(0).into());
    let checks = [
        after_reset("identity", IDENTITY),
        after_reset("version", VERSION),
        after_reset("control", CONTROL),
        after_reset("status", STATUS),
        check("T_max", T_MAX, t_max.into()),
        check("margin, low half", MARGIN.low, margin_low.into()),
        check("margin, high half", MARGIN.high, margin_high.into()),
        check("time-steps of the margin", PATIENCE, patience.into()),
        check("samples in", SAMPLES_IN, 0),
        check("samples out", SAMPLES_OUT, 0),
        check("number of stages", STAGES, stages as u64),
    ];
    compare(pins, &checks, true)
}

/// After the last sample: what was counted; `counted` are the stages with registers. Without `strict`, the same registers are read and nothing is compared.
pub(super) fn end(
    pins: &mut Pins,
    counts: &Counts,
    counters: &[Counter],
    counted: &[(usize, &StageEntry)],
    strict: bool,
) -> Result<usize, Stop> {
    let wide = |name: String, base: u32, wide: Wide, expected| Check {
        name,
        low: base + wide.low.offset,
        high: Some(base + wide.high.offset),
        expected,
    };
    let mut checks = vec![
        check("status", STATUS, 0),
        check("samples in", SAMPLES_IN, counts.samples_in & 0xffff_ffff),
        check("samples out", SAMPLES_OUT, counts.samples_out & 0xffff_ffff),
        wide("cycles while busy".into(), 0, CYCLES, counts.busy_cycles),
        check("input stalls", IN_STALLS, counts.in_stalls & 0xffff_ffff),
        check("output stalls", OUT_STALLS, counts.out_stalls & 0xffff_ffff),
    ];
    for (register, &(stage, StageEntry { node, .. })) in counted.iter().enumerate() {
        let base = Core::base(register);
        let Counter { spikes, work, .. } = counters[stage];
        checks.push(wide(format!("spikes of stage {stage} ({node})"), base, STAGE_SPIKES, spikes));
        checks.push(wide(format!("work of stage {stage} ({node})"), base, STAGE_WORK, work));
    }
    compare(pins, &checks, strict)
}

/// The counter of beats from memory; weights of a sample to come may still be on their way.
pub(super) fn memory(pins: &mut Pins) -> Result<usize, Stop> {
    let before = pins.memory_beats;
    let found = pins.read_register(MEMORY_BEATS.offset)?;
    let after = pins.memory_beats;
    if (before..=after).any(|beats| beats & 0xffff_ffff == u64::from(found)) {
        return Ok(1);
    }
    let message = format!("register memory_beats holds {found}, but {before} to {after} beats have come");
    Err(FirstMismatch::new(What::Register, pins.cycle, message).into())
}

fn compare(pins: &mut Pins, checks: &[Check], strict: bool) -> Result<usize, Stop> {
    for check in checks {
        let mut found = u64::from(pins.read_register(check.low)?);
        if let Some(high) = check.high {
            found |= u64::from(pins.read_register(high)?) << 32;
        }
        if strict && found != check.expected {
            let Check { name, low, expected, .. } = check;
            let message = format!("register {low:#04x}, {name}, holds {found}, not {expected}");
            return Err(FirstMismatch::new(What::Register, pins.cycle, message).into());
        }
    }
    Ok(checks.len())
}
