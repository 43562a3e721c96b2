//! Resource counts of the cells of each device family.

use std::collections::BTreeMap;

use super::figures::Figures;
use crate::target::Family;

/// Contribution of one cell to the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counts {
    /// Look-up tables used for logic.
    Lut(u64),
    /// Look-up tables used as memory or shift register.
    LutRam(u64),
    /// A flip-flop.
    Ff,
    /// Units of block memory.
    Bram(u64),
    /// A large memory of UltraScale+.
    Uram,
    /// Half multipliers: two 9×9 multipliers fill one 18×18.
    HalfDsp(u64),
    /// A carry cell, and the look-up tables that it replaces.
    Carry { luts: u64 },
    /// Constants: no resource.
    Nothing,
    /// Listed by name.
    Other,
}

/// The figures of these numbers of cells of each type.
pub fn count<'a>(family: Family, cells: impl IntoIterator<Item = (&'a str, u64)>) -> Figures {
    let mut figures = Figures::default();
    let mut half_dsps = 0;
    let mut other = BTreeMap::new();
    for (cell, count) in cells {
        match counts(family, cell) {
            Counts::Lut(luts) => figures.lut += luts * count,
            Counts::LutRam(luts) => {
                figures.lut += luts * count;
                figures.lutram += luts * count;
            }
            Counts::Ff => figures.ff += count,
            Counts::Bram(units) => figures.bram += units * count,
            Counts::Uram => figures.uram += count,
            Counts::HalfDsp(halves) => half_dsps += halves * count,
            Counts::Carry { luts } => {
                figures.carry += count;
                figures.lut += luts * count;
            }
            Counts::Nothing => {}
            Counts::Other => *other.entry(cell.to_owned()).or_default() += count,
        }
    }
    figures.dsp = half_dsps.div_ceil(2);
    figures.other = other;
    figures
}

fn counts(family: Family, cell: &str) -> Counts {
    match family {
        Family::Xc7 => xc7(cell),
        Family::Xcup => xcup(cell),
        Family::Ecp5 => ecp5(cell),
        Family::Ice40 => ice40(cell),
        Family::Gowin => gowin(cell),
    }
}

/// 7 series (UG953 names). An inverter becomes a LUT1; memories count the LUT6 sites they fill.
fn xc7(cell: &str) -> Counts {
    match cell {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" | "LUT6_2" | "INV" => Counts::Lut(1),
        "SRL16E" | "SRLC16E" | "SRLC32E" | "RAM32X1S" | "RAM64X1S" => Counts::LutRam(1),
        "RAM32X1D" | "RAM64X1D" | "RAM128X1S" | "RAM32X2S" => Counts::LutRam(2),
        "RAM32M" | "RAM64M" | "RAM128X1D" | "RAM256X1S" => Counts::LutRam(4),
        "RAMB18E1" | "FIFO18E1" => Counts::Bram(1),
        "RAMB36E1" | "FIFO36E1" => Counts::Bram(2),
        "DSP48E1" => Counts::HalfDsp(2),
        "CARRY4" => Counts::Carry { luts: 0 },
        "GND" | "VCC" => Counts::Nothing,
        _ if ["FDRE", "FDSE", "FDCE", "FDPE"].iter().any(|ff| cell.starts_with(ff)) => Counts::Ff,
        _ => Counts::Other,
    }
}

/// UltraScale+ (UG974 names): memories of look-up tables fill up to a whole slice of eight.
fn xcup(cell: &str) -> Counts {
    match cell {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" | "LUT6_2" | "INV" => Counts::Lut(1),
        "SRL16E" | "SRLC16E" | "SRLC32E" | "RAM32X1S" | "RAM64X1S" => Counts::LutRam(1),
        "RAM32X1D" | "RAM64X1D" | "RAM128X1S" => Counts::LutRam(2),
        "RAM32M" | "RAM64M" | "RAM128X1D" | "RAM256X1S" => Counts::LutRam(4),
        "RAM32M16" | "RAM64M8" | "RAM64X8SW" | "RAM256X1D" | "RAM512X1S" => Counts::LutRam(8),
        "RAMB18E2" | "FIFO18E2" => Counts::Bram(1),
        "RAMB36E2" | "FIFO36E2" => Counts::Bram(2),
        "URAM288" | "URAM288_BASE" => Counts::Uram,
        "DSP48E2" => Counts::HalfDsp(2),
        // Yosys 0.70 writes chains of CARRY4, of which two make a CARRY8.
        "CARRY4" | "CARRY8" => Counts::Carry { luts: 0 },
        "GND" | "VCC" => Counts::Nothing,
        _ if ["FDRE", "FDSE", "FDCE", "FDPE"].iter().any(|ff| cell.starts_with(ff)) => Counts::Ff,
        _ => Counts::Other,
    }
}

