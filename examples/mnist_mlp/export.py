"""Exports the trained network with PyTorch's TorchScript exporter, and reads it back."""

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

from network import MnistMlp, normalise


def export_torchscript(model, path):
    """Writes the graph as the TorchScript exporter gives it; the batch size is dynamic."""
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


@torch.no_grad()
def check_torchscript(path, model, images, reference):
    """Compares the exported graph with PyTorch and with the float64 reference."""
    onnx_model = onnx.load(path)
    onnx.checker.check_model(onnx_model, full_check=True)
    x = normalise(images)
    logits, levels = run_with_outputs(onnx_model, {"input": x.numpy()}, ["/act1/Clip_output_0"])
    return compare(path.name, logits, levels, model(x).numpy(), reference)


def compare(name, logits, levels, logits32, reference):
    """One line about how close a float32 run is to PyTorch and to the float64 reference."""
    error = np.abs(logits - logits32).max()
    error64 = np.abs(logits - reference["logits"]).max()
    different = int((np.rint(levels).astype(int) != reference["level/act1"]).sum())
    classes = int((logits.argmax(1) != reference["logits"].argmax(1)).sum())
    return (
        f"{name}: |logits - PyTorch f32| <= {error:.2g}, |logits - f64| <= {error64:.2g}, "
        f"levels that differ {different} of {levels.size}, classes that differ {classes}"
    )
