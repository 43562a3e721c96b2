//! Conditions: which progress of which unit each row waits for.
//!
//! Row `r` of an instruction must not begin before certain rows of earlier instructions are complete: those that write
//! what it reads, read what it writes, or write what it writes. For each unit this is a progress `R(r)`; the condition
//! `base + r·step` is the tightest line that is nowhere below `R` and ends at its last value, so that it never waits for
//! rows of later instructions. What other conditions imply is left out.

use std::collections::HashMap;

use super::item::{Access, Buffer, Item, Kind, Port};
use super::memory::Addresses;
use crate::overlay::isa::Vector;
use crate::overlay::plan::Memory;

/// A condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wait {
    pub unit: usize,
    pub base: usize,
    pub step: usize,
}

impl Wait {
    fn at(self, row: usize) -> usize {
        self.base + row * self.step
    }
}

/// Progress of the three units; entry 0 is not used.
type Progress = [usize; 4];

/// The largest step of a condition.
const MAX_STEP: usize = 255;

/// Instructions with their conditions, in order, and whether they only wait. There may be more than before: where an instruction has to wait for
/// all three units, the vector unit waits for one of them in an instruction of its own, which writes to `scratch`.
pub(super) struct Ordered {
    pub items: Vec<(Item, [Wait; 2], bool)>,
    /// Whether `scratch` is used.
    pub helpers: bool,
}

/// Unit, port, and the progress after which they do not touch a word any more.
type Touch = (usize, Port, usize);

struct Orderer<'a> {
    buffers: &'a [Buffer],
    addresses: &'a Addresses,
    /// For each word of each memory, who touches it, and the progress of the unit after which it no longer does.
    touched: HashMap<(Memory, usize), Vec<Touch>>,
    totals: Progress,
    /// What is known when a row begins: the engine's list, the vector unit's.
    known: [Vec<Progress>; 2],
    /// Row of its list for each row of progress.
    rows: [Vec<usize>; 4],
}

/// Finds conditions.
pub(super) fn order(
    items: Vec<Item>,
    buffers: &[Buffer],
    addresses: &Addresses,
    scratch: Option<usize>,
) -> Ordered {
    let mut orderer = Orderer {
        buffers,
        addresses,
        touched: HashMap::new(),
        totals: [0; 4],
        known: [Vec::new(), Vec::new()],
        rows: Default::default(),
    };
    let mut ordered = Ordered { items: Vec::new(), helpers: false };
    for item in items {
        let required = orderer.required(&item);
        let waits = orderer.choose(&item, &required).unwrap_or_else(|| {
            ordered.helpers = true;
            let helper = helper(&item.name, scratch);
            let all =
                [Wait { unit: 2, base: required[2].last().copied().unwrap_or(0), step: 0 }, Wait::default()];
            orderer.place(&helper, all);
            ordered.items.push((helper, all, true));
            [line(1, &required[1]), Wait { unit: 3, base: orderer.totals[3], step: 0 }]
        });
        orderer.place(&item, waits);
        ordered.items.push((item, waits, false));
    }
    ordered
}

/// An instruction that only waits.
fn helper(name: &str, scratch: Option<usize>) -> Item {
    let vector = Vector { rows: 1, channels: 1, ..Vector::default() };
    let access = |buffer| Access { buffer, port: Port::VectorTarget, offset: 0, rows: vec![(0, 1)] };
    Item {
        name: format!("wait for {name}"),
        kind: Kind::Vector(Box::new(vector)),
        accesses: scratch.map(access).into_iter().collect(),
    }
}

/// The tightest line.
fn line(unit: usize, required: &[usize]) -> Wait {
    let Some(&last) = required.last() else { return Wait::default() };
    let mut best = Wait { unit, base: last, step: 0 };
    let steps = if required.len() > 1 { MAX_STEP } else { 0 };
    for step in 1..=steps {
        // Nowhere below, and `last` at the end.
        let rest = (required.len() - 1) * step;
        if rest > last {
            break;
        }
        let wait = Wait { unit, base: last - rest, step };
        if required.iter().enumerate().any(|(r, &value)| wait.at(r) < value) {
            break;
        }
        best = wait;
    }
    best
}

