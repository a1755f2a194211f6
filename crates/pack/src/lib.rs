//! Turns what the compiler wrote into a module that every supported Fluent Bit loads, and refuses what would not load.
//!
//! - Encodings: the precompiled standard library of current toolchains pads some numbers to five bytes, which WAMR 1.3.0
//!   refuses ("zero byte expected"). Writing every instruction again, as short as it can be, mends it.
//! - Exports: only those on the list stay. `__heap_base` and `__data_end` go, because with them WAMR believes to know the stack
//!   of the module, checks every move of it, and divides it among threads that the module never starts.
//! - `__stack_pointer`: a trap leaves it where it was, so that after some hundred traps no stack is left. Every exported
//!   function that begins a call of the host's gets two instructions in front that reset it.
//! - Start-up: what the module builds before its first record is built here, once. Memory as it stands then is the module's only data,
//!   compressed; a start function unpacks it, and `auditgate.restore`, which the module imports from here, is that function.
//! - Functions that nothing calls any more, names and other custom sections go; what the module is made of comes in ([`note`]).
//!
//! [`bake`] does the same with a policy inside; [`mix`] comes before either where an optimiser has made other forms of the module.
//!
//! ```
//! assert!(auditgate_pack::pack(b"no module", false).is_err());
//! ```

mod bake;
mod compress;
mod image;
mod interface;
mod linked;
mod mix;
pub mod note;
mod rewrite;

pub use bake::{BakeError, bake};
pub use interface::{Interface, check};
pub use mix::mix;

use linked::Linked;
use rewrite::Plan;
use std::fmt;

/// Why a module was refused.
#[derive(Debug, PartialEq, Eq)]
pub enum PackError {
    /// It is no valid module, or it uses a feature that is not on the list.
    Invalid(String),
    /// It could not be prepared for its first record.
    Preparation(String),
    /// It exports or imports something else than the list says.
    Interface {
        /// Lines of the list that the module lacks.
        missing: Vec<String>,
        /// What the module has beyond the list.
        unexpected: Vec<String>,
    },
}

impl fmt::Display for PackError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(reason) => write!(out, "not a module that every supported Fluent Bit loads: {reason}"),
            Self::Preparation(reason) => write!(out, "the module could not be prepared: {reason}"),
            Self::Interface { missing, unexpected } => {
                write!(out, "the module's interface is not the one in src/module/interface.txt")?;
                missing.iter().try_for_each(|line| write!(out, "\n  expected: {line}"))?;
                unexpected.iter().try_for_each(|line| write!(out, "\n  found:    {line}"))
            }
        }
    }
}

impl std::error::Error for PackError {}

/// Packs a module that looks for its policy in a file. The names of its functions stay if a profile is to show them.
///
/// # Errors
/// The module is invalid, uses a feature or an import that is not on the list, lacks an export, or cannot be prepared.
pub fn pack(module: &[u8], keep_names: bool) -> Result<Vec<u8>, PackError> {
    finish(module, None, &[], &[], keep_names)
}

