//! Reading TOML: every error names the line and the key, and names are plain before anything uses them.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result, printable};

/// Longest board or pins file in bytes.
const LONGEST: u64 = 1 << 20;
/// Longest name in characters.
const LONGEST_NAME: usize = 64;
/// Longest title or source in characters.
const LONGEST_LINE: usize = 400;

/// Reads a TOML text.
///
/// # Errors
/// When it is no TOML, a key is missing, unknown or of another type; the error names line and key.
pub fn toml<T: DeserializeOwned>(text: &str) -> Result<T> {
    let at = |error: &toml::de::Error| {
        let offset = error.span().map_or(0, |span| span.start.min(text.len()));
        text.as_bytes()[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1
    };
    let parser = toml::Deserializer::parse(text)
        .map_err(|e| Error::input(format!("line {}: {}", at(&e), one_line(e.message()))))?;
    serde_path_to_error::deserialize(parser).map_err(|e| {
        let key = printable(&e.path().to_string());
        let inner = e.into_inner();
        let (line, problem) = (at(&inner), one_line(inner.message()));
        let key = if key == "." { String::new() } else { format!(", key `{key}`") };
        Error::input(format!("line {line}{key}: {problem}"))
    })
}

/// Reads a short text file.
///
/// # Errors
/// When it is missing, no file, longer than a mebibyte, or not UTF-8.
pub fn file(path: &Path) -> Result<String> {
    let size = std::fs::metadata(path).map_err(|e| Error::io("read", path, &e))?.len();
    if size > LONGEST {
        return Err(Error::input(format!("a file of {size} bytes; possible are {LONGEST}")).at_file(path));
    }
    let bytes = crate::folder::read(path)?;
    String::from_utf8(bytes).map_err(|_| Error::input("this file is not text in UTF-8").at_file(path))
}

/// A name that may stand in scripts and paths: letters, digits, `_`, `-` and `.`, a letter or digit first.
///
/// # Errors
/// When it is anything else; `key` says where it stands.
pub fn plain(key: &str, name: &str) -> Result<()> {
    let rest = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(rest)
        && name.len() <= LONGEST_NAME
    {
        return Ok(());
    }
    Err(Error::input(format!("key `{key}`: `{}` is not a plain name", printable(name))).fix(format!(
        "use at most {LONGEST_NAME} letters, digits, `_`, `-` and `.`, a letter or digit first"
    )))
}

/// An argument of a program: as [`plain`], also with `=`, `/` and a leading `-`.
///
/// # Errors
/// When it is anything else.
pub fn argument(key: &str, word: &str) -> Result<()> {
    let rest = |c: char| c.is_ascii_alphanumeric() || "_-.=/".contains(c);
    if !word.is_empty() && word.chars().all(rest) && word.len() <= LONGEST_NAME {
        return Ok(());
    }
    Err(Error::input(format!("key `{key}`: `{}` is not a plain argument", printable(word)))
        .fix("use letters, digits, `_`, `-`, `.`, `=` and `/`"))
}

/// A line for people: not empty, no control characters.
///
/// # Errors
/// When it is empty, too long or has control characters.
pub fn line(key: &str, text: &str) -> Result<()> {
    if !text.trim().is_empty() && !text.chars().any(char::is_control) && text.chars().count() <= LONGEST_LINE
    {
        return Ok(());
    }
    Err(Error::input(format!("key `{key}`: one line of 1…{LONGEST_LINE} characters is expected here")))
}

/// A number within bounds.
///
/// # Errors
/// When it is not.
pub fn within(key: &str, value: u64, least: u64, most: u64) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Error::input(format!("key `{key}`: {value} is not within {least}…{most}")))
}

fn one_line(text: &str) -> String {
    text.chars().take(LONGEST_LINE).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
