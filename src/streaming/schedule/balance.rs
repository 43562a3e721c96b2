//! Lanes of every layer: no stage is busier than the target, and no layer has more lanes than it needs.
//!
//! All layers begin with one lane and one spike per cycle. As long as a stage is busy for more cycles per sample than
//! allowed, its node gets the next number of lanes that makes a difference (where none does, since the rows come in too
//! narrow, the nodes before it) or of spikes per cycle, whichever costs fewer look-up tables for what it gains. What is
//! busy follows from measured spikes, not from the sizes of layers: a layer whose neurons hardly fire gets few lanes,
//! however large it is.

use std::collections::BTreeMap;

use super::cost::estimate;
use super::cycles::{busy_only, cycles};
use crate::error::Result;
use crate::hardware::{Activity, Cycles};
use crate::integer::{Network, Op};
use crate::streaming::design::{Design, Kind, LayerFolding, Options, plan};
use crate::target::Family;

/// Foldings of layers, by name.
type Layers = BTreeMap<String, LayerFolding>;

/// A folding with its design and cycles.
#[derive(Clone, Debug)]
pub struct Point {
    /// Lanes of every layer.
    pub options: Options,
    /// The design.
    pub design: Design,
    /// Its cycles.
    pub cycles: Cycles,
}

/// A candidate folding: the busy times of its stages are known, but not its cycles.
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
    /// Family of the area estimate.
    family: Family,
    /// Depths of FIFOs; its lanes are ignored.
    options: Options,
}

impl<'a> Scheduler<'a> {
    /// For a network and its activity on samples.
    pub fn new(
        model: &'a str,
        network: &'a Network,
        activity: &'a Activity,
        family: Family,
        options: &Options,
    ) -> Self {
        Self {
            model,
            network,
            activity,
            family,
            options: Options { layers: BTreeMap::new(), ..options.clone() },
        }
    }

    fn trial(&self, input_lanes: usize, layers: Layers) -> Result<Trial> {
        let options = self.options(input_lanes, layers);
        let design = plan(self.model, self.network, &options)?;
        let busy = busy_only(&design, self.activity);
        Ok(Trial { options: design.folding(&options), design, busy })
    }

    fn played(&self, trial: Trial) -> Point {
        let cycles = cycles(&trial.design, self.activity);
        Point { options: trial.options, design: trial.design, cycles }
    }

    /// The design of a folding, with its cycles.
    ///
    /// # Errors
    /// When there is no hardware for the network.
    pub fn point(&self, options: &Options) -> Result<Point> {
        let design = plan(self.model, self.network, options)?;
        let cycles = cycles(&design, self.activity);
        Ok(Point { options: design.folding(options), design, cycles })
    }

    /// These layers, one lane elsewhere.
    fn options(&self, input_lanes: usize, layers: Layers) -> Options {
        Options { lanes: 1, input_lanes: Some(input_lanes), layers, ..self.options.clone() }
    }

    /// Elements in a beat of the input, so that a sample is in after a quarter of the time at the latest.
    fn input_lanes(&self, target: f64) -> usize {
        let inputs = self.network.topological().into_iter().map(|id| self.network.node(id));
        let elements =
            inputs.filter(|node| matches!(node.op, Op::Input(_))).map(|node| node.shape.len()).sum();
        let fast = |lanes: &usize| usize::div_ceil(elements, *lanes) as f64 <= target / 4.0;
        [1, 2, 4].into_iter().find(fast).unwrap_or(Options::MAX_LANES)
    }

    /// Every layer in one lane: the slowest.
    ///
    /// # Errors
    /// When there is no hardware for the network.
    pub fn slowest(&self) -> Result<Point> {
        Ok(self.played(self.trial(1, self.nodes(1))?))
    }

