//! One flat netlist for place and route, merged from the separately synthesised modules.

use std::path::Path;

use super::{
    Core, Family, Keep, Shell, Step, Utilisation, modules, read, read_files, report, rtlil, scripts, shell,
};
use crate::error::{Error, Result};
use crate::tool::Toolbox;

/// A flat netlist. Its cells are called `INSTANCE.…` after the core's instance that they come from, below the name of
/// the core in the shell.
#[derive(Clone, Debug)]
pub struct Netlist {
    /// Yosys' JSON, seen from the build folder.
    pub file: String,
    /// The module that is placed.
    pub top: String,
    /// The core in it.
    pub core: String,
    /// Name of the core's instance.
    pub core_instance: String,
    /// The core's instances and the modules that they are of.
    pub instances: Vec<(String, String)>,
    /// Resources of the core, without the shell.
    pub utilisation: Utilisation,
    /// Resources of shell and core.
    pub total: super::Figures,
}

/// Synthesises the design in the build folder, puts it into the shell and leaves one flat netlist.
pub fn netlist(
    toolbox: &Toolbox,
    build: &Path,
    family: Family,
    shell: &Shell,
    progress: &(dyn Fn(Step<'_>) + Sync),
) -> Result<Netlist> {
    let synthesis = modules(toolbox, build, family, Core::Whole, Keep::Netlists, progress)?;
    let core = synthesis.utilisation.top.clone();
    let folder = scripts::folder(family);
    let work = build.join(&folder);
    let write = |name: &str, text: &str| {
        let file = work.join(name);
        std::fs::write(&file, text).map_err(|e| Error::io("write", &file, &e))
    };
    let run = |name: &str, text: &str| -> Result<()> {
        write(&format!("{name}.ys"), text)?;
        let script = format!("{folder}/{name}.ys");
        let log = work.join(format!("{name}.log"));
        synthesis.program.command().args(["-s", &script]).cwd(build).log(log).run()?;
        Ok(())
    };

    progress(Step::Doing("the shell"));
    let (top, files) = match shell {
        Shell::Chain => {
            write("port_chain.v", &shell::chain(&core, &synthesis.ports)?)?;
            (super::CHAIN.to_owned(), vec![format!("{folder}/port_chain.v")])
        }
        Shell::Module(name) => (name.clone(), read_files(build, "rtl/board.f")?),
    };
    run("shell", &scripts::shell(family, &top, &core, &files))?;

    // The core under its plain name in the shell, and each twin under the name that was synthesised.
    let text = read(&work.join("shell.net.il"))?;
    let is_core = |module: &str| report::plain_name(module) == core;
    let with_core = rtlil::relinked(&text, &|module, _| is_core(module).then(|| core.clone()));
    let found: Vec<_> =
        with_core.lines().filter_map(rtlil::cell).filter(|(module, _)| *module == core).collect();
    let [(_, core_instance)] = found[..] else {
        return Err(Error::input(format!(
            "the module `{top}` holds the core `{core}` {} times, not once",
            found.len()
        ))
        .at_file(build.join(format!("rtl/{top}.sv"))));
    };
    write("shell.linked.il", &with_core)?;
    let text = read(&work.join("top.net.il"))?;
    let part_of = |_: &str, name: &str| {
        let at = synthesis.instances.iter().position(|instance| instance.name == name)?;
        Some(synthesis.parts[synthesis.part_of[at]].module.clone())
    };
    write("top.linked.il", &rtlil::relinked(&text, &part_of))?;

    progress(Step::Doing("one netlist"));
    run("join", &scripts::join(family, &top, &synthesis.parts))?;
    let stat = work.join("flat.json");
    let cells = report::cells(&top, &read(&stat)?).map_err(|error| error.at_file(&stat))?;
    let total = super::cells::count(family, cells.iter().map(|(cell, &count)| (cell.as_str(), count)));
    let module = |name: &str| report::plain_name(name).to_owned();
    Ok(Netlist {
        file: format!("{folder}/netlist.json"),
        top,
        core_instance: core_instance.to_owned(),
        core,
        instances: synthesis.instances.iter().map(|i| (i.name.clone(), module(&i.module))).collect(),
        utilisation: synthesis.utilisation,
        total,
    })
}
