//! Parameters of the instances.

use super::instance::Instance;
use crate::integer::{Form, Rule};
use crate::streaming::design::{
    AnalogPass, Design, Embedding, Kind, LayerNorm, Levels, Matmul, Neurons, Product, Readout, Repeat, Scale,
    Softmax, Stage, Sum,
};

/// Adds the parameters of a stage, except those that name images.
pub(super) fn set(instance: Instance, stage: &Stage, design: &Design) -> Instance {
    match &stage.kind {
        Kind::AnalogMatmul(matmul) | Kind::SpikeMatmul(matmul) => matmul_parameters(instance, stage, matmul),
        Kind::AnalogPass(pass) => pass_parameters(instance, pass),
        Kind::Repeat(repeat) => repeat_parameters(instance, repeat),
        Kind::Neurons(neurons) => neuron_parameters(instance, neurons),
        Kind::Product(product) => product_parameters(instance, product),
        Kind::LayerNorm(norm) => layer_norm_parameters(instance, norm),
        Kind::Softmax(softmax) => softmax_parameters(instance, softmax, stage.inputs.len() > 1),
        Kind::Readout(readout) => readout_parameters(instance, readout),
        Kind::Scale(scale) => scale_parameters(instance, scale),
        Kind::Sum(sum) => sum_parameters(instance, sum),
        Kind::Embedding(embedding) => embedding_parameters(instance, embedding),
        Kind::Fork => {
            let width = stage.inputs.first().map_or(1, |&input| design.streams[input].width());
            instance.parameter("Width", width).parameter("Outputs", stage.outputs.len())
        }
        Kind::Select(select) => {
            let stream = &design.streams[stage.inputs.first().copied().unwrap_or(0)];
            instance
                .parameter("InRows", select.rows)
                .parameter("First", select.first)
                .parameter("Count", select.count)
                .parameter("Chunks", stream.chunks())
                .parameter("Width", stream.data_width())
        }
        Kind::Reorder(reorder) => instance
            .parameter("Count", reorder.order.len())
            .parameter("InLanes", reorder.lanes)
            .parameter("ValueWidth", reorder.width),
        Kind::Mask(mask) => instance
            .parameter("Tokens", mask.tokens)
            .parameter("ValueWidth", mask.value_width)
            .parameter("Padding", mask.padding),
    }
}

fn product_parameters(instance: Instance, product: &Product) -> Instance {
    instance
        .parameter("LeftRows", product.rows)
        .parameter("RightRows", product.groups.tokens)
        .parameter("Heads", product.groups.count)
        .parameter("Depth", product.depth)
        .parameter("GroupPad", product.groups.pad)
        .parameter("Mix", u8::from(product.form == Form::Mix))
        .parameter("LeftLanes", product.lanes[0])
        .parameter("RightLanes", product.lanes[1])
        .parameter("OutLanes", product.lanes[2])
        .parameter("LeftLevelWidth", product.level_widths[0])
        .parameter("RightLevelWidth", product.level_widths[1])
        .parameter("DeltaWidth", product.delta_width)
}

fn level_parameters(instance: Instance, levels: &Levels) -> Instance {
    instance
        .parameter("LevelWidth", levels.width())
        .parameter("LevelMin", levels.low)
        .parameter("LevelMax", levels.high)
}

fn layer_norm_parameters(instance: Instance, norm: &LayerNorm) -> Instance {
    let levels = norm.levels();
    let instance = instance
        .parameter("Rows", norm.rows)
        .parameter("Channels", norm.channels)
        .parameter("Lanes", norm.lanes)
        .parameter("DeltaWidth", norm.delta_width)
        .parameter("AccWidth", norm.acc_width());
    level_parameters(instance, &levels)
        .parameter("GammaWidth", norm.gamma_width())
        .parameter("BetaWidth", norm.beta_width())
        .parameter("Fraction", norm.norm.fraction)
        .parameter("SquareWidth", norm.norm.square_width.max(2 * norm.norm.root_fraction + 2))
        .parameter("Epsilon", format!("128'h{:x}", norm.norm.epsilon))
        .parameter("RootFraction", norm.norm.root_fraction)
        .parameter("DecisionWidth", norm.norm.decision_width)
        .parameter("HalvesWidth", levels.halves_width())
        .parameter("GapWidth", levels.gap_width())
        .parameter("SkipRows", u8::from(norm.skip_rows))
}

fn softmax_parameters(instance: Instance, softmax: &Softmax, masked: bool) -> Instance {
    let levels = softmax.levels();
    let instance = instance
        .parameter("Rows", softmax.rows)
        .parameter("Groups", softmax.groups.count)
        .parameter("GroupPad", softmax.groups.pad)
        .parameter("Tokens", softmax.groups.tokens)
        .parameter("Lanes", softmax.lanes)
        .parameter("DeltaWidth", softmax.delta_width)
        .parameter("AccWidth", softmax.acc_width());
    level_parameters(instance, &levels)
        .parameter("TableSize", softmax.softmax.table.len())
        .parameter("ExpWidth", softmax.exp_width())
        .parameter("SumWidth", softmax.sum_width())
        .parameter("ScaleWidth", softmax.scale_width())
        .parameter("Scale", format!("{}'h{:x}", softmax.scale_width(), softmax.softmax.scale))
        .parameter("ScaleFraction", softmax.softmax.scale_fraction)
        .parameter("DecisionWidth", softmax.softmax.decision_width)
        .parameter("HalvesWidth", levels.halves_width())
        .parameter("GapWidth", levels.gap_width())
        .parameter("UseMask", u8::from(masked))
        .parameter("SkipRows", u8::from(softmax.skip_rows))
}

