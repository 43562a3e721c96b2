"""Exports the trained network with PyTorch's two exporters, and checks what they wrote.

    python export.py --out folder

reads mnist_mlp.onnx (TorchScript exporter, written by train.py) and writes mnist_mlp_dynamo.onnx
(torch.export exporter) and mnist_mlp_dynamo_unoptimised.onnx.
"""

import argparse
import ast
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

from network import MnistMlp, normalise


def export_torchscript(model, path):
    """Writes the graph as the TorchScript exporter gives it; the batch size is dynamic."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            model,
            (torch.zeros(1, 1, 28, 28),),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["input"],
            output_names=["logits"],
            dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}},
        )


def export_dynamo(model, path, optimise):
    """Writes the graph as the torch.export exporter gives it, in one file.

    The stack traces in its metadata are left out: they name local folders.
    """
    program = torch.onnx.export(
        model,
        (torch.zeros(2, 1, 28, 28),),
        dynamo=True,
        optimize=optimise,
        verbose=False,
        input_names=["input"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
    )
    onnx_model = program.model_proto
    for node in onnx_model.graph.node:
        kept = [p for p in node.metadata_props if p.key != "pkg.torch.onnx.stack_trace"]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
    onnx.save(onnx_model, path)


def load_parameters(path):
    """The network whose parameters are the initializers of an export by TorchScript."""
    graph = onnx.load(path).graph
    model = MnistMlp()
    model.load_state_dict(
        {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
    )
    return model.eval()


def run_with_outputs(onnx_model, feed, names):
    """Runs a model in onnxruntime and returns the logits and the named inner tensors."""
    copy = onnx.ModelProto()
    copy.CopyFrom(onnx_model)
    copy.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(copy.SerializeToString(), options)
    return session.run(None, feed)


def scope(node):
    """The module that a node of either exporter belongs to, such as act1 or fc1/quan_w."""
    for p in node.metadata_props:
        if p.key == "pkg.torch.onnx.name_scopes":
            return ast.literal_eval(p.value)[-2].replace(".", "/")
    return node.name.strip("/").rpartition("/")[0]


@torch.no_grad()
def check(path, model, images, reference):
    """One line about how close a float32 run is to PyTorch and to the float64 reference."""
    onnx_model = onnx.load(path)
    onnx.checker.check_model(onnx_model, full_check=True)
    (clip,) = (n for n in onnx_model.graph.node if n.op_type == "Clip" and scope(n) == "act1")
    x = normalise(images)
    logits, levels = run_with_outputs(onnx_model, {"input": x.numpy()}, [clip.output[0]])
    error = np.abs(logits - model(x).numpy()).max()
    error64 = np.abs(logits - reference["logits"]).max()
    different = int((np.rint(levels).astype(int) != reference["level/act1"]).sum())
    classes = int((logits.argmax(1) != reference["logits"].argmax(1)).sum())
    return (
        f"{path.name}: |logits - PyTorch f32| <= {error:.2g}, |logits - f64| <= {error64:.2g}, "
        f"levels that differ {different} of {levels.size}, classes that differ {classes}"
    )


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=here, help="folder of the written files")
    args = parser.parse_args()

    model = load_parameters(here / "mnist_mlp.onnx")
    images = np.load(here / "sample" / "images.npy")
    reference = np.load(here / "sample" / "reference.npz")
    print(check(here / "mnist_mlp.onnx", model, images, reference))
    for name, optimise in (("mnist_mlp_dynamo", True), ("mnist_mlp_dynamo_unoptimised", False)):
        path = args.out / f"{name}.onnx"
        export_dynamo(model, path, optimise)
        print(check(path, model, images, reference))


if __name__ == "__main__":
    main()
