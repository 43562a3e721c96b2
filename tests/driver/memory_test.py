"""The driver and a core that reads image and weights from memory: memory_test.py BUILD LIBRARY IMAGES EXPECTED.JSON OTHER.BIN."""

import ctypes
import importlib.util
import json
import pathlib
import sys

import numpy as np

build_folder, library, images_file, expected_file, other_image = sys.argv[1:]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
import simulated

spec = importlib.util.spec_from_file_location("driver", pathlib.Path(build_folder) / "software" / "driver.py")
driver = importlib.util.module_from_spec(spec)
spec.loader.exec_module(driver)

images = np.load(images_file)
expected = json.load(open(expected_file))
build = driver.Build(build_folder)
board = simulated.Board(library, build.bus_lanes * build.dtype.itemsize)
sys.modules["pynq"] = simulated.module(board, {
    "snn": {"type": f"snn2rtl.org:snn:{build.top}:1.0", "phys_addr": 0xA0010000, "addr_range": 0x10000, "fullpath": "snn"},
    "dma": {"type": "xilinx.com:ip:axi_dma:7.1", "phys_addr": 0xA0000000, "addr_range": 0x10000, "fullpath": "dma"},
})
bitfile = pathlib.Path(build_folder) / "bitstream" / "xcup.bit"
bitfile.parent.mkdir(exist_ok=True)
bitfile.write_bytes(b"")


def check(what, condition):
    if not condition:
        sys.exit(f"{what} is wrong")
    print(what)


def fails(kind, words, function):
    try:
        function()
    except driver.DriverError as error:
        found = f"{type(error).__name__}: {error}"
        if isinstance(error, kind) and all(word in str(error) for word in words):
            print(found)
            return
        sys.exit(f"not {kind.__name__} with {words}, but {found}")
    sys.exit(f"no {kind.__name__} with {words}")


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
