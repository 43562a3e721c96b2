//! The boundary to the verilated model: the C interface of `sim/shim.h`, and everything that is `unsafe`.

use std::ffi::{CStr, CString, c_char, c_int};
use std::marker::PhantomData;
use std::path::Path;

use libloading::Library;

use crate::error::{Error, Result};

/// Version of the interface of this program: `SNN_ABI`.
const ABI: u32 = 3;

/// Inputs of one cycle: `SnnIn`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct In {
    pub s_axis_tdata: u64,
    pub s_axi_awaddr: u32,
    pub s_axi_wdata: u32,
    pub s_axi_araddr: u32,
    pub rst: u8,
    pub s_axis_tvalid: u8,
    pub s_axis_tlast: u8,
    pub m_axis_tready: u8,
    pub s_axi_awvalid: u8,
    pub s_axi_wvalid: u8,
    pub s_axi_wstrb: u8,
    pub s_axi_bready: u8,
    pub s_axi_arvalid: u8,
    pub s_axi_rready: u8,
}

/// Outputs of one cycle before its clock edge: `SnnOut`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Out {
    pub m_axis_tdata: u32,
    pub s_axi_rdata: u32,
    pub s_axis_tready: u8,
    pub m_axis_tvalid: u8,
    pub m_axis_tlast: u8,
    pub s_axi_awready: u8,
    pub s_axi_wready: u8,
    pub s_axi_bvalid: u8,
    pub s_axi_bresp: u8,
    pub s_axi_arready: u8,
    pub s_axi_rvalid: u8,
    pub s_axi_rresp: u8,
    pub m_axi_beat: u8,
    pub stopped: u8,
}

/// A stream between two stages at the last clock edge: `SnnLink`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Link {
    /// Number of beats written.
    pub beats: u64,
    /// Number of the cycle after the last transfer on either side.
    pub moved: u64,
    /// Bit 0 `in_valid`, 1 `in_ready`, 2 `out_valid`, 3 `out_ready`.
    pub handshakes: u32,
    pub reserved: u32,
}

/// The functions of `sim/shim.h`.
struct Api {
    close: unsafe extern "C" fn(),
    cycle: unsafe extern "C" fn(*const In, *mut Out),
    memory: unsafe extern "C" fn(u64, *const u8, u64),
    memory_error: unsafe extern "C" fn(u64, u32),
    taps: unsafe extern "C" fn(*mut *const u64) -> u64,
    clear: unsafe extern "C" fn(),
    links: unsafe extern "C" fn(*mut Link, u32) -> u32,
    message: unsafe extern "C" fn() -> *const c_char,
    trace_begin: unsafe extern "C" fn(*const c_char) -> c_int,
    trace_end: unsafe extern "C" fn(),
}

/// A verilated model in this process. It stays on the thread that opened it, as the simulator keeps its context there.
pub(super) struct Simulator {
    api: Api,
    /// Keeps the functions loaded; dropped last.
    _library: Library,
    _on_this_thread: PhantomData<*const ()>,
}

