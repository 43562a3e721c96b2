"""The driver on a simulated board: driver_test.py BUILD LIBRARY IMAGES EXPECTED.JSON."""

import contextlib
import io
import json
import pathlib
import shutil
import sys
import tempfile

import numpy as np

build_folder, library, images_file, expected_file = sys.argv[1:]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
import simulated
from checks import check, fails, load_driver, parts

driver = load_driver(build_folder)

images = np.load(images_file)
expected = json.load(open(expected_file))
build = driver.Build(build_folder)
board = simulated.Board(library, build.bus_lanes * build.dtype.itemsize)
CORE, DMA = parts(build.top)
OTHER = {"type": "xilinx.com:ip:zynq_ultra_ps_e:3.4", "phys_addr": 0, "addr_range": 0, "fullpath": "ps"}
IPS = {"snn": CORE, "dma": DMA, "ps": OTHER}
bitfile = pathlib.Path(build_folder) / "bitstream" / "xcup.bit"


def same(what, results, wanted):
    check(what, len(results) == len(wanted))
    for index, sample in enumerate(wanted):
        check(f"{what}, sample {index}", (
            results.classes[index] == sample["class"] and results.time_steps[index] == sample["time_steps"]
            and results.values[index].tolist() == sample["values"] and results.logits[index].tolist() == sample["logits"]
            and results.flags[index] == sample["flags"]))


# -------------------------------------------------------------------------------- before a board
sys.modules["pynq"] = None
fails(driver.OverlayError, ["pynq", "on the board"], lambda: driver.Network(build_folder))
sys.modules["pynq"] = simulated.module(board, IPS)
fails(driver.InputError, ["no bitstream", "vivado_bd.tcl"], lambda: driver.Network(build_folder))
fails(driver.InputError, ["manifest.json cannot be read"], lambda: driver.Network("/nowhere"))
bitfile.parent.mkdir(exist_ok=True)
bitfile.write_bytes(b"")

# ---------------------------------------------------------------------------------------- wrong overlays
for ips, words, arguments in [
    ({"dma": DMA, "ps": OTHER}, ["no snn2rtl.org:snn:", "ps (xilinx.com:ip:zynq_ultra_ps_e:3.4)"], {}),
    ({"snn": dict(CORE, type="snn2rtl.org:snn:snn_another:1.0"), "dma": DMA}, ["snn_another", "of this build folder"], {}),
    ({"snn": CORE}, ["no xilinx.com:ip:axi_dma:"], {}),
    ({"snn": CORE, "dma": DMA, "dma2": dict(DMA, fullpath="dma2")}, ["has 2 xilinx.com:ip:axi_dma:", "Network(dma=NAME)"], {}),
    (IPS, ["no 'video'", "dma, ps, snn"], {"core": "video"}),
    ({"snn": dict(CORE, addr_range=64), "dma": DMA}, ["64 bytes"], {}),
]:
    sys.modules["pynq"] = simulated.module(board, ips)
    fails(driver.OverlayError, words, lambda: driver.Network(build_folder, **arguments))
sys.modules["pynq"] = simulated.module(board, IPS, identity=0x12345678)
fails(driver.OverlayError, ["'identity' holds 0x12345678", "another build"], lambda: driver.Network(build_folder))
sys.modules["pynq"] = pynq = simulated.module(board, {**IPS, "dma2": dict(DMA, fullpath="dma2")})
driver.Network(build_folder, dma="dma2").close()
check("no buffer is left", simulated.Buffer.count == 0)

