//! Modules of an elaborated design, as Yosys writes them (RTLIL).

use std::collections::HashMap;

/// An elaborated design: its modules by name, in their text.
pub struct Design<'a> {
    modules: HashMap<&'a str, &'a str>,
}

/// A name without the backslash of names from the source.
pub fn plain(name: &str) -> &str {
    name.strip_prefix('\\').unwrap_or(name)
}

/// Type and name of the cell that a line begins, in the order of the text.
pub fn cell(line: &str) -> Option<(&str, &str)> {
    let (module, name) = line.trim_end().strip_prefix("  cell ")?.split_once(' ')?;
    Some((plain(module), plain(name)))
}

/// A port of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its width in bits.
    pub width: usize,
    /// Whether data goes in.
    pub input: bool,
}

/// The ports of a module, out of its text, in the order of their numbers.
pub fn ports(text: &str) -> Vec<Port> {
    let mut ports: Vec<(usize, Port)> = Vec::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("  wire ") else { continue };
        let words: Vec<&str> = rest.split_whitespace().collect();
        let after = |word: &str| {
            words.iter().position(|w| *w == word).and_then(|at| words.get(at + 1)?.parse::<usize>().ok())
        };
        let (number, input) = match (after("input"), after("output")) {
            (Some(number), _) => (number, true),
            (None, Some(number)) => (number, false),
            (None, None) => continue,
        };
        let Some(name) = words.last() else { continue };
        let port = Port { name: plain(name).to_owned(), width: after("width").unwrap_or(1), input };
        ports.push((number, port));
    }
    ports.sort_by_key(|(number, _)| *number);
    ports.into_iter().map(|(_, port)| port).collect()
}

/// The text with another module instead of that of some cells: `other` answers with the new one for a module and
/// the cell's name, both without a backslash.
pub fn relinked(text: &str, other: &dyn Fn(&str, &str) -> Option<String>) -> String {
    let mut changed = String::with_capacity(text.len());
    for line in text.lines() {
        match cell(line).and_then(|(module, name)| Some((other(module, name)?, line.rsplit_once(' ')?.1))) {
            // Names that Yosys made up start with `$` and have no backslash.
            Some((module, name)) => {
                let mark = if module.starts_with('$') { "" } else { "\\" };
                changed += &format!("  cell {mark}{module} {name}\n");
            }
            None => {
                changed += line;
                changed.push('\n');
            }
        }
    }
    changed
}

impl<'a> Design<'a> {
    /// Finds the modules.
    pub fn read(text: &'a str) -> Self {
        let mut modules = HashMap::new();
        // The module that is open, and where its text begins.
        let mut open = None;
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            if let Some(name) = line.strip_prefix("module ") {
                open = Some((plain(name.trim_end()), offset));
            }
            offset += line.len();
            if line.trim_end() == "end"
                && let Some((name, start)) = open.take()
            {
                modules.insert(name, &text[start..offset]);
            }
        }
        Self { modules }
    }

    /// Whether there is a module of this name.
    pub fn contains(&self, module: &str) -> bool {
        self.modules.contains_key(module)
    }

    /// What a module contains, without what does not matter for hardware: its name, parameters that nothing reads any
    /// more, positions in the source, and which numbers Yosys has given to nameless things. Modules for which this is the
    /// same are identical modules.
    pub fn canonical_form(&self, module: &str) -> String {
        let Some(text) = self.modules.get(module) else { return String::new() };
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut canonical_form = String::with_capacity(text.len());
        for line in text.lines() {
            let word = line.trim_start();
            if ["attribute \\src ", "parameter ", "module "].iter().any(|start| word.starts_with(start))
                && !line.starts_with("    ")
            {
                continue;
            }
            // `…$123` at the end of a name, as often as it comes.
            for (n, part) in line.split(' ').enumerate() {
                if n > 0 {
                    canonical_form.push(' ');
                }
                match part.rsplit_once('$') {
                    Some((name, number))
                        if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
                    {
                        let next = numbers.len();
                        let number = *numbers.entry(number).or_insert(next);
                        canonical_form += &format!("{name}${number}");
                    }
                    _ => canonical_form += part,
                }
            }
            canonical_form.push('\n');
        }
        canonical_form
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# Generated
autoidx 9
attribute \src "a.sv:1"
module $paramod$12\link
  parameter \Id
  wire \x
  wire $and$a.sv:3$7
  cell $and $and$a.sv:3$8
    parameter \WIDTH 2
    connect \Y $and$a.sv:3$7
  end
  cell \fifo \u_fifo
  end
end
attribute \src "a.sv:1"
module $paramod$34\link
  parameter \Id
  wire \x
  wire $and$a.sv:3$17
  cell $and $and$a.sv:3$18
    parameter \WIDTH 2
    connect \Y $and$a.sv:3$17
  end
  cell \fifo \u_fifo
  end
end
module \fifo
  wire \x
end
"#;

    #[test]
    fn modules_are_found() {
        let design = Design::read(TEXT);
        assert!(design.contains("fifo") && design.contains(r"$paramod$12\link") && !design.contains("$and"));
        assert_eq!(design.canonical_form("fifo"), "  wire \\x\nend\n");
        assert_eq!(design.canonical_form("none"), "");
    }

    #[test]
    fn ports_are_read_in_order() {
        let text = "module \\m\n  wire width 8 input 2 signed \\a_i\n  wire \\x\n  wire input 1 \\clk_i\n  \
                    wire width 3 output 3 \\y_o\nend\n";
        let ports: Vec<_> = ports(text).into_iter().map(|p| (p.name, p.width, p.input)).collect();
        let expected = [("clk_i", 1, true), ("a_i", 8, true), ("y_o", 3, false)];
        assert_eq!(ports, expected.map(|(name, width, input)| (name.to_owned(), width, input)));
    }

    #[test]
    fn cells_get_another_module() {
        let text =
            "module \\m\n  cell $paramod$34\\link \\u_b\n    connect \\A \\x\n  end\n  cell \\fifo \\u_a\n";
        let other =
            |module: &str, name: &str| (module.ends_with("link") && name == "u_b").then(|| "link".into());
        let found = relinked(text, &other);
        assert_eq!(found, text.replace("$paramod$34\\link", "\\link"));
        let back = |module: &str, _: &str| (module == "link").then(|| "$paramod$12\\link".into());
        assert_eq!(relinked(&found, &back), text.replace("$34", "$12"));
    }

    #[test]
    fn twins_differ_in_numbers_only() {
        let design = Design::read(TEXT);
        let link = design.canonical_form(r"$paramod$12\link");
        assert_eq!(link, design.canonical_form(r"$paramod$34\link"));
        // A parameter of a cell matters, and so does which nameless thing is meant.
        for (from, to) in [
            ("WIDTH 2\n    connect \\Y $and$a.sv:3$17", "WIDTH 3\n    connect \\Y $and$a.sv:3$17"),
            ("connect \\Y $and$a.sv:3$17", "connect \\Y $and$a.sv:3$18"),
        ] {
            let other = TEXT.replacen(from, to, 1);
            assert_ne!(other, TEXT);
            assert_ne!(link, Design::read(&other).canonical_form(r"$paramod$34\link"), "{to}");
        }
    }
}