    /// The fewest lanes with which no stage is busy for more than `target` cycles per sample, as far as that is
    /// possible, beginning with those of `from`.
    ///
    /// # Errors
    /// When there is no hardware for the network.
    pub fn within(&self, target: f64, from: &Point) -> Result<Point> {
        let mut best = self.trial(self.input_lanes(target), from.options.layers.clone())?;
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

    /// The change that makes a stage less busy for the fewest look-up tables.
    fn relieve(&self, point: &Trial, stage: usize) -> Result<Option<Trial>> {
        let more = [self.more_lanes(point, stage)?, self.more_spikes(point, stage)?];
        let area = |point: &Trial| estimate(&point.design, self.family).total.lut as f64;
        let (before, now) = (area(point), point.busy[stage]);
        // Look-up tables for each time that the stage would be twice as fast.
        let price =
            |(better, busy): &(Trial, f64)| (area(better) - before).max(1.0) / (now / busy.max(1.0)).log2();
        let cheapest = more.into_iter().flatten().min_by(|a, b| price(a).total_cmp(&price(b)));
        Ok(cheapest.map(|(better, _)| better))
    }

    /// With the next number of lanes that makes a stage less busy, and how busy it is then.
    fn more_lanes(&self, point: &Trial, stage: usize) -> Result<Option<(Trial, f64)>> {
        let mut group: Vec<&str> = Vec::new();
        for name in self.upstream(point, stage) {
            group.push(name);
            let most = Options::MAX_LANES;
            let now = &point.options.layers;
            let least = group.iter().filter_map(|name| now.get(*name)).map(|layer| layer.lanes).min();
            let mut last = None;
            for wanted in least.unwrap_or(most) + 1..=most {
                let mut layers = now.clone();
                for name in &group {
                    layers
                        .entry((*name).to_owned())
                        .and_modify(|layer| layer.lanes = wanted.max(layer.lanes));
                }
                // Most numbers give the same design.
                let options = self.options(point.options.input_lanes.unwrap_or(1), layers);
                let folding = plan(self.model, self.network, &options)?.folding(&options);
                if folding.layers == *now || last.as_ref() == Some(&folding.layers) {
                    continue;
                }
                let found = self.less_busy(point, stage, folding.layers.clone())?;
                last = Some(folding.layers);
                if found.is_some() {
                    return Ok(found);
                }
            }
            if group.len() > 3 {
                break;
            }
        }
        Ok(None)
    }

    /// With the next number of spikes per cycle, where a stage has weights.
    fn more_spikes(&self, point: &Trial, stage: usize) -> Result<Option<(Trial, f64)>> {
        let (Kind::SpikeMatmul(matmul) | Kind::AnalogMatmul(matmul)) = &point.design.stages[stage].kind
        else {
            return Ok(None);
        };
        let fits = |&banks: &usize| banks > matmul.banks && matmul.in_lanes.is_multiple_of(banks);
        let Some(banks) = Options::SPIKES.into_iter().find(fits) else { return Ok(None) };
        let mut layers = point.options.layers.clone();
        layers.entry(point.design.stages[stage].node.clone()).and_modify(|layer| layer.spikes = Some(banks));
        self.less_busy(point, stage, layers)
    }

    /// The design with these layers and the busy time of a stage in it, if it decreased.
    fn less_busy(&self, point: &Trial, stage: usize, layers: Layers) -> Result<Option<(Trial, f64)>> {
        let (old, before) = (&point.design.stages[stage], point.busy[stage]);
        let found = self.trial(point.options.input_lanes.unwrap_or(1), layers)?;
        // The stage of the same node with the same module; the last of several is the busiest in doubt.
        let twin = found.design.stages.iter().rposition(|s| s.node == old.node && s.module() == old.module());
        let busy = twin.map_or(0.0, |stage| found.busy[stage]);
        Ok((busy < 0.999 * before).then_some((found, busy)))
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

    /// All nodes that can be folded, with this number of lanes.
    fn nodes(&self, lanes: usize) -> Layers {
        let nodes = self.network.topological().into_iter().map(|id| self.network.node(id));
        nodes
            .filter(|n| Options::is_folded(&n.op))
            .map(|n| (n.name.clone(), LayerFolding::lanes(lanes)))
            .collect()
    }

    /// Designs from the slowest to the fastest, each faster than the one before.
    ///
    /// # Errors
    /// When there is no hardware for the network.
    pub fn frontier(&self, progress: &dyn Fn(&Point)) -> Result<Vec<Point>> {
        /// Between two targets.
        const STEP: f64 = 0.7;
        let mut points = vec![self.slowest()?];
        loop {
            let last = &points[points.len() - 1];
            progress(last);
            let busiest = last.cycles.busiest().map_or(0.0, |stage| last.cycles.busy[stage]);
            let next = self.within(STEP * busiest, last)?;
            if next.cycles.per_sample >= 0.95 * last.cycles.per_sample {
                return Ok(points);
            }
            points.push(next);
        }
    }
}
