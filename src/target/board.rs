//! Boards: a device, its clock, its host interface and its pins. Two files each: `NAME.toml` and the pins
//! file beside it.

use std::path::Path;

use serde::Deserialize;

use super::{Device, Family, Pcie, nearest, pcie, pins, read};
use crate::error::{Error, Result};

/// Boards that this program contains: text of the description, name and text of the pins file.
macro_rules! boards {
    ($($name:literal $pins:literal),* $(,)?) => {
        &[$((
            $name,
            include_str!(concat!("../../constraints/", $name, ".toml")),
            include_str!(concat!("../../constraints/", $pins)),
        )),*]
    };
}

/// Name, description and pins of each.
const BOARDS: &[(&str, &str, &str)] = boards!(
    "arty-a7-35t" "arty-a7-35t.xdc",
    "arty-a7-100t" "arty-a7-100t.xdc",
    "zcu104" "zcu104.xdc",
    "kv260" "kv260.xdc",
    "u250" "u250.xdc",
    "u280" "u280.xdc",
    "u55c" "u55c.xdc",
    "ulx3s-85f" "ulx3s-85f.lpf",
    "icebreaker" "icebreaker.pcf",
    "tang-nano-20k" "tang-nano-20k.cst",
);

/// Slowest and fastest clock in hertz.
const CLOCK: (u64, u64) = (1_000, 1_000_000_000);
/// Slowest serial line in symbols per second.
const SLOWEST: u64 = 300;
/// Most bytes a second of a port to memory.
const FASTEST_PORT: u64 = 10_000_000_000_000;
/// Fewest and most bits of a beat of a port to memory.
const PORT: (u64, u64) = (32, 1024);
/// Minimum number of clock cycles of a serial symbol.
const CYCLES: u64 = 8;

/// A board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// Its name on the command line and in file names.
    pub name: String,
    /// Display name.
    pub title: String,
    /// The device on it.
    pub device: Device,
    /// Frequency of the clock at `clk_i`, in hertz.
    pub clock_hz: u64,
    /// The serial line to the host; `None` if a processor or PCI Express is it.
    pub serial: Option<Serial>,
    /// The button at `rst_ni`; without one the board's top level resets itself after power-on.
    pub reset: Option<Reset>,
    /// The processor on the device, if it is the host.
    pub processor: Option<Processor>,
    /// PCI Express, if it is the host.
    pub pcie: Option<Pcie>,
    /// Memory outside the chip that a core can read, if there is one.
    pub memory: Option<Memory>,
    /// Name of the pins file.
    pub pins_name: String,
    /// Text of the pins file.
    pub pins: String,
    /// Source of the pin assignment.
    pub source: String,
    /// Commands that load a bitstream, each sufficient by itself; `BITSTREAM` stands for its path.
    pub load: Vec<String>,
    /// Text of the description.
    pub text: String,
}

/// A serial line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serial {
    /// Symbols per second.
    pub baud: u64,
}

/// An active-low button.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// Its label on the board.
    pub button: String,
}

/// A Zynq UltraScale+ processor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Processor {
    /// Vivado's name of the board whose settings it takes, without version: `VENDOR:BOARD:PART`.
    pub preset: String,
}

/// Memory outside the chip.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Its kind and how a core reaches it.
    pub title: String,
    /// Bytes a second that one port gets, at most.
    pub bytes_per_second: u64,
    /// Bits of a beat of a port to it.
    pub port_bits: u64,
    /// Channels with this rate each: ports beyond these share it.
    #[serde(default)]
    pub channels: u64,
    /// Source of the numbers.
    pub source: String,
}

impl Memory {
    /// Bytes a clock cycle, at most, of `ports` ports of a core with beats of `bits` bits at `clock_hz`. Ports beyond
    /// the number of channels share their rate.
    pub fn bytes_per_cycle(&self, bits: u64, ports: u64, clock_hz: u64) -> f64 {
        let port = bits.min(self.port_bits) as f64 / 8.0;
        let channels = ports.min(self.channels.max(1)) as f64;
        (ports as f64 * port).min(channels * self.bytes_per_second as f64 / clock_hz.max(1) as f64)
    }

