//! Diagnostics: problem, location and fix.
//!
//! Every failure that a user can cause is an [`Error`] with a [`Kind`]; the kind alone decides the exit code. Inside
//! the library no error is a bare string, and no data from outside may cause a panic.

use std::fmt;
use std::path::{Path, PathBuf};

/// Result type of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Kind of the failure; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The work was done and a check failed (a mismatch, a missed constraint): exit code 1.
    Check,
    /// The input, the call or the machine is wrong: exit code 2.
    Input,
}

/// One diagnostic: problem, location and fix.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Error {
    /// Kind of the failure.
    pub kind: Kind,
    /// The problem, in one sentence without a full stop.
    pub problem: String,
    /// The file.
    pub file: Option<PathBuf>,
    /// The node, by its name in the model.
    pub node: Option<String>,
    /// How to fix it, in one sentence without a full stop.
    pub fix: Option<String>,
    /// Further problems of the same input, each of which would be enough to refuse it.
    pub more: Box<[Error]>,
}

impl Error {
    /// The input or the call is wrong.
    pub fn input(problem: impl Into<String>) -> Self {
        Self {
            kind: Kind::Input,
            problem: problem.into(),
            file: None,
            node: None,
            fix: None,
            more: Box::default(),
        }
    }

    /// A check failed.
    pub fn check(problem: impl Into<String>) -> Self {
        Self { kind: Kind::Check, ..Self::input(problem) }
    }

    /// An operating system call on `path` failed while doing `what` ("read", "create", …).
    pub fn io(what: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::input(format!("cannot {what} this file or folder: {error}")).at_file(path)
    }

    /// Adds the file, unless one is set already.
    #[must_use]
    pub fn at_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file.get_or_insert_with(|| file.into());
        self
    }

    /// Adds the node, unless one is set already.
    #[must_use]
    pub fn at_node(mut self, node: impl Into<String>) -> Self {
        self.node.get_or_insert_with(|| node.into());
        self
    }

    /// Adds the fix.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Several problems as one error; none if there are none.
    pub fn several(problems: Vec<Self>) -> Option<Self> {
        let mut all = problems.into_iter();
        let first = all.next()?;
        Some(Self { more: all.collect(), ..first })
    }

    /// The problems one by one, this one first.
    pub fn each(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.more)
    }

    /// The exit code of the program.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Check => 1,
            Kind::Input => 2,
        }
    }
}

/// A name from outside, safe for a terminal line: characters that control the terminal or the text direction are
/// escaped, and the result is at most 120 characters long.
pub fn printable(name: &str) -> String {
    const LONGEST: usize = 120;
    let mut text: String = name
        .chars()
        .take(LONGEST)
        .flat_map(|c| if controls(c) { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect();
    if name.chars().count() > LONGEST {
        text.push('…');
    }
    text
}

/// Whether a character must be escaped: control characters, line separators, direction marks, and code points that are
/// not characters.
fn controls(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// A number with thousands separators.
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    text
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.more.is_empty() {
            return self.write_one(f, "");
        }
        write!(f, "{} problems were found", self.more.len() + 1)?;
        if let Some(file) = &self.file {
            write!(f, "\n  file: {}", printable(&file.display().to_string()))?;
        }
        for (number, one) in self.each().enumerate() {
            write!(f, "\n{}. ", number + 1)?;
            one.write_one(f, "   ")?;
        }
        Ok(())
    }
}

impl Error {
    /// Writes this problem alone; its further lines begin with `indent`. A file is named only where there is no indent, for
    /// it is that of the whole list.
    fn write_one(&self, f: &mut fmt::Formatter<'_>, indent: &str) -> fmt::Result {
        write!(f, "{}", self.problem)?;
        if let Some(node) = &self.node {
            write!(f, "\n{indent}  node: {}", printable(node))?;
        }
        if let Some(file) = self.file.as_ref().filter(|_| indent.is_empty()) {
            write!(f, "\n  file: {}", printable(&file.display().to_string()))?;
        }
        if let Some(fix) = &self.fix {
            write!(f, "\n{indent}  fix:  {fix}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{printable, thousands};

    #[test]
    fn names_cannot_steer_a_terminal() {
        for (name, shown) in [
            ("a b", "a b"),
            ("ünï", "ünï"),
            ("a\nb\u{1b}[2J", "a\\nb\\u{1b}[2J"),
            ("\u{202e}txt", "\\u{202e}txt"),
            ("\u{2028}\u{feff}\u{ffff}", "\\u{2028}\\u{feff}\\u{ffff}"),
        ] {
            assert_eq!(printable(name), shown);
        }
        assert_eq!(printable(&"x".repeat(500)).chars().count(), 121);
    }

    #[test]
    fn thousands_apart() {
        for (value, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(thousands(value), text);
        }
    }
}
