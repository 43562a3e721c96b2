//! Conditions: which progress of which unit each row waits for.
//!
//! Row `r` of an instruction must not begin before certain rows of earlier instructions are complete: those that write
//! what it reads, read what it writes, or write what it writes. For each unit this is a progress `R(r)`; the condition
//! `base + r·step` is the tightest line that is nowhere below `R` and ends at its last value, so that it never waits for
//! rows of later instructions. What other conditions imply is left out.

use super::item::{Access, Buffer, Item, Kind, Port};
use super::memory::Addresses;
use crate::overlay::isa::Vector;

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

/// Instructions with their conditions, in order. There may be more than before: where an instruction has to wait for
/// all three units, the vector unit waits for one of them in an instruction of its own, which writes to `scratch`.
pub(super) struct Ordered {
    pub items: Vec<(Item, [Wait; 2])>,
    /// Whether `scratch` is used.
    pub helpers: bool,
}

struct Orderer<'a> {
    buffers: &'a [Buffer],
    addresses: &'a Addresses,
    done: Vec<Done>,
    totals: Progress,
    /// What is known when a row begins: the engine's list, the vector unit's.
    known: [Vec<Progress>; 2],
    /// Row of its list for each row of progress.
    rows: [Vec<usize>; 4],
}

/// An instruction that has its place.
struct Done {
    unit: usize,
    first: usize,
    rows: usize,
    /// For each access, the progress after which nothing touches a row of the buffer any more.
    accesses: Vec<(Access, Vec<usize>)>,
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
        done: Vec::new(),
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
            let mut all =
                [Wait { unit: 2, base: required[2].last().copied().unwrap_or(0), step: 0 }, Wait::default()];
            if item.unit() == 3 {
                all[1] = Wait { unit: 3, base: required[3].last().copied().unwrap_or(0), step: 0 };
            }
            orderer.place(&helper, all);
            ordered.items.push((helper, all));
            let after = if item.unit() == 3 {
                Wait::default()
            } else {
                Wait { unit: 3, base: orderer.totals[3], step: 0 }
            };
            [line(1, &required[1]), after]
        });
        orderer.place(&item, waits);
        ordered.items.push((item, waits));
    }
    ordered
}

/// An instruction that only waits.
fn helper(name: &str, scratch: Option<usize>) -> Item {
    let vector = Vector { rows: 1, channels: 1, ..Vector::default() };
    let access = |buffer| Access { buffer, port: Port::VectorTarget, offset: 0, rows: vec![(0, 1)] };
    Item {
        name: format!("{name} (order)"),
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
            for done in &self.done {
                for (other, after) in &done.accesses {
                    if !self.conflict(access, other)
                        || !must_wait((done.unit, other.port), (item.unit(), access.port))
                    {
                        continue;
                    }
                    let own = &mut required[done.unit];
                    for (r, own) in own.iter_mut().enumerate() {
                        let progress = if access.buffer == other.buffer {
                            let (from, to) = access.rows[r];
                            after[from..to].iter().copied().max().unwrap_or(0)
                        } else {
                            done.first + done.rows
                        };
                        *own = (*own).max(progress);
                    }
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

    /// Whether two accesses touch the same words, and one writes.
    fn conflict(&self, a: &Access, b: &Access) -> bool {
        let (x, y) = (&self.buffers[a.buffer], &self.buffers[b.buffer]);
        let (p, q) = (self.addresses.first[a.buffer], self.addresses.first[b.buffer]);
        (a.port.writes() || b.port.writes())
            && x.memory == y.memory
            && (a.buffer == b.buffer || (p < q + y.words && q < p + x.words))
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
        let after = |access: &Access| {
            let mut after = vec![0; self.buffers[access.buffer].rows];
            for (r, &(from, to)) in access.rows.iter().enumerate() {
                after[from..to].iter_mut().for_each(|a| *a = first + r + 1);
            }
            (access.clone(), after)
        };
        let accesses = item.accesses.iter().map(after).collect();
        self.done.push(Done { unit, first, rows, accesses });
    }
}

fn join(known: &mut Progress, other: Progress) {
    known.iter_mut().zip(other).for_each(|(a, b)| *a = (*a).max(b));
}

/// Whether an access has to wait for an earlier one of the same words; units and ports. Fetching, accumulating, firing
/// and the serial path each work in the order of the program, one behind the other, and softmax comes last.
fn must_wait((before, port): (usize, Port), (now, own): (usize, Port)) -> bool {
    if before == 3 || now == 3 {
        return true;
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
    use super::{Wait, line};

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
}
