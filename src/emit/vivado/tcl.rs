//! Names of the model as words of Tcl.

/// Maximum length of a display text from the model.
const LONGEST: usize = 80;

/// A text for people as one word of Tcl: the word's value is the text with every character that is not printable ASCII
/// written as `?`, cut to 80 characters.
pub(super) fn display(text: &str) -> String {
    let plain = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    word(&text.chars().map(plain).take(LONGEST).collect::<String>())
}

/// A text of printable ASCII as one word of Tcl. Everything that means something inside quotes has a backslash before
/// it, and so have braces, so that the word may stand inside a braced block.
pub(super) fn word(text: &str) -> String {
    let mut word = String::from("\"");
    for c in text.chars() {
        if "\\\"$[]{};".contains(c) {
            word.push('\\');
        }
        word.push(c);
    }
    word.push('"');
    word
}

#[cfg(test)]
mod tests {
    use super::{display, word};

    #[test]
    fn words_are_quoted() {
        assert_eq!(word("fc1"), "\"fc1\"");
        assert_eq!(word("a\"; exec rm {$x} [y] \\"), "\"a\\\"\\; exec rm \\{\\$x\\} \\[y\\] \\\\\"");
        assert_eq!(display("nä\nme\u{202e}"), "\"n??me?\"");
        assert_eq!(display(&"x".repeat(300)).len(), 82);
    }
}
