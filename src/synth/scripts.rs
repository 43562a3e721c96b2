//! Yosys scripts. All of them run in the build folder.

use super::report::Part;
use crate::target::Family;

/// Where scripts and answers are, seen from the build folder.
pub fn folder(family: Family) -> String {
    format!("reports/yosys_{family}")
}

/// Reads the sources and leaves the whole design, every module with its parameters, and the top level alone.
///
/// Assertions are for simulation and formal proofs; modules are only elaborated with the parameters that the design
/// gives them. Instances of the module `open` in the top level are replaced by what they contain.
pub fn elaborate(family: Family, top: &str, files: &[String], open: Option<&str>) -> String {
    let (folder, files) = (folder(family), files.join(" \\\n  "));
    let read = family.read_command();
    let opened = open.map(|module| opened(top, module)).unwrap_or_default();
    format!(
        "# Elaboration of {top}. Run in the build folder: yosys -s {folder}/elaborate.ys\n\
         {read} \\\n  {files}\n\
         hierarchy -check -top {top}\n\
         {opened}write_rtlil {folder}/design.il\n\
         select {top}\n\
         write_rtlil -selected {folder}/top.il\n"
    )
}

/// Replaces the instances of a module in the top level by its contents, once.
///
/// With parameters Yosys calls the module `$paramod$HASH\MODULE` or `$paramod\MODULE\NAME=VALUE`. No module of ours has
/// the attribute before; it is an attribute of cells (`rtl/sync_rom.sv`).
fn opened(top: &str, module: &str) -> String {
    format!(
        "setattr -mod -set keep_hierarchy 1 *\n\
         setattr -mod -unset keep_hierarchy {module} $paramod*?{module} $paramod?{module}?*=*\n\
         flatten {top}\n\
         setattr -mod -unset keep_hierarchy *\n\
         hierarchy -top {top}\n"
    )
}

/// Synthesises one module and everything beneath it.
pub fn part(family: Family, command: &str, part: &Part) -> String {
    let Part { name, module, .. } = part;
    format!(
        "read_rtlil {0}/design.il\nhierarchy -top {module}\n{1}",
        folder(family),
        synthesis(family, command, module, name)
    )
}

/// Synthesises the top level around its instances, which stay black boxes.
pub fn top(family: Family, command: &str, top: &str) -> String {
    format!(
        "read_rtlil {}/design.il\n\
         select -set inside * {top} %d\n\
         blackbox @inside\n{}",
        folder(family),
        synthesis(family, command, top, "top")
    )
}

/// Keeps the cells of a module that has been synthesised, those of modules that were synthesised by themselves included.
pub fn keep(family: Family, module: &str, name: &str) -> String {
    format!(
        "setattr -unset keep_hierarchy */c:*\nflatten\nselect {module}\nwrite_rtlil -selected {}/{name}.net.il\n",
        folder(family)
    )
}

/// Writes the cells of a module that has been synthesised, and of all modules in it, for the depth of its logic.
pub fn netlist(family: Family, name: &str) -> String {
    format!(
        "setattr -unset keep_hierarchy */c:*\nflatten\nopt_clean -purge\nwrite_json {}/{name}.cells.json\n",
        folder(family)
    )
}

/// Reads and elaborates the shell around the core and synthesises it with the core as a black box, pads included where
/// the router does not add them separately. The cell library stays in the file for the final step.
///
/// With parameters Yosys calls the core `$paramod$HASH\CORE` or `$paramod\CORE\NAME=VALUE`.
pub fn shell(family: Family, shell: &str, core: &str, files: &[String]) -> String {
    let (folder, files) = (folder(family), files.join(" \\\n  "));
    let (command, read) = (family.board_command(), family.read_command());
    format!(
        "{read} \\\n  {files}\n\
         hierarchy -check -top {shell}\n\
         blackbox {core} $paramod*?{core} $paramod?{core}?*=*\n\
         {command} -top {shell}\n\
         write_rtlil {folder}/shell.net.il\n"
    )
}

/// Puts the parts into the top level, that into the shell, and leaves one flat netlist.
///
/// Modules that are read later replace the black boxes of their name.
pub fn join(family: Family, shell: &str, parts: &[Part]) -> String {
    let folder = folder(family);
    let mut text =
        format!("read_rtlil {folder}/shell.linked.il\nread_rtlil -overwrite {folder}/top.linked.il\n");
    for part in parts {
        text += &format!("read_rtlil -overwrite {folder}/{}.net.il\n", part.name);
    }
    text + &format!(
        "hierarchy -top {shell}\nflatten\nopt_clean -purge\n\
         tee -q -o {folder}/flat.json stat -json\nwrite_json {folder}/netlist.json\n"
    )
}

fn synthesis(family: Family, command: &str, module: &str, name: &str) -> String {
    let folder = folder(family);
    format!("{command} -top {module}\ntee -q -o {folder}/{name}.json stat -json\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Modules that were synthesised by themselves must not be missing from the netlist.
    #[test]
    fn a_kept_module_is_flat() {
        let script = keep(Family::Ecp5, "x", "000_x");
        let [flatten, select] = ["\nflatten\n", "\nselect x\n"].map(|line| script.find(line));
        assert!(flatten.is_some() && flatten < select, "{script}");
        assert!(script.starts_with("setattr -unset keep_hierarchy "), "{script}");
    }

    #[test]
    fn the_sources_are_read_in_order() {
        let files = ["rtl/a_pkg.sv".to_owned(), "rtl/top.sv".to_owned()];
        let script = elaborate(Family::Ecp5, "top", &files, None);
        assert!(script.contains("-noassume \\\n  rtl/a_pkg.sv \\\n  rtl/top.sv\nhierarchy"), "{script}");
        assert!(top(Family::Ecp5, "synth_ecp5", "x").contains("\nsynth_ecp5 -top x\n"));
    }

    /// Only that module is flattened, and nothing is kept apart afterwards.
    #[test]
    fn a_module_is_opened() {
        let script = elaborate(Family::Xcup, "top", &["rtl/top.sv".to_owned()], Some("core"));
        let lines: Vec<&str> = script.lines().collect();
        let at = |start: &str| lines.iter().position(|line| line.starts_with(start)).expect("a line");
        let order = ["setattr -mod -set", "setattr -mod -unset keep_hierarchy core ", "flatten top"].map(at);
        assert!(
            order.is_sorted() && at("flatten top") < at("setattr -mod -unset keep_hierarchy *"),
            "{script}"
        );
        assert!(at("setattr -mod -unset keep_hierarchy *") < at("write_rtlil"), "{script}");
    }
}
