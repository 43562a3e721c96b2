//! The registers behind AXI4-Lite, before and after the run. The map stands in `rtl/axi_lite_regs.sv`.

use super::Options;
use super::expected::Expected;
use super::mismatch::{FirstMismatch, Stop, What};
use super::pins::{Counts, Pins};

const T_MAX: u32 = 0x10;
const MARGIN_LOW: u32 = 0x30;
const MARGIN_HIGH: u32 = 0x34;
const HOLD: u32 = 0x38;
const FIRST_STAGE: u32 = 0x40;
const STAGE_BYTES: u32 = 16;

/// A register, or two halves of one, and what it must hold.
struct Check {
    name: String,
    address: u32,
    wide: bool,
    expected: u64,
}

fn check(name: &str, address: u32, expected: u64) -> Check {
    Check { name: name.to_owned(), address, wide: false, expected }
}

/// Before the first sample: identity, and what stops samples, which is written.
pub(super) fn begin(pins: &mut Pins, stages: usize, options: &Options) -> Result<usize, Stop> {
    let t_max = options.t_max.unwrap_or(0);
    if t_max > 0 {
        pins.write_register(T_MAX, t_max.into())?;
    }
    let (margin, hold) = options.confidence.map_or((0, 0), |rule| (rule.margin, rule.steps));
    let (margin_low, margin_high) = ((margin & 0xffff_ffff) as u32, (margin >> 32) as u32);
    if hold > 0 {
        pins.write_register(MARGIN_LOW, margin_low)?;
        pins.write_register(MARGIN_HIGH, margin_high)?;
        pins.write_register(HOLD, hold.into())?;
    }
    let checks = [
        check("identity", 0x00, 0x534e_4e31),
        check("version", 0x04, 1),
        check("control", 0x08, 1),
        check("status", 0x0c, 0),
        check("T_max", T_MAX, t_max.into()),
        check("margin, low half", MARGIN_LOW, margin_low.into()),
        check("margin, high half", MARGIN_HIGH, margin_high.into()),
        check("time-steps of the margin", HOLD, hold.into()),
        check("samples in", 0x14, 0),
        check("samples out", 0x18, 0),
        check("number of stages", 0x1c, stages as u64),
    ];
    compare(pins, &checks, true)
}

/// After the last sample: what was counted; `counted` are the stages with registers and their nodes. Without `strict`, the same registers are read and nothing is compared.
pub(super) fn end(
    pins: &mut Pins,
    counts: &Counts,
    expected: &Expected,
    counted: &[(usize, &str)],
    strict: bool,
) -> Result<usize, Stop> {
    let wide = |name: String, address, expected| Check { name, address, wide: true, expected };
    let mut checks = vec![
        check("status", 0x0c, 0),
        check("samples in", 0x14, counts.samples_in & 0xffff_ffff),
        check("samples out", 0x18, counts.samples_out & 0xffff_ffff),
        wide("cycles while busy".into(), 0x20, counts.busy_cycles),
        check("input stalls", 0x28, counts.in_stalls & 0xffff_ffff),
        check("output stalls", 0x2c, counts.out_stalls & 0xffff_ffff),
    ];
    for (register, &(stage, node)) in (0..).zip(counted) {
        let base = FIRST_STAGE + STAGE_BYTES * register;
        let (spikes, work) = (expected.spikes[stage], expected.work[stage]);
        checks.push(wide(format!("spikes of stage {stage} ({node})"), base, spikes));
        checks.push(wide(format!("work of stage {stage} ({node})"), base + 8, work));
    }
    compare(pins, &checks, strict)
}

fn compare(pins: &mut Pins, checks: &[Check], strict: bool) -> Result<usize, Stop> {
    for check in checks {
        let mut found = u64::from(pins.read_register(check.address)?);
        if check.wide {
            found |= u64::from(pins.read_register(check.address + 4)?) << 32;
        }
        if strict && found != check.expected {
            let Check { name, address, expected, .. } = check;
            let message = format!("register {address:#04x}, {name}, holds {found}, not {expected}");
            return Err(FirstMismatch::new(What::Register, pins.cycle, message).into());
        }
    }
    Ok(checks.len())
}
