//! Memory mapping of Yosys: the cheapest resource of `memory_libmap`, with the costs in the libraries of each family.

use crate::streaming::design::in_blocks;
use crate::target::Family;

/// Ports of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// Never written; the read is registered. In block memory or not by the rule of the library.
    Rom,
    /// The same in block memory.
    BlockRom,
    /// The same in look-up tables that are mapped as a module of their own.
    LutRom,
    /// Never written; two registered reads. In block memory or not by the rule of the library.
    DualRom,
    /// One write, one registered read.
    Sync,
    /// One write, one read whose address is a register: with synchronous reads if it is moved into the memory.
    Fifo,
    /// One write, one read without a register.
    Async,
}

/// Some equal memories.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    /// Ports.
    pub port: Port,
    /// Bits of a word.
    pub width: usize,
    /// Words.
    pub depth: usize,
    /// How many such memories there are.
    pub copies: usize,
}

/// Resources of memories.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mapped {
    /// Look-up tables of writable memories, or that are required independently of cost.
    pub ram_lut: f64,
    /// Bits of outputs that are chosen from several columns of such tables, once for each column beyond the first.
    pub ram_mux: f64,
    /// Flip-flops: registers of outputs that are not within a block, and memories of flip-flops.
    pub ff: f64,
    /// Bits in flip-flops, whose reading takes look-up tables.
    pub ff_bits: f64,
    /// Look-up tables that it takes to write a read-only memory with random contents as logic.
    pub rom_lut: f64,
    /// Units of block memory.
    pub bram: f64,
    /// Large memories of UltraScale+.
    pub uram: f64,
}

impl Mapped {
    /// Both.
    pub fn and(self, other: Self) -> Self {
        Self {
            ram_lut: self.ram_lut + other.ram_lut,
            ram_mux: self.ram_mux + other.ram_mux,
            ff: self.ff + other.ff,
            ff_bits: self.ff_bits + other.ff_bits,
            rom_lut: self.rom_lut + other.rom_lut,
            bram: self.bram + other.bram,
            uram: self.uram + other.uram,
        }
    }
}

/// A shape of block memory: widths and depths of one port, the units it takes, its cost.
type Shape = (usize, usize, usize, usize);

/// AMD UG473, 7 Series FPGAs Memory Resources, and UG573: ports of RAMB18 and RAMB36.
const XILINX: &[Shape] = &[
    (1, 16384, 1, 129),
    (2, 8192, 1, 129),
    (4, 4096, 1, 129),
    (9, 2048, 1, 129),
    (18, 1024, 1, 129),
    (36, 512, 1, 129),
    (1, 32768, 2, 257),
    (2, 16384, 2, 257),
    (4, 8192, 2, 257),
    (9, 4096, 2, 257),
    (18, 2048, 2, 257),
    (36, 1024, 2, 257),
    (72, 512, 2, 257),
];
/// Lattice FPGA-TN-02204, ECP5 and ECP5-5G Memory Usage Guide: ports of EBR; Gowin UG285, BSRAM & SSRAM: the same.
const LATTICE: &[Shape] = &[
    (1, 16384, 1, 128),
    (2, 8192, 1, 128),
    (4, 4096, 1, 128),
    (9, 2048, 1, 128),
    (18, 1024, 1, 128),
    (36, 512, 1, 128),
];
/// Lattice FPGA-TN-02002, Memory Usage Guide for iCE40 Devices: ports of EBR.
const ICE40: &[Shape] = &[(2, 2048, 1, 64), (4, 1024, 1, 64), (8, 512, 1, 64), (16, 256, 1, 64)];

/// Cost of choosing a bit from one more memory behind others. It is not in a library, but derived from results of
/// Yosys.
const COLUMN: f64 = 0.5;
/// Cost a bit of moving an address register into block memory, which then needs a bypass for a word that is written
/// while it is read. From what Yosys did too.
const BYPASS: f64 = 0.2;

/// Memory resources of a family.
struct DesignPoint {
    blocks: &'static [Shape],
    /// Widest port of a block with two of them that read.
    widest_pair: [usize; 2],
    /// Distributed memory: words and bits of an element, its look-up tables, its cost; none if there is none.
    distributed: &'static [(usize, usize, usize, usize)],
    /// Of the cost of an element of distributed memory, what grows with the bits that are used.
    scaled: f64,
    /// Words of read-only memory whose look-up tables the multiplexers beside them choose between, and the look-up tables
    /// for each that holds bits, up to so many words and beyond. Measured with random contents (docs/cost-model.md).
    choice: (usize, [f64; 2]),
    /// Inputs of a look-up table.
    inputs: u32,
}