impl Simulator {
    /// Loads a library and creates its model. Registers hold random values before reset; with `stall`, streams pause at
    /// random.
    pub fn open(library: &Path, images: &Path, stall: Option<u64>) -> Result<Self> {
        let error = |e: libloading::Error| {
            Error::input(format!("the verilated model cannot be loaded: {e}")).at_file(library)
        };
        let other = || {
            Error::input("the simulation side of this build folder is of another version")
                .at_file(library)
                .fix("write the build folder again with 'snn2rtl build'")
        };
        // SAFETY: the library was just built from a build folder. Loading it runs initialisers of the C++ and the
        // simulator's run time only.
        let library = unsafe { Library::new(library) }.map_err(error)?;
        // SAFETY: the types are those of `sim/shim.h` in the version that `snn_abi` is then asked for.
        let (abi, set_images, open, api) = unsafe {
            let abi: unsafe extern "C" fn() -> u32 = *library.get(c"snn_abi").map_err(error)?;
            let images: unsafe extern "C" fn(*const c_char) =
                *library.get(c"snn_images").map_err(|_| other())?;
            let open: unsafe extern "C" fn(u64, c_int) -> c_int = *library.get(c"snn_open").map_err(error)?;
            let api = Api {
                close: *library.get(c"snn_close").map_err(error)?,
                cycle: *library.get(c"snn_cycle").map_err(error)?,
                memory: *library.get(c"snn_memory").map_err(|_| other())?,
                memory_error: *library.get(c"snn_memory_error").map_err(|_| other())?,
                taps: *library.get(c"snn_taps").map_err(error)?,
                clear: *library.get(c"snn_clear").map_err(error)?,
                links: *library.get(c"snn_links").map_err(error)?,
                message: *library.get(c"snn_message").map_err(error)?,
                trace_begin: *library.get(c"snn_trace_begin").map_err(error)?,
                trace_end: *library.get(c"snn_trace_end").map_err(error)?,
            };
            (abi, images, open, api)
        };
        // SAFETY: `snn_abi` has no preconditions.
        if unsafe { abi() } != ABI {
            return Err(other());
        }
        let folder = CString::new(images.as_os_str().as_encoded_bytes())
            .map_err(|_| Error::input("this is not the name of a folder").at_file(images))?;
        // SAFETY: the version is right, so the functions have these types. The text lives through the call.
        unsafe { set_images(folder.as_ptr()) };
        // SAFETY: as above.
        if unsafe { open(stall.unwrap_or(1), c_int::from(stall.is_some())) } == 0 {
            return Err(other());
        }
        Ok(Self { api, _library: library, _on_this_thread: PhantomData })
    }

    /// One clock cycle.
    pub fn cycle(&mut self, input: &In) -> Out {
        let mut out = Out::default();
        // SAFETY: the model is open from `open` to `drop`, and both structures live through the call.
        unsafe { (self.api.cycle)(input, &raw mut out) };
        out
    }

    /// What is in the memory outside the chip, from an address on.
    pub fn set_memory(&mut self, base: u64, bytes: &[u8]) {
        // SAFETY: the model is open, and the bytes are copied.
        unsafe { (self.api.memory)(base, bytes.as_ptr(), bytes.len() as u64) };
    }

    /// The beat from memory after so many more answers with this response; none does if it is 0.
    pub fn fail_memory(&mut self, beats: u64, response: u32) {
        // SAFETY: the model is open.
        unsafe { (self.api.memory_error)(beats, response) };
    }

    /// Appends what the taps have reported since the last call.
    pub fn take_taps(&mut self, words: &mut Vec<u64>) {
        let mut data = std::ptr::null();
        // SAFETY: the model is open. The words are valid until the next cycle, and copied before the call after this.
        unsafe {
            let count = (self.api.taps)(&raw mut data);
            if count > 0 {
                words
                    .extend_from_slice(std::slice::from_raw_parts(data, usize::try_from(count).unwrap_or(0)));
            }
            (self.api.clear)();
        }
    }

    /// The state of every stream, in the order of their numbers; `count` is how many there are.
    pub fn links(&self, count: usize) -> Vec<Link> {
        let mut links = vec![Link::default(); count];
        // SAFETY: the model is open, and there is room for `links.len()` entries.
        let known = unsafe { (self.api.links)(links.as_mut_ptr(), u32::try_from(count).unwrap_or(0)) };
        links.truncate(usize::try_from(known).unwrap_or(count));
        links
    }

    /// What the simulator has printed.
    pub fn message(&self) -> String {
        // SAFETY: the model is open, and the text is valid until the next call.
        let text = unsafe { CStr::from_ptr((self.api.message)()) };
        text.to_string_lossy().trim().to_owned()
    }

    /// Writes a waveform to this file from now on.
    pub fn trace_begin(&mut self, file: &Path) -> Result<()> {
        let error = || Error::input("the simulator cannot write a waveform here").at_file(file);
        let path = CString::new(file.as_os_str().as_encoded_bytes()).map_err(|_| error())?;
        // SAFETY: the model is open, and the path lives through the call.
        if unsafe { (self.api.trace_begin)(path.as_ptr()) } == 0 { Err(error()) } else { Ok(()) }
    }

    /// Ends the waveform.
    pub fn trace_end(&mut self) {
        // SAFETY: the model is open; without a waveform this does nothing.
        unsafe { (self.api.trace_end)() };
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // SAFETY: the model is open, and nobody uses it after this.
        unsafe { (self.api.close)() };
    }
}
