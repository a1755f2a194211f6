//! Modules for tests, put together byte by byte: <https://webassembly.github.io/spec/core/binary/modules.html>.

const UNREACHABLE: u8 = 0x00;
const END: u8 = 0x0b;
const LOCAL_GET: u8 = 0x20;
const I32_CONST: u8 = 0x41;
const I32: u8 = 0x7f;

/// What a module for tests does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Traps in `_initialize`.
    TrapsAtLoad,
    /// Traps at every record.
    TrapsAtRecords,
    /// Has no `auditgate_filter`.
    LacksExport,
    /// `auditgate_filter` takes two numbers only.
    OtherSignature,
    /// Answers with a null pointer.
    AnswersNull,
    /// Answers with the record itself, unchanged: what a module of somebody else might do.
    Echoes,
}

/// A small module with a fault.
pub fn faulty(fault: Fault) -> Vec<u8> {
    let parameters = if fault == Fault::OtherSignature { 2 } else { 6 };
    let mut types = vec![3, 0x60, 0, 0, 0x60, parameters];
    types.extend(vec![I32; usize::from(parameters)]);
    types.extend([1, I32]);
    // fd_close, an import that makes Fluent Bit call `_initialize`.
    types.extend([0x60, 1, I32, 1, I32]);
    let import = [&[1][..], &name("wasi_snapshot_preview1"), &name("fd_close"), &[0, 2]].concat();
    let filter = if fault == Fault::LacksExport { "another_filter" } else { "auditgate_filter" };
    let exports = [&[3][..], &name("memory"), &[2, 0], &name("_initialize"), &[0, 1], &name(filter), &[0, 2]].concat();
    let initialize: &[u8] = if fault == Fault::TrapsAtLoad { &[0, UNREACHABLE, END] } else { &[0, END] };
    let body: &[u8] = match fault {
        Fault::TrapsAtRecords => &[0, UNREACHABLE, END],
        Fault::Echoes => &[0, LOCAL_GET, 4, END],
        _ => &[0, I32_CONST, 0, END],
    };
    let code = [&[2, initialize.len() as u8][..], initialize, &[body.len() as u8], body].concat();
    [
        &b"\0asm\x01\0\0\0"[..],
        &section(1, &types),
        &section(2, &import),
        &section(3, &[2, 0, 1]),
        &section(5, &[1, 0, 1]),
        &section(7, &exports),
        &section(10, &code),
    ]
    .concat()
}

fn name(text: &str) -> Vec<u8> {
    [&[text.len() as u8][..], text.as_bytes()].concat()
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![id];
    write_leb128(&mut bytes, content.len());
    bytes.extend(content);
    bytes
}

fn write_leb128(bytes: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_leb128(bytes: &[u8], at: &mut usize) -> usize {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let byte = bytes[*at];
        *at += 1;
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

/// The same module with a memory that stops growing at `pages` pages of 64 KB.
pub fn with_memory_limit(module: &[u8], pages: usize) -> Vec<u8> {
    let mut limited = module[..8].to_vec();
    let mut at = 8;
    let mut found = false;
    while at < module.len() {
        let id = module[at];
        at += 1;
        let length = read_leb128(module, &mut at);
        let content = &module[at..at + length];
        at += length;
        if id == 5 {
            found = true;
            let mut position = 2;
            let least = read_leb128(content, &mut position);
            assert!(least < pages, "the module needs {least} pages from the start");
            let mut memory = vec![1, 1];
            write_leb128(&mut memory, least);
            write_leb128(&mut memory, pages);
            limited.extend(section(5, &memory));
        } else {
            limited.extend(section(id, content));
        }
    }
    assert!(found, "the module has no memory of its own");
    limited
}