fn scale_parameters(instance: Instance, scale: &Scale) -> Instance {
    let width = scale.coefficient_width();
    let instance = instance
        .parameter("Channels", scale.channels)
        .parameter("InLanes", scale.lanes[0])
        .parameter("OutLanes", scale.lanes[1])
        .parameter("Spikes", u8::from(scale.spikes))
        .parameter("InWidth", scale.widths[0])
        .parameter("OutWidth", scale.widths[1])
        .parameter("CoefficientWidth", width);
    match scale.coefficient[..] {
        [one] => {
            let bits = i128::from(one) & ((1 << width) - 1);
            instance.parameter("Coefficient", format!("{width}'sh{bits:x}"))
        }
        _ => instance.parameter("PerChannel", 1),
    }
}

fn sum_parameters(instance: Instance, sum: &Sum) -> Instance {
    // Input n at [16*n +: 16].
    let packed = |values: Vec<usize>| {
        let digits: String = values.iter().rev().map(|value| format!("{value:04x}")).collect();
        format!("{}'h{digits}", 16 * values.len())
    };
    instance
        .parameter("Rows", sum.rows)
        .parameter("Channels", sum.channels)
        .parameter("Lanes", sum.lanes)
        .parameter("Inputs", sum.parts.len())
        .parameter("DeltaWidth", sum.delta_width)
        .parameter("FirstRows", packed(sum.parts.iter().map(|part| part.0).collect()))
        .parameter("InputRows", packed(sum.parts.iter().map(|part| part.1).collect()))
        .parameter("UseStart", u8::from(!sum.start.is_empty()))
}

fn embedding_parameters(instance: Instance, stage: &Embedding) -> Instance {
    instance
        .parameter("Tokens", stage.tokens)
        .parameter("Entries", stage.entries())
        .parameter("Channels", stage.embedding.channels)
        .parameter("Lanes", stage.lanes)
        .parameter("ValueWidth", stage.value_width)
        .parameter("DeltaWidth", stage.delta_width)
}

fn matmul_parameters(instance: Instance, stage: &Stage, matmul: &Matmul) -> Instance {
    let mut instance = instance
        .parameter("Rows", matmul.rows)
        .parameter("InChannels", matmul.linear.inputs)
        .parameter("OutChannels", matmul.linear.outputs)
        .parameter("InLanes", matmul.in_lanes)
        .parameter("OutLanes", matmul.out_lanes)
        .parameter("Banks", matmul.banks);
    if matmul.lut_words > 0 {
        instance = instance.parameter("LutWords", matmul.lut_words);
    }
    if let Kind::AnalogMatmul(_) = stage.kind {
        instance = instance.parameter("ValueWidth", matmul.value_width);
    }
    instance.parameter("WeightWidth", matmul.weight_width).parameter("DeltaWidth", matmul.delta_width)
}

fn pass_parameters(instance: Instance, pass: &AnalogPass) -> Instance {
    instance
        .parameter("Rows", pass.rows)
        .parameter("Channels", pass.channels)
        .parameter("Lanes", pass.lanes)
        .parameter("ValueWidth", pass.width)
}

fn repeat_parameters(instance: Instance, repeat: &Repeat) -> Instance {
    instance
        .parameter("Rows", repeat.rows)
        .parameter("Channels", repeat.channels)
        .parameter("Lanes", repeat.lanes)
        .parameter("DeltaWidth", repeat.width)
        .parameter("Steps", repeat.steps)
}

fn neuron_parameters(instance: Instance, neurons: &Neurons) -> Instance {
    let table = matches!(neurons.neuron.rule, Rule::Table);
    let width = if table { "TableWidth" } else { "ThetaWidth" };
    let instance = match &neurons.neuron.non_monotone {
        None => instance,
        Some(non_monotone) => {
            instance.parameter("NonMonotone", 1).parameter("Crossings", non_monotone.crossings)
        }
    };
    instance
        .parameter("Rows", neurons.rows)
        .parameter("Channels", neurons.channels)
        .parameter("Lanes", neurons.lanes)
        .parameter("DeltaWidth", neurons.delta_width)
        .parameter("MembraneWidth", neurons.membrane_width())
        .parameter("LevelWidth", neurons.level_width())
        .parameter("LevelMin", neurons.neuron.low)
        .parameter("LevelMax", neurons.neuron.high)
        .parameter("Fraction", neurons.fraction())
        .parameter("UseTable", u8::from(table))
        .parameter(width, neurons.threshold_width())
        .parameter("SkipRows", u8::from(neurons.skip_rows))
}

fn readout_parameters(instance: Instance, stage: &Readout) -> Instance {
    let instance = instance
        .parameter("Channels", stage.readout.channels)
        .parameter("Lanes", stage.lanes)
        .parameter("DeltaWidth", stage.delta_width)
        .parameter("AccWidth", stage.acc_width());
    let instance = match stage.shift() {
        None => instance.parameter("MultiplierWidth", stage.multiplier_width()),
        Some(_) => instance,
    };
    let instance = instance
        .parameter("ValueWidth", stage.value_width())
        .parameter("UseMultiplier", u8::from(stage.shift().is_none()));
    match stage.shift() {
        Some(shift) => instance.parameter("Shift", shift),
        None => instance,
    }
}
