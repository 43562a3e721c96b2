//! Resources of devices, with the source of each fact.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Family, nearest, read};
use crate::error::{Error, Result};

/// Facts of every device.
const DEVICES: &str = include_str!("../../constraints/devices.toml");
/// Upper bound of all counts.
const MOST: u64 = 1_000_000_000;

/// A device: a part with its package and speed grade, and its number of each resource, in the units in which
/// synthesis counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Device {
    /// The part with package and speed grade, in the notation of its manufacturer's tools.
    pub part: String,
    /// The part alone: another name of this device.
    pub die: String,
    /// Display name.
    pub title: String,
    /// Its family.
    pub family: Family,
    /// Look-up tables.
    pub luts: u64,
    /// Flip-flops.
    pub ffs: u64,
    /// Look-up tables that can be used as memory; 0 if there are none.
    pub lutrams: u64,
    /// Block memories by kind.
    pub brams: Vec<Memory>,
    /// Multiplier blocks.
    pub dsps: Dsps,
    /// Arguments of nextpnr for it; empty if there is no open flow.
    pub nextpnr: Vec<String>,
    /// Arguments that the packer of the bitstream needs.
    pub packer: Vec<String>,
    /// The source document.
    pub source: String,
}

/// Block memories of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// The unit it is counted in: [`Family::bram_unit`], `URAM288` or `SB_SPRAM256KA`.
    pub kind: String,
    /// Bits of one.
    pub bits: u64,
    /// How many there are.
    pub count: u64,
}

/// Multiplier blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dsps {
    /// The primitive.
    pub kind: String,
    /// How many there are.
    pub count: u64,
}

/// A device as `devices.toml` has it; its key is the part.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    die: String,
    title: String,
    family: Family,
    luts: u64,
    ffs: u64,
    lutrams: u64,
    brams: Vec<Memory>,
    dsps: Dsps,
    #[serde(default)]
    nextpnr: Vec<String>,
    #[serde(default)]
    packer: Vec<String>,
    source: String,
}

impl Device {
    /// The device of that part or die, case-insensitive.
    ///
    /// # Errors
    /// When there is none; the error names the nearest one and all known ones.
    pub fn find(name: &str) -> Result<Self> {
        let all = devices()?;
        let is = |other: &str| other.eq_ignore_ascii_case(name);
        if let Some(device) = all.iter().find(|device| is(&device.part) || is(&device.die)) {
            return Ok(device.clone());
        }
        let known: Vec<&str> = all.iter().map(|device| device.die.as_str()).collect();
        let parts = all.iter().flat_map(|device| [device.die.as_str(), device.part.as_str()]);
        Err(nearest::unknown("device", name, parts, &known))
    }

    /// Bits of the block memory that the family's unit counts.
    pub fn bram_bits(&self) -> u64 {
        self.memory(self.family.bram_unit()).map_or(0, |memory| memory.bits * memory.count)
    }

    /// The block memories of a kind.
    pub fn memory(&self, kind: &str) -> Option<&Memory> {
        self.brams.iter().find(|memory| memory.kind == kind)
    }

    /// Whether open tools can write a bitstream for it.
    pub fn has_open_flow(&self) -> bool {
        !self.nextpnr.is_empty()
    }
}

/// Every device, in the order of the parts.
///
/// # Errors
/// When `devices.toml` has a mistake.
pub fn devices() -> Result<Vec<Device>> {
    parse(DEVICES).map_err(|error| error.at_file("constraints/devices.toml"))
}

fn parse(text: &str) -> Result<Vec<Device>> {
    let facts: BTreeMap<String, Facts> = read::toml(text)?;
    let all: Vec<Device> =
        facts.into_iter().map(|(part, facts)| device(part, facts)).collect::<Result<_>>()?;
    for (n, device) in all.iter().enumerate() {
        if all[..n].iter().any(|other| other.die == device.die) {
            return Err(Error::input(format!("key `{}.die`: `{}` comes twice", device.part, device.die)));
        }
    }
    Ok(all)
}

