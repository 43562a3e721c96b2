//! Formatting of numbers and names. The result is plain text that the template escapes, or markup where the function
//! says so.

use crate::report::{Check, Equality};
use crate::target::Short;

/// A number of things. Templates hand over references.
pub trait Count {
    /// The number.
    fn number(&self) -> u64;
}

/// A real number.
pub trait Real {
    /// The number.
    fn real(&self) -> f64;
}

impl Count for u64 {
    fn number(&self) -> u64 {
        *self
    }
}

impl Count for u32 {
    fn number(&self) -> u64 {
        (*self).into()
    }
}

impl Count for usize {
    fn number(&self) -> u64 {
        *self as u64
    }
}

impl<T: Count> Count for &T {
    fn number(&self) -> u64 {
        (*self).number()
    }
}

impl Real for f64 {
    fn real(&self) -> f64 {
        *self
    }
}

impl<T: Real> Real for &T {
    fn real(&self) -> f64 {
        (*self).real()
    }
}

/// A name from outside: control characters and those that turn the direction of writing are spelled out, and it is cut
/// where it is longer than any real one.
pub fn shown(name: &str) -> String {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let text = crate::error::printable(name);
    text.chars()
        .flat_map(|c| if turns(c) { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

/// Text as markup, escaped, with line breaks allowed behind the separators of names, so that words stay whole.
pub fn parted(name: impl AsRef<str>) -> String {
    let mut text = String::new();
    for c in name.as_ref().chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '.' | '_' | '/' => {
                text.push(c);
                text.push_str("<wbr>");
            }
            c => text.push(c),
        }
    }
    text
}

/// A number with thousands separators.
pub fn count(value: impl Count) -> String {
    let digits = value.number().to_string();
    let mut text = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(c);
    }
    text
}

/// A mean: whole where it is large, with some digits where it is small.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn mean(value: impl Real) -> String {
    let value = value.real();
    match value.abs() {
        v if !v.is_finite() => "–".to_owned(),
        v if v >= 1000.0 => count(value.round().max(0.0) as u64),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A share in percent.
pub fn percent(share: impl Real) -> String {
    format!("{:.1}\u{a0}%", 100.0 * share.real())
}

/// Energy in a suitable unit.
pub fn energy(nanojoule: f64) -> String {
    match nanojoule {
        e if e >= 1e6 => format!("{:.2} mJ", e / 1e6),
        e if e >= 1e3 => format!("{:.2} µJ", e / 1e3),
        e => format!("{e:.1} nJ"),
    }
}

/// Bits in a suitable unit.
pub fn bits(bits: impl Count) -> String {
    match bits.number() {
        b if b >= 1 << 23 => format!("{:.1} MiB", b as f64 / 8.0 / 1024.0 / 1024.0),
        b if b >= 1 << 13 => format!("{:.1} KiB", b as f64 / 8.0 / 1024.0),
        b => format!("{} bits", count(b)),
    }
}

/// One thing or several of them.
pub fn plural(number: impl Count, one: &str, many: &str) -> String {
    format!("{} {}", count(&number), if number.number() == 1 { one } else { many })
}

/// Number of passes of a row of this many channels with this many lanes.
pub fn passes(channels: impl Count, lanes: impl Count) -> String {
    count(channels.number().div_ceil(lanes.number().max(1)))
}

/// What a device has too little of.
pub fn short(short: &[Short]) -> String {
    shown(&Short::list(short))
}

/// Widths by name.
pub fn widths(widths: &[(String, u32)]) -> String {
    let each: Vec<String> = widths.iter().map(|(name, width)| format!("{} {width}", shown(name))).collect();
    each.join(", ")
}

/// A part of the whole in percent.
pub fn part(of: impl Count, whole: impl Count) -> f64 {
    100.0 * of.number() as f64 / whole.number().max(1) as f64
}

/// Text and class of the badge of an equality.
pub fn badge(equality: &Equality) -> (&'static str, &'static str) {
    match (equality.holds, equality.strict) {
        (Some(true), _) => ("equal", "good"),
        (Some(false), true) => ("differs", "bad"),
        (Some(false), false) => ("rounds", "fair"),
        (None, _) => ("not compared", "none"),
    }
}

/// Share of the compared values that differ, if any.
pub fn differing(check: &Check) -> String {
    match check.different {
        0 => String::new(),
        different => format!(" ({:.5} %)", 100.0 * different as f64 / check.compared.max(1) as f64),
    }
}

/// A bar of a percentage. Markup that contains only numbers.
pub fn bar(percent: impl Real) -> String {
    marked(percent, &None)
}

/// The same with a mark, if there is one.
pub fn marked(percent: impl Real, mark: &Option<f64>) -> String {
    let clamp = |value: f64| if value.is_finite() { value.clamp(0.0, 100.0) } else { 0.0 };
    let mark =
        mark.map(|at| format!(r#"<rect class="mark" x="{:.1}" width="1" height="8"/>"#, clamp(at) * 0.99));
    format!(
        r#"<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="well" width="100" height="8"/><rect class="fill" width="{:.1}" height="8"/>{}</svg>"#,
        clamp(percent.real()),
        mark.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!([count(0u64), count(1234u64), count(1_234_567u64)], ["0", "1,234", "1,234,567"]);
        assert_eq!(
            [mean(78_028.4), mean(345.6), mean(21.06), mean(0.531)],
            ["78,028", "346", "21.1", "0.53"]
        );
        assert_eq!([mean(f64::NAN), percent(0.969)], ["–", "96.9\u{a0}%"]);
        assert_eq!([energy(12.3), energy(4560.0), energy(7.8e6)], ["12.3 nJ", "4.56 µJ", "7.80 mJ"]);
        assert_eq!([bits(100u64), bits(16_384u64), bits(1u64 << 24)], ["100 bits", "2.0 KiB", "2.0 MiB"]);
    }

    #[test]
    fn names_that_turn_the_writing_are_spelled_out() {
        assert_eq!(shown("a\u{202e}b\u{2066}\n"), "a\\u{202e}b\\u{2066}\\n");
        assert_eq!(shown("שלום <b>"), "שלום <b>");
        assert_eq!(parted("/b.0_q<i>&"), "/<wbr>b.<wbr>0_<wbr>q&lt;i&gt;&amp;");
        assert!(shown(&"x".repeat(1000)).chars().count() < 130);
    }
}
