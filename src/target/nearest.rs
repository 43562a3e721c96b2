//! Unknown names, and suggestions.

use crate::error::{Error, printable};

/// Minimum similarity (Jaro-Winkler) of a suggested name.
const ALIKE: f64 = 0.7;

/// The error of an unknown name: the nearest of `candidates`, if one is similar, and all `known` names.
pub fn unknown<'a>(
    what: &str,
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
    known: &[&str],
) -> Error {
    let lower: String = name.chars().take(64).flat_map(char::to_lowercase).collect();
    let nearest = candidates
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let meant = nearest.map_or(String::new(), |(_, nearest)| format!("did you mean `{nearest}`? "));
    Error::input(format!("the {what} `{}` is not known", printable(name)))
        .fix(format!("{meant}known are {}", known.join(", ")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_named() {
        let known = ["arty-a7-35t", "ulx3s-85f"];
        let fix = |name| unknown("board", name, known.into_iter(), &known).fix.unwrap();
        assert_eq!(fix("ULX3S"), "did you mean `ulx3s-85f`? known are arty-a7-35t, ulx3s-85f");
        assert_eq!(fix("qqqq"), "known are arty-a7-35t, ulx3s-85f");
    }
}