    fn check(&self) -> Result<()> {
        read::line("memory.title", &self.title)?;
        read::line("memory.source", &self.source)?;
        read::within("memory.bytes_per_second", self.bytes_per_second, 1, FASTEST_PORT)?;
        read::within("memory.port_bits", self.port_bits, PORT.0, PORT.1)?;
        match self.port_bits.is_power_of_two() {
            true => Ok(()),
            false => Err(Error::input("key `memory.port_bits`: a power of two is expected here")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    name: String,
    title: String,
    device: String,
    pins: String,
    source: String,
    #[serde(default)]
    load: Vec<String>,
    clock: Clock,
    serial: Option<Serial>,
    reset: Option<Reset>,
    processor: Option<Processor>,
    pcie: Option<Pcie>,
    memory: Option<Memory>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    hz: u64,
}

impl Board {
    /// The memory outside the chip that a core reaches, for weights that come from there.
    ///
    /// # Errors
    /// When the board has none.
    pub fn memory_for_weights(&self) -> Result<&Memory> {
        self.memory.as_ref().ok_or_else(|| {
            Error::input(format!("weights in memory: {} has no memory that the core reaches", self.title)).fix(
                "describe it in [memory] of the board, build for its device (--device) and connect m_axi, or keep \
                 the weights in the chip",
            )
        })
    }

    /// Resources of the device that are available to a core: with a serial line, all except those of the shell.
    pub fn room(&self) -> Device {
        let mut room = self.device.clone();
        if self.serial.is_some() {
            let unit = room.family.bram_unit();
            let [luts, ffs, blocks] = room.family.serial_shell();
            room.luts = room.luts.saturating_sub(luts);
            room.ffs = room.ffs.saturating_sub(ffs);
            for memory in room.brams.iter_mut().filter(|memory| memory.kind == unit) {
                memory.count = memory.count.saturating_sub(blocks);
            }
        }
        room
    }

    /// The board of that name, or the one described by the file at that path (anything that ends with `.toml`).
    ///
    /// # Errors
    /// When there is none (the error names the nearest one and all known ones), or the files have a mistake.
    pub fn find(name: &str) -> Result<Self> {
        if Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml")) {
            return Self::from_file(Path::new(name));
        }
        let lower = name.to_lowercase();
        let Some((name, text, pins)) = BOARDS.iter().find(|(known, ..)| *known == lower) else {
            let known: Vec<&str> = BOARDS.iter().map(|(name, ..)| *name).collect();
            let error = nearest::unknown("board", name, known.iter().copied(), &known);
            let fix = error.fix.clone().unwrap_or_default();
            return Err(error.fix(format!("{fix}; or give the path of a description, FILE.toml")));
        };
        carried(name, text, pins)
    }

    /// The board described by a file; its pins file is beside it.
    ///
    /// # Errors
    /// When a file is missing or has a mistake; the error names file and key.
    pub fn from_file(path: &Path) -> Result<Self> {
        let text = read::file(path)?;
        let description = Description::read(&text).map_err(|error| error.at_file(path))?;
        let beside = path.with_file_name(&description.pins);
        let pins = read::file(&beside)?;
        description.with_pins(text, pins, path, &beside)
    }

    /// The ports of the board's top level, every one of which the pins file places.
    pub fn ports(&self) -> Vec<&'static str> {
        let mut ports = Vec::new();
        if self.serial.is_some() {
            ports.push("clk_i");
            ports.extend(self.reset.as_ref().map(|_| "rst_ni"));
            ports.extend(["uart_rx_i", "uart_tx_o"]);
        }
        ports.push("led_o");
        ports.extend(self.pcie.iter().flat_map(Pcie::ports));
        ports
    }

    /// The constraint of its clock, in the form that the tools of all families read.
    pub fn clock_constraint(&self) -> String {
        let period = 1e9 / self.clock_hz as f64;
        format!(
            "# The clock of {}: {} MHz.\ncreate_clock -name clk -period {period:.3} [get_ports clk_i]\n",
            self.title,
            self.clock_hz as f64 / 1e6
        )
    }
}

/// All boards that this program contains.
///
/// # Errors
/// When one of their files has a mistake.
pub fn boards() -> Result<Vec<Board>> {
    BOARDS.iter().map(|(name, text, pins)| carried(name, text, pins)).collect()
}

fn carried(name: &str, text: &str, pins: &str) -> Result<Board> {
    let folder = Path::new("constraints");
    let path = folder.join(format!("{name}.toml"));
    let description = Description::read(text).map_err(|error| error.at_file(&path))?;
    let beside = folder.join(&description.pins);
    description.with_pins(text.to_owned(), pins.to_owned(), &path, &beside)
}

impl Description {
    fn read(text: &str) -> Result<Self> {
        let description: Self = read::toml(text)?;
        read::plain("name", &description.name)?;
        read::plain("pins", &description.pins)?;
        // They would be overwritten in the build folder.
        let stem = Path::new(&description.pins).file_stem().and_then(|stem| stem.to_str());
        for (key, name) in [("name", Some(description.name.as_str())), ("pins", stem)] {
            if let Some(taken @ ("core" | "clock")) = name {
                return Err(Error::input(format!("key `{key}`: `{taken}` is the name of another file")));
            }
        }
        Ok(description)
    }

