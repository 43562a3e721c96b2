//! Utilisation from the log of the router, and resources of which the device has too little.

use super::report::Resource;
use crate::error::Error;

/// The router's table of resources, out of its log: `Info: \t NAME: used/ available percent%`. Empty when it did not
/// get that far. It counts all of the design before anything is placed, so that it stands there when a design does not
/// fit too.
pub fn resources(log: &str) -> Vec<Resource> {
    let mut found = Vec::new();
    let lines = log.lines().skip_while(|line| !line.contains("Device utilisation:")).skip(1);
    for line in lines {
        let row = line.trim_start().strip_prefix("Info:").and_then(|rest| {
            let (cell, figures) = rest.rsplit_once(':')?;
            let (used, rest) = figures.split_once('/')?;
            let available = rest.split_whitespace().next()?;
            Some(Resource {
                cell: cell.trim().to_owned(),
                used: used.trim().parse().ok()?,
                available: available.parse().ok()?,
            })
        });
        match row {
            Some(resource) => found.push(resource),
            None => break,
        }
    }
    found
}

/// The reason why the design does not fit, if the router failed because of that.
pub fn misfit(device: &str, log: &str) -> Option<Error> {
    let over: Vec<String> = resources(log)
        .into_iter()
        .filter(|r| r.used > r.available)
        .map(|r| {
            format!("{} {} of {} ({} too many)", title(&r.cell), r.used, r.available, r.used - r.available)
        })
        .collect();
    if !over.is_empty() {
        return Some(smaller(Error::check(format!("the design does not fit {device}: {}", over.join(", ")))));
    }
    // The number of cells is sufficient, but not their locations.
    let line = log.lines().find(|line| {
        line.starts_with("ERROR:")
            && [
                "no BELs remaining",
                "no Bels remaining",
                "Unable to place",
                "failed to place",
                "Unable to find a placement",
            ]
            .iter()
            .any(|mark| line.contains(mark))
    })?;
    let reason = line.trim_start_matches("ERROR:").trim();
    Some(smaller(Error::check(format!(
        "the design does not fit {device}: {}",
        crate::error::printable(reason)
    ))))
}

fn smaller(error: Error) -> Error {
    error.fix(
        "take a larger device, fewer lanes (`snn2rtl build --lanes N`), or a network with fewer weights or weight bits \
         (`snn2rtl compact`)",
    )
}

/// Display name of a kind of cell.
fn title(cell: &str) -> String {
    let name = match cell {
        "TRELLIS_COMB" | "ICESTORM_LC" | "LUT4" => "look-up tables",
        "TRELLIS_FF" | "DFF" => "flip-flops",
        "TRELLIS_RAMW" => "distributed memories",
        "DP16KD" | "ICESTORM_RAM" | "BSRAM" => "block memories",
        "ICESTORM_SPRAM" => "large memories",
        "MULT18X18D" | "ICESTORM_DSP" => "multipliers",
        _ => return cell.to_owned(),
    };
    format!("{name} ({cell})")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_up_to_its_end() {
        let found = resources(include_str!("samples/nextpnr_ecp5.log"));
        let row = |cell: &str| found.iter().find(|r| r.cell == cell).map(|r| (r.used, r.available)).unwrap();
        assert_eq!(row("DP16KD"), (49, 208));
        assert_eq!(row("TRELLIS_COMB"), (9025, 83640));
        assert_eq!(found.last().unwrap().cell, "TRELLIS_RAMW");
        assert!(misfit("LFE5U", include_str!("samples/nextpnr_ecp5.log")).is_none());
        assert!(resources("").is_empty());
    }

    #[test]
    fn what_is_too_much_is_said_with_numbers() {
        let error = misfit("iCE40UP5K-SG48I", include_str!("samples/nextpnr_ice40_misfit.log")).unwrap();
        assert_eq!(error.exit_code(), 1);
        let expected =
            "the design does not fit iCE40UP5K-SG48I: block memories (ICESTORM_RAM) 48 of 30 (18 too many)";
        assert_eq!(error.problem, expected);
        let text = "ERROR: Unable to place cell 'a', no BELs remaining to implement cell type 'DCCA'\n";
        assert!(misfit("LFE5U", text).unwrap().problem.contains("cell type 'DCCA'"));
        assert!(misfit("LFE5U", "ERROR: cannot open file\n").is_none());
    }
}
