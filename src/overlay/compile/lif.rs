//! IF and LIF neurons: rows are time-steps, and membranes are kept from one to the next.

use super::accumulate::Sums;
use super::lower::{Lowering, refused};
use crate::error::Result;
use crate::graph::NodeId;
use crate::integer::{Leak, Lif, Op, Reset};
use crate::overlay::isa::Fire;
use crate::overlay::window::WindowEntry;

/// What to do with what this hardware cannot hold.
const GOLDEN: &str = "run the golden model ('run') instead, or use the same value for all neurons of a layer";

/// Constants of a layer.
#[derive(Clone, Debug)]
pub(super) struct LifNeurons {
    /// Threshold and what is added in each time-step, one per channel.
    pub theta: Vec<i128>,
    pub drive: Vec<i128>,
    /// A threshold that no membrane reaches.
    pub never: i128,
    steps: usize,
    reset: Reset,
    over: bool,
    /// Factor of the leak, with the machine's bits behind the point.
    factor: u128,
    /// That of the synaptic current, if there is one, and its range.
    current: Option<(u128, (i128, i128))>,
    fraction: u32,
    /// Membrane before the first time-step, and after a spike that sets it.
    value: i64,
    membrane: (i128, i128),
}

impl Lowering<'_> {
    /// The constants of a layer, if the hardware can have them.
    pub fn lif(&self, name: &str, lif: &Lif) -> Result<LifNeurons> {
        if self.options.fire_lanes < self.options.group() {
            return Err(refused(
                name,
                "IF and LIF neurons that take turns",
                "take more neurons that fire together: --fire-lanes 4",
            ));
        }
        let wrong = |what: &str| refused(name, what, GOLDEN);
        let same = |list: &[i64]| list.windows(2).all(|pair| pair[0] == pair[1]);
        let [leak] = lif.leak[..] else { return Err(wrong("neurons of a layer with different leaks")) };
        let factor = |leak: Leak| u128::from(leak.factor.unsigned_abs()) << (self.leak_shift - leak.shift);
        let range = (lif.current.low.into(), lif.current.high.into());
        let current = match lif.synapse[..] {
            [] => None,
            [synapse] => Some((factor(synapse), range)),
            _ => return Err(wrong("neurons of a layer with different leaks of their currents")),
        };
        let sets = lif.reset == Reset::Value;
        let value = if sets { &lif.value } else { &lif.start };
        if !same(value) || (sets && lif.start != lif.value) {
            return Err(wrong("neurons of a layer with different reset values or first membranes"));
        }
        let value = value.first().copied().unwrap_or(0);
        let subtracts = matches!(lif.reset, Reset::Subtract | Reset::SubtractLate);
        let over = |c: usize| lif.threshold[c] - lif.subtract[c];
        let first = if subtracts { over(0) } else { 0 };
        if subtracts && (!(0..=1).contains(&first) || (0..lif.threshold.len()).any(|c| over(c) != first)) {
            return Err(wrong("neurons of a layer with thresholds of different kinds"));
        }
        if lif.threshold.iter().any(|&theta| theta < 0) {
            return Err(wrong("neurons with a negative threshold"));
        }
        let never = i128::from(lif.membrane.high) + 1;
        let theta = lif.threshold.iter().map(|&theta| i128::from(theta).min(never)).collect();
        Ok(LifNeurons {
            theta,
            drive: lif.drive.iter().map(|&drive| drive.into()).collect(),
            never,
            steps: lif.time.steps,
            reset: lif.reset,
            over: first == 1,
            factor: factor(leak),
            current,
            fraction: lif.fraction,
            value,
            membrane: (lif.membrane.low.into(), lif.membrane.high.into()),
        })
    }

    /// Rows of what neurons read: of those whose input is the same in every time-step, one time-step.
    pub fn source_rows(&self, id: NodeId) -> usize {
        if let Op::Lif(lif) = &self.network.node(id).op
            && lif.time.constant
        {
            return self.network.node(id).shape.rows() / lif.time.steps;
        }
        self.rows(id)
    }

    /// What neurons read in all time-steps: once more in each, if it is the same in all.
    pub fn in_time(&mut self, id: NodeId, sums: Sums) -> Result<Sums> {
        let Op::Lif(lif) = &self.network.node(id).op else { return Ok(sums) };
        if !lif.time.constant || lif.time.steps == 1 {
            return Ok(sums);
        }
        let mut sums = sums;
        let (steps, fetch) = (lif.time.steps, &mut sums.fetch);
        let windows = &mut self.constants.windows;
        if fetch.columns > 0 {
            // The lines of the map, once more in each time-step.
            let first = usize::try_from(fetch.line_entries).unwrap_or(usize::MAX);
            let lines = sums.rows / usize::try_from(fetch.columns).unwrap_or(1).max(1);
            let own = windows.entries[first..first + lines].to_vec();
            fetch.line_entries = windows.place(own.repeat(steps)) as u128;
        } else if sums.rows == 1 {
            // A map of one pixel, whose taps are the segments.
            let count = usize::try_from(fetch.segments).unwrap_or(usize::MAX);
            let at = |count| WindowEntry { count, words: 0, source: 0 };
            fetch.columns = 1;
            fetch.line_entries = windows.place(vec![at(1); steps]) as u128;
            fetch.column_entries = windows.place(vec![at(count)]) as u128;
        } else {
            return Err(refused(
                self.name(id),
                "a static input of several rows, which is applied in every time-step",
                "code the input as spikes: convert with --encoding rate or latency",
            ));
        }
        sums.rows *= steps;
        sums.fetch.rows *= steps as u128;
        for access in &mut sums.accesses {
            access.rows = access.rows.repeat(steps);
        }
        Ok(sums)
    }

    /// The fields of an instruction with such neurons in this many rows.
    pub fn lif_fields(&mut self, lif: &LifNeurons, rows: usize, fire: &mut Fire) {
        let states = (rows / lif.steps).max(1) * fire.groups(self.options.fire_lanes);
        fire.sums = states as u128;
        fire.starts = lif.fraction.into();
        fire.scale = lif.factor;
        if let Some((factor, range)) = lif.current {
            fire.current = 1;
            fire.scale |= factor << 32;
            self.widths.lif_current.take(range.0);
            self.widths.lif_current.take(range.1);
        }
        fire.coefficient = u128::from(lif.value as u64);
        fire.lif = match lif.reset {
            Reset::Never => 1,
            Reset::Subtract => 2 + u128::from(lif.over),
            Reset::SubtractLate => 4 + u128::from(lif.over),
            Reset::Value => 6,
        };
        let widths = &mut self.widths;
        widths.lif_depth = widths.lif_depth.max(states);
        widths.lif.take(lif.membrane.0);
        widths.lif.take(lif.membrane.1);
        widths.acc.take(1);
        for (&theta, &drive) in lif.theta.iter().zip(&lif.drive) {
            widths.theta = widths.theta.max(theta.unsigned_abs());
            widths.start.take(drive);
        }
        widths.theta = widths.theta.max(lif.never.unsigned_abs());
    }
}
