//! The host's functions that the module may call, and nothing else: WASI preview 1, declared by hand.
//!
//! The list is checked against what the built module imports (tests/module_abi.rs). Raw imports, because a WASI target would
//! bring its own `malloc`, environment and start-up code. Source: WebAssembly/WASI, legacy/preview1/docs.md.

use alloc::vec::Vec;

/// The first directory that the host opened for the module: the first of Fluent Bit's `accessible_paths`.
const FIRST_DIRECTORY: i32 = 3;
/// Most accessible directories that are looked through.
const MAX_DIRECTORIES: i32 = 8;
const STDERR: i32 = 2;
const RIGHT_FD_READ: i64 = 1 << 1;
const SUCCESS: i32 = 0;
/// "No such file or directory" in WASI's numbering.
const ERRNO_NOENT: i32 = 44;
/// "Bad file descriptor": there is no such directory.
const ERRNO_BADF: i32 = 8;

#[repr(C)]
struct Buffer {
    start: *const u8,
    len: usize,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn fd_write(fd: i32, buffers: *const Buffer, count: i32, written: *mut usize) -> i32;
    fn fd_read(fd: i32, buffers: *const Buffer, count: i32, read: *mut usize) -> i32;
    fn fd_close(fd: i32) -> i32;
    fn path_open(
        directory: i32,
        lookup_flags: i32,
        path: *const u8,
        path_len: usize,
        open_flags: i32,
        rights: i64,
        inherited_rights: i64,
        fd_flags: i32,
        opened: *mut i32,
    ) -> i32;
}

/// Why a file could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// There is no such file, or no directory to look in.
    Absent,
    /// The file is longer than the limit.
    TooLong,
    /// The host refused.
    Refused,
}

/// Prints on the host's standard error; what the host does not take is lost.
pub(crate) fn print_error(text: &[u8]) {
    let mut rest = text;
    while !rest.is_empty() {
        let buffer = Buffer { start: rest.as_ptr(), len: rest.len() };
        let mut written = 0;
        // SAFETY: the buffer describes `rest`, and the host writes one number into `written`.
        let errno = unsafe { fd_write(STDERR, &raw const buffer, 1, &raw mut written) };
        if errno != SUCCESS || written == 0 {
            return;
        }
        rest = rest.get(written..).unwrap_or_default();
    }
}

/// Reads a file of the first accessible directory.
pub(crate) fn read_file(name: &str, max_bytes: usize) -> Result<Vec<u8>, ReadError> {
    read_file_of(FIRST_DIRECTORY, name, max_bytes)
}

/// Reads a file of the first accessible directory that has it.
pub(crate) fn read_file_anywhere(name: &str, max_bytes: usize) -> Result<Vec<u8>, ReadError> {
    let directories = FIRST_DIRECTORY..FIRST_DIRECTORY + MAX_DIRECTORIES;
    let mut found = directories.map(|directory| read_file_of(directory, name, max_bytes));
    found.find(|found| !matches!(found, Err(ReadError::Absent))).unwrap_or(Err(ReadError::Absent))
}

fn read_file_of(directory: i32, name: &str, max_bytes: usize) -> Result<Vec<u8>, ReadError> {
    let mut fd = 0;
    // SAFETY: the path is a string of that length, and the host writes one number into `fd`. Links are followed
    // (lookup flag 1), because Kubernetes mounts every ConfigMap behind one.
    let errno = unsafe { path_open(directory, 1, name.as_ptr(), name.len(), 0, RIGHT_FD_READ, 0, 0, &raw mut fd) };
    match errno {
        SUCCESS => {}
        ERRNO_NOENT | ERRNO_BADF => return Err(ReadError::Absent),
        _ => return Err(ReadError::Refused),
    }
    let content = read_all(fd, max_bytes);
    // SAFETY: no memory is involved; `fd` is ours and not used again.
    let _ = unsafe { fd_close(fd) };
    content
}

fn read_all(fd: i32, max_bytes: usize) -> Result<Vec<u8>, ReadError> {
    const STEP_BYTES: usize = 16 * 1024;
    let mut content = Vec::new();
    loop {
        let len = content.len();
        if len > max_bytes {
            return Err(ReadError::TooLong);
        }
        content.resize(len + STEP_BYTES, 0);
        let space = content.get_mut(len..).unwrap_or_default();
        let buffer = Buffer { start: space.as_ptr(), len: space.len() };
        let mut read = 0;
        // SAFETY: the buffer describes `space`, which nothing else uses meanwhile; the host writes one number into `read`.
        let errno = unsafe { fd_read(fd, &raw const buffer, 1, &raw mut read) };
        if errno != SUCCESS {
            return Err(ReadError::Refused);
        }
        content.truncate(len + read.min(STEP_BYTES));
        if read == 0 {
            return Ok(content);
        }
    }
}
