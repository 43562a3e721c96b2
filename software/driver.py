#!/usr/bin/env python3
"""Runs the network of a build folder on a board with PYNQ.

    from driver import Network

    with Network() as network:                  # loads bitstream/*.bit of the build folder that this file is in
        results = network.infer(images)         # a NumPy array of whole numbers, batch first
        print(results.classes, results.time_steps, results.logits)
        print(network.counters().stage("fc1").spikes)
        network.t_max = 8                       # at most 8 time-steps from now on
        network.set_confidence(margin=network.margin_of(2.5), patience=3)
        network.load("other.bin", unit=0.01)    # hardware of `build --loadable`: another model image

Hardware of `build --weights external` reads model image and weights from the board's memory: `load` puts the image there,
and it stays there until the next one.

From a shell: `python3 driver.py images.npy`. Needs NumPy and, on the board, the package pynq, which is imported when an
overlay is loaded. Samples go to the core by AXI DMA, one transfer each; results come back the same way. Every error is a
`DriverError`; its text says what to do.
"""

import json
import pathlib
import sys
import time

import numpy as np

VENDOR, LIBRARY = "snn2rtl.org", "snn"
ELEMENTS = {"u8": np.uint8, "i8": np.int8, "u16": np.uint16}
# Why the core refuses a model image.
LOAD_ERRORS = {
    1: "it does not begin like a model image", 2: "it is of another version of the format",
    3: "it was made for another machine", 4: "its sections do not have its length", 5: "it names a memory that there is not",
    6: "a section ends beyond its memory", 7: "its CRC is wrong", 8: "its source failed",
}
QUIESCENT, STOPPED_BY_T_MAX, STOPPED_BY_CONFIDENCE = 1, 2, 4


class DriverError(Exception):
    """Base class of all errors; the text gives the problem and the fix."""


class InputError(DriverError, ValueError):
    """An argument or a file is wrong; the board was not accessed."""


class OverlayError(DriverError):
    """The loaded overlay is not the hardware of this build folder."""


class FrameError(DriverError):
    """A frame had a wrong size."""


class DmaError(DriverError):
    """The DMA has stopped with an error."""


class DmaTimeout(DmaError, TimeoutError):
    """A transfer did not end in time."""


class LoadError(DriverError):
    """The core refuses a model image."""