# ---------------------------------------------------------------------------------------------- results
sys.modules["pynq"] = pynq = simulated.module(board, IPS)
with driver.Network(build_folder) as network:
    check("the overlay is that of the build folder", network.overlay.bitfile == str(bitfile))
    network.clear_counters()
    same("a batch", network.infer(images[:6]), expected["plain"])
    counters = network.counters()
    check("samples are counted", (counters.samples_in, counters.samples_out) == (6, 6))
    check("cycles are counted", counters.cycles > 0)
    for node, spikes in expected["spikes"].items():
        check(f"spikes of {node}", counters.stage(node).spikes == spikes)
    check("work is counted", all(stage.work > 0 for stage in counters.stages))
    fails(driver.InputError, ["of a node 'nothing'", "'fc1'"], lambda: counters.stage("nothing"))
    network.clear_counters()
    check("counters are cleared", network.counters().cycles == 0 and network.counters().samples_in == 0)
    check("nothing is inside", not network.busy and network.errors() == set())

    same("one sample alone", network.infer(images[2]), expected["plain"][2:3])
    same("wider whole numbers", network.infer(images[:1].astype(np.int64)), expected["plain"][:1])
    check("none", len(network.infer(images[:0])) == 0)

    network.t_max = 2
    check("t_max is read back", network.t_max == 2)
    results = network.infer(images[:4])
    same("at most 2 time-steps", results, expected["t_max"])
    check("flags of T_max", results.stopped_by_t_max.all() and not results.quiescent.any())
    network.t_max = 0
    network.set_confidence(network.margin_of(expected["margin"]), 2)
    check("margin and patience are read back", (network.margin, network.patience) == (expected["margin_value"], 2))
    results = network.infer(images[:4])
    same("with a confidence rule", results, expected["confident"])
    check("flags of confidence", results.stopped_by_confidence.any())
    network.patience = 0
    same("without it again", network.infer(images[:2]), expected["plain"][:2])

    # ---------------------------------------------------------------- what is refused before the board sees it
    writes = board.writes
    for value in (-1, 1 << 16):
        fails(driver.InputError, ["t_max", "16 bits"], lambda: setattr(network, "t_max", value))
        fails(driver.InputError, ["patience"], lambda: setattr(network, "patience", value))
    bits = build.widths["margin"]
    for value in (-1, 1 << bits):
        fails(driver.InputError, ["margin", f"{bits} bits"], lambda: setattr(network, "margin", value))
    for wrong, words in [
        (images[:2, ..., :-1], ["784 elements", "batch first"]),
        (images[:2].astype(np.float32) / 255, ["float32", "whole numbers"]),
        (images[:2].astype(np.int32) - 1, ["samples from -1", "0 to 255"]),
        (np.zeros((), np.uint8), ["shape ()"]),
    ]:
        fails(driver.InputError, words, lambda: network.infer(wrong))
    # Token ids: rows of tables, and padding where positions stay what they are.
    own, padded = network.build.rules, np.full((2, 784), 5, np.uint8)
    padded[1, 3] = 1
    for rules, words in [
        (([2, 255], None), ["samples from 1 to 5", "takes 2 to 255"]),
        ((None, {"rule": "absent", "token": 1}), ["sample 1 has the padding 1 in it"]),
        ((None, {"rule": "last", "token": 1}), ["sample 1 has the padding 1 elsewhere than at the end"]),
    ]:
        network.build.rules = rules
        fails(driver.InputError, words, lambda: network.infer(padded))
    padded[1, 3:] = 1
    check("padding at the end is taken", network.build.packed(padded).shape[0] == 2)
    network.build.rules = own
    check("the board has seen nothing of it", board.writes == writes)
    network.margin = (1 << bits) - 1
    check("the widest margin", network.margin == (1 << bits) - 1)
    network.margin = 0

    # ---------------------------------------------------------------------------------- frames of wrong size
    for what, size in [("short_frame", build.beats - 3), ("long_frame", build.beats + 2)]:
        frame = pynq.allocate((size, build.bus_lanes), build.dtype)
        result = pynq.allocate((build.frame_words,), np.uint32)
        network._dma.recvchannel.transfer(result)
        network._dma.sendchannel.transfer(frame)
        network._dma.recvchannel.wait()
        network._dma.sendchannel.wait()
        frame.freebuffer()
        result.freebuffer()
        check(f"{what} is seen", network.errors() == {what})
        fails(driver.FrameError, [what.replace("_", " "), "clear_errors()"], lambda: network.infer(images[:1]))
        network.clear_errors()
        check(f"{what} is forgotten", network.errors() == set())
        same(f"after a {what}", network.infer(images[:2]), expected["plain"][:2])

    # ------------------------------------------------------------------------------------------- the DMA
    network.timeout = 0.2
    board.stuck = True
    fails(driver.DmaTimeout, ["no progress in 0.2 s", "0 results"], lambda: network.infer(images[:1]))
    fails(driver.DmaError, ["call reset()"], lambda: network.infer(images[:1]))
    check("it is a TimeoutError as well", issubclass(driver.DmaTimeout, TimeoutError))
    board.stuck = False
    network.timeout = 10.0
    network.reset()
    same("after a time-out", network.infer(images[:3]), expected["plain"][:3])
    network._dma.recvchannel.failure = "DMA Slave Error (cannot access memory map interface)"
    fails(driver.DmaError, ["receiving a result: DMA Slave Error"], lambda: network.infer(images[:1]))
    network.reset()
    network._dma.sendchannel.stop()
    fails(driver.DmaError, ["takes no transfer", "not started"], lambda: network.infer(images[:1]))
    network.reset()
    same("after errors of the DMA", network.infer(images[:3]), expected["plain"][:3])
    check("buffers of before are given back", simulated.Buffer.count == 2)