/// ECP5. A carry cell fills the two LUT4s of a slice. A 16×4 memory fills three slices: two hold the bits and
/// the third drives their write ports.
fn ecp5(cell: &str) -> Counts {
    match cell {
        "LUT4" => Counts::Lut(1),
        "TRELLIS_DPR16X4" => Counts::LutRam(6),
        "TRELLIS_FF" => Counts::Ff,
        "DP16KD" | "PDPW16KD" => Counts::Bram(1),
        "MULT18X18D" => Counts::HalfDsp(2),
        "MULT9X9D" => Counts::HalfDsp(1),
        "CCU2C" => Counts::Carry { luts: 2 },
        _ => Counts::Other,
    }
}

/// iCE40. A carry cell sits beside the LUT of its logic cell. The large single-port memories of the UltraPlus
/// (`SB_SPRAM256KA`) are another resource than block memory and stay listed by name.
fn ice40(cell: &str) -> Counts {
    match cell {
        "SB_LUT4" => Counts::Lut(1),
        "SB_RAM40_4K" | "SB_RAM40_4KNR" | "SB_RAM40_4KNW" | "SB_RAM40_4KNRNW" => Counts::Bram(1),
        "SB_MAC16" => Counts::HalfDsp(2),
        "SB_CARRY" => Counts::Carry { luts: 0 },
        _ if cell.starts_with("SB_DFF") => Counts::Ff,
        _ => Counts::Other,
    }
}

/// Gowin. An `ALU` is a LUT4 in its arithmetic mode; memories count the LUT4s that hold their bits.
fn gowin(cell: &str) -> Counts {
    match cell {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" | "INV" => Counts::Lut(1),
        "RAM16S1" | "RAM16SDP1" => Counts::LutRam(1),
        "RAM16S2" | "RAM16SDP2" => Counts::LutRam(2),
        "RAM16S4" | "RAM16SDP4" => Counts::LutRam(4),
        "SP" | "SPX9" | "SDP" | "SDPX9" | "SDPB" | "SDPX9B" | "DP" | "DPX9" | "DPB" | "DPX9B" | "pROM"
        | "pROMX9" => Counts::Bram(1),
        "MULT9X9" => Counts::HalfDsp(1),
        "MULT18X18" | "MULTALU18X18" => Counts::HalfDsp(2),
        "MULTADDALU18X18" => Counts::HalfDsp(4),
        "MULT36X36" | "MULTALU36X18" => Counts::HalfDsp(8),
        "ALU" => Counts::Carry { luts: 1 },
        "GND" | "VCC" => Counts::Nothing,
        _ if cell.starts_with("DFF") => Counts::Ff,
        _ => Counts::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_count_by_their_size() {
        let xc7 = count(
            Family::Xc7,
            [
                ("LUT6", 3),
                ("LUT6_2", 1),
                ("RAM32M", 2),
                ("RAMB18E1", 1),
                ("RAMB36E1", 2),
                ("FDRE", 5),
                ("FDSE_1", 1),
                ("CARRY4", 2),
                ("DSP48E1", 1),
                ("MUXF7", 4),
            ],
        );
        assert_eq!((xc7.lut, xc7.lutram, xc7.ff, xc7.bram), (12, 8, 6, 5));
        assert_eq!((xc7.dsp, xc7.carry, xc7.other["MUXF7"]), (1, 2, 4));
        let xcup = count(
            Family::Xcup,
            [
                ("LUT6", 3),
                ("RAM64M8", 1),
                ("SRL16E", 2),
                ("RAMB18E2", 1),
                ("RAMB36E2", 2),
                ("URAM288", 3),
                ("FDRE", 5),
                ("CARRY8", 2),
                ("CARRY4", 3),
                ("DSP48E2", 1),
                ("MUXF7", 4),
            ],
        );
        assert_eq!((xcup.lut, xcup.lutram, xcup.ff, xcup.bram, xcup.uram), (13, 10, 5, 5, 3));
        assert_eq!((xcup.dsp, xcup.carry, xcup.other.len()), (1, 5, 1));
        let ecp5 = count(Family::Ecp5, [("LUT4", 1), ("CCU2C", 2), ("TRELLIS_DPR16X4", 1), ("MULT9X9D", 3)]);
        assert_eq!((ecp5.lut, ecp5.lutram, ecp5.carry, ecp5.dsp), (11, 6, 2, 2));
        let ice40 = count(Family::Ice40, [("SB_DFFESR", 2), ("SB_CARRY", 3), ("SB_SPRAM256KA", 1)]);
        assert_eq!((ice40.lut, ice40.ff, ice40.carry, ice40.other["SB_SPRAM256KA"]), (0, 2, 3, 1));
        let gowin =
            count(Family::Gowin, [("ALU", 4), ("DFFRE", 2), ("pROM", 2), ("VCC", 9), ("MULT18X18", 1)]);
        assert_eq!((gowin.lut, gowin.ff, gowin.bram, gowin.dsp, gowin.other.len()), (4, 2, 2, 1, 0));
    }
}
