//! Place and route with open tools: names of the programs, and the arguments for a device.
//!
//! `synth --tool nextpnr` and the script of a build folder take them from here.

use super::{Device, Family};

/// Names of router and packer.
pub fn programs(family: Family) -> (&'static str, &'static str) {
    match family {
        Family::Ice40 => ("nextpnr-ice40", "icepack"),
        Family::Gowin => ("nextpnr-himbaechel", "gowin_pack"),
        Family::Ecp5 | Family::Xc7 | Family::Xcup => ("nextpnr-ecp5", "ecppack"),
    }
}

/// File extension of the output of the router.
pub fn placed_extension(family: Family) -> &'static str {
    match family {
        Family::Ice40 => "asc",
        Family::Gowin => "json",
        Family::Ecp5 | Family::Xc7 | Family::Xcup => "config",
    }
}

/// A run of the router: paths, and what is requested.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The netlist, JSON from Yosys.
    pub netlist: &'a str,
    /// The pins file, if there is one.
    pub pins: Option<&'a str>,
    /// The placed design.
    pub placed: &'a str,
    /// The report, JSON.
    pub report: &'a str,
    /// The frequency in MHz.
    pub mhz: &'a str,
    /// The seed.
    pub seed: &'a str,
}

/// Arguments of the router. Its exit code is 0 only if the frequency is reached.
pub fn router(device: &Device, run: &Run<'_>) -> Vec<String> {
    let mut arguments = vec!["--json".to_owned(), run.netlist.to_owned()];
    arguments.extend(device.nextpnr.iter().cloned());
    let (constrain, free, output) = match device.family {
        Family::Ice40 => ("--pcf", "--pcf-allow-unconstrained", "--asc"),
        Family::Gowin => ("--vopt", "", "--write"),
        Family::Ecp5 | Family::Xc7 | Family::Xcup => ("--lpf", "--lpf-allow-unconstrained", "--textcfg"),
    };
    match run.pins {
        Some(pins) if device.family == Family::Gowin => {
            arguments.extend([constrain.to_owned(), format!("cst={pins}")]);
        }
        Some(pins) => arguments.extend([constrain, pins].map(str::to_owned)),
        None if free.is_empty() => {}
        None => arguments.push(free.to_owned()),
    }
    if device.family == Family::Ecp5 {
        // The router that is the default takes hours for designs that fill half of the device. The weight of the clock
        // in the placement is four times the default: 67.5 MHz instead of 59.4 before routing, in a board with a Vision
        // Transformer.
        let choices = ["--router", "router2", "--placer-heap-timingweight", "40"];
        arguments.extend(choices.map(str::to_owned));
    }
    let last = [output, run.placed, "--report", run.report, "--freq", run.mhz, "--seed", run.seed];
    arguments.extend(last.map(str::to_owned));
    arguments
}

/// Arguments of the packer.
pub fn pack(device: &Device, placed: &str, bitstream: &str) -> Vec<String> {
    let mut arguments = device.packer.clone();
    if device.family == Family::Ecp5 {
        arguments.push("--compress".to_owned());
    }
    arguments.extend(
        match device.family {
            Family::Ice40 => vec![placed, bitstream],
            Family::Gowin => vec!["-o", bitstream, placed],
            Family::Ecp5 | Family::Xc7 | Family::Xcup => vec!["--input", placed, "--bit", bitstream],
        }
        .into_iter()
        .map(str::to_owned),
    );
    arguments
}
