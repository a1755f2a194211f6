//! What a module exports, imports and needs, compared with the list in `src/module/interface.txt`.

use crate::PackError;
use std::collections::BTreeSet;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef, Validator, WasmFeatures};

const LIST: &str = include_str!("../../../src/module/interface.txt");

/// Exports and imports of a module, written as in the list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Lines that begin with `export`.
    pub exports: BTreeSet<String>,
    /// Lines that begin with `import`.
    pub imports: BTreeSet<String>,
}

impl Interface {
    /// What the list allows.
    pub fn listed() -> Self {
        let lines = |kind: &str| list().filter(|line| line.starts_with(kind)).map(String::from).collect();
        Self { exports: lines("export "), imports: lines("import ") }
    }

    /// What a module has.
    ///
    /// # Errors
    /// The bytes are no valid module.
    pub fn of(module: &[u8]) -> Result<Self, PackError> {
        let types = Validator::new_with_features(WasmFeatures::default()).validate_all(module).map_err(invalid)?;
        let signature = |index: u32| {
            let function = types.as_ref().core_function_at(index);
            signature(types.as_ref().get(function).map(|sub| sub.composite_type.unwrap_func()))
        };
        let mut interface = Self::default();
        let mut imported_functions = 0;
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(invalid)? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(invalid)?;
                        let shape = match import.ty {
                            TypeRef::Func(_) => {
                                imported_functions += 1;
                                signature(imported_functions - 1)
                            }
                            other => format!("{other:?}"),
                        };
                        interface.imports.insert(format!("import {}.{} {shape}", import.module, import.name));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.map_err(invalid)?;
                        let line = match export.kind {
                            ExternalKind::Func => format!("export {} {}", export.name, signature(export.index)),
                            _ => format!("export {}", export.name),
                        };
                        interface.exports.insert(line);
                    }
                }
                _ => {}
            }
        }
        Ok(interface)
    }
}

/// Compares a module with the list. It may import less than the list allows.
///
/// # Errors
/// It exports something else, imports something beyond the list, or needs a feature that is not on it.
pub fn check(module: &[u8]) -> Result<(), PackError> {
    Validator::new_with_features(allowed_features()).validate_all(module).map_err(invalid)?;
    let (found, listed) = (Interface::of(module)?, Interface::listed());
    let missing: Vec<String> = listed.exports.difference(&found.exports).cloned().collect();
    let unexpected: Vec<String> =
        found.exports.difference(&listed.exports).chain(found.imports.difference(&listed.imports)).cloned().collect();
    if missing.is_empty() && unexpected.is_empty() { Ok(()) } else { Err(PackError::Interface { missing, unexpected }) }
}

/// Whether the list names an export.
pub(crate) fn is_listed_export(name: &str) -> bool {
    list().filter_map(|line| line.strip_prefix("export ")).any(|line| line.split(' ').next() == Some(name))
}

pub(crate) fn invalid(error: wasmparser::Error) -> PackError {
    PackError::Invalid(error.to_string())
}

fn list() -> impl Iterator<Item = &'static str> {
    LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn allowed_features() -> WasmFeatures {
    let allowed = list().filter_map(|line| line.strip_prefix("feature ")).map(|name| match name {
        "bulk-memory" => WasmFeatures::BULK_MEMORY,
        "mutable-globals" => WasmFeatures::MUTABLE_GLOBAL,
        "nontrapping-fptoint" => WasmFeatures::SATURATING_FLOAT_TO_INT,
        "sign-ext" => WasmFeatures::SIGN_EXTENSION,
        _ => WasmFeatures::empty(),
    });
    allowed.fold(WasmFeatures::MVP, WasmFeatures::union)
}

fn signature(function: Option<&wasmparser::FuncType>) -> String {
    let Some(function) = function else { return "(unknown)".into() };
    let names = |types: &[wasmparser::ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    match function.results() {
        [] => format!("({})", names(function.params())),
        results => format!("({}) -> {}", names(function.params()), names(results)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_on_the_list_is_known() {
        let named = list().filter(|line| line.starts_with("feature ")).count();
        assert_eq!(allowed_features().difference(WasmFeatures::MVP).iter_names().count(), named);
    }
}
