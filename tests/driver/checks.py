"""What the tests of the drivers share: the driver of a build folder, the simulated board's parts, and checks."""

import ctypes
import importlib.util
import pathlib
import sys


def load_driver(build_folder):
    """The module `software/driver.py` of a build folder."""
    spec = importlib.util.spec_from_file_location("driver", pathlib.Path(build_folder) / "software" / "driver.py")
    driver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(driver)
    return driver


def parts(top):
    """Core and DMA as an overlay lists them."""
    core = {"type": f"snn2rtl.org:snn:{top}:1.0", "phys_addr": 0xA0010000, "addr_range": 0x10000, "fullpath": "snn"}
    dma = {"type": "xilinx.com:ip:axi_dma:7.1", "phys_addr": 0xA0000000, "addr_range": 0x10000, "fullpath": "dma"}
    return core, dma


def check(what, condition):
    """Ends the test if something is wrong."""
    if not condition:
        sys.exit(f"{what} is wrong")
    print(what)


def fails(kind, words, function):
    """That a call fails as it should, and says so; every error of the driver derives from one class."""
    try:
        function()
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
        if isinstance(error, kind) and all(word in str(error) for word in words):
            print(found)
            return
        sys.exit(f"not {kind.__name__} with {words}, but {found}")
    sys.exit(f"no {kind.__name__} with {words}")


def same(driver, what, results, wanted):
    """That results are those of the golden model, in one time-step."""
    check(what, len(results) == len(wanted))
    for index, sample in enumerate(wanted):
        check(f"{what}, sample {index}", (
            results.classes[index] == sample["class"] and results.values[index].tolist() == sample["values"]
            and results.logits[index].tolist() == sample["logits"] and results.time_steps[index] == 1
            and results.flags[index] == driver.QUIESCENT))


def loading(driver, network, build_folder, images, expected, other_image, library):
    """Networks in turn, images that are refused, and a memory that fails."""
    same(driver, "the image of the build folder", network.infer(images[:4]), expected["own"][:4])
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
    same(driver, "another network", network.infer(images[:4]), expected["other"][:4])
    network.load()
    same(driver, "the first one again", network.infer(images[1:4]), expected["own"][1:4])

    # The memory fails in the middle of a sample.
    library.snn_memory_error(ctypes.c_uint64(50), 2)
    fails(driver.LoadError, ["call load() again"], lambda: network.infer(images[:1]))
    network.load()
    same(driver, "after a failure", network.infer(images[:2]), expected["own"][:2])
