"""The driver and a core that reads image and weights from memory: memory_test.py BUILD LIBRARY IMAGES EXPECTED.JSON OTHER.BIN."""

import ctypes
import json
import pathlib
import sys

import numpy as np

build_folder, library, images_file, expected_file, other_image = sys.argv[1:]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
import simulated
from checks import check, fails, load_driver, parts

driver = load_driver(build_folder)

images = np.load(images_file)
expected = json.load(open(expected_file))
build = driver.Build(build_folder)
board = simulated.Board(library, build.bus_lanes * build.dtype.itemsize)
core, dma = parts(build.top)
sys.modules["pynq"] = simulated.module(board, {"snn": core, "dma": dma})
bitfile = pathlib.Path(build_folder) / "bitstream" / "xcup.bit"
bitfile.parent.mkdir(exist_ok=True)
bitfile.write_bytes(b"")


def same(what, results, wanted):
    check(what, len(results) == len(wanted))
    for index, sample in enumerate(wanted):
        check(f"{what}, sample {index}", (
            results.classes[index] == sample["class"] and results.values[index].tolist() == sample["values"]
            and results.logits[index].tolist() == sample["logits"] and results.time_steps[index] == 1
            and results.flags[index] == driver.QUIESCENT))


check("the core reads memory", build.reads_memory and build.is_loadable)
with driver.Network(build_folder) as network:
    same("the image of the build folder", network.infer(images[:4]), expected["own"][:4])
    check("classes", network.predict(images[:3]).tolist() == [sample["class"] for sample in expected["own"][:3]])

    # An image that is cut, and one of another machine.
    own = pathlib.Path(build_folder, "model.bin").read_bytes()
    bad = pathlib.Path(build_folder, "bad.bin")
    for data, words in [(own[:-400], ["its source failed"]), (own[:8] + b"wrong" + own[13:], ["another machine"])]:
        bad.write_bytes(data)
        fails(driver.LoadError, words, lambda: network.load(bad))
    bad.unlink()

    # Another network, and the first one again.
    network.load(other_image, unit=expected["other_unit"])
    same("another network", network.infer(images[:4]), expected["other"][:4])
    network.load()
    same("the first one again", network.infer(images[1:4]), expected["own"][1:4])

    # The memory fails in the middle of a sample.
    board.library.snn_memory_error(ctypes.c_uint64(50), 2)
    fails(driver.LoadError, ["call load() again"], lambda: network.infer(images[:1]))
    network.load()
    same("after a failure", network.infer(images[:2]), expected["own"][:2])
    check("one image and two buffers are held", simulated.Buffer.count == 3)
check("buffers are given back", simulated.Buffer.count == 0)
print("all is right")