    /// The board, once everything is checked.
    fn with_pins(self, text: String, pins: String, path: &Path, beside: &Path) -> Result<Board> {
        let device = self.check().map_err(|error| error.at_file(path))?;
        let family = device.family;
        let Self {
            name,
            title,
            pins: pins_name,
            source,
            load,
            clock,
            serial,
            reset,
            processor,
            pcie,
            memory,
            ..
        } = self;
        let clock_hz = clock.hz;
        let board = Board {
            name,
            title,
            device,
            clock_hz,
            serial,
            reset,
            processor,
            pcie,
            memory,
            pins_name,
            pins,
            source,
            load,
            text,
        };
        pins::check(&pins::placements(family, &board.pins), &board.ports())
            .map_err(|error| error.at_file(beside))?;
        Ok(board)
    }

    fn check(&self) -> Result<Device> {
        read::line("title", &self.title)?;
        read::line("source", &self.source)?;
        for command in &self.load {
            read::line("load", command)?;
        }
        let device = Device::find(&self.device)
            .map_err(|error| Error { problem: format!("key `device`: {}", error.problem), ..error })?;
        let extension = device.family.pins_extension();
        if Path::new(&self.pins).extension().is_none_or(|e| e != extension) {
            let problem = format!("key `pins`: `{}` does not end with `.{extension}`", self.pins);
            return Err(Error::input(problem).fix(format!("the tools for {} read this form", device.family)));
        }
        read::within("clock.hz", self.clock.hz, CLOCK.0, CLOCK.1)?;
        if let Some(serial) = &self.serial {
            read::within("serial.baud", serial.baud, SLOWEST, self.clock.hz / CYCLES)?;
        }
        if let Some(processor) = &self.processor {
            self.check_processor(processor, device.family)?;
        }
        if let Some(pcie) = &self.pcie {
            pcie.check(device.family, self.serial.is_some() || self.processor.is_some())?;
        }
        if let Some(memory) = &self.memory {
            memory.check()?;
            if self.serial.is_some() {
                let problem = "key `memory`: the design of a board with `serial` has no port to memory";
                return Err(Error::input(problem).fix("leave it out"));
            }
        }
        match &self.reset {
            Some(_) if self.serial.is_none() => {
                Err(Error::input("key `reset`: without `serial` the host resets the core"))
            }
            Some(reset) => read::line("reset.button", &reset.button).map(|()| device),
            None => Ok(device),
        }
    }
    fn check_processor(&self, processor: &Processor, family: Family) -> Result<()> {
        pcie::preset("processor.preset", &processor.preset)?;
        if self.serial.is_some() || family != Family::Xcup {
            let problem = "key `processor`: only a board of family xcup without `serial` has one";
            return Err(Error::input(problem));
        }
        Ok(())
    }
}
