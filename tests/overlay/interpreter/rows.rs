//! The serial path, softmax, and the vector unit.

use snn2rtl::overlay::isa::Vector;

use super::image::{entry, fits, wrap};
use super::{Element, Fault, Interpreter, Run, Store, n};

impl Interpreter<'_> {
    /// `X = base + k·value`: address and value.
    #[allow(clippy::too_many_arguments)]
    fn add(
        &self,
        sums: &[Option<i128>],
        (target, row, channels, channel): (usize, usize, usize, usize),
        turned: Option<usize>,
        (accumulate, start, starts): (u128, u128, usize),
        (per_channel, per_row, coefficients, coefficient): (u128, u128, usize, u128),
        value: i128,
        who: &str,
    ) -> Fault<(usize, i128)> {
        let m = self.machine;
        let index = row * channels.next_multiple_of(m.row_lanes) + channel;
        let at = target + turned.map_or(index, |stride| channel * stride + row);
        let x = sums.get(at).ok_or_else(|| format!("{who}: sum {at} of {}", sums.len()))?;
        let base = match (accumulate, start) {
            (1, _) => x.ok_or_else(|| format!("{who} adds to sum {at} too early"))?,
            (_, 1) => self.starts.signed(starts + index, m.sum_width, "starts")?,
            _ => 0,
        };
        let k = match per_channel {
            1 if turned.is_some() => {
                let entry = coefficients + channel * m.row_lanes + at % m.row_lanes;
                self.coefficients.signed(entry, m.coefficient_width, "coefficients")?
            }
            1 if per_row == 1 => {
                self.coefficients.signed(coefficients + index, m.coefficient_width, "coefficients")?
            }
            1 => self.coefficients.signed(coefficients + channel, m.coefficient_width, "coefficients")?,
            _ => fits(i128::from(coefficient as u64 as i64), m.coefficient_width, true, "a coefficient")?,
        };
        Ok((at, wrap(base + wrap(k * value, m.sum_width), m.sum_width)))
    }

    pub(super) fn serial_step(&mut self, run: &mut Run) -> Fault<bool> {
        let Some(&element) = run.serial.front() else { return Ok(false) };
        if run.softmax.len() >= run.capacity.saturating_mul(8) {
            return Ok(false);
        }
        run.serial.pop_front();
        match element {
            Element::RowEnd { fire } if self.fire[fire].serial == 2 => run.softmax.push_back(element),
            Element::RowEnd { .. } => run.progress[1] += 1,
            Element::Value { fire, row, channels, channel, value, .. } => {
                let f = &self.fire[fire];
                match f.serial {
                    1 => {
                        let (at, value) = self.add(
                            &run.sums,
                            (n(f.sums), row, channels, channel),
                            (f.turned == 1).then_some(n(f.sum_stride)),
                            (f.accumulate, f.start, n(f.starts)),
                            (f.per_channel, f.per_row, n(f.coefficients), f.coefficient),
                            value,
                            &format!("fire {fire}"),
                        )?;
                        run.sums[at] = Some(value);
                    }
                    2 => run.softmax.push_back(element),
                    _ => self.logit(run, channel, value)?,
                }
            }
        }
        Ok(true)
    }

    /// The level of row fire.
    fn row_level(
        &self,
        (v, theta): (i128, i128),
        sticky: bool,
        (low, high): (i64, i64),
        half_even: bool,
    ) -> Fault<i64> {
        let m = self.machine;
        fits(v, m.row_value_width, true, "V of row fire")?;
        fits(theta, m.row_theta_width, false, "θ of row fire")?;
        fits(-v - 1 + theta, if v < 0 { m.row_value_width } else { 127 }, true, "M of row fire")?;
        let reached = |k: i64| {
            let edge = i128::from(k) * theta;
            match half_even && k % 2 != 0 {
                true => v > edge || (v == edge && sticky),
                false => v >= edge,
            }
        };
        Ok((-low + 1..=high).rev().find(|&k| reached(k)).unwrap_or(-low))
    }

    pub(super) fn softmax_step(&mut self, run: &mut Run) -> Fault<bool> {
        let m = self.machine;
        let Some(element) = run.softmax.pop_front() else { return Ok(false) };
        match element {
            Element::RowEnd { .. } => {
                run.group = 0;
                run.progress[2] += 1;
            }
            Element::Value { fire, value, group_end, .. } => {
                run.scores.push(value);
                if !group_end {
                    return Ok(true);
                }
                let f = self.fire[fire].clone();
                let scores = std::mem::take(&mut run.scores);
                if scores.len() > m.max_group {
                    return Err(format!("{} scores of a group", scores.len()));
                }
                let mut masked = vec![false; scores.len()];
                if f.masked == 1 {
                    for (own, set) in masked.iter_mut().zip(&run.mask) {
                        *own = set.ok_or("a mask that is not set")?;
                    }
                }
                let w = m.fire_lanes;
                let row = (run.progress[2] as usize)
                    - self.fire[..fire].iter().filter(|f| f.serial == 2).map(|f| n(f.rows)).sum::<usize>();
                if f.band == 1 {
                    for (j, masked) in masked.iter_mut().enumerate() {
                        // Blocks of queries, and the keys that all of them see.
                        let [always, behind, ahead] = [f.sums, f.starts + 1, f.coefficients + 1].map(n);
                        let beyond = j > row / ahead * ahead + n(f.ahead);
                        let before = j + n(f.behind) < row / behind * behind;
                        *masked |= j >= always && (beyond || before);
                    }
                }
                let most = scores.iter().zip(&masked).filter(|(_, masked)| !**masked).map(|(a, _)| *a).max();
                let mut exps = Vec::new();
                for (&a, &masked) in scores.iter().zip(&masked) {
                    let distance = most.map_or(0, |most| most - a);
                    exps.push(match masked || distance >= f.exponential_count as i128 {
                        true => 0,
                        false => {
                            let word = n(f.exponentials) + distance as usize;
                            self.exponentials.bits(word, 0, m.exp_width, false, "exponentials")?
                        }
                    });
                }
                let sum = fits(exps.iter().sum(), m.exp_sum_width, false, "a sum of exponentials")?;
                let z = fits(f.scale as i128, m.scale_width, false, "a scale")? * sum;
                let mut levels = Vec::new();
                for (&e, &masked) in exps.iter().zip(&masked) {
                    let (low, high) = (f.low as i64, f.high as i64);
                    levels.push(match masked {
                        true => 0,
                        false => {
                            let value = (e << m.scale_fraction) + z;
                            self.row_level((value, 2 * z), false, (low, high), f.half_even == 1)?
                        }
                    });
                }
                for levels in levels.chunks(w) {
                    let own: Vec<Option<i64>> = levels.iter().map(|&l| Some(l)).collect();
                    let first = n(f.spikes) + row * n(f.row_stride);
                    self.write_group(first, n(f.step_stride), run.group, &own, n(f.steps), f.unary == 1)?;
                    run.group += 1;
                    let all = run.outcome.levels.entry((0, fire, row)).or_default();
                    all.extend(levels);
                    all.resize(all.len().next_multiple_of(w), 0);
                }
                if f.apart == 1 {
                    run.group = run.group.next_multiple_of(m.fetch_width / w);
                    let all = run.outcome.levels.entry((0, fire, row)).or_default();
                    all.resize(all.len().next_multiple_of(m.fetch_width), 0);
                }
            }
        }
        Ok(true)
    }

    /// A number that goes to the readout.
    fn logit(&self, run: &mut Run, channel: usize, value: i128) -> Fault<()> {
        let r = &self.machine.readout;
        let c = channel % r.channels;
        let offset = self.readout.bits(c, 0, r.value_width, true, "readout")?;
        let product = match r.shift {
            Some(shift) => value << shift,
            None => {
                let at = r.value_width as usize;
                value * self.readout.bits(c, at, r.multiplier_width, true, "readout")?
            }
        };
        run.outcome.totals.push(value as i64);
        run.outcome.values.push(fits(product + offset, r.value_width, true, "a logit")?);
        Ok(())
    }

    pub(super) fn vector_step(&mut self, run: &mut Run) -> Fault<bool> {
        let m = self.machine;
        let (at, row, step) = run.vector;
        let Some(v) = self.vector.get(at).cloned() else { return Ok(false) };
        // An instruction begins when the one before is complete.
        if (row, step) == (0, 0) && !run.stores.is_empty() {
            return Ok(false);
        }
        if run.stores.len() >= run.capacity.saturating_mul(8) {
            return Ok(false);
        }
        if step == 0 {
            let waits =
                [[v.wait0_unit, v.wait0_base, v.wait0_step], [v.wait1_unit, v.wait1_base, v.wait1_step]];
            if !Self::may_begin(run, waits, row) {
                return Ok(false);
            }
        }
        let channels = n(v.channels);
        let index = row * channels.next_multiple_of(m.row_lanes) + step;
        let read = |sums: &[Option<i128>], at: usize| -> Fault<i128> {
            let x = sums.get(at).ok_or_else(|| format!("vector {} reads sum {at}", run.vector.0))?;
            x.ok_or_else(|| format!("vector {} reads sum {at} too early", run.vector.0))
        };
        let mut steps = channels;
        match v.op {
            6 => {
                let value = v.coefficient as i128 * read(&run.sums, n(v.source) + index)?;
                self.logit(run, step, value)?;
            }
            0..=2 | 7 => {
                let (value, k) = match v.op {
                    0 => (0, 0),
                    7 => {
                        let element = n(v.table) + (row * channels + step) * n(v.row_stride);
                        let raw = run.raw[0].get(element).ok_or_else(|| format!("element {element}"))?;
                        (*raw, v.coefficient)
                    }
                    1 => (read(&run.sums, n(v.source) + index)?, v.coefficient),
                    _ if let Some(tables) = &self.outside => {
                        // A token that is not in the table has entries of 0.
                        let raw = run.raw[0][row];
                        let inside = u128::try_from(raw).is_ok_and(|raw| raw < v.epsilon);
                        let unit = |raw| n(v.table + raw * v.row_stride);
                        let value = match inside {
                            true => entry(tables, unit(raw as u128), step)?,
                            false => 0,
                        };
                        (fits(value, m.table_width, true, "an entry")?, v.coefficient)
                    }
                    _ => {
                        let raw = run.raw[0][row];
                        let word = (v.table as i128 + raw * channels as i128) as usize + step;
                        (self.table.signed(word, m.table_width, "the table")?, v.coefficient)
                    }
                };
                let (at, value) = self.add(
                    &run.sums,
                    (n(v.target), row, channels, step),
                    None,
                    (v.accumulate, v.start, n(v.starts)),
                    (v.per_channel, 0, n(v.coefficients), k),
                    value,
                    &format!("vector {at}"),
                )?;
                run.stores.push_back(Store::Sum { at, value });
            }
            3 | 5 => {
                // First all channels are read, then groups of spikes written.
                steps = 1 + channels.div_ceil(m.fire_lanes);
                if step == 0 {
                    let levels = match v.op {
                        3 => self.layer_norm(run, &v, row)?,
                        _ => self.sum_neurons(run, &v, row)?,
                    };
                    run.outcome.levels.insert((1, at, row), levels);
                } else {
                    let group = step - 1;
                    let levels = &run.outcome.levels[&(1, at, row)];
                    let end = ((group + 1) * m.fire_lanes).min(channels);
                    run.stores.push_back(Store::Group {
                        first: n(v.spikes) + row * n(v.row_stride),
                        step_stride: n(v.step_stride),
                        group,
                        levels: levels[group * m.fire_lanes..end].iter().map(|&l| Some(l)).collect(),
                        steps: n(v.steps),
                        unary: v.unary == 1,
                    });
                }
            }
            _ => {
                steps = 1;
                let padding = i128::from(v.table as u32 as i32);
                run.stores.push_back(Store::Mask { token: row, masked: run.raw[0][row] == padding });
            }
        }
        run.vector.2 += 1;
        if run.vector.2 == steps {
            run.stores.push_back(Store::RowEnd);
            run.vector = (at, row + 1, 0);
            if row + 1 == n(v.rows) {
                run.vector = (at + 1, 0, 0);
            }
        }
        Ok(true)
    }

    pub(super) fn store_step(&mut self, run: &mut Run) -> Fault<bool> {
        let Some(store) = run.stores.pop_front() else { return Ok(false) };
        match store {
            Store::Sum { at, value } => run.sums[at] = Some(value),
            Store::Mask { token, masked } => {
                *run.mask.get_mut(token).ok_or("a mask that is too small")? = Some(masked);
            }
            Store::Group { first, step_stride, group, levels, steps, unary } => {
                self.write_group(first, step_stride, group, &levels, steps, unary)?;
            }
            Store::RowEnd => run.progress[3] += 1,
        }
        Ok(true)
    }

    /// Neurons of a row of sums.
    fn sum_neurons(&self, run: &Run, v: &Vector, row: usize) -> Fault<Vec<i64>> {
        let m = self.machine;
        let channels = n(v.channels);
        if channels > m.max_channels {
            return Err(format!("neurons of {channels} channels"));
        }
        let start = i128::from(v.coefficient as u64 as i64);
        let theta = fits(v.epsilon as i128, m.neuron_theta_width, false, "θ")?;
        let mut levels = Vec::new();
        let first = n(v.source) + row * channels.next_multiple_of(m.row_lanes);
        for at in first..first + channels {
            let sum = run.sums.get(at).ok_or_else(|| format!("neurons read sum {at}"))?;
            let sum = sum.ok_or_else(|| format!("vector {} reads sum {at} too early", run.vector.0))?;
            let value = fits(start + (sum << m.neuron_fraction), m.row_value_width, true, "V")?;
            levels.push(self.row_level((value, theta), false, (v.low as i64, v.high as i64), false)?);
        }
        Ok(levels)
    }

    fn layer_norm(&self, run: &Run, v: &Vector, row: usize) -> Fault<Vec<i64>> {
        let m = self.machine;
        let channels = n(v.channels);
        if channels > m.max_channels {
            return Err(format!("LayerNorm of {channels} channels"));
        }
        let count = channels as i128;
        let mut x = Vec::new();
        for c in 0..channels {
            let at = n(v.source) + row * channels.next_multiple_of(m.row_lanes) + c;
            let value = run.sums.get(at).ok_or_else(|| format!("LayerNorm reads sum {at}"))?;
            x.push(
                value.ok_or_else(|| {
                    format!("LayerNorm {} row {row} reads sum {at} too early", run.vector.0)
                })?,
            );
        }
        let sum: i128 = if v.uncentred == 1 { 0 } else { x.iter().sum() };
        let squares: i128 = x.iter().map(|x| x * x).sum();
        let epsilon = fits(v.epsilon as i128, m.epsilon_width, false, "ε")?;
        let square = fits(
            ((count * squares - sum * sum) << (2 * m.root_fraction)) + epsilon,
            m.square_width,
            false,
            "v",
        )?;
        let root = square.isqrt();
        let mut levels = Vec::new();
        for (c, x) in x.iter().enumerate() {
            let (word, lane) = ((n(v.constants) + c) / m.row_lanes, (n(v.constants) + c) % m.row_lanes);
            let at = lane * (m.gamma_width + m.beta_width) as usize;
            let gamma = self.constants.bits(word, at, m.gamma_width, true, "constants")?;
            let at = at + m.gamma_width as usize;
            let beta = self.constants.bits(word, at, m.beta_width, true, "constants")?;
            let deviation = (count * x - sum) << m.root_fraction;
            let numerator = gamma * deviation + beta * root;
            let value = numerator >> m.norm_fraction;
            let sticky = numerator != value << m.norm_fraction;
            levels.push(self.row_level(
                (value, root),
                sticky,
                (v.low as i64, v.high as i64),
                v.half_even == 1,
            )?);
        }
        Ok(levels)
    }
}
