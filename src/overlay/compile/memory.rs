//! Addresses: values whose lives do not overlap share words.

use super::item::{Buffer, Item};
use crate::overlay::plan::Memory;

/// Addresses of the buffers, and words of each memory.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    pub first: Vec<usize>,
    /// First and last instruction; none of a buffer that is not touched.
    pub lives: Vec<Option<(usize, usize)>>,
    pub spikes: usize,
    /// Words up to the last one that has signs.
    pub signs: usize,
    pub operands: usize,
    pub sums: usize,
}

/// Places every buffer: first those that live always, then in the order of their first instruction, each at the lowest
/// address that is free while it lives. With `apart`, spikes without signs come behind all others.
pub(super) fn place(buffers: &[Buffer], items: &[Item], row_lanes: usize, apart: bool) -> Addresses {
    let mut lives: Vec<Option<(usize, usize)>> = vec![None; buffers.len()];
    for (n, item) in items.iter().enumerate() {
        for access in &item.accesses {
            let life = lives[access.buffer].get_or_insert((n, n));
            life.1 = n;
        }
    }
    for (life, buffer) in lives.iter_mut().zip(buffers) {
        if buffer.always {
            *life = Some((0, usize::MAX));
        }
    }
    let mut order: Vec<usize> = (0..buffers.len()).filter(|&b| lives[b].is_some()).collect();
    let behind = |b: usize| apart && buffers[b].memory == Memory::Spikes && !buffers[b].signed;
    order.sort_by_key(|&b| (behind(b), !buffers[b].always, lives[b]));
    let mut signs = 0;
    let mut first = vec![0; buffers.len()];
    let mut ends = [0; 3];
    let mut placed: Vec<usize> = Vec::new();
    for b in order {
        let index = match buffers[b].memory {
            Memory::Spikes => 0,
            Memory::Operands => 1,
            Memory::Sums => 2,
            // A memory of its own.
            Memory::Mask => continue,
        };
        let together = |other: &&usize| {
            let (Some(a), Some(b)) = (lives[b], lives[**other]) else { return false };
            a.0 <= b.1 && b.0 <= a.1
        };
        let same = placed.iter().filter(|other| buffers[**other].memory == buffers[b].memory);
        let mut taken: Vec<(usize, usize)> =
            same.filter(together).map(|&o| (first[o], first[o] + buffers[o].words())).collect();
        taken.sort_unstable();
        let mut at = 0;
        for (from, to) in taken {
            if at + buffers[b].words() <= from {
                break;
            }
            // Rows of sums and operands begin at multiples of the row lanes.
            at = at.max(if index == 0 { to } else { to.next_multiple_of(row_lanes) });
        }
        first[b] = at;
        ends[index] = ends[index].max(at + buffers[b].words());
        if index == 0 && buffers[b].signed {
            signs = signs.max(at + buffers[b].words());
        }
        placed.push(b);
    }
    Addresses { first, lives, spikes: ends[0], signs, operands: ends[1], sums: ends[2] }
}
