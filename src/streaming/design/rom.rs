//! Where read-only memories are: in block memory or in look-up tables.

/// Bits of a block that a memory has to fill: a third of 18 kbit.
const LEAST_BITS: usize = 6144;
/// Bits of a block.
const BLOCK_BITS: usize = 18 * 1024;
/// Words of a block with one port, at its widest.
const WORDS: usize = 512;

/// Whether a read-only memory is in block memory: whether it fills blocks of 18 kbit to a third.
///
/// `rtl/sync_rom.sv` and, with two `ports` that read, `rtl/threshold_rom.sv` have the same rule for memories of which the
/// design says nothing. With two ports a block has half the width; look-up tables are needed twice.
#[must_use]
pub fn in_blocks(width: usize, depth: usize, ports: usize) -> bool {
    let blocks = (width * depth.max(WORDS * ports)).div_ceil(BLOCK_BITS);
    ports * width * depth >= LEAST_BITS * blocks.max(1)
}

#[cfg(test)]
mod tests {
    use super::in_blocks;

    #[test]
    fn a_third_of_a_block_is_worth_one() {
        for (width, depth, ports, expected) in [
            (112, 256, 1, true),
            (224, 128, 1, false),
            (36, 171, 1, true),
            (36, 170, 1, false),
            (12, 512, 1, true),
            (12, 511, 1, false),
            (1, 6144, 1, true),
            (2, 2048, 1, false),
            (496, 4, 1, false),
            (18, 171, 2, true),
            (18, 170, 2, false),
            (0, 100, 1, false),
        ] {
            assert_eq!(
                in_blocks(width, depth, ports),
                expected,
                "{width} bits of {depth} words, {ports} ports"
            );
        }
    }
}