fn design_point(family: Family) -> DesignPoint {
    match family {
        Family::Xc7 => DesignPoint {
            blocks: XILINX,
            widest_pair: [18, 36],
            distributed: &[(32, 6, 4, 8), (64, 3, 4, 8)],
            scaled: 7.0,
            choice: (256, [1.0, 1.35]),
            inputs: 6,
        },
        Family::Xcup => DesignPoint {
            blocks: XILINX,
            widest_pair: [18, 36],
            distributed: &[(32, 14, 8, 16), (64, 7, 8, 16)],
            scaled: 14.0,
            choice: (256, [1.0, 1.35]),
            inputs: 6,
        },
        Family::Ecp5 => DesignPoint {
            blocks: LATTICE,
            widest_pair: [18, 18],
            distributed: &[(16, 4, 6, 4)],
            scaled: 0.0,
            choice: (128, [1.0, 1.25]),
            inputs: 4,
        },
        Family::Gowin => DesignPoint {
            blocks: LATTICE,
            widest_pair: [18, 18],
            distributed: &[(16, 4, 4, 4)],
            scaled: 0.0,
            choice: (128, [1.0, 1.25]),
            inputs: 4,
        },
        Family::Ice40 => DesignPoint {
            blocks: ICE40,
            widest_pair: [0, 0],
            distributed: &[],
            scaled: 0.0,
            choice: (128, [1.0, 1.25]),
            inputs: 4,
        },
    }
}

/// The cheapest blocks for a memory: shape, and how many across and deep.
fn blocks(design_point: &DesignPoint, memory: &Memory) -> Option<(Shape, usize, usize)> {
    let fits = |(width, _, units, _): &Shape| match memory.port {
        Port::DualRom => *width <= design_point.widest_pair[usize::from(*units > 1)],
        Port::Sync | Port::Async | Port::Fifo | Port::Rom | Port::BlockRom | Port::LutRom => true,
    };
    let arranged = |shape: &Shape| (*shape, memory.width.div_ceil(shape.0), memory.depth.div_ceil(shape.1));
    let all = design_point.blocks.iter().filter(|shape| fits(shape)).map(arranged);
    let cost = |blocks: &(Shape, usize, usize)| block_cost(memory, *blocks);
    all.min_by(|a, b| cost(a).total_cmp(&cost(b)))
}

/// Cost of blocks for a memory: their own, and that of choosing between those that are behind each other.
fn block_cost(memory: &Memory, (shape, across, deep): (Shape, usize, usize)) -> f64 {
    to_float(shape.3 * across * deep) + COLUMN * to_float(memory.width * (deep - 1))
}

/// Words and bits of an UltraRAM (AMD UG573, UltraScale Architecture Memory Resources).
const ULTRA: (usize, usize) = (4096, 72);

/// The UltraRAMs of a memory that `rtl/xcup/sync_ram.sv` makes of them: of one that is written and fills them to a
/// quarter, so that each replaces at least four RAMB18, about as many as devices have for each.
pub(super) fn ultra(family: Family, memory: &Memory) -> Option<Mapped> {
    let Memory { port, width, depth, copies } = *memory;
    let there = family == Family::Xcup && matches!(port, Port::Sync | Port::Fifo);
    let count = width.div_ceil(ULTRA.1) * depth.div_ceil(ULTRA.0);
    let large = width * depth >= count * (ULTRA.0 * ULTRA.1 / 4) && count > 0;
    (there && large).then(|| Mapped { uram: to_float(count * copies), ..Mapped::default() })
}

