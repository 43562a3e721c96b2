//! Lanes for every layer, so that none is busy longer than it may be and none has more than it needs.
//!
//! All layers begin with one lane. As long as a stage is busy for more cycles a sample than allowed, its node gets the
//! next number of lanes that makes a difference; where none does, since the rows come in too narrow, the nodes before it.
//! What is busy follows from measured spikes, not from the sizes of layers: a layer whose neurons hardly fire gets few
//! lanes, however large it is.

use std::collections::BTreeMap;

use super::activity::Activity;
use super::cycles::{Cycles, busy_only, cycles};
use crate::design::{Design, Folded, Options, plan};
use crate::error::Result;
use crate::integer::Network;

/// A folding with what comes of it.
#[derive(Clone, Debug)]
pub struct Point {
    /// Lanes of every layer.
    pub options: Options,
    /// The design.
    pub design: Design,
    /// Its cycles.
    pub cycles: Cycles,
}

/// A folding that is tried: its cycles are not known yet, but how busy its stages are.
#[derive(Clone)]
struct Trial {
    options: Options,
    design: Design,
    busy: Vec<f64>,
}

/// Finds foldings of one network.
pub struct Scheduler<'a> {
    model: &'a str,
    network: &'a Network,
    activity: &'a Activity,
    /// Depths of FIFOs; its lanes are not looked at.
    options: Options,
}

impl<'a> Scheduler<'a> {
    /// For a network and what samples make it do.
    pub fn new(model: &'a str, network: &'a Network, activity: &'a Activity, options: &Options) -> Self {
        Self { model, network, activity, options: Options { layers: BTreeMap::new(), ..options.clone() } }
    }

    /// The design with these lanes.
    ///
    /// # Errors
    /// When there is no hardware for the network.
    pub fn point(&self, lanes: &BTreeMap<String, usize>) -> Result<Point> {
        Ok(self.played(self.trial(lanes)?))
    }

    fn trial(&self, lanes: &BTreeMap<String, usize>) -> Result<Trial> {
        let layers = lanes.iter().map(|(name, &lanes)| (name.clone(), Folded { lanes })).collect();
        let options = Options { lanes: 1, layers, ..self.options.clone() };
        let design = plan(self.model, self.network, &options)?;
        let busy = busy_only(&design, self.activity);
        Ok(Trial { options: design.folding(&options), design, busy })
    }

    fn played(&self, trial: Trial) -> Point {
        let cycles = cycles(&trial.design, self.activity);
        Point { options: trial.options, design: trial.design, cycles }
    }

    /// Every layer in one lane: the slowest.
    ///
    /// # Errors
    /// As [`Self::point`].
    pub fn slowest(&self) -> Result<Point> {
        self.point(&self.nodes(1))
    }

    /// The fewest lanes with which no stage is busy for more than `target` cycles a sample, as far as that is possible,
    /// beginning with those of `from`.
    ///
    /// # Errors
    /// As [`Self::point`].
    pub fn within(&self, target: f64, from: &Point) -> Result<Point> {
        let Point { options, design, cycles } = from.clone();
        let mut best = Trial { options, design, busy: cycles.busy };
        // Stages that nothing more can be done for.
        let mut given_up = vec![false; best.design.stages.len()];
        loop {
            let busy = |stage: &usize| best.busy[*stage];
            let late = (0..best.design.stages.len())
                .filter(|stage| busy(stage) > target && given_up.get(*stage) == Some(&false))
                .max_by(|a, b| busy(a).total_cmp(&busy(b)));
            let Some(stage) = late else { return Ok(self.played(best)) };
            match self.relieve(&best, stage)? {
                Some(better) => {
                    // Stages come and go with the lanes on both sides of a stream.
                    if better.design.stages.len() != best.design.stages.len() {
                        given_up = vec![false; better.design.stages.len()];
                    }
                    best = better;
                }
                None => given_up[stage] = true,
            }
        }
    }

    /// The smallest change that makes a stage less busy.
    fn relieve(&self, point: &Trial, stage: usize) -> Result<Option<Trial>> {
        let now = lanes(&point.options);
        let before = point.busy[stage];
        let node = &point.design.stages[stage].node;
        let twin = |design: &Design| {
            // The stage of the same node with the same module; the last of several is the busiest in doubt.
            let module = point.design.stages[stage].module();
            design.stages.iter().rposition(|s| s.node == *node && s.module() == module)
        };
        let mut group: Vec<&str> = Vec::new();
        for name in self.upstream(point, stage) {
            group.push(name);
            let most = Options::MAX_LANES;
            let least = group.iter().filter_map(|name| now.get(*name)).copied().min().unwrap_or(most);
            let mut last = None;
            for wanted in least + 1..=most {
                let mut lanes = now.clone();
                for name in &group {
                    lanes.entry((*name).to_owned()).and_modify(|lanes| *lanes = wanted.max(*lanes));
                }
                let layers = lanes.iter().map(|(name, &lanes)| (name.clone(), Folded { lanes })).collect();
                let options = Options { lanes: 1, layers, ..self.options.clone() };
                // Nothing new comes of most numbers.
                let design = plan(self.model, self.network, &options)?;
                let folding = design.folding(&options);
                if folding.layers == point.options.layers || last.as_ref() == Some(&folding.layers) {
                    continue;
                }
                let busy = busy_only(&design, self.activity);
                let found = Trial { options: folding, design, busy };
                last = Some(found.options.layers.clone());
                let busy = twin(&found.design).map_or(0.0, |stage| found.busy[stage]);
                if busy < 0.999 * before {
                    return Ok(Some(found));
                }
            }
            if group.len() > 3 {
                break;
            }
        }
        Ok(None)
    }

    /// Names of the node of a stage and of those before it, the nearest first.
    fn upstream<'p>(&self, point: &'p Trial, stage: usize) -> Vec<&'p str> {
        let design = &point.design;
        let mut names = Vec::new();
        let mut next = vec![stage];
        while let Some(stage) = next.pop() {
            let stage = &design.stages[stage];
            let known = point.options.layers.contains_key(&stage.node);
            if known && !names.contains(&stage.node.as_str()) {
                names.push(&stage.node);
            }
            for input in &stage.inputs {
                let writer = design.stages.iter().position(|s| s.outputs.contains(input));
                next.splice(0..0, writer);
            }
            if names.len() > 4 {
                break;
            }
        }
        names
    }

    /// All nodes that can be folded, in so many lanes.
    fn nodes(&self, lanes: usize) -> BTreeMap<String, usize> {
        let nodes = self.network.topological().into_iter().map(|id| self.network.node(id));
        nodes.filter(|n| Options::is_folded(&n.op)).map(|n| (n.name.clone(), lanes)).collect()
    }

    /// Designs from the slowest to the fastest, each faster than the one before.
    ///
    /// # Errors
    /// As [`Self::point`].
    pub fn frontier(&self, progress: &dyn Fn(&Point)) -> Result<Vec<Point>> {
        /// Between two targets.
        const STEP: f64 = 0.7;
        let mut points = vec![self.slowest()?];
        loop {
            let last = &points[points.len() - 1];
            progress(last);
            let busiest = last.cycles.busiest().map_or(0.0, |stage| last.cycles.busy[stage]);
            let next = self.within(STEP * busiest, last)?;
            if next.cycles.per_sample >= 0.99 * last.cycles.per_sample {
                return Ok(points);
            }
            points.push(next);
        }
    }
}

/// Lanes by the name of a layer.
fn lanes(options: &Options) -> BTreeMap<String, usize> {
    options.layers.iter().map(|(name, layer)| (name.clone(), layer.lanes)).collect()
}
