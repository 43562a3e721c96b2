"""What both tests of the driver share: the driver of a build folder, the simulated board's parts, and checks."""

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
