//! What the linker wrote, as far as packing has to know it.

use crate::PackError;
use crate::image::{PREPARE, SETTLE};
use crate::interface::{invalid, is_listed_export};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{
    CustomSectionReader, ExternalKind, FunctionBody, KnownCustom, Name, Operator, Parser, Payload, TypeRef,
};

/// The name that the linker gives the global with the end of the stack.
const STACK_POINTER: &str = "__stack_pointer";
/// The module from which the module imports what packing puts in place.
pub(crate) const PUT_IN_PLACE: &str = "auditgate";
/// The only such function: it brings memory back to the image.
const RESTORE: &str = "restore";
/// The module's function that unpacks the image.
const UNPACK: &str = "auditgate_unpack";

/// The stack's global and its value when the module is loaded, which is where static data begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    pub(crate) global: u32,
    pub(crate) top: u32,
}

/// Indexes of functions are those of the linked module.
#[derive(Debug)]
pub(crate) struct Linked {
    pub(crate) stack: Stack,
    /// Exported functions by name.
    pub(crate) exports: BTreeMap<String, u32>,
    /// The imported function that packing writes, and its type.
    pub(crate) restore: u32,
    pub(crate) restore_type: u32,
    pub(crate) unpack: u32,
    pub(crate) imported_functions: u32,
    /// Functions that each function calls, by index; imported ones call nothing.
    calls: Vec<Vec<u32>>,
    /// Functions that tables refer to.
    in_tables: Vec<u32>,
    /// Names of functions, where the module has them.
    pub(crate) names: BTreeMap<u32, String>,
}

impl Linked {
    /// # Errors
    /// It is no valid module, or it lacks what packing needs.
    pub(crate) fn of(module: &[u8]) -> Result<Self, PackError> {
        let (mut initial, mut mutable, mut stack_global) = (Vec::new(), 0, None);
        let mut restore = None;
        let mut found = Self {
            stack: Stack { global: 0, top: 0 },
            exports: BTreeMap::new(),
            restore: 0,
            restore_type: 0,
            unpack: 0,
            imported_functions: 0,
            calls: Vec::new(),
            in_tables: Vec::new(),
            names: BTreeMap::new(),
        };
        let mut first_data = u32::MAX;
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(invalid)? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(invalid)?;
                        let TypeRef::Func(of_type) = import.ty else { continue };
                        if (import.module, import.name) == (PUT_IN_PLACE, RESTORE) {
                            restore = Some((found.imported_functions, of_type));
                        }
                        found.imported_functions += 1;
                        found.calls.push(Vec::new());
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let global = global.map_err(invalid)?;
                        mutable += u32::from(global.ty.mutable);
                        initial.push(constant(&global.init_expr)?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.map_err(invalid)?;
                        if export.kind == ExternalKind::Func {
                            found.exports.insert(export.name.into(), export.index);
                        }
                    }
                }
                Payload::ElementSection(section) => {
                    for element in section {
                        match element.map_err(invalid)?.items {
                            wasmparser::ElementItems::Functions(functions) => {
                                for function in functions {
                                    found.in_tables.push(function.map_err(invalid)?);
                                }
                            }
                            wasmparser::ElementItems::Expressions(..) => {
                                return Err(PackError::Invalid("a table is filled by expressions".into()));
                            }
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => found.calls.push(calls(&body)?),
                Payload::DataSection(section) => {
                    for data in section {
                        if let wasmparser::DataKind::Active { offset_expr, .. } = data.map_err(invalid)?.kind {
                            first_data = first_data.min(constant(&offset_expr)?.unwrap_or(0));
                        }
                    }
                }
                Payload::CustomSection(section) => stack_global = stack_global.or(found.read_names(&section)),
                _ => {}
            }
        }
        let needed = |what: &str| PackError::Invalid(format!("expected {what}, found a module without it"));
        (found.restore, found.restore_type) = restore.ok_or_else(|| needed("the import `auditgate.restore`"))?;
        found.unpack = *found.exports.get(UNPACK).ok_or_else(|| needed("the export `auditgate_unpack`"))?;
        for name in [PREPARE, SETTLE] {
            found.exports.get(name).ok_or_else(|| needed(&format!("the export `{name}`")))?;
        }
        let global = stack_global.ok_or_else(|| {
            PackError::Invalid(format!(
                "expected the name of the global `{STACK_POINTER}`, found a module without it\nhelp: pack the module before its names are stripped"
            ))
        })?;
        // Imported globals would come first; `check` refuses a module that has one.
        let top = initial.get(global as usize).copied().flatten();
        let top = top.ok_or_else(|| PackError::Invalid(format!("`{STACK_POINTER}` does not begin as a constant")))?;
        if mutable > 1 || first_data < top {
            return Err(PackError::Invalid("expected one mutable global, and the stack in front of all data".into()));
        }
        found.stack = Stack { global, top };
        Ok(found)
    }

