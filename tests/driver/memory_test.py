"""The driver and a core that reads image and weights from memory: memory_test.py BUILD LIBRARY IMAGES EXPECTED.JSON OTHER.BIN."""

import json
import pathlib
import sys

import numpy as np

build_folder, library, images_file, expected_file, other_image = sys.argv[1:]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
import simulated
from checks import check, load_driver, loading, parts

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


check("the core reads memory", build.reads_memory and build.is_loadable)
with driver.Network(build_folder) as network:
    loading(driver, network, build_folder, images, expected, other_image, board.library)
    check("one image and two buffers are held", simulated.Buffer.count == 3)
check("buffers are given back", simulated.Buffer.count == 0)
print("all is right")