fn device(part: String, facts: Facts) -> Result<Device> {
    read::plain("part", &part)?;
    let key = |name: &str| format!("{part}.{name}");
    read::plain(&key("die"), &facts.die)?;
    read::line(&key("title"), &facts.title)?;
    read::line(&key("source"), &facts.source)?;
    read::within(&key("luts"), facts.luts, 1, MOST)?;
    read::within(&key("ffs"), facts.ffs, 1, MOST)?;
    read::within(&key("lutrams"), facts.lutrams, 0, facts.luts)?;
    read::plain(&key("dsps.kind"), &facts.dsps.kind)?;
    read::within(&key("dsps.count"), facts.dsps.count, 0, MOST)?;
    for (n, memory) in facts.brams.iter().enumerate() {
        read::plain(&key("brams.kind"), &memory.kind)?;
        read::within(&key("brams.bits"), memory.bits, 1, MOST)?;
        read::within(&key("brams.count"), memory.count, 1, MOST)?;
        if facts.brams[..n].iter().any(|other| other.kind == memory.kind) {
            return Err(Error::input(format!("key `{}`: `{}` comes twice", key("brams.kind"), memory.kind)));
        }
    }
    for (name, words) in [("nextpnr", &facts.nextpnr), ("packer", &facts.packer)] {
        words.iter().try_for_each(|word| read::argument(&key(name), word))?;
    }
    let Facts { die, title, family, luts, ffs, lutrams, brams, dsps, nextpnr, packer, source } = facts;
    Ok(Device { part, die, title, family, luts, ffs, lutrams, brams, dsps, nextpnr, packer, source })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_device_is_whole() {
        for device in devices().unwrap() {
            let unit = device.family.bram_unit();
            assert!(device.memory(unit).is_some(), "{} has no {unit}", device.part);
            assert!(device.part.to_lowercase().starts_with(&device.die), "{}", device.part);
            assert_eq!(Device::find(&device.die.to_uppercase()).unwrap(), device);
            assert_eq!(Device::find(&device.part).unwrap(), device);
            let xilinx = matches!(device.family, Family::Xc7 | Family::Xcup);
            assert_eq!(device.has_open_flow(), !xilinx, "{}", device.part);
        }
        assert_eq!(Device::find("xc7a100t").unwrap().bram_bits(), 135 * 36 * 1024);
    }

    const DEVICE: &str = "[xc1-a]\ndie = \"xc1\"\ntitle = \"t\"\nfamily = \"xc7\"\nluts = 8\nffs = 8\nlutrams = 4\n\
        brams = [{ kind = \"RAMB18\", bits = 18432, count = 1 }]\ndsps = { kind = \"D\", count = 0 }\n\
        source = \"s\"\n";

    #[test]
    fn mistakes_name_their_key() {
        assert_eq!(parse(DEVICE).unwrap().len(), 1);
        for (from, to, words) in [
            ("xc1-a", "\"xc1;a\"", "not a plain name"),
            ("\"xc1\"", "\"xc1]\"", "xc1-a.die"),
            ("luts = 8", "luts = 0", "xc1-a.luts"),
            ("luts = 8", "luts = -8", "luts"),
            ("lutrams = 4", "lutrams = 9", "xc1-a.lutrams"),
            ("\"xc7\"", "\"xc9\"", "xc9"),
            ("ffs = 8\n", "", "missing field `ffs`"),
            ("ffs = 8\n", "ffs = 8\ncolour = 1\n", "unknown field `colour`"),
            ("bits = 18432", "bits = \"many\"", "bits"),
            ("source = \"s\"", "source = \"s\\u0007\"", "xc1-a.source"),
            ("source", "nextpnr = [\"--up5k; rm\"]\nsource", "xc1-a.nextpnr"),
        ] {
            let text = DEVICE.replacen(from, to, 1);
            assert_ne!(text, DEVICE);
            let problem = parse(&text).unwrap_err().problem;
            assert!(problem.contains(words), "{words:?} is not in {problem:?}");
        }
        let twice = DEVICE.to_owned() + &DEVICE.replace("xc1-a", "xc1-b");
        assert!(parse(&twice).unwrap_err().problem.contains("comes twice"));
    }
}