class Build:
    """Description of the hardware of a build folder: `manifest.json` and `registers.json`."""

    def __init__(self, folder=None):
        self.folder = pathlib.Path(folder) if folder else pathlib.Path(__file__).resolve().parent.parent
        manifest, registers = self._read("manifest.json"), self._read("registers.json")
        try:
            self.model, self.top = manifest["model"], manifest["top"]
            frame = manifest["input"]
            self.dtype = np.dtype(ELEMENTS[frame["element"]])
            if "element_bits" in frame:
                self.dtype = np.dtype(f"{self.dtype.kind}{frame['element_bits'] // 8}")
            self.elements, self.beats, self.lanes = frame["elements"], frame["beats"], frame["beat_lanes"]
            # A beat takes a whole power of two bytes in memory; what it has beyond its lanes is ignored.
            self.bus_lanes = 1 << (self.lanes - 1).bit_length()
            # What elements and padding the network of the build folder takes, and the one that is loaded.
            self.own_rules = self.rules = frame.get("range"), frame.get("padding")
            output = manifest["output"]
            self.classes, self.value_bits, self.unit = output["classes"], output["value_bits"], output["unit"]
            self.own_unit = self.unit
            self.positions = self.own_positions = output.get("positions", 1)
            self.value_words, self.frame_words = output["words_per_value"], output["words"]
            self.offsets = {register["name"]: register["offset"] for register in registers["registers"]}
            self.resets = {register["name"]: register["reset"] for register in registers["registers"]}
            self.widths = {wide["name"]: wide["bits"] for wide in registers["wide"]}
            self.fields = {
                (register["name"], field["name"]): (field["lsb"], field["bits"])
                for register in registers["registers"] for field in register["fields"]}
            self.stages = registers["stages"]
            self.address_bits = registers["address_bits"]
            # Words of an image that a word of each memory takes.
            self.parts = {entry["number"]: entry["word_parts"] for entry in manifest.get("memories", [])}
            self.memory_bits = manifest.get("memory_port_bits", 0)
            self.memory_ports = manifest.get("memory_ports", 0)
            # Registers and memory of a card in a PCI Express slot.
            self.pcie = manifest.get("pcie")
            family = (manifest.get("target") or {}).get("family", "xc7")
        except (KeyError, TypeError) as error:
            raise InputError(f"{self.folder} is not a build folder of this version: {error!r} is missing") from None
        self.bitfile = self.folder / "bitstream" / f"{family}.bit"
        self.image = self.folder / "model.bin"

    @property
    def is_loadable(self):
        """Whether networks are loaded into the hardware."""
        return "load_control" in self.offsets

    @property
    def reads_memory(self):
        """Whether the hardware reads model image and weights from the board's memory."""
        return self.memory_bits > 0

    def _read(self, name):
        path = self.folder / name
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"{path} cannot be read: {error}; give the build folder, Network(build=FOLDER)") from None

    def take_network(self, words, unit, positions=1, own=False):
        """The frames of a network that is loaded, from its image (docs/model-image.md); `own` is that of the build folder."""
        position, scalars, classes = 4, [], 0
        while position + 3 <= len(words) - 1:
            memory, first, count = (int(word) for word in words[position:position + 3])
            if memory == 0 and first == 0:
                scalars = words[position + 3:position + 3 + count]
            if memory == 15:
                classes = max(classes, first + count)
            position += 3 + count * self.parts.get(memory, 1)
        if len(scalars) < 3 or not classes:
            raise InputError("this model image does not say how many elements and logits there are")
        self.elements = self.beats = int(scalars[2]) + 1
        self.dtype = np.dtype(f"{'i' if int(scalars[0]) & 2 else 'u'}{self.dtype.itemsize}")
        if positions < 1 or classes % positions:
            raise InputError(f"{classes} logits of {positions} positions: the model image is of another network")
        self.classes, self.unit, self.positions = classes, unit, positions
        self.frame_words = classes * self.value_words + 3
        self.rules = self.own_rules if own else (None, None)

    def _check(self, samples):
        """Elements that are rows of the network's tables, and padding where its positions stay what they are."""
        limits, padding = self.rules
        if limits and samples.size and (samples.min() < limits[0] or samples.max() > limits[1]):
            raise InputError(
                f"samples from {samples.min()} to {samples.max()}: {self.model!r} takes {limits[0]} to {limits[1]}")
        if padding:
            token = padding["token"]
            held = samples == token
            if padding["rule"] == "last":
                # Padding before a token that is none.
                held = held[:, :-1] & (np.cumsum(~held[:, ::-1], axis=1)[:, ::-1][:, 1:] > 0)
            if held.any():
                where = "elsewhere than at the end" if padding["rule"] == "last" else "in it"
                raise InputError(
                    f"sample {int(np.argwhere(held)[0][0])} has the padding {token} {where}: {self.model!r} counts its "
                    "positions from the tokens")

    def packed(self, samples):
        """Samples as beats on the bus: an array of (samples, beats, lanes)."""
        array = np.asarray(samples)
        if array.ndim and array.size == self.elements * array.shape[0]:
            count = array.shape[0]
        elif array.size == self.elements:
            count = 1
        else:
            raise InputError(
                f"an array of shape {array.shape}: a sample of {self.model!r} has {self.elements} elements; give them "
                "batch first")
        if array.dtype.kind not in "iub":
            raise InputError(f"samples of type {array.dtype}: the core takes whole numbers, {self.dtype}")
        limits = np.iinfo(self.dtype)
        if array.size and (array.min() < limits.min or array.max() > limits.max):
            raise InputError(
                f"samples from {array.min()} to {array.max()}: {self.dtype} holds {limits.min} to {limits.max}")
        self._check(array.reshape(count, self.elements))
        beats = np.zeros((count, self.beats * self.lanes), self.dtype)
        beats[:, :self.elements] = array.reshape(count, self.elements)
        packed = np.zeros((count, self.beats, self.bus_lanes), self.dtype)
        packed[:, :, :self.lanes] = beats.reshape(count, self.beats, self.lanes)
        return packed


