//! IF and LIF neurons: membranes from one time-step to the next.

use proptest::prelude::*;
use snn2rtl::golden::SpikeCode;
use snn2rtl::lower::lower;
use snn2rtl::overlay::{Options, compile};

use super::interpreter::Schedule;
use super::{check, run};
use crate::spiking::{fixtures, random};

#[test]
fn networks_of_frameworks() {
    let (mut computed, mut refused) = (0, Vec::new());
    for (name, model, samples) in fixtures() {
        let network = lower(&model).expect("lowers").network;
        for (lanes, fire_lanes, fetch_width, code) in
            [(8, 4, 8, SpikeCode::Radix), (32, 8, 32, SpikeCode::Unary)]
        {
            let row_lanes = Options::usual_row_lanes(fire_lanes);
            let options = Options { lanes, spikes: 1, fire_lanes, fetch_width, row_lanes, code };
            match compile(&network, &options) {
                Ok(plan) => {
                    assert!(plan.machine.lif_depth > 0 && plan.fire.iter().any(|f| f.lif > 0));
                    run(&plan, &network, &options, &samples[..2], &[Schedule::Random(3)]);
                    computed += 1;
                }
                Err(error) => refused.push((name, error.problem)),
            }
        }
    }
    let all: Vec<&str> = refused.iter().map(|(name, _)| *name).collect();
    assert_eq!(all, ["spikingjelly_current"].map(|n| [n; 2]).concat());
    assert!(refused.iter().all(|(_, why)| why.contains("neurons")), "{refused:?}");
    assert!(computed > 8);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn random_neurons((lif, weights, inputs, bias, raw) in random::cases()) {
        let network = lower(&random::network(lif, weights, inputs, bias)).expect("lowers").network;
        let options = Options { lanes: 4, spikes: 1, fire_lanes: 4, fetch_width: 8, row_lanes: 1, ..Options::default() };
        if compile(&network, &options).is_ok() {
            check(&network, &options, &[raw.clone(), raw], &[Schedule::Random(1)]);
        }
    }
}
