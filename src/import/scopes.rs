//! Paths of modules as PyTorch's exporter records them.

/// Entries of a list as Python prints it, `['', 'fc1', 'linear']`: what PyTorch's exporter records as the path of
/// modules, each with its full name, and last the operator.
pub fn scope_list(text: &str) -> Vec<String> {
    let mut entries = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['\'', '"']) {
        let quote = if rest[start..].starts_with('"') { '"' } else { '\'' };
        let Some(length) = rest[start + 1..].find(quote) else { break };
        entries.push(rest[start + 1..start + 1 + length].to_owned());
        rest = &rest[start + length + 2..];
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::scope_list;

    #[test]
    fn scope_lists_are_parsed() {
        assert_eq!(scope_list("['', 'fc1', 'linear']"), ["", "fc1", "linear"]);
        assert_eq!(scope_list("['unclosed"), Vec::<String>::new());
        assert_eq!(scope_list("[\"it's\", 'é']"), ["it's", "é"]);
    }
}