/// Writes the packed module, without the functions that `cut` names in groups, and with `notes` besides its version.
fn finish(
    module: &[u8],
    policy: Option<&[u8]>,
    cut: &[&[&str]],
    notes: &[(&str, &[u8])],
    keep_names: bool,
) -> Result<Vec<u8>, PackError> {
    let linked = Linked::of(module)?;
    let image = image::take(module, linked.stack.top, policy)?;
    let cut =
        &cut.iter().map(|paths| linked.named(paths)).collect::<Result<Vec<_>, _>>()?.concat().into_iter().collect();
    let notes = [&[(note::VERSION, env!("CARGO_PKG_VERSION").as_bytes())], notes].concat();
    let packed = rewrite::rewrite(module, &Plan { linked: &linked, image: &image, cut, keep_names, notes: &notes })?;
    check(&packed)?;
    Ok(packed)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
    use super::*;
    use wasm_encoder::{
        CodeSection, ConstExpr, CustomSection, DataSection, EntityType, ExportKind, ExportSection, Function,
        FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, MemArg, MemorySection, MemoryType,
        Module, NameMap, NameSection, RefType, TableSection, TableType, TypeSection, ValType,
    };
    use wasmparser::{DataKind, Parser, Payload};

    /// A module with the listed exports, as a linker might write it.
    #[derive(Default)]
    struct Linked {
        import: Option<(&'static str, &'static str)>,
        without_export: Option<&'static str>,
        /// The body of every function but the preparation, without its locals; they return what they have to.
        body: Vec<u8>,
        /// What the preparation does besides writing one byte.
        preparation: Vec<u8>,
        unnamed: bool,
    }

    const SIGNATURES: [(&str, u32, Option<ValType>); 7] = [
        ("_initialize", 0, None),
        ("malloc", 1, Some(ValType::I32)),
        ("free", 1, None),
        ("auditgate_filter", 6, Some(ValType::I32)),
        ("auditgate_prepare", 2, Some(ValType::I32)),
        ("auditgate_settle", 1, None),
        ("auditgate_unpack", 4, None),
    ];

    impl Linked {
        fn module(&self) -> Vec<u8> {
            let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
            let mut exports = ExportSection::new();
            let (mut imports, mut imported) = (ImportSection::new(), 1);
            types.ty().function([ValType::I32], [ValType::I32]);
            types.ty().function([], []);
            imports.import("auditgate", "restore", EntityType::Function(1));
            if let Some((module, name)) = self.import {
                imports.import(module, name, EntityType::Function(0));
                imported = 2;
            }
            for (index, (name, parameters, result)) in (0..).zip(SIGNATURES) {
                types.ty().function(vec![ValType::I32; parameters as usize], result);
                functions.function(index + 2);
                let mut function = Function::new([]);
                if name != "auditgate_prepare" && name != "auditgate_settle" {
                    function.raw(self.body.iter().copied());
                } else {
                    function.raw(self.preparation.iter().copied());
                    function.instructions().i32_const(5000).i32_const(0x5a).i32_store8(MemArg {
                        offset: 0,
                        align: 0,
                        memory_index: 0,
                    });
                }
                if result.is_some() {
                    function.instruction(&Instruction::I32Const(7));
                }
                function.instruction(&Instruction::End);
                code.function(&function);
                if self.without_export != Some(name) {
                    exports.export(name, ExportKind::Func, index + imported);
                }
            }
            let table =
                TableType { element_type: RefType::FUNCREF, minimum: 1, maximum: None, table64: false, shared: false };
            let memory = MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };
            let global = |mutable| GlobalType { val_type: ValType::I32, mutable, shared: false };
            let mut globals = GlobalSection::new();
            globals
                .global(global(true), &ConstExpr::i32_const(4096))
                .global(global(false), &ConstExpr::i32_const(9000));
            exports.export("memory", ExportKind::Memory, 0).export("__heap_base", ExportKind::Global, 1);
            let mut data = DataSection::new();
            data.active(0, &ConstExpr::i32_const(4096), *b"data");
            let mut names = NameMap::new();
            names.append(0, if self.unnamed { "other" } else { "__stack_pointer" });
            let mut function_names = NameMap::new();
            for (index, (name, ..)) in (imported..).zip(SIGNATURES) {
                function_names.append(index, name);
            }
            let mut name_section = NameSection::new();
            name_section.functions(&function_names);
            name_section.globals(&names);
            Module::new()
                .section(&types)
                .section(&imports)
                .section(&functions)
                .section(TableSection::new().table(table))
                .section(MemorySection::new().memory(memory))
                .section(&globals)
                .section(&exports)
                .section(&code)
                .section(&data)
                .section(&name_section)
                .section(&CustomSection { name: "producers".into(), data: b"x".as_slice().into() })
                .clone()
                .finish()
        }
    }

    /// i32.const 0, call 1, drop
    const CALL_OF_THE_IMPORT: [u8; 5] = [0x41, 0, 0x10, 1, 0x1a];

    /// How often `needle` stands in `bytes`.
    fn count(bytes: &[u8], needle: &[u8]) -> usize {
        bytes.windows(needle.len()).filter(|window| window == &needle).count()
    }

    #[test]
    fn only_what_is_listed_stays() {
        let module = Linked::default().module();
        assert!(check(&module).is_err(), "the linker's export should have been refused");
        let packed = pack(&module, false).unwrap();
        assert_eq!(Interface::of(&packed).unwrap().exports, Interface::listed().exports);
        assert_eq!((count(&module, b"__heap_base"), count(&packed, b"__heap_base")), (1, 0));
        assert_eq!((count(&module, b"producers"), count(&packed, b"producers")), (1, 0));
        assert_eq!((count(&module, b"restore"), count(&packed, b"restore")), (1, 0));
    }

    #[test]
    fn memory_is_packed_as_preparing_leaves_it() {
        let packed = pack(&Linked::default().module(), false).unwrap();
        let section = Parser::new(0).parse_all(&packed).find_map(|payload| match payload {
            Ok(Payload::DataSection(section)) => Some(section),
            _ => None,
        });
        let data: Vec<_> = section.unwrap().into_iter().map(Result::unwrap).collect();
        assert!(matches!(data[0].kind, DataKind::Passive), "only a passive segment can be unpacked again");
        let expected = [b"data".as_slice(), &[0; 900], &[0x5a]].concat();
        assert_eq!(lz4_flex::block::decompress(data[0].data, 10_000).unwrap(), expected);
        // A preparation that asks the host for something would pack what only this machine has.
        let import = Some(("wasi_snapshot_preview1", "fd_close"));
        let asking = Linked { import, preparation: CALL_OF_THE_IMPORT.into(), ..Linked::default() };
        let error = pack(&asking.module(), false).unwrap_err();
        assert!(error.to_string().contains("`fd_close` was called"), "{error}");
    }

    #[test]
    fn functions_that_only_preparing_needs_go() {
        let module = Linked::default().module();
        let bodies = |module: &[u8]| {
            Parser::new(0)
                .parse_all(module)
                .filter(|payload| matches!(payload, Ok(Payload::CodeSectionEntry(_))))
                .count()
        };
        // `auditgate_prepare` and `auditgate_settle` go, and `restore` comes.
        assert_eq!((bodies(&module), bodies(&pack(&module, false).unwrap())), (7, 6));
    }

    #[test]
    fn calls_of_the_host_begin_with_a_whole_stack() {
        // i32.const 4096, global.set 0
        let reset = [0x41, 0x80, 0x20, 0x24, 0x00];
        let packed = pack(&Linked::default().module(), false).unwrap();
        assert_eq!(count(&packed, &reset), 2, "expected it in `_initialize` and `auditgate_filter`");
        let unnamed = Linked { unnamed: true, ..Linked::default() }.module();
        assert!(pack(&unnamed, false).unwrap_err().to_string().contains("__stack_pointer"));
    }

    #[test]
    fn padded_table_indexes_are_shortened() {
        // i32.const 0, i32.const 0, call_indirect type 0 of table 0, drop: the table's index in one byte, and in five
        let short = vec![0x41, 0, 0x41, 0, 0x11, 0, 0, 0x1a];
        let padded = vec![0x41, 0, 0x41, 0, 0x11, 0, 0x80, 0x80, 0x80, 0x80, 0, 0x1a];
        let module = Linked { body: padded.clone(), ..Linked::default() }.module();
        assert!(check(&module).is_err());
        let packed = pack(&module, false).unwrap();
        assert_eq!((count(&packed, &padded), count(&packed, &short)), (0, 5));
    }

    #[test]
    fn hot_functions_are_the_fast_ones_and_others_the_smaller_ones() {
        let nops = |number: usize| Linked { body: vec![0x01; number], ..Linked::default() }.module();
        // `auditgate_filter` and `auditgate_unpack` are hot, and have the body of three; the preparing functions have none of their own.
        let hot_and_cold = |module: &[u8]| (count(module, &[0x01; 3]), count(module, &[0x01; 2]));
        let smaller = mix(&nops(2), &nops(3), &nops(1)).unwrap();
        assert_eq!(hot_and_cold(&smaller), (2, 4), "two bodies of three, in each of which two of two stand");
        let plain = mix(&nops(1), &nops(3), &nops(2)).unwrap();
        assert_eq!(smaller, plain);
        assert_eq!(Interface::of(&smaller).unwrap(), Interface::of(&nops(1)).unwrap());
        let other = Linked { import: Some(("wasi_snapshot_preview1", "fd_close")), ..Linked::default() }.module();
        assert!(mix(&nops(1), &other, &nops(1)).is_err());
    }

    #[test]
    fn what_an_old_fluent_bit_would_not_load_is_refused() {
        // v128.const 0, drop
        let vector = [[0xfd, 0x0c].as_slice(), &[0; 16], &[0x1a]].concat();
        let error = pack(&Linked { body: vector, ..Linked::default() }.module(), false).unwrap_err();
        assert!(error.to_string().contains("SIMD"), "{error}");
    }

    #[test]
    fn imports_and_exports_beyond_the_list_are_named() {
        let importing = |name| {
            let import = Some(("wasi_snapshot_preview1", name));
            pack(&Linked { import, body: CALL_OF_THE_IMPORT.into(), ..Linked::default() }.module(), false)
        };
        let error = importing("sock_send").unwrap_err().to_string();
        assert!(error.contains("found:    import wasi_snapshot_preview1.sock_send (i32) -> i32"), "{error}");
        assert_eq!(importing("fd_close").err(), None);
        let error = pack(&Linked { without_export: Some("malloc"), ..Linked::default() }.module(), false).unwrap_err();
        assert!(error.to_string().contains("expected: export malloc (i32) -> i32"), "{error}");
    }
}
