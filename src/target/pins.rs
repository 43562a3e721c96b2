//! Pins files: assignments of ports to pins, in the language of each family.

use super::Family;
use crate::error::{Error, Result, printable};

/// A port at a pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The port of the top level.
    pub port: String,
    /// The pin of the package.
    pub pin: String,
}

/// The assignments of a pins file, in order.
pub fn placements(family: Family, text: &str) -> Vec<Placement> {
    match family {
        Family::Xc7 | Family::Xcup => {
            statements(text, &["#"], true).iter().flat_map(|words| xdc(words)).collect()
        }
        Family::Ecp5 => statements(text, &["#", "//"], false).iter().filter_map(|words| lpf(words)).collect(),
        Family::Ice40 => statements(text, &["#"], true).iter().filter_map(|words| pcf(words)).collect(),
        Family::Gowin => statements(text, &["//"], false).iter().filter_map(|words| cst(words)).collect(),
    }
}

/// Checks that exactly these ports are placed, each once, and no pin is taken twice.
///
/// # Errors
/// When that is not so.
pub fn check(placements: &[Placement], ports: &[&str]) -> Result<()> {
    for (n, Placement { port, pin }) in placements.iter().enumerate() {
        if !ports.contains(&port.as_str()) {
            let problem =
                format!("port `{}` is placed, which the board's top level has not", printable(port));
            return Err(Error::input(problem).fix(format!("its ports are {}", ports.join(", "))));
        }
        if placements[..n].iter().any(|other| other.port == *port) {
            return Err(Error::input(format!("port `{port}` is placed twice")));
        }
        if !pin.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(Error::input(format!("port `{port}`: `{}` is not a pin", printable(pin))));
        }
        if let Some(other) = placements[..n].iter().find(|other| other.pin.eq_ignore_ascii_case(pin)) {
            return Err(Error::input(format!("pin `{pin}` is taken by `{}` and by `{port}`", other.port)));
        }
    }
    match ports.iter().find(|port| !placements.iter().any(|placement| placement.port == **port)) {
        Some(port) => Err(Error::input(format!("port `{port}` is not placed at a pin"))),
        None => Ok(()),
    }
}

/// The statements of a file in words, without comments, quotes and brackets. They end at `;` and, in some languages,
/// with the line.
fn statements(text: &str, comments: &[&str], by_line: bool) -> Vec<Vec<String>> {
    let mut plain = String::with_capacity(text.len());
    for line in text.lines() {
        let end = comments.iter().filter_map(|mark| line.find(mark)).min().unwrap_or(line.len());
        plain.push_str(&line[..end]);
        plain.push(if by_line { ';' } else { ' ' });
    }
    let words = |statement: &str| -> Vec<String> {
        let gap = |c: char| c.is_whitespace() || "{}[]\"".contains(c);
        statement.split(gap).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    plain.split(';').map(words).filter(|words| !words.is_empty()).collect()
}

/// `set_property -dict { PACKAGE_PIN E3 IOSTANDARD LVCMOS33 } [get_ports clk_i]`
fn xdc(words: &[String]) -> Vec<Placement> {
    let after =
        |word: &str| words.iter().position(|w| w.eq_ignore_ascii_case(word)).map(|at| &words[at + 1..]);
    if words[0] != "set_property" {
        return Vec::new();
    }
    let (Some([pin, ..]), Some(ports)) = (after("PACKAGE_PIN"), after("get_ports")) else {
        return Vec::new();
    };
    ports.iter().map(|port| Placement { port: port.clone(), pin: pin.clone() }).collect()
}

/// `LOCATE COMP "clk_i" SITE "G2";`
fn lpf(words: &[String]) -> Option<Placement> {
    let is = |n: usize, word: &str| words[n].eq_ignore_ascii_case(word);
    let locates = words.len() == 5 && is(0, "LOCATE") && is(1, "COMP") && is(3, "SITE");
    locates.then(|| Placement { port: words[2].clone(), pin: words[4].clone() })
}

/// `set_io -pullup yes clk_i 35`
fn pcf(words: &[String]) -> Option<Placement> {
    let mut words = words.iter();
    if words.next()? != "set_io" {
        return None;
    }
    let mut names = Vec::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-pullup" | "-pullup_resistor" => _ = words.next(),
            option if option.starts_with('-') => {}
            name => names.push(name.to_owned()),
        }
    }
    let [port, pin] = <[String; 2]>::try_from(names).ok()?;
    Some(Placement { port, pin })
}

/// `IO_LOC "clk_i" 4;`
fn cst(words: &[String]) -> Option<Placement> {
    let locates = words.len() == 3 && words[0].eq_ignore_ascii_case("IO_LOC");
    locates.then(|| Placement { port: words[1].clone(), pin: words[2].clone() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_read() {
        let of = |family, text| {
            let all = placements(family, text).into_iter().map(|p| (p.port, p.pin));
            all.map(|(port, pin)| format!("{port}@{pin}")).collect::<Vec<_>>().join(" ")
        };
        let xdc = "# set_property PACKAGE_PIN A1 [get_ports no]\n\
            set_property -dict { PACKAGE_PIN E3 IOSTANDARD LVCMOS33 } [get_ports { clk_i }]; # the clock\n\
            set_property PACKAGE_PIN D10 [get_ports {led_o}]\nset_property IOSTANDARD LVCMOS33 [get_ports led_o]\n";
        assert_eq!(of(Family::Xc7, xdc), "clk_i@E3 led_o@D10");
        let lpf = "LOCATE COMP \"clk_i\" SITE \"G2\"; // the clock\n# LOCATE COMP \"no\" SITE \"A1\";\n\
            IOBUF PORT \"clk_i\" IO_TYPE=LVCMOS33;\nlocate comp \"led_o\"\n  site \"B2\";\n";
        assert_eq!(of(Family::Ecp5, lpf), "clk_i@G2 led_o@B2");
        let pcf = "set_io clk_i 35\nset_io -nowarn -pullup yes rst_ni 10 # button\nset_frequency clk_i 12\n";
        assert_eq!(of(Family::Ice40, pcf), "clk_i@35 rst_ni@10");
        let cst = "// IO_LOC \"no\" 1;\nIO_LOC \"clk_i\" 4;\nIO_PORT \"clk_i\" IO_TYPE=LVCMOS33;\nIO_LOC \"led_o\" 15;\n";
        assert_eq!(of(Family::Gowin, cst), "clk_i@4 led_o@15");
    }

    #[test]
    fn ports_and_pins_are_complete() {
        let ports = ["clk_i", "led_o"];
        let checked = |text: &str| check(&placements(Family::Ice40, text), &ports).map_err(|e| e.problem);
        assert_eq!(checked("set_io clk_i 1\nset_io led_o 2"), Ok(()));
        for (text, words) in [
            ("set_io clk_i 1", "`led_o` is not placed"),
            ("set_io clk_i 1\nset_io led_o 1", "pin `1` is taken by `clk_i` and by `led_o`"),
            ("set_io clk_i 1\nset_io clk_i 2\nset_io led_o 3", "`clk_i` is placed twice"),
            ("set_io clk_i 1\nset_io led_o 2\nset_io tx 3", "port `tx`"),
            ("set_io clk_i $x\nset_io led_o 2", "not a pin"),
        ] {
            assert!(checked(text).unwrap_err().contains(words), "{text}");
        }
    }
}
