//! Version numbers as the programs print them.

use std::fmt;

/// A version number: its parts compare as numbers, so that 0.9 is older than 0.23.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    parts: Vec<u32>,
    text: String,
}

impl Version {
    /// A version without a number, older than every number: `head`.
    pub(super) fn named(text: &str) -> Self {
        Self { parts: Vec::new(), text: text.to_owned() }
    }

    /// The first version number in `text`: the first word that starts with a digit, a leading `v` allowed, and
    /// has a dot in it.
    pub fn find(text: &str) -> Option<Self> {
        text.split(|c: char| c.is_whitespace() || c == '(' || c == ',').find_map(Self::parse)
    }

    /// Reads a version number alone: `5.052`, `v0.0-4071-g…`, `14.2.1`, `nextpnr-0.11.1`.
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.strip_prefix("nextpnr-").unwrap_or(word);
        let word = word.strip_prefix('v').unwrap_or(word);
        let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
        let number = word[..end].trim_end_matches('.');
        if !number.contains('.') {
            return None;
        }
        let parts = number.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()?;
        Some(Self { parts, text: number.to_owned() })
    }

    /// Whether this version is `least`, given by its parts, or newer.
    pub fn at_least(&self, least: &[u32]) -> bool {
        self.parts.as_slice() >= least
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        let cases = [
            ("Verilator 5.052 2026-09-05 rev v5.052", "5.052"),
            ("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)", "5.006"),
            ("Yosys 0.70 (git sha1 28ba3cb92, Release, GNU /opt/c++ 14.2.1)", "0.70"),
            ("Yosys 0.23 (git sha1 7ce5011c24b)", "0.23"),
            ("Yosys 0.33+34 (git sha1 abc, clang 14)", "0.33"),
            ("g++ (Debian 12.2.0-14+deb12u1) 12.2.0", "12.2.0"),
            ("Debian clang version 14.0.6", "14.0.6"),
            ("GNU Make 4.3", "4.3"),
            ("Python 3.11.7", "3.11.7"),
            ("pip 23.0.1 from /usr/lib/python3/dist-packages/pip (python 3.11)", "23.0.1"),
            ("This is perl 5, version 36, subversion 0 (v5.36.0) built for x86_64-linux-gnu", "5.36.0"),
            ("\"nextpnr-ecp5\" -- Next Generation Place and Route (Version 0.4-1+b1)", "0.4"),
            ("\"nextpnr-ice40\" -- Next Generation Place and Route (Version nextpnr-0.11.1)", "0.11.1"),
            ("Project Trellis ecppack Version 1.4-82-g3afe7b5", "1.4"),
            ("Vivado v2023.2 (64-bit)", "2023.2"),
            ("vivado v2023.2.1 (64-bit)", "2023.2.1"),
            ("slang version 12.1.0", "12.1.0"),
            ("Version v0.0-4071-ga0a8d8eb", "0.0"),
        ];
        for (text, version) in cases {
            assert_eq!(Version::find(text).unwrap().to_string(), version, "{text}");
        }
        assert_eq!(Version::find("bash: verilator: command not found"), None);
        assert_eq!(Version::find(""), None);
    }

    #[test]
    fn versions_compare_by_number() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("5.052") > version("5.006"));
        assert!(version("0.9") < version("0.23"));
        assert!(version("5.006").at_least(&[5, 6]));
        assert!(!version("4.228").at_least(&[5, 6]));
        assert!(version("0.70").at_least(&[0, 23]));
        assert!(!version("0.9").at_least(&[0, 23]));
    }
}