check("buffers are given back", simulated.Buffer.count == 0)
fails(driver.DmaError, ["it was closed"], lambda: network.infer(images[:1]))

# ------------------------------------------------------------------- hardware whose results have another size
for words, kind, text in [(1, driver.FrameError, ["bytes, not"]), (-1, driver.DmaError, ["Internal Error"])]:
    with tempfile.TemporaryDirectory() as folder:
        for path in build.folder.glob("*.json"):
            shutil.copy(path, folder)
        manifest = json.loads((build.folder / "manifest.json").read_text())
        manifest["output"]["words"] += words
        (pathlib.Path(folder) / "manifest.json").write_text(json.dumps(manifest))
        with driver.Network(folder, bitfile=bitfile) as network:
            fails(kind, text, lambda: network.infer(images[:1]))

# ---------------------------------------------------------------------------------------- from a shell
printed = io.StringIO()
with tempfile.TemporaryDirectory() as folder:
    np.save(f"{folder}/two.npy", images[:2])
    with contextlib.redirect_stdout(printed):
        code = driver.main([f"{folder}/two.npy"])
lines = [f"{n}: class {s['class']}, {s['time_steps']} time-steps" for n, s in enumerate(expected["plain"][:2])]
check("the program prints classes", code == 0 and printed.getvalue().splitlines() == lines)
with contextlib.redirect_stderr(printed):
    check("a file that is not there", driver.main(["none.npy"]) == 2 and "error: " in printed.getvalue())
    check("no file", driver.main([]) == 2)

# -------------------------------------------------------------------------------------- words and numbers
class Form:
    """Three classes of this many words."""

    def __init__(self, words):
        self.classes, self.value_words, self.frame_words, self.unit = 3, words, 3 * words + 3, 0.5
        self.positions = 1


for words in (1, 2, 3):
    values = [-(1 << 32 * words - 1), -1, (1 << 32 * words - 1) - 1]
    frame = [(value >> 32 * n) & 0xFFFFFFFF for value in values for n in range(words)] + [2, 9, 4]
    results = driver.Results(Form(words), [frame])
    check(f"values of {words} words", results.values[0].tolist() == values and results.logits[0][1] == -0.5)
    check("class, time-steps and flags", (results.classes[0], results.time_steps[0], results.flags[0]) == (2, 9, 4))
# Two positions of three logits each.
for words in (1, 2, 3):
    form = Form(words)
    form.classes, form.positions, form.frame_words = 6, 2, 6 * words + 3
    frame = [(value >> 32 * n) & 0xFFFFFFFF for value in (-5, 7, 7, 9, -1, 0) for n in range(words)] + [3, 1, 1]
    results = driver.Results(form, [frame])
    check(f"positions of {words} words", results.values.tolist() == [[[-5, 7, 7], [9, -1, 0]]])
    check("a class for each position", results.classes.tolist() == [[1, 0]] and results.logits.shape == (1, 2, 3))
print("all is right")
