//! The input unit, and the engine up to the serial path.

use snn2rtl::overlay::isa::{Fetch, Fire};

use super::image::{fits, wrap};
use super::{Element, Event, Fault, Interpreter, Run, n};

impl Interpreter<'_> {
    pub(super) fn input_step(&mut self, run: &mut Run) -> Fault<bool> {
        let i = &self.machine.input;
        let (row, ahead) = match (run.input_row < i.rows, run.next_row < i.rows) {
            (true, _) => (run.input_row, 0),
            (_, true) => (run.next_row, 1),
            _ => return Ok(false),
        };
        let (channels, half, base) = (i.channels, i.half, i.base);
        let (row_stride, step_stride, steps) = (i.row_stride, i.step_stride, i.steps);
        let w = self.machine.fire_lanes;
        let first = base + (self.parity ^ ahead) * half + row * row_stride;
        for group in 0..channels.div_ceil(w) {
            let mut levels = Vec::new();
            for c in group * w..channels.min((group + 1) * w) {
                let k = row * channels + c;
                let element = match i.order {
                    None => k,
                    Some(_) => {
                        let width = usize::BITS - (i.count - 1).leading_zeros();
                        n(self.order.bits(k, 0, width.max(1), false, "order")?.unsigned_abs())
                    }
                };
                let value = run.raw[ahead][element] as i64;
                fits(value.unsigned_abs().into(), steps as u32, false, "the magnitude of an element")?;
                levels.push(Some(value));
            }
            self.write_group(first, step_stride, group, &levels, steps, false)?;
        }
        if ahead == 0 {
            run.input_row += 1
        } else {
            run.next_row += 1
        }
        Ok(true)
    }

    /// Whether row `r` may begin.
    pub(super) fn may_begin(run: &Run, waits: [[u128; 3]; 2], row: usize) -> bool {
        waits
            .iter()
            .all(|&[unit, base, step]| unit == 0 || run.progress[n(unit)] >= base + row as u128 * step)
    }

    pub(super) fn fetch_step(&mut self, run: &mut Run) -> Fault<bool> {
        let m = self.machine;
        let (at, row, chunk) = run.at;
        let Some(f) = self.fetch.get(at) else { return Ok(false) };
        if run.chunks.len() >= run.capacity {
            return Ok(false);
        }
        if chunk == 0 {
            let waits =
                [[f.wait0_unit, f.wait0_base, f.wait0_step], [f.wait1_unit, f.wait1_base, f.wait1_step]];
            // What a window sees of the input may be in any row.
            let last = if f.columns > 0 { m.input.rows - 1 } else { row };
            if !Self::may_begin(run, waits, row) || (f.input == 1 && last >= run.input_row) {
                return Ok(false);
            }
        }
        let (outer, inner) = (chunk / n(f.inner), chunk % n(f.inner));
        let mut events = Vec::new();
        let taps = self.taps(f, row)?;
        // Taps one after the other in each step; for the largest sum, all steps of one tap after the other.
        let order: Vec<(usize, usize)> = match f.maximum {
            0 => (0..n(f.steps)).flat_map(|s| (0..taps.len()).map(move |t| (s, t))).collect(),
            _ => (0..taps.len()).flat_map(|t| (0..n(f.steps)).map(move |s| (s, t))).collect(),
        };
        for (step, tap) in order {
            match f.maximum {
                1 if step == 0 && tap > 0 => events.push(Event::Larger),
                _ if step > 0 && f.doubling == 1 && (tap == 0 || f.maximum == 1) => {
                    events.push(Event::Double)
                }
                _ => {}
            }
            {
                let (source, words) = taps[tap];
                let mut first = n(f.source) + source + step * n(f.step_stride);
                if f.input == 1 {
                    first += self.parity * m.input.half;
                }
                let groups = outer * n(f.slice_step)..outer * n(f.slice_step) + n(f.slice_groups);
                for position in groups.start * m.fire_lanes..groups.end * m.fire_lanes {
                    let word = first + position / m.fetch_width;
                    let bits =
                        self.spikes.get(word).ok_or_else(|| format!("fetch {at} reads spikes at {word}"))?;
                    let spike = bits[position % m.fetch_width].ok_or_else(|| {
                        format!("fetch {at} row {row} reads word {word} too early, position {position}")
                    })?;
                    if spike == 0 {
                        continue;
                    }
                    let word = f.words + outer as u128 * f.outer_words + inner as u128 * f.inner_words;
                    let of_row = if f.diagonal == 1 { row as u128 * f.line_words } else { 0 };
                    let word = (word + words + of_row + position as u128) % (1 << 32);
                    events.push(Event::Add { word: n(word), negative: spike < 0 });
                }
            }
        }
        if taps.is_empty() {
            return Err(format!("fetch {at} row {row} reads nothing"));
        }
        run.chunks.push_back((at, events));
        run.at.2 += 1;
        if run.at.2 == n(f.outer * f.inner) {
            run.at = (at, row + 1, 0);
            if row + 1 == n(f.rows) {
                run.at = (at + 1, 0, 0);
            }
        }
        Ok(true)
    }

    /// What a row reads in a step: words from `source`, words of weights from the first.
    fn taps(&self, f: &Fetch, row: usize) -> Fault<Vec<(usize, u128)>> {
        if f.columns == 0 {
            let place =
                |g: usize| (row * n(f.row_stride) + g * n(f.segment_stride), g as u128 * f.segment_words);
            return Ok((0..n(f.segments)).map(place).collect());
        }
        let m = self.machine;
        let bits = |depth: usize| (usize::BITS - depth.saturating_sub(1).leading_zeros()).max(1);
        let plain = bits(m.weight_depth.max(m.operand_depth));
        let with_lane = 1 + bits(m.weight_depth).max(bits(m.operand_depth) + bits(m.lanes));
        let (spike_bits, word_bits) = (bits(m.spike_depth), if m.gates { with_lane } else { plain });
        let entry = |at: usize| -> Fault<(usize, u128, usize)> {
            let field = |first: u32, width: u32| {
                let value = self.windows.bits(at, first as usize, width, false, "the window table")?;
                Ok::<_, String>(value.unsigned_abs())
            };
            let count = field(spike_bits + word_bits, usize::BITS - m.max_segments.leading_zeros())?;
            Ok((n(field(0, spike_bits)?), field(spike_bits, word_bits)?, n(count)))
        };
        let line = entry(n(f.line_entries) + row / n(f.columns))?;
        let column = entry(n(f.column_entries) + row % n(f.columns))?;
        let mut taps = Vec::new();
        for i in 0..line.2 {
            for j in 0..column.2 {
                let source = line.0 + column.0 + i * n(f.line_stride) + j * n(f.segment_stride);
                let words = line.1 + column.1 + i as u128 * f.line_words + j as u128 * f.segment_words;
                taps.push((source, words));
            }
        }
        Ok(taps)
    }

    pub(super) fn accumulate_step(&mut self, run: &mut Run) -> Fault<bool> {
        let m = self.machine;
        if run.accumulated.len() >= run.capacity {
            return Ok(false);
        }
        let Some((at, events)) = run.chunks.pop_front() else { return Ok(false) };
        let mut sums = vec![Some(0i128); m.lanes];
        let mut largest: Option<Vec<Option<i128>>> = None;
        let merged = |largest: &mut Option<Vec<Option<i128>>>, sums: &[Option<i128>]| -> Fault<()> {
            for sum in sums.iter().flatten() {
                fits(*sum, m.pool_width, true, "a sum that is compared")?;
            }
            *largest = Some(match largest.take() {
                None => sums.to_vec(),
                Some(kept) => {
                    kept.iter().zip(sums).map(|(kept, sum)| kept.zip(*sum).map(|(a, b)| a.max(b))).collect()
                }
            });
            Ok(())
        };
        for event in events {
            if let Event::Larger = event {
                merged(&mut largest, &sums)?;
                sums = vec![Some(0); m.lanes];
            }
            for (lane, sum) in sums.iter_mut().enumerate() {
                match event {
                    Event::Larger => {}
                    Event::Double => *sum = sum.map(|s| wrap(2 * s, m.acc_width)),
                    Event::Add { word, negative } => {
                        let fetch = &self.fetch[at];
                        let places = m.lanes.next_power_of_two().max(2);
                        let term = if fetch.diagonal == 1 {
                            let (word, own) = (word / places, word % places);
                            if own >= m.lanes {
                                return Err(format!("lane {own} of a word"));
                            }
                            let lanes =
                                run.operands.get(word).ok_or_else(|| format!("operand word {word}"))?;
                            if lane == own { lanes[lane].map(i128::from) } else { Some(0) }
                        } else if fetch.operand == 1 {
                            let lanes =
                                run.operands.get(word).ok_or_else(|| format!("operand word {word}"))?;
                            lanes[lane].map(i128::from)
                        } else {
                            let at = lane * m.weight_width as usize;
                            Some(self.weights.bits(word, at, m.weight_width, true, "weights")?)
                        };
                        let term = term.map(|t| if negative { -t } else { t });
                        *sum = sum.zip(term).map(|(s, t)| wrap(s + t, m.acc_width));
                    }
                }
            }
        }
        if largest.is_some() {
            merged(&mut largest, &sums)?;
        }
        run.accumulated.push_back(largest.unwrap_or(sums));
        Ok(true)
    }

    /// Start value and θ of a neuron of a group, which may share θ.
    fn threshold(&self, word: usize, lane: usize) -> Fault<(i128, i128)> {
        let m = self.machine;
        let (start, theta) = (m.start_width as usize, m.theta_width as usize);
        let [first, second] = match m.shared_theta {
            true => [lane * start, m.fire_lanes * start],
            false => [lane * (start + theta), lane * (start + theta) + start],
        };
        let start = self.thresholds.bits(word, first, m.start_width, true, "thresholds")?;
        Ok((start, self.thresholds.bits(word, second, m.theta_width, false, "thresholds")?))
    }

    /// A neuron of the engine.
    fn neuron(&self, f: &Fire, group: usize, lane: usize, sum: i128) -> Fault<i64> {
        let m = self.machine;
        let word = n(f.thresholds) + group;
        let (start, theta) = self.threshold(word, lane)?;
        if f.table == 1 {
            return self.level(f, lane, sum, (start, theta));
        }
        let v = fits(start + (sum << m.fraction), m.membrane_width + 1, true, "V")?;
        let (mut left, limit) = if v >= 0 { (v, f.high) } else { (-v - 1 + theta, f.low) };
        fits(left, m.membrane_width, false, "M")?;
        let mut magnitude = 0i64;
        for step in 0..n(f.steps) {
            let weight: i64 = if f.unary == 1 { 1 } else { 1 << (n(f.steps) - 1 - step) };
            fits(i128::from(weight) * theta, m.membrane_width, false, "w·θ")?;
            if left >= i128::from(weight) * theta && magnitude + weight <= limit as i64 {
                magnitude += weight;
                left -= i128::from(weight) * theta;
            }
        }
        fits(magnitude.into(), m.level_bits, false, "a magnitude")?;
        Ok(if v >= 0 { magnitude } else { -magnitude })
    }

    /// A time-step of an IF or LIF neuron, whose membrane and synaptic current are kept.
    fn time_step(
        &self,
        f: &Fire,
        (group, lane): (usize, usize),
        sum: i128,
        first: bool,
        (kept, current): &mut (i128, i128),
    ) -> Fault<i64> {
        let m = self.machine;
        let word = n(f.thresholds) + group;
        let (drive, theta) = self.threshold(word, lane)?;
        let value = i128::from(f.coefficient as u64 as i64);
        let membrane = |v| fits(v, m.lif_width, true, "a membrane");
        let rest = |v: i128, factor: u128| {
            let half = if m.leak_shift == 0 { 0 } else { 1 << (m.leak_shift - 1) };
            (v * factor as i128 + half) >> m.leak_shift
        };
        let leak = |v: i128| rest(v, f.scale & 0xffff_ffff);
        let mut x = drive + (sum << f.starts);
        if f.current == 1 {
            x += if first { 0 } else { *current };
            *current = rest(fits(x, m.current_width, true, "a current")?, f.scale >> 32);
        }
        let v = membrane(if first { value } else { *kept } + x)?;
        let less = theta - (f.lif & 1) as i128;
        *kept = membrane(match (v >= theta, f.lif >> 1) {
            (false, _) | (true, 0) => leak(v),
            (true, 1) => leak(membrane(v - less)?),
            (true, 2) => leak(v) - less,
            (true, _) => value,
        })?;
        Ok(i64::from(v >= theta))
    }

    /// The level of a neuron that decides by a table: found by looking at every word.
    fn level(&self, f: &Fire, lane: usize, sum: i128, (first, count): (i128, i128)) -> Fault<i64> {
        let m = self.machine;
        let pieces = self.pieces.get(lane).ok_or("a table of a lane without one")?;
        let (first, count) = (n(first.unsigned_abs()), n(count.unsigned_abs()));
        assert!(0 < count && count <= 1 << f.probes, "{count} words, {} comparisons", f.probes);
        let threshold = |i: usize| pieces.bits(first + i, 0, m.piece_width, true, "a table");
        let mut found = 0;
        let mut last = i128::MIN;
        for i in 1..count {
            let threshold = threshold(i)?;
            assert!(threshold > last, "thresholds ascend");
            last = threshold;
            if sum >= threshold {
                found = i;
            }
        }
        let at = m.piece_width as usize;
        let level = pieces.bits(first + found, at, m.level_bits + 1, true, "a table")? as i64;
        let (limit, most) = if level < 0 { (f.low, -level) } else { (f.high, level) };
        assert!(most as u128 <= limit, "level {level}");
        Ok(level)
    }

    /// A group.
    pub(super) fn fire_step(&mut self, run: &mut Run) -> Fault<bool> {
        let m = self.machine;
        let w = m.fire_lanes;
        let [at, row, chunk, group, row_group, row_element] = run.firing;
        if run.serial.len() >= run.capacity.saturating_mul(w) {
            return Ok(false);
        }
        let (Some(f), Some(sums)) = (self.fire.get(at).cloned(), run.accumulated.front().cloned()) else {
            return Ok(false);
        };
        let last_inner = (chunk + 1).is_multiple_of(n(f.inner));
        let elements = n(if last_inner { f.tail } else { f.full });
        let lanes = group * w..((group + 1) * w).min(elements);
        // Neurons beyond the last element do not spike, whatever their sums.
        let mut levels = vec![Some(0); w];
        if f.neurons == 1 {
            for (lane, level) in levels.iter_mut().enumerate() {
                *level = match sums[group * w + lane] {
                    _ if group * w + lane >= elements && m.ragged => Some(0),
                    Some(sum) if f.lif > 0 => {
                        let at = row * f.groups(w) + row_group;
                        let kept = run.membranes.entry((at % n(f.sums), lane)).or_default();
                        Some(self.time_step(&f, (row_group, lane), sum, at < n(f.sums), kept)?)
                    }
                    Some(sum) => Some(self.neuron(&f, row_group, lane, sum)?),
                    None => None,
                };
            }
            let row_levels = run.outcome.levels.entry((0, at, row)).or_default();
            assert_eq!(row_levels.len(), row_group * w);
            row_levels.extend(levels.iter().map(|l| l.unwrap_or(i64::MIN)));
        }
        if f.spikes_out == 1 {
            let first = n(f.spikes) + row * n(f.row_stride);
            self.write_group(first, n(f.step_stride), row_group, &levels, n(f.steps), f.unary == 1)?;
        }
        if f.operand_out == 1 {
            for (lane, level) in levels.iter().enumerate() {
                let level = level.ok_or("an operand of nothing")?;
                fits(level.into(), m.operand_width, true, "an operand")?;
                let (word, to) = if f.transpose == 1 {
                    (row / m.lanes * n(f.operand_stride) + row_group * w + lane, row % m.lanes)
                } else {
                    let unit = row_group / n(f.operand_groups);
                    (unit * n(f.operand_stride) + row, w * (row_group % n(f.operand_groups)) + lane)
                };
                let word = n(f.operand_words) + word;
                let lanes = run.operands.get_mut(word).ok_or_else(|| format!("operand to word {word}"))?;
                lanes[to] = Some(level);
            }
        }
        let count = lanes.len();
        for (k, lane) in lanes.clone().enumerate() {
            let value = if f.neurons == 1 { levels[lane - group * w].map(i128::from) } else { sums[lane] };
            if f.serial > 0 {
                let value = value.ok_or("an element of nothing")?;
                run.serial.push_back(Element::Value {
                    fire: at,
                    row,
                    channels: f.elements(),
                    channel: row_element + k,
                    value: fits(value, m.value_width, true, "an element of the serial path")?,
                    group_end: last_inner && lane + 1 == elements,
                });
            }
        }
        run.firing = [at, row, chunk, group + 1, row_group + 1, row_element + count];
        if (group + 1) * w >= elements {
            run.accumulated.pop_front();
            run.firing[2] = chunk + 1;
            run.firing[3] = 0;
            if chunk + 1 == n(f.chunks) {
                run.serial.push_back(Element::RowEnd { fire: at });
                run.firing = [at, row + 1, 0, 0, 0, 0];
                if row + 1 == n(f.rows) {
                    run.firing = [at + 1, 0, 0, 0, 0, 0];
                }
            }
        }
        Ok(true)
    }
}