class Results:
    """Results of a batch, one row per sample; with several positions, logits are (sample, position, class)."""

    def __init__(self, build, frames):
        words = np.asarray(frames, np.uint32).reshape(-1, build.frame_words)
        values = words[:, :build.classes * build.value_words].reshape(-1, build.classes, build.value_words)
        wide = np.int64 if build.value_words <= 2 else object
        #: Sums of the readout, whole numbers.
        self.values = np.zeros(values.shape[:2], wide)
        for word_index in reversed(range(build.value_words)):
            word = values[:, :, word_index].astype(np.int64)
            if word_index == build.value_words - 1:
                word = word.astype(np.uint32).view(np.int32).astype(np.int64)
            self.values = self.values * (1 << 32) + word.astype(wide) if wide is object else (self.values << 32) | word
        #: The network's outputs.
        self.logits = self.values.astype(np.float64) * build.unit
        rest = words[:, build.classes * build.value_words:].astype(np.int64)
        #: The class, the time-steps and the flags of each sample.
        self.classes, self.time_steps, self.flags = rest[:, 0], rest[:, 1], rest[:, 2]
        if build.positions > 1:
            # One row of logits, and one class, for each position.
            shape = (len(words), build.positions, build.classes // build.positions)
            self.values, self.logits = self.values.reshape(shape), self.logits.reshape(shape)
            self.classes = self.values.argmax(axis=2)

    def __len__(self):
        return len(self.classes)

    @property
    def quiescent(self):
        """Mask of the samples that ended at quiescence."""
        return (self.flags & QUIESCENT) != 0

    @property
    def stopped_by_t_max(self):
        """Mask of the samples that ended at T_max."""
        return (self.flags & STOPPED_BY_T_MAX) != 0

    @property
    def stopped_by_confidence(self):
        """Mask of the samples that were ended by the confidence rule."""
        return (self.flags & STOPPED_BY_CONFIDENCE) != 0


class StageCounters:
    """Counters of one stage: its node in the model, its module, spikes sent, cycles at work."""

    def __init__(self, stage, spikes, work):
        self.stage, self.node, self.module = stage["stage"], stage["node"], stage["module"]
        self.spikes, self.work = spikes, work

    def __repr__(self):
        return f"StageCounters({self.node!r}, {self.module}, spikes={self.spikes}, work={self.work})"


class Counters:
    """Counters of the core since they were cleared."""

    def __init__(self, cycles, samples_in, samples_out, in_stalls, out_stalls, stages):
        self.cycles, self.samples_in, self.samples_out = cycles, samples_in, samples_out
        self.in_stalls, self.out_stalls, self.stages = in_stalls, out_stalls, stages

    def stage(self, node):
        """The stage of a node of the model."""
        found = [stage for stage in self.stages if stage.node == node]
        if len(found) == 1:
            return found[0]
        names = ", ".join(repr(stage.node) for stage in self.stages)
        raise InputError(f"{len(found)} stages are of a node {node!r}; the stages are {names}")


class Network:
    """The hardware of a build folder, loaded on the board."""

    def __init__(self, build=None, bitfile=None, overlay=None, core=None, dma=None, timeout=10.0, platform=None):
        """Loads `bitfile`, that of the build folder if not given, or takes an overlay that is loaded already.

        `platform` has what is used of the package pynq, in place of it: `MMIO` and `allocate`.

        `core` and `dma` name the two in the overlay if their types are not unique. `timeout` is the longest
        time in seconds without any progress.
        """
        self.build = build if isinstance(build, Build) else Build(build)
        self.timeout = float(timeout)
        self._names, self._buffers, self._image, self._broken = (core, dma), [], None, None
        if platform is None:
            try:
                import pynq as platform
            except ImportError:
                raise OverlayError(
                    "the package pynq is not here: run this on the board, in PYNQ's environment") from None
        self._pynq = platform
        if overlay is None:
            path = pathlib.Path(bitfile) if bitfile else self.build.bitfile
            if not path.is_file():
                raise InputError(
                    f"there is no bitstream {path}: run scripts/vivado_bd.tcl in Vivado and copy bitstream/ here")
            overlay = platform.Overlay(str(path))
        self.overlay = overlay
        self._attach()
        if self.build.is_loadable and self.build.image.is_file():
            self.load()

    # ------------------------------------------------------------------------------------ overlay

    def _attach(self):
        """Finds core and DMA, and checks that they are the right ones."""
        build, (core, dma) = self.build, self._names
        entry = self._entry(core, f"{VENDOR}:{LIBRARY}:{build.top}:", f"the core of {build.model!r}", "core")
        if entry["addr_range"] < max(build.offsets.values()) + 4:
            raise OverlayError(f"the core's registers have {entry['addr_range']} bytes of address space: too few")
        self._registers = self._pynq.MMIO(entry["phys_addr"], entry["addr_range"])
        for name in ("identity", "version", "stages"):
            found, expected = self._registers.read(build.offsets[name]), build.resets[name]
            if found != expected:
                raise OverlayError(
                    f"the core's register {name!r} holds {found:#x}, not {expected:#x}: the bitstream is of another "
                    f"build than {build.folder}")
        name = self._entry(dma, "xilinx.com:ip:axi_dma:", "an AXI DMA", "dma")["fullpath"]
        self._dma = self.overlay
        for part in name.split("/"):
            self._dma = getattr(self._dma, part)
        self._free()
        shape = (build.beats, build.bus_lanes)
        self._sample = self._allocate(shape, build.dtype)
        self._frame = self._allocate((build.frame_words,), np.uint32)
        self._broken = None

    def _entry(self, name, kind, what, argument):
        """The entry of the overlay's description with that name, or the only one of that type."""
        entries = self.overlay.ip_dict
        if name is not None:
            if name not in entries:
                raise OverlayError(f"the overlay has no {name!r}; it has {', '.join(sorted(entries))}")
            chosen = {name: entries[name]}
        else:
            chosen = {key: entry for key, entry in entries.items() if entry["type"].startswith(kind)}
        if len(chosen) != 1:
            there = ", ".join(f"{key} ({entry['type']})" for key, entry in sorted(entries.items())) or "nothing"
            raise OverlayError(
                f"the overlay has {len(chosen) or 'no'} {kind}* ({what}); it has {there}: load the bitstream of this "
                f"build folder, or name it, Network({argument}=NAME)")
        (key, entry), = chosen.items()
        return dict(entry, fullpath=entry.get("fullpath", key))

    def _allocate(self, shape, dtype):
        buffer = self._pynq.allocate(shape=shape, dtype=dtype)
        self._buffers.append(buffer)
        return buffer

    def _free(self):
        while self._buffers:
            self._buffers.pop().freebuffer()

    def load(self, path=None, unit=None, positions=None):
        """Loads a model image that `snn2rtl image` has written for this hardware; without a path, that of the build folder.

        `unit` is what a logit's value is multiplied by, `positions` how many positions have logits of their own: of another
        network, its manifest has them; 1 if not given.
        """
        build = self.build
        if not build.is_loadable:
            raise InputError(f"networks cannot be loaded into {build.folder}: build it with --loadable")
        file = pathlib.Path(path) if path else build.image
        try:
            data = file.read_bytes()
        except OSError as error:
            raise InputError(f"{file} cannot be read: {error}") from None
        if len(data) % 4 or len(data) < 36:
            raise InputError(f"{file} is no model image: it has {len(data)} bytes")
        words = np.frombuffer(data, "<u4")
        status = self._from_memory(words) if build.reads_memory else self._by_registers(words)
        if not status & self._bit("load_status", "loaded"):
            low, bits = build.fields["load_status", "error"]
            code = status >> low & (1 << bits) - 1
            reason = LOAD_ERRORS.get(code, f"error {code}") if code else "it is not complete"
            raise LoadError(f"the core refuses {file}: {reason}")
        own = not path or (build.image.is_file() and build.image.read_bytes() == data)
        unit = unit if unit is not None else build.own_unit if own else 1.0
        build.take_network(words, unit, positions or (build.own_positions if own else 1), own)
        self._free()
        self._sample = self._allocate((build.beats, build.bus_lanes), build.dtype)
        self._frame = self._allocate((build.frame_words,), np.uint32)

    def _start_load(self):
        self._registers.write(self.build.offsets["load_control"], self._bit("load_control", "start"))
        return time.monotonic() + self.timeout

    def _by_registers(self, words):
        """Writes an image word by word; the status afterwards."""
        end = self._start_load()
        while not self._read("load_status") & self._bit("load_status", "ready"):
            if time.monotonic() > end:
                raise DmaTimeout(f"the core does not become empty in {self.timeout:g} s: results wait to be taken")
        for word in words:
            self._registers.write(self.build.offsets["load_data"], int(word))
        return self._read("load_status")

    def _from_memory(self, words):
        """Puts an image into memory, from where the core reads it; the status afterwards."""
        # The core takes weights of the image before as long as a sample is inside, so that one goes afterwards.
        # Buffers begin at a page.
        image = self._pynq.allocate(shape=(len(words),), dtype=np.uint32)
        image[:] = words
        image.flush()
        address, offsets = image.device_address, self.build.offsets
        self._registers.write(offsets["load_address_low"], address & 0xFFFFFFFF)
        self._registers.write(offsets["load_address_high"], address >> 32)
        self._registers.write(offsets["load_length"], 4 * len(words))
        end = self._start_load()
        done = self._bit("load_status", "loaded")
        low, bits = self.build.fields["load_status", "error"]
        while not (status := self._read("load_status")) & (done | (1 << bits) - 1 << low):
            if time.monotonic() > end:
                # The core may still read it.
                self._buffers.append(image)
                raise DmaTimeout(f"the core has not read its model image in {self.timeout:g} s: results wait to be taken")
        if self._image is not None:
            self._image.freebuffer()
        self._image = image
        return status

    def reset(self):
        """Reloads the bitstream, which is necessary after an error of the DMA. Settings are those after reset; a network
        that was loaded must be loaded again."""
        self.overlay.download()
        for channel in (self._dma.sendchannel, self._dma.recvchannel):
            channel.start()
        self._attach()

    def close(self):
        """Frees the buffers. The bitstream stays loaded. A core that reads weights from memory needs its image again."""
        self._free()
        if self._image is not None:
            self._image.freebuffer()
            self._image = None
        self._broken = "it was closed"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ------------------------------------------------------------------------------------ samples

    def predict(self, batch):
        """The classes of samples, batch first; of networks with several positions, a row of classes for each sample."""
        return self.infer(batch).classes

    def infer(self, samples):
        """Sends samples, batch first, and returns their `Results`."""
        packed = self.build.packed(samples)
        if self._broken:
            raise DmaError(f"the network cannot be used: {self._broken}; call reset()")
        self._check_frames()
        frames = np.zeros((len(packed), self.build.frame_words), np.uint32)
        try:
            self._exchange(packed, frames)
        except BaseException as error:
            # Something is still under way: the next result would be that of another sample.
            self._broken = f"a transfer was not completed ({error or type(error).__name__})"
            raise
        self._check_frames()
        self._check_weights()
        return Results(self.build, frames)

    def _check_weights(self):
        """That the memory has answered to every read of weights."""
        if not self.build.reads_memory:
            return
        low, bits = self.build.fields["load_status", "error"]
        if self._read("load_status") >> low & (1 << bits) - 1:
            raise LoadError("the memory has answered a read of weights with an error: results are wrong; call load() again")

    def _exchange(self, packed, frames):
        """Sends all samples and receives all frames; the core works on several at the same time."""
        send, receive = self._dma.sendchannel, self._dma.recvchannel
        sent = received = 0
        sending = receiving = False
        last = time.monotonic()
        while received < len(packed):
            before = (sent, received, sending)
            if not receiving:
                self._start(receive, self._frame)
                receiving = True
            if not sending and sent < len(packed):
                self._sample[:] = packed[sent]
                self._start(send, self._sample)
                sent, sending = sent + 1, True
            if sending and self._done(send, "sending a sample"):
                sending = False
            if self._done(receive, "receiving a result"):
                if receive.transferred != self._frame.nbytes:
                    raise FrameError(
                        f"result {received} has {receive.transferred} bytes, not {self._frame.nbytes}: the bitstream "
                        f"is of another build than {self.build.folder}")
                frames[received] = self._frame
                received, receiving = received + 1, False
            if (sent, received, sending) != before:
                last = time.monotonic()
            elif time.monotonic() - last > self.timeout:
                raise DmaTimeout(
                    f"no progress in {self.timeout:g} s: {sent} samples sent{' but for the last' if sending else ''}, "
                    f"{received} results received; raise timeout, or check clock and reset of the core")

    @staticmethod
    def _start(channel, buffer):
        try:
            channel.transfer(buffer)
        except (RuntimeError, ValueError) as error:
            raise DmaError(f"the DMA takes no transfer: {error}") from error

    @staticmethod
    def _done(channel, what):
        """Whether a transfer has ended; `wait` then only cleans up."""
        if not channel.error and not channel.idle:
            return False
        try:
            channel.wait()
        except RuntimeError as error:
            raise DmaError(f"{what}: {error}") from error
        return True

    # ------------------------------------------------------------------------------------ registers

    def _read(self, name):
        return self._registers.read(self.build.offsets[name])

    def _read_wide(self, name):
        """A number in two registers; reading the low one first stores the high one."""
        low = self._read(f"{name}_low")
        return low | self._read(f"{name}_high") << 32

    def _write(self, name, value, bits, register=None):
        """Checks a value first, because a wrong one would be a bus error that ends the program."""
        if not 0 <= value < 1 << bits:
            raise InputError(f"{name} cannot be {value}: it has {bits} bits")
        self._registers.write(self.build.offsets[register or name], int(value) & 0xFFFFFFFF)

    def _bit(self, register, field):
        return 1 << self.build.fields[register, field][0]

    def _set_number(self, name, value):
        self._write(name, value, self.build.fields[name, "value"][1])

    @property
    def t_max(self):
        """Maximum number of time-steps of a sample; 0 for no limit."""
        return self._read("t_max")

    @t_max.setter
    def t_max(self, steps):
        self._set_number("t_max", steps)

    @property
    def patience(self):
        """Consecutive time-steps with the margin until a sample is stopped; 0 disables the rule."""
        return self._read("patience")

    @patience.setter
    def patience(self, steps):
        if self.build.widths["margin"] == 0:
            raise InputError("the core was built without the confidence rule (build --no-confidence)")
        self._set_number("patience", steps)

    @property
    def margin(self):
        """Minimum difference between the best value and every other, in the unit of `Results.values`."""
        return self._read_wide("margin")

    @margin.setter
    def margin(self, value):
        bits = self.build.widths["margin"]
        if bits == 0:
            raise InputError("the core was built without the confidence rule (build --no-confidence)")
        if not 0 <= value < 1 << bits:
            raise InputError(f"margin cannot be {value}: it has {bits} bits")
        self._write("margin", value & 0xFFFFFFFF, 32, "margin_low")
        self._write("margin", value >> 32, 32, "margin_high")

    def margin_of(self, logits):
        """The margin for a difference of logits, rounded up."""
        return int(np.ceil(logits / self.build.unit))

    def set_confidence(self, margin, patience):
        """Stops a sample when its best value exceeds all others by `margin` for `patience` time-steps; patience 0: off."""
        self.margin = margin
        self.patience = patience

    @property
    def busy(self):
        """Whether a sample is inside."""
        return bool(self._read("status") & self._bit("status", "busy"))

    def errors(self):
        """Frame errors of the core: a set of "short_frame" and "long_frame".""" 
        status = self._read("status")
        return {name for name in ("short_frame", "long_frame") if status & self._bit("status", name)}

    def clear_errors(self):
        """Clears frame errors."""
        self._registers.write(
            self.build.offsets["status"], self._bit("status", "short_frame") | self._bit("status", "long_frame"))

    def _check_frames(self):
        errors = self.errors()
        if errors:
            raise FrameError(
                f"the core has seen a {' and a '.join(sorted(errors)).replace('_', ' ')}: something sent samples of "
                "another size; results since then may be wrong; call clear_errors()")

    def counters(self):
        """Counters of the core, the stages by their nodes."""
        stages = [
            StageCounters(
                stage, self._read_wide(f"stage{stage['register']}_spikes"),
                self._read_wide(f"stage{stage['register']}_work"))
            for stage in self.build.stages]
        single = [self._read(name) for name in ("samples_in", "samples_out", "in_stalls", "out_stalls")]
        return Counters(self._read_wide("cycles"), *single, stages)

    def clear_counters(self):
        """Sets all counters to 0."""
        self._registers.write(
            self.build.offsets["control"], self._read("control") | self._bit("control", "clear"))


def main(arguments, network_type=Network):
    """Prints class and time-steps of the samples of a file."""
    if len(arguments) != 1:
        print(__doc__.split("\n\n")[0] + "\n\n    driver.py SAMPLES.npy", file=sys.stderr)
        return 2
    try:
        samples = np.load(arguments[0])
        with network_type() as network:
            results = network.infer(samples)
    except (DriverError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, (InputError, OSError)) else 1
    for index, (label, steps) in enumerate(zip(results.classes, results.time_steps)):
        print(f"{index}: class {label}, {steps} time-steps")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