    /// The functions that the packed module needs: those that the listed exports, tables and `restore` reach without going through
    /// one of `cut`.
    pub(crate) fn live(&self, cut: &BTreeSet<u32>) -> BTreeSet<u32> {
        let exported = self.exports.iter().filter(|(name, _)| is_listed_export(name)).map(|(_, &index)| index);
        let mut next: Vec<u32> =
            exported.chain(self.in_tables.iter().copied()).chain([self.unpack, self.restore]).collect();
        let mut live = BTreeSet::new();
        while let Some(function) = next.pop() {
            if live.insert(function) && !cut.contains(&function) {
                next.extend(self.calls.get(function as usize).into_iter().flatten());
            }
        }
        live
    }

    /// The functions with these paths, as Rust writes them; none, if the module was built without the part that they belong to.
    ///
    /// # Errors
    /// Some of them are there, or one of them more than once.
    pub(crate) fn named(&self, paths: &[&str]) -> Result<Vec<u32>, PackError> {
        let demangled = |name: &String| format!("{:#}", rustc_demangle::demangle(name));
        let named = self.names.iter().filter(|(_, name)| paths.contains(&demangled(name).as_str()));
        let found: Vec<u32> = named.map(|(&index, _)| index).collect();
        if !found.is_empty() && found.len() != paths.len() {
            let paths = paths.join("`, `");
            return Err(PackError::Invalid(format!("expected each of `{paths}` once, or none, found {}", found.len())));
        }
        Ok(found)
    }

    /// Reads the names of functions; answers the index of the stack's global, if this is the section with the names.
    fn read_names(&mut self, section: &CustomSectionReader<'_>) -> Option<u32> {
        let KnownCustom::Name(names) = section.as_known() else { return None };
        let mut stack = None;
        for name in names.into_iter().filter_map(Result::ok) {
            match name {
                Name::Function(map) => {
                    let named = map.into_iter().filter_map(Result::ok);
                    self.names.extend(named.map(|naming| (naming.index, naming.name.to_owned())));
                }
                Name::Global(map) => {
                    let found = map.into_iter().filter_map(Result::ok).find(|naming| naming.name == STACK_POINTER);
                    stack = found.map(|naming| naming.index);
                }
                _ => {}
            }
        }
        stack
    }
}

fn constant(expression: &wasmparser::ConstExpr<'_>) -> Result<Option<u32>, PackError> {
    Ok(match expression.get_operators_reader().read().map_err(invalid)? {
        Operator::I32Const { value } => Some(value.cast_unsigned()),
        _ => None,
    })
}

fn calls(body: &FunctionBody<'_>) -> Result<Vec<u32>, PackError> {
    let mut called = Vec::new();
    let mut reader = body.get_operators_reader().map_err(invalid)?;
    while !reader.eof() {
        if let Operator::Call { function_index } = reader.read().map_err(invalid)? {
            called.push(function_index);
        }
    }
    Ok(called)
}
