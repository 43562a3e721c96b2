//! Builds small ONNX files.

use std::path::{Path, PathBuf};

use prost::Message;
use snn2rtl::error::Error;
use snn2rtl::import::proto::*;
use snn2rtl::import::{Imported, Options, import};
use snn2rtl::quant::{Element, InputSpec, Scaling};

/// A model under construction.
#[derive(Clone)]
pub struct Builder {
    pub model: ModelProto,
    pub graph: GraphProto,
}

/// A raw input of 16 bits in steps of 1/128 around 0: many values lie exactly on boundaries of levels.
pub fn options() -> Options {
    let scaling = Scaling::Affine { scale: vec!["0.0078125".parse().unwrap()], zero_point: 4096 };
    Options { input: InputSpec { element: Element::U16, scaling, channel_axis: None }, weight_bits: None }
}

pub fn value_info(name: &str, dims: &[Option<i64>]) -> ValueInfoProto {
    let dim = dims
        .iter()
        .map(|d| DimensionProto { dim_value: *d, dim_param: d.is_none().then(|| "batch".to_owned()) })
        .collect();
    let tensor_type = TensorTypeProto { elem_type: 1, shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type: Some(tensor_type) }) }
}

pub fn floats(name: &str, dims: &[i64], data: &[f32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: 1,
        float_data: data.to_vec(),
        ..TensorProto::default()
    }
}

pub fn int64s(name: &str, dims: &[i64], data: &[i64]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: 7,
        int64_data: data.to_vec(),
        ..TensorProto::default()
    }
}

/// Elements of an integer type of up to 32 bits.
pub fn small_ints(name: &str, dims: &[i64], data_type: i32, data: &[i32]) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type,
        int32_data: data.to_vec(),
        ..TensorProto::default()
    }
}

pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), i: Some(i), r#type: 2, ..AttributeProto::default() }
}

pub fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { name: name.into(), f: Some(f), r#type: 1, ..AttributeProto::default() }
}

pub fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { name: name.into(), ints: ints.to_vec(), r#type: 7, ..AttributeProto::default() }
}

pub fn string(name: &str, s: &str) -> AttributeProto {
    AttributeProto { name: name.into(), s: Some(s.into()), r#type: 3, ..AttributeProto::default() }
}

impl Builder {
    /// A model with an input `x` of a dynamic batch and these extents, and an output `y`.
    pub fn new(extents: &[i64]) -> Self {
        let dims: Vec<Option<i64>> = std::iter::once(None).chain(extents.iter().map(|&d| Some(d))).collect();
        let graph = GraphProto {
            name: "test".into(),
            input: vec![value_info("x", &dims)],
            output: vec![value_info("y", &[None])],
            ..GraphProto::default()
        };
        let opset_import = vec![OperatorSetIdProto { domain: String::new(), version: 21 }];
        let model = ModelProto {
            ir_version: 10,
            producer_name: "builder".into(),
            producer_version: "1".into(),
            opset_import,
            graph: None,
        };
        Self { model, graph }
    }

    pub fn constant(&mut self, tensor: TensorProto) -> &mut Self {
        self.graph.initializer.push(tensor);
        self
    }

    /// A scalar float.
    pub fn scalar(&mut self, name: &str, value: f32) -> &mut Self {
        self.constant(floats(name, &[], &[value]))
    }

    /// A node that writes `output`; it is named after its output, with a slash before it when `output` has one inside.
    pub fn node(&mut self, op: &str, inputs: &[&str], output: &str) -> &mut Self {
        self.graph.node.push(NodeProto {
            op_type: op.into(),
            name: output.into(),
            input: inputs.iter().map(|&s| s.into()).collect(),
            output: vec![output.into()],
            ..NodeProto::default()
        });
        self
    }

    /// Changes the node added last.
    pub fn with(&mut self, attribute: AttributeProto) -> &mut Self {
        self.graph.node.last_mut().unwrap().attribute.push(attribute);
        self
    }

    /// Sets the operator set of the node added last.
    pub fn domain(&mut self, domain: &str) -> &mut Self {
        self.graph.node.last_mut().unwrap().domain = domain.into();
        self
    }

    /// `y = s·clip(floor(x/s + 1/2), low, high)` as SpikeZIP writes it, in scope `/name`.
    pub fn spikezip(&mut self, name: &str, x: &str, scale: &str, low: f32, high: f32, y: &str) -> &mut Self {
        let v = |s: &str| format!("/{name}/{s}");
        self.scalar(&v("half"), 0.5).scalar(&v("low"), low).scalar(&v("high"), high);
        self.node("Div", &[x, scale], &v("Div"));
        self.node("Add", &[&v("Div"), &v("half")], &v("Add"));
        self.node("Floor", &[&v("Add")], &v("Floor"));
        self.node("Sub", &[&v("Floor"), &v("Add")], &v("Sub"));
        self.node("Add", &[&v("Sub"), &v("Add")], &v("Add_1"));
        self.node("Clip", &[&v("Add_1"), &v("low"), &v("high")], &v("Clip"));
        self.node("Mul", &[&v("Clip"), scale], y);
        self.graph.node.last_mut().unwrap().name = v("Mul");
        self
    }

    pub fn encode(&self) -> Vec<u8> {
        ModelProto { graph: Some(self.graph.clone()), ..self.model.clone() }.encode_to_vec()
    }

    pub fn save(&self, folder: &Path) -> PathBuf {
        let path = folder.join("model.onnx");
        std::fs::write(&path, self.encode()).unwrap();
        path
    }

    pub fn import(&self) -> Result<Imported, Error> {
        self.import_with(&options())
    }

    pub fn import_with(&self, options: &Options) -> Result<Imported, Error> {
        import_bytes(&self.encode(), options)
    }
}

/// Imports bytes as a file.
pub fn import_bytes(bytes: &[u8], options: &Options) -> Result<Imported, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, bytes).unwrap();
    import(&path, options)
}