/// Resources of a memory. `filled` says for a block of words and bits (first and one beyond the last each) whether
/// anything but 0 is in it: blocks without are left out.
pub(super) fn map(
    family: Family,
    memory: &Memory,
    filled: &dyn Fn([usize; 2], [usize; 2]) -> bool,
) -> Mapped {
    let Memory { port, width, depth, copies } = *memory;
    let mut one = Mapped::default();
    if width == 0 || depth == 0 || copies == 0 {
        return one;
    }
    let design_point = design_point(family);
    let bits = to_float(width * depth);
    let written = matches!(port, Port::Sync | Port::Fifo | Port::Async);
    // Where read-only memories are is chosen; for others synthesis compares costs.
    let in_blocks = match port {
        Port::Rom => in_blocks(width, depth, 1),
        Port::DualRom => in_blocks(width, depth, 2),
        Port::BlockRom | Port::Sync | Port::Fifo => true,
        Port::LutRom | Port::Async => false,
    };
    let logic = if written { bits } else { f64::INFINITY };
    let block = if in_blocks { blocks(&design_point, memory) } else { None };
    let moved = if port == Port::Fifo { BYPASS * to_float(width) } else { 0.0 };
    let block_cost = block.map_or(f64::INFINITY, |blocks| moved + block_cost(memory, blocks));
    let elements = |&(words, bits, luts, cost): &(usize, usize, usize, usize)| {
        let (across, deep) = (width.div_ceil(bits), depth.div_ceil(words));
        // An element that is used in part costs less.
        let unused = to_float(across * bits - width) / to_float(bits);
        let column = to_float(cost * across) - design_point.scaled * unused;
        (luts * across * deep, column * to_float(deep) + COLUMN * to_float(width * (deep - 1)), deep)
    };
    let distributed =
        design_point.distributed.iter().filter(|_| written).map(elements).min_by(|a, b| a.1.total_cmp(&b.1));
    let distributed_cost = distributed.map_or(f64::INFINITY, |(_, cost, _)| cost);
    let register = if matches!(port, Port::Async | Port::Fifo) { 0.0 } else { to_float(width) };
    if let (Some((shape, across, deep)), true) = (block, block_cost < logic && block_cost < distributed_cost)
    {
        let tiles = (0..across).flat_map(|x| (0..deep).map(move |y| (x, y)));
        let used = tiles.filter(|&(x, y)| {
            let words = [y * shape.1, depth.min((y + 1) * shape.1)];
            filled(words, [x * shape.0, width.min((x + 1) * shape.0)])
        });
        one.bram = to_float(shape.2 * used.count());
        one.ram_mux = to_float(width * (deep - 1));
    } else if let (Some((luts, _, deep)), true) = (distributed, distributed_cost < logic) {
        one.ram_lut = to_float(luts);
        one.ram_mux = to_float(width * (deep - 1));
        one.ff = register;
    } else if written {
        one.ff = register + bits;
        one.ff_bits = bits;
    } else {
        let reads = if port == Port::DualRom { 2.0 } else { 1.0 };
        one.ff = register * reads;
        let tables = to_float(depth.div_ceil(1 << design_point.inputs));
        let tables = if depth == 1 { 0.0 } else { to_float(width) * tables * reads };
        // What is synthesised by itself follows from its size.
        if port == Port::LutRom {
            let (reach, [near, far]) = design_point.choice;
            one.ram_lut = tables * if depth > reach { far } else { near };
        } else {
            one.rom_lut = tables;
        }
    }
    let copies = to_float(copies);
    Mapped {
        ram_lut: one.ram_lut * copies,
        ram_mux: one.ram_mux * copies,
        ff: one.ff * copies,
        ff_bits: one.ff_bits * copies,
        rom_lut: one.rom_lut * copies,
        bram: one.bram * copies,
        uram: 0.0,
    }
}

/// An operand of a product.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operand {
    /// A signed number of this number of bits.
    Signed(usize),
    /// A number of this number of bits without a sign.
    Unsigned(usize),
}