impl Orderer<'_> {
    /// For each unit and row, the progress that has to be reached; it never falls from row to row.
    fn required(&self, item: &Item) -> [Vec<usize>; 4] {
        let rows = item.rows();
        let mut required: [Vec<usize>; 4] = std::array::from_fn(|_| vec![0; rows]);
        for access in &item.accesses {
            let mut last = ((0, 0), Progress::default());
            for (r, &range) in access.rows.iter().enumerate() {
                if last.0 != range {
                    last = (range, self.touches(item.unit(), access, range));
                }
                for (list, progress) in required.iter_mut().zip(last.1) {
                    list[r] = list[r].max(progress);
                }
            }
        }
        for list in &mut required {
            let mut most = 0;
            for value in list {
                most = most.max(*value);
                *value = most;
            }
        }
        required
    }

    /// The progress of each unit that an access to these rows has to wait for.
    fn touches(&self, unit: usize, access: &Access, range: (usize, usize)) -> Progress {
        let mut progress = Progress::default();
        for word in self.words(access, range) {
            for &(other, port, after) in self.touched.get(&word).into_iter().flatten() {
                if (access.port.writes() || port.writes()) && must_wait((other, port), (unit, access.port)) {
                    progress[other] = progress[other].max(after);
                }
            }
        }
        progress
    }

    /// Words of some rows of an access.
    fn words(&self, access: &Access, range: (usize, usize)) -> impl Iterator<Item = (Memory, usize)> {
        let buffer = &self.buffers[access.buffer];
        let (memory, first) = (buffer.memory, self.addresses.first[access.buffer]);
        buffer.words_of(range).map(move |word| (memory, first + word))
    }

    /// At most two conditions that meet all requirements; none if it takes three.
    fn choose(&self, item: &Item, required: &[Vec<usize>; 4]) -> Option<[Wait; 2]> {
        let wanted: Vec<usize> = (1..4).filter(|&u| required[u].last().is_some_and(|&p| p > 0)).collect();
        let mut subsets: Vec<Vec<usize>> = (0..1u32 << wanted.len())
            .map(|bits| (0..wanted.len()).filter(|n| bits >> n & 1 == 1).map(|n| wanted[n]).collect())
            .collect();
        subsets.sort_by_key(Vec::len);
        subsets.into_iter().filter(|units| units.len() <= 2).find_map(|units| {
            let mut waits = [Wait::default(); 2];
            for (wait, unit) in waits.iter_mut().zip(units) {
                *wait = line(unit, &required[unit]);
            }
            let known = self.knowledge(item, waits);
            let met = |(r, known): (usize, &Progress)| wanted.iter().all(|&u| known[u] >= required[u][r]);
            known.iter().enumerate().all(met).then_some(waits)
        })
    }

    /// What is known to be complete when each row begins.
    fn knowledge(&self, item: &Item, waits: [Wait; 2]) -> Vec<Progress> {
        let mut known = self.known[usize::from(item.unit() == 3)].last().copied().unwrap_or_default();
        let row = |r| {
            for wait in waits.iter().filter(|w| w.unit > 0) {
                join(&mut known, self.implied(wait.unit, wait.at(r)));
            }
            known
        };
        (0..item.rows()).map(row).collect()
    }

    /// What a unit's progress implies: itself, and what its last row knew when it began.
    fn implied(&self, unit: usize, progress: usize) -> Progress {
        let Some(last) = progress.checked_sub(1) else { return [0; 4] };
        let list = usize::from(unit == 3);
        let row = self.rows[unit].get(last).copied();
        let mut known = row.and_then(|row| self.known[list].get(row)).copied().unwrap_or_default();
        known[unit] = known[unit].max(progress);
        known
    }

    /// Appends an instruction.
    fn place(&mut self, item: &Item, waits: [Wait; 2]) {
        let (unit, rows) = (item.unit(), item.rows());
        let list = usize::from(unit == 3);
        let known = self.knowledge(item, waits);
        let first_row = self.known[list].len();
        self.known[list].extend(known);
        self.rows[unit].extend(first_row..first_row + rows);
        let first = self.totals[unit];
        self.totals[unit] += rows;
        for access in &item.accesses {
            for (r, &range) in access.rows.iter().enumerate() {
                // The last of several rows with the same words says it all.
                if access.rows.get(r + 1) == Some(&range) {
                    continue;
                }
                let words: Vec<(Memory, usize)> = self.words(access, range).collect();
                for word in words {
                    let all = self.touched.entry(word).or_default();
                    let after = first + r + 1;
                    match all.iter_mut().find(|(u, port, _)| (*u, *port) == (unit, access.port)) {
                        Some(own) => own.2 = own.2.max(after),
                        None => all.push((unit, access.port, after)),
                    }
                }
            }
        }
    }
}

fn join(known: &mut Progress, other: Progress) {
    known.iter_mut().zip(other).for_each(|(a, b)| *a = (*a).max(b));
}

