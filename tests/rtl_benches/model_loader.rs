//! The loader of model images, against a reader of images of its own.

use std::path::Path;

use super::images::{Random, Word};
use super::runner::{Group, Parameters};
use super::vectors::{Batches, Beats};

const MAGIC: u32 = 0x4d4e_4e53;
const MACHINE: u32 = 0x89ab_cdef;
/// Version of the format.
const VERSION: u32 = 4;

/// Words of each memory, and parts of a word.
type Memories = &'static [(u32, u16)];

const CASES: [Memories; 3] =
    [&[(13, 1), (40, 3), (0, 0), (7, 9)], &[(1, 1)], &[(64, 2), (3, 33), (1000, 1), (5, 4), (2, 1)]];

#[test]
fn model_loader() {
    let mut group = Group::new("model_loader");
    let mut random = Random(61);
    for case in CASES {
        group.add_one("model_loader", |base| images(&mut random, case, base));
        // Words of one memory are taken faster.
        for checked in 0..case.len().min(2) {
            group.add_one("model_loader", |base| {
                let all = images(&mut random, case, base).into_iter();
                all.chain([("CheckedMemory", checked.to_string())]).collect()
            });
        }
    }
    group.run();
}

/// CRC-32 of IEEE 802.3, bit by bit.
fn crc(words: &[u32]) -> u32 {
    let mut crc = !0u32;
    for byte in words.iter().flat_map(|word| word.to_le_bytes()) {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn any(random: &mut Random) -> u32 {
    random.range(0, u32::MAX.into()) as u32
}

/// A good image.
fn image(random: &mut Random, memories: Memories) -> Vec<u32> {
    let mut words = vec![MAGIC, VERSION, MACHINE, 0];
    let there: Vec<usize> = (0..memories.len()).filter(|&m| memories[m].0 > 0).collect();
    for _ in 0..random.range(1, 5) {
        let memory = random.pick(&there);
        let (depth, parts) = memories[memory];
        let first = random.range(0, i64::from(depth) - 1) as u32;
        let most = i64::from(depth - first).min(12);
        let count = if random.once_in(3) { most } else { random.range(1, most) } as u32;
        words.extend([memory as u32, first, count]);
        (0..count * u32::from(parts)).for_each(|_| words.push(any(random)));
    }
    words[3] = words.len() as u32 + 1;
    words.push(crc(&words));
    words
}

/// Where the first section begins.
const SECTION: usize = 4;

/// Damages an image, with a CRC that is right again or not.
fn damage(random: &mut Random, words: &mut Vec<u32>, memories: Memories) {
    let last = words.len() - 1;
    match random.range(0, 9) {
        // A bit anywhere.
        0 => words[random.range(0, last as i64) as usize] ^= 1 << random.range(0, 31),
        1 => words[0] = any(random),
        2 => words[1] = random.range(2, 5) as u32,
        3 => words[2] ^= 1 << random.range(0, 31),
        4 => words[3] = random.pick(&[0, 5, 8, last as u32, last as u32 + 2, u32::MAX]),
        5 => words[SECTION] = random.pick(&[memories.len() as u32, u32::MAX, 1 << 16]),
        6 => {
            let (depth, _) = memories[words[SECTION] as usize];
            words[SECTION + 1] = random.pick(&[depth, u32::MAX, depth + 1]);
        }
        7 => words[SECTION + 2] = random.pick(&[0, u32::MAX, memories[words[SECTION] as usize].0 + 1]),
        8 => words.truncate(random.range(1, last as i64) as usize),
        _ => words[last] ^= 1 << random.range(0, 31),
    }
    if random.once_in(2) && words.len() == last + 1 {
        words[last] = crc(&words[..last]);
    }
}

/// A part that is written: memory, address, part, data.
type Write = (u32, u32, u16, u32);

/// What a reader makes of words: parts that it writes, error or 0, whether the image is good.
fn read(words: &[u32], memories: Memories) -> (Vec<Write>, u32, bool) {
    let mut writes = Vec::new();
    let at = |n: usize| words.get(n).copied();
    for (n, (expected, error)) in [(MAGIC, 1), (VERSION, 2), (MACHINE, 3)].into_iter().enumerate() {
        match at(n) {
            None => return (writes, 0, false),
            Some(word) if word != expected => return (writes, error, false),
            Some(_) => {}
        }
    }
    let Some(length) = at(3) else { return (writes, 0, false) };
    if length < 9 {
        return (writes, 4, false);
    }
    let mut next = SECTION;
    // A word of a section; the last word of an image is not one.
    let within = |n: usize| match at(n) {
        None => Err(0u32),
        Some(_) if n as u64 + 1 == u64::from(length) => Err(4),
        Some(word) => Ok(word),
    };
    let mut section = |next: &mut usize| -> Result<(), u32> {
        let memory = within(*next)?;
        let &(depth, parts) = memories.get(memory as usize).ok_or(5u32)?;
        let first = within(*next + 1)?;
        let count = within(*next + 2)?;
        if count == 0 || u64::from(first) + u64::from(count) > depth.into() {
            return Err(6);
        }
        *next += 3;
        for address in first..first + count {
            for part in 0..parts {
                writes.push((memory, address, part, within(*next)?));
                *next += 1;
            }
        }
        Ok(())
    };
    loop {
        if let Err(error) = section(&mut next) {
            return (writes, error, false);
        }
        if next as u64 + 1 == u64::from(length) {
            break;
        }
    }
    match at(next) {
        None => (writes, 0, false),
        Some(word) if word == crc(&words[..next]) => (writes, 0, true),
        Some(_) => (writes, 7, false),
    }
}

fn images(random: &mut Random, memories: Memories, base: &Path) -> Parameters {
    let memory_bits = i64::from((usize::BITS - (memories.len() - 1).leading_zeros()).max(1));
    let (mut input, mut output, mut batches) = (Beats::default(), Beats::default(), Batches::default());
    let mut seen = [0; 9];
    let step = |input: &mut Beats, kind: i64, data: u32| {
        let mut word = Word::default();
        word.push(i64::from(data), 32);
        word.push(kind, 2);
        input.push(word);
    };
    for _ in 0..4 {
        for n in 0..60 {
            let mut words = image(random, memories);
            // The last one of a batch is good, so that something is written.
            let good = n == 59 || random.once_in(3);
            if !good {
                damage(random, &mut words, memories);
            }
            let fails = !good && random.once_in(8);
            if fails {
                words.truncate(random.range(0, words.len() as i64 - 1) as usize);
            }
            let (writes, error, loaded) = read(&words, memories);
            // A source that fails behind the end of an image changes nothing.
            let error = if fails && error == 0 && !loaded { 8 } else { error };
            step(&mut input, 1, 0);
            words.iter().for_each(|&word| step(&mut input, 0, word));
            if fails {
                step(&mut input, 2, 0);
            }
            if random.once_in(6) {
                // Dropped, if the image is complete or refused.
                if loaded || error > 0 {
                    step(&mut input, 0, any(random));
                }
            }
            step(&mut input, 3, u32::from(loaded) << 4 | error);
            seen[error as usize] += 1;
            for (memory, address, part, data) in writes {
                let mut word = Word::default();
                word.push(i64::from(memory), memory_bits);
                word.push(i64::from(address), 32);
                word.push(i64::from(part), 16);
                word.push(i64::from(data), 32);
                output.push(word);
            }
        }
        input.end_batch();
        output.end_batch();
        batches.push(0);
    }
    assert!(seen.iter().all(|&count| count > 0), "every error: {seen:?}");
    let packed = |width: usize, values: Vec<u64>| {
        let digits = |value: &u64| format!("{value:0digits$x}", digits = width / 4);
        let text: String = values.iter().rev().map(digits).collect();
        format!("{}'h{text}", width * values.len())
    };
    let mut parameters = batches.write(base, 0);
    parameters.extend(input.parameters(base, "in", ["InFile", "InWords"]));
    parameters.extend(output.parameters(base, "out", ["OutFile", "OutWords"]));
    parameters.extend([
        ("Machine", format!("32'h{MACHINE:08x}")),
        ("Memories", memories.len().to_string()),
        ("MemoryBits", memory_bits.to_string()),
        ("Depths", packed(32, memories.iter().map(|m| m.0.into()).collect())),
        ("Parts", packed(16, memories.iter().map(|m| m.1.into()).collect())),
    ]);
    parameters
}
