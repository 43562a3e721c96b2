//! The longest path through logic, as Yosys' `ltp` finds it.

use serde::{Deserialize, Serialize};

use super::report::{Instance, TOP_LEVEL, plain_name};

/// The longest path between registers, memories, multipliers and ports of an instance, in cells: nothing is said about
/// their delay or that of wires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogicDepth {
    /// Cells on the path: look-up tables, carry cells, wide multiplexers.
    pub levels: u64,
    /// Of these, look-up tables.
    pub lut: u64,
    /// Its instance, as in [`super::ModuleUse`].
    pub instance: String,
    /// The instance's module.
    pub module: String,
}

/// A path: cells, and those that are look-up tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    levels: u64,
    lut: u64,
}

/// The longest path in what `ltp` has written; none if there is no logic.
pub fn longest(text: &str) -> Option<Path> {
    let blocks = text.split("Longest topological path in ").skip(1);
    let path = |block: &str| {
        let levels = block.split_once("(length=")?.1.split_once(')')?.0.parse().ok().filter(|&n| n > 0)?;
        let lut = block.lines().filter(|line| line.contains("(via lut_")).count() as u64;
        Some(Path { levels, lut })
    };
    blocks.filter_map(path).max_by_key(|path| (path.levels, path.lut))
}

/// The longest of the paths of all parts, the last of which is the top level itself.
pub fn of(
    paths: &[Option<Path>],
    instances: &[Instance],
    part_of: &[usize],
    top: &str,
) -> Option<LogicDepth> {
    let known = paths.iter().enumerate().filter_map(|(part, path)| Some((part, (*path)?)));
    let (part, Path { levels, lut }) = known.max_by_key(|(_, path)| (path.levels, path.lut))?;
    let instance = instances.iter().zip(part_of).find(|(_, own)| **own == part).map(|(instance, _)| instance);
    let (instance, module) = match instance {
        Some(Instance { name, module }) => (name.clone(), plain_name(module).to_owned()),
        None => (TOP_LEVEL.to_owned(), top.to_owned()),
    };
    Some(LogicDepth { levels, lut, instance, module })
}

#[cfg(test)]
mod tests {
    use super::{Instance, Path, TOP_LEVEL, longest, of};

    const LTP: &str = "\n5. Executing LTP pass (find longest path).\n\nLongest topological path in t (length=3):\n    \
        0: \\y [3]\n    1: $o18 (via lut_38_)\n    2: $i150 (via $alu$1.carry4)\n    3: $o236 (via lut_5_)\n\n\
        Longest topological path in u (length=-1):\n";

    #[test]
    fn look_up_tables_of_the_longest_path_are_counted() {
        assert_eq!(longest(LTP), Some(Path { levels: 3, lut: 2 }));
        assert_eq!(longest("Longest topological path in u (length=-1):\n"), None);
        assert_eq!(longest("(length=4"), None);
    }

    #[test]
    fn the_longest_path_is_that_of_an_instance_or_of_the_top_level() {
        let path = |levels| Some(Path { levels, lut: levels });
        let instance = |name: &str, module: &str| Instance { name: name.into(), module: module.into() };
        let instances = [instance("u_b", "b"), instance("u_a", r"$paramod\a\W=1"), instance("u_c", "b")];
        let found = |paths: &[Option<Path>]| of(paths, &instances, &[1, 0, 1], "top");
        let name = |paths: &[Option<Path>]| found(paths).map(|depth| (depth.instance, depth.module));
        assert_eq!(name(&[path(9), path(2), None]), Some(("u_a".into(), "a".into())));
        assert_eq!(name(&[path(1), path(2), None]), Some(("u_b".into(), "b".into())));
        assert_eq!(name(&[path(1), None, path(3)]), Some((TOP_LEVEL.into(), "top".into())));
        assert_eq!(found(&[None, None, None]), None);
    }
}