/// Multiplier blocks of a product.
pub(super) fn multipliers(family: Family, a: Operand, b: Operand) -> usize {
    // Blocks that also multiply without signs are put together from pieces of full width; others lose a bit of each
    // piece but the first.
    let (wide, narrow, unsigned) = match family {
        Family::Xc7 => (25, 18, false),
        Family::Xcup => (27, 18, false),
        Family::Ecp5 | Family::Gowin => (18, 18, true),
        Family::Ice40 => (16, 16, true),
    };
    let bits = |operand: Operand| match operand {
        Operand::Signed(bits) => bits,
        Operand::Unsigned(bits) => bits + usize::from(!unsigned),
    };
    let pieces = |bits: usize, most: usize| match unsigned {
        // A last piece of one bit is logic.
        true => bits / most + usize::from(bits % most > 1),
        false => 1 + bits.saturating_sub(most).div_ceil(most - 1),
    };
    let (a, b) = (bits(a), bits(b));
    if a < 2 || b < 2 || a + b < 9 {
        return 0;
    }
    // The wider operand goes to the wider side.
    pieces(a.max(b), wide) * pieces(a.min(b), narrow)
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts of bits and cells are far below 2^52")]
pub(super) fn to_float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bram(family: Family, port: Port, width: usize, depth: usize) -> usize {
        let mapped = map(family, &Memory { port, width, depth, copies: 1 }, &|_, _| true);
        (0..1000).find(|&n| to_float(n) >= mapped.bram).unwrap_or(1000)
    }

    #[test]
    fn memories_take_the_blocks_that_yosys_gives_them() {
        // Width, depth and RAMB18 of memories that Yosys 0.70 has mapped; a ROM of a third of its blocks has to be in them.
        for (port, width, depth, blocks) in [
            (Port::Sync, 35, 137, 1),
            (Port::Sync, 17, 1633, 2),
            (Port::Sync, 19, 1633, 3),
            (Port::Sync, 57, 1025, 6),
            (Port::Sync, 400, 68, 12),
            (Port::Sync, 304, 68, 9),
            (Port::Rom, 112, 256, 4),
            (Port::Rom, 112, 512, 4),
            (Port::Rom, 54, 65536, 192),
        ] {
            assert_eq!(bram(Family::Xc7, port, width, depth), blocks, "{width}x{depth}");
        }
    }

    #[test]
    fn a_fifo_goes_where_yosys_puts_it() {
        // Width and words of FIFOs and accumulators, and the blocks of Yosys 0.70.
        for (family, width, depth, blocks) in [
            (Family::Xc7, 77, 96, 0),
            (Family::Xc7, 83, 96, 3),
            (Family::Xc7, 10, 256, 0),
            (Family::Ecp5, 10, 204, 1),
            (Family::Ecp5, 10, 136, 1),
        ] {
            assert_eq!(bram(family, Port::Fifo, width, depth), blocks, "{width}x{depth}");
        }
        assert_eq!(bram(Family::Ecp5, Port::Sync, 5, 216), 1);
        assert_eq!(bram(Family::Ecp5, Port::Sync, 4, 192), 0);
        assert_eq!(bram(Family::Ecp5, Port::Sync, 4, 320), 0);
    }

    #[test]
    fn large_state_goes_to_ultra_ram() {
        let blocks = |family, port, width, depth, copies| {
            ultra(family, &Memory { port, width, depth, copies }).map(|mapped| mapped.uram)
        };
        for (width, depth, blocks_of_it) in [
            (72, 1024, Some(1.0)),
            (72, 1023, None),
            (18, 4096, Some(1.0)),
            (17, 4096, None),
            (73, 4096, Some(2.0)),
            (224, 14_554, Some(16.0)),
            (1, 4096, None),
            (0, 0, None),
        ] {
            assert_eq!(blocks(Family::Xcup, Port::Sync, width, depth, 1), blocks_of_it, "{width}x{depth}");
        }
        assert_eq!(blocks(Family::Xcup, Port::Sync, 72, 4096, 3), Some(3.0));
        assert_eq!(blocks(Family::Xcup, Port::Rom, 72, 4096, 1), None);
        assert_eq!(blocks(Family::Xc7, Port::Sync, 72, 4096, 1), None);
    }

    #[test]
    fn multipliers_are_made_of_blocks() {
        use Operand::{Signed, Unsigned};
        for (a, b, xc7, ecp5) in [
            (Signed(9), Signed(8), 1, 1),
            (Signed(27), Signed(27), 4, 4),
            (Signed(27), Signed(38), 4, 6),
            (Signed(28), Signed(37), 4, 4),
            (Signed(30), Unsigned(34), 4, 4),
            (Unsigned(54), Signed(6), 3, 3),
            (Unsigned(55), Signed(6), 3, 3),
            (Signed(4), Signed(4), 0, 0),
        ] {
            assert_eq!(multipliers(Family::Xc7, a, b), xc7, "{a:?} {b:?}");
            assert_eq!(multipliers(Family::Ecp5, a, b), ecp5, "{a:?} {b:?}");
        }
    }
}