/// Whether an access has to wait for an earlier one of the same words; units and ports. Fetching, accumulating, firing
/// and the serial path each work in the order of the program, one behind the other, and softmax comes last. The vector
/// unit completes an instruction before it begins the next.
fn must_wait((before, port): (usize, Port), (now, own): (usize, Port)) -> bool {
    if before == 3 || now == 3 {
        return before != now;
    }
    match port {
        Port::Source | Port::Words | Port::Masked => false,
        Port::Spikes => own == Port::Source || (before == 2 && now == 1),
        Port::Operands => own == Port::Words,
        Port::Sums => own != Port::Sums,
        Port::VectorSource | Port::VectorTarget | Port::Mask => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::item::{Access, Buffer, Item, Kind, Port};
    use super::super::memory::place;
    use super::{Wait, line, order};
    use crate::overlay::isa::{Fetch, Fire, Vector};
    use crate::overlay::plan::Memory;

    #[test]
    fn lines_are_tight_and_end_at_the_last_requirement() {
        let wait = |base, step| Wait { unit: 1, base, step };
        assert_eq!(line(1, &[1, 2, 3, 4]), wait(1, 1));
        assert_eq!(line(1, &[3, 6, 9]), wait(3, 3));
        assert_eq!(line(1, &[7, 7, 7]), wait(7, 0));
        assert_eq!(line(1, &[0, 1, 2]), wait(0, 1));
        assert_eq!(line(1, &[0, 5, 5]), wait(5, 0));
        assert_eq!(line(1, &[0, 0, 5]), wait(1, 2));
        assert_eq!(line(1, &[1000]), wait(1000, 0));
    }

    fn buffer(memory: Memory) -> Buffer {
        Buffer { name: String::new(), memory, rows: 2, row_words: 1, steps: 1, always: true, signed: false }
    }

    fn engine(serial: u128, ports: &[(Port, usize)]) -> Item {
        let fetch = Fetch { rows: 2, ..Fetch::default() };
        let pair = (fetch, Fire { rows: 2, serial, ..Fire::default() });
        item(Kind::Engine(Box::new(pair)), ports)
    }

    fn vector(ports: &[(Port, usize)]) -> Item {
        item(Kind::Vector(Box::new(Vector { rows: 2, channels: 1, ..Vector::default() })), ports)
    }

    fn item(kind: Kind, ports: &[(Port, usize)]) -> Item {
        let access =
            |&(port, buffer): &(Port, usize)| Access { buffer, port, offset: 0, rows: vec![(0, 1), (1, 2)] };
        Item { name: "node".into(), kind, accesses: ports.iter().map(access).collect() }
    }

    /// What each unit has written is read by the engine: one condition too many.
    #[test]
    fn a_third_unit_is_waited_for_by_an_instruction_of_its_own() {
        let memories = [Memory::Spikes, Memory::Spikes, Memory::Sums, Memory::Sums];
        let buffers: Vec<Buffer> = memories.into_iter().map(buffer).collect();
        let wait = |unit, base, step| Wait { unit, base, step };
        let before = [
            engine(1, &[(Port::Spikes, 0)]),
            engine(2, &[(Port::Spikes, 1)]),
            vector(&[(Port::VectorTarget, 2)]),
        ];
        let reader = engine(1, &[(Port::Source, 0), (Port::Source, 1), (Port::Sums, 2)]);
        let items: Vec<Item> = before.iter().cloned().chain([reader]).collect();
        let addresses = place(&buffers, &items, 1, false);
        let ordered = order(items, &buffers, &addresses, Some(3));
        assert!(ordered.helpers);
        assert_eq!(ordered.items.len(), 5);
        assert!(ordered.items[..3].iter().all(|(_, waits, _)| *waits == [Wait::default(); 2]));
        assert_eq!((ordered.items[3].1, ordered.items[3].2), ([wait(2, 2, 0), Wait::default()], true));
        assert_eq!((ordered.items[4].1, ordered.items[4].2), ([wait(1, 1, 1), wait(3, 3, 0)], false));
        // The vector unit has its own order.
        let reader = vector(&[(Port::Spikes, 0), (Port::Spikes, 1), (Port::VectorSource, 2)]);
        let items: Vec<Item> = before.into_iter().chain([reader]).collect();
        let ordered = order(items, &buffers, &addresses, Some(3));
        assert!(!ordered.helpers);
        assert_eq!(ordered.items[3].1, [wait(1, 1, 1), wait(2, 1, 1)]);
    }

    /// The engine reads what the vector unit has made of what the engine wrote: waiting for the vector unit says it all.
    #[test]
    fn what_another_condition_implies_is_left_out() {
        let memories = [Memory::Sums, Memory::Spikes, Memory::Spikes];
        let buffers: Vec<Buffer> = memories.into_iter().map(buffer).collect();
        let items = vec![
            engine(1, &[(Port::Sums, 0), (Port::Spikes, 2)]),
            vector(&[(Port::VectorSource, 0), (Port::Spikes, 1)]),
            engine(1, &[(Port::Source, 1), (Port::Source, 2)]),
        ];
        let addresses = place(&buffers, &items, 1, false);
        let ordered = order(items, &buffers, &addresses, None);
        let waits: Vec<[Wait; 2]> = ordered.items.iter().map(|(_, waits, _)| *waits).collect();
        let wait = |unit| Wait { unit, base: 1, step: 1 };
        assert!(!ordered.helpers);
        assert_eq!(waits, [[Wait::default(); 2], [wait(1), Wait::default()], [wait(3), Wait::default()]]);
    }
}
