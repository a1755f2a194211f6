//! The functions that the module may import, and what stands behind them here: standard error, and one directory with at most
//! two files, the policy and the key of its pseudonyms. Nothing touches this machine's files. Source: WebAssembly/WASI, legacy/preview1/docs.md.

use crate::PolicyFile;
use std::sync::Arc;
use wasmtime::{Caller, Extern, Linker, Memory, StoreLimits};

/// The name under which the module asks for its policy.
const POLICY_NAME: &[u8] = b"auditgate.yaml";
const DIRECTORY: i32 = 3;
const POLICY_FD: i32 = 4;
const KEY_FD: i32 = 5;
/// More than this of what a module says is not kept.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

const SUCCESS: i32 = 0;
const ERRNO_BADF: i32 = 8;
const ERRNO_FAULT: i32 = 21;
const ERRNO_NOENT: i32 = 44;

/// What the module's functions can reach.
pub(crate) struct Host {
    policy: Option<Arc<PolicyFile>>,
    /// The file that is open, and the bytes of it that were read.
    open: Option<(i32, usize)>,
    pub(crate) messages: Vec<u8>,
    pub(crate) limits: StoreLimits,
}

impl Host {
    pub(crate) fn new(policy: Option<Arc<PolicyFile>>, limits: StoreLimits) -> Self {
        Self { policy, open: None, messages: Vec::new(), limits }
    }

    /// Opens a file. The module asks for two only, and by which name it asks for the key, the policy says.
    fn open(&mut self, directory: i32, path: &[u8]) -> Result<i32, i32> {
        if directory != DIRECTORY {
            return Err(ERRNO_BADF);
        }
        let fd = if path == POLICY_NAME { POLICY_FD } else { KEY_FD };
        self.content(fd).ok_or(ERRNO_NOENT)?;
        self.open = Some((fd, 0));
        Ok(fd)
    }

    fn content(&self, fd: i32) -> Option<&[u8]> {
        let policy = self.policy.as_ref()?;
        if fd == POLICY_FD { Some(&policy.text) } else { policy.key.as_ref().map(|key| key.0.as_slice()) }
    }

    fn read(&mut self, fd: i32, space: &mut [u8]) -> Result<usize, i32> {
        let (_, read) = self.open.filter(|(open, _)| *open == fd).ok_or(ERRNO_BADF)?;
        let rest = self.content(fd).and_then(|content| content.get(read..)).unwrap_or_default();
        let len = rest.len().min(space.len());
        for (to, from) in space.iter_mut().zip(rest) {
            *to = *from;
        }
        self.open = Some((fd, read + len));
        Ok(len)
    }

    fn close(&mut self, fd: i32) -> Result<(), i32> {
        if self.open.take_if(|(open, _)| *open == fd).is_some() { Ok(()) } else { Err(ERRNO_BADF) }
    }

    fn write(&mut self, fd: i32, text: &[u8]) -> Result<usize, i32> {
        if fd != 2 {
            return Err(ERRNO_BADF);
        }
        let room = MAX_MESSAGE_BYTES.saturating_sub(self.messages.len());
        self.messages.extend(text.iter().take(room));
        Ok(text.len())
    }
}

/// Puts the functions where a module finds them.
pub(crate) fn link(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    const WASI: &str = "wasi_snapshot_preview1";
    linker.func_wrap(
        WASI,
        "fd_write",
        |mut caller: Caller<'_, Host>, fd: i32, buffers: u32, count: u32, written: u32| {
            errno(with_buffer(&mut caller, buffers, count, written, |host, buffer| host.write(fd, buffer)))
        },
    )?;
    linker.func_wrap(
        WASI,
        "fd_read",
        |mut caller: Caller<'_, Host>, fd: i32, buffers: u32, count: u32, read: u32| {
            errno(with_buffer(&mut caller, buffers, count, read, |host, buffer| host.read(fd, buffer)))
        },
    )?;
    linker.func_wrap(WASI, "fd_close", |mut caller: Caller<'_, Host>, fd: i32| errno(caller.data_mut().close(fd)))?;
    linker.func_wrap(
        WASI,
        "path_open",
        |mut caller: Caller<'_, Host>,
         directory: i32,
         _lookup_flags: i32,
         path: u32,
         path_len: u32,
         _open_flags: i32,
         _rights: i64,
         _inherited_rights: i64,
         _fd_flags: i32,
         opened: u32| {
            errno((|| {
                let memory = memory(&mut caller)?;
                let (bytes, host) = memory.data_and_store_mut(&mut caller);
                let fd = host.open(directory, slice(bytes, path, path_len)?)?;
                store(bytes, opened, fd.cast_unsigned())
            })())
        },
    )?;
    Ok(())
}

/// Runs `work` on the first of a list of buffers, which is the only one that the module passes, and stores its answer.
fn with_buffer(
    caller: &mut Caller<'_, Host>,
    buffers: u32,
    count: u32,
    answer: u32,
    work: impl FnOnce(&mut Host, &mut [u8]) -> Result<usize, i32>,
) -> Result<(), i32> {
    let memory = memory(caller)?;
    let (bytes, host) = memory.data_and_store_mut(caller);
    if count != 1 {
        return Err(ERRNO_FAULT);
    }
    let (start, len) = (load(bytes, buffers)?, load(bytes, buffers.saturating_add(4))?);
    let done = work(host, slice(bytes, start, len)?)?;
    store(bytes, answer, u32::try_from(done).map_err(|_| ERRNO_FAULT)?)
}

fn memory(caller: &mut Caller<'_, Host>) -> Result<Memory, i32> {
    caller.get_export("memory").and_then(Extern::into_memory).ok_or(ERRNO_FAULT)
}

fn slice(memory: &mut [u8], start: u32, len: u32) -> Result<&mut [u8], i32> {
    let start = start as usize;
    memory.get_mut(start..start.saturating_add(len as usize)).ok_or(ERRNO_FAULT)
}

fn load(memory: &mut [u8], at: u32) -> Result<u32, i32> {
    let bytes = slice(memory, at, 4)?.first_chunk().ok_or(ERRNO_FAULT)?;
    Ok(u32::from_le_bytes(*bytes))
}

fn store(memory: &mut [u8], at: u32, value: u32) -> Result<(), i32> {
    *slice(memory, at, 4)?.first_chunk_mut().ok_or(ERRNO_FAULT)? = value.to_le_bytes();
    Ok(())
}

fn errno(result: Result<(), i32>) -> i32 {
    result.err().unwrap_or(SUCCESS)
}
