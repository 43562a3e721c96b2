//! Names that are safe in SystemVerilog, scripts and file names, for any name in the model.

/// Maximum length of the part of an identifier that comes from the model.
const LONGEST: usize = 40;

/// An identifier: `prefix`, which makes it start with a letter and differ from every keyword, and of the name only
/// letters, digits and single underscores.
pub(crate) fn identifier(prefix: &str, name: &str) -> String {
    let mut text = String::new();
    for c in name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }) {
        if c != '_' || !(text.is_empty() || text.ends_with('_')) {
            text.push(c);
        }
        if text.len() == LONGEST {
            break;
        }
    }
    match text.trim_end_matches('_') {
        "" => prefix.to_owned(),
        text => format!("{prefix}_{text}"),
    }
}

/// A name inside a comment of one line: what could end the comment, be taken for a directive or break the line is
/// written as `%` and its hexadecimal code point.
pub(crate) fn in_comment(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if text.len() > 2 * LONGEST {
            text.push_str("...");
            break;
        }
        match c {
            c if c.is_ascii_alphanumeric() => text.push(c),
            '_' | '.' | ':' | '-' | '/' | '(' | ')' | '[' | ']' => text.push(c),
            // No directive contains a blank that is written like this.
            c => text.push_str(&format!("%{:02X}", u32::from(c))),
        }
    }
    text
}

/// A range of bits, `[ 7:0]`, aligned with `[31:0]`.
pub(crate) fn bits(width: usize) -> String {
    format!("[{:>2}:0]", width - 1)
}

#[cfg(test)]
mod tests {
    use super::{identifier, in_comment};

    #[test]
    fn identifiers_are_plain() {
        for (name, expected) in [
            ("blocks.0.attn.quan_q", "s1_blocks_0_attn_quan_q"),
            ("module", "s1_module"),
            ("../../etc", "s1_etc"),
            ("\"; $finish; //", "s1_finish"),
            ("näme", "s1_n_me"),
            ("", "s1"),
            ("\n\n", "s1"),
            ("__x__", "s1_x"),
        ] {
            assert_eq!(identifier("s1", name), expected, "{name:?}");
        }
        assert_eq!(identifier("s", &"a".repeat(300)).len(), 42);
    }

    #[test]
    fn comments_stay_comments() {
        assert_eq!(in_comment("a*/ b"), "a%2A/%20b");
        assert_eq!(in_comment("x\n`include \"y\" \\"), "x%0A%60include%20%22y%22%20%5C");
        assert!(in_comment(&"ü".repeat(300)).len() < 90);
    }
}
