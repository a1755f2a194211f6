//! Writes a module again, instruction by instruction, with the changes that [`crate`] lists.

use crate::PackError;
use crate::interface::{invalid, is_listed_export};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, ExportSection, Instruction, Module};
use wasmparser::{
    CustomSectionReader, Export, ExternalKind, FunctionBody, KnownCustom, Name, Operator, Parser, Payload,
};

/// The name that the linker gives the global with the end of the stack.
const STACK_POINTER: &str = "__stack_pointer";
/// Exported functions that do not touch the stack, and are called too often to pay for a reset.
const STACKLESS: [&str; 2] = ["malloc", "free"];

pub(crate) fn rewrite(module: &[u8]) -> Result<Vec<u8>, PackError> {
    let mut rewriter = Rewriter::of(module)?;
    let mut packed = Module::new();
    rewriter.parse_core_module(&mut packed, Parser::new(0), module).map_err(|error| match error {
        Error::ParseError(error) => invalid(error),
        other => PackError::Invalid(other.to_string()),
    })?;
    Ok(packed.finish())
}

/// The stack's global and its value when the module is loaded.
#[derive(Clone, Copy)]
struct Stack {
    global: u32,
    top: i32,
}

struct Rewriter {
    stack: Option<Stack>,
    /// Functions, by index, that begin with a reset of the stack.
    resetting: Vec<u32>,
    /// Index of the next function body.
    next_function: u32,
}

impl Rewriter {
    fn of(module: &[u8]) -> Result<Self, PackError> {
        let mut imported_functions = 0;
        let mut initial = Vec::new();
        let mut resetting = Vec::new();
        let mut stack_global = None;
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(invalid)? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(invalid)?;
                        imported_functions += u32::from(matches!(import.ty, wasmparser::TypeRef::Func(_)));
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let mut value = global.map_err(invalid)?.init_expr.get_operators_reader();
                        initial.push(match value.read().map_err(invalid)? {
                            Operator::I32Const { value } => Some(value),
                            _ => None,
                        });
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.map_err(invalid)?;
                        let begins_a_call = export.kind == ExternalKind::Func && !STACKLESS.contains(&export.name);
                        if begins_a_call && is_listed_export(export.name) {
                            resetting.push(export.index);
                        }
                    }
                }
                Payload::CustomSection(section) => stack_global = stack_global.or(find_stack(&section)),
                _ => {}
            }
        }
        let stack = match stack_global {
            // Imported globals would come first; `check` refuses a module that has one.
            Some(global) => {
                let top = initial.get(global as usize).copied().flatten();
                let top =
                    top.ok_or_else(|| PackError::Invalid(format!("`{STACK_POINTER}` does not begin as a constant")))?;
                Some(Stack { global, top })
            }
            None if initial.is_empty() => None,
            None => {
                return Err(PackError::Invalid(format!(
                    "expected the name of the global `{STACK_POINTER}`, found a module without it\nhelp: pack the module before its names are stripped"
                )));
            }
        };
        Ok(Self { stack, resetting, next_function: imported_functions })
    }
}

/// The index of the stack's global, if this is the section with the names.
fn find_stack(section: &CustomSectionReader<'_>) -> Option<u32> {
    let KnownCustom::Name(names) = section.as_known() else { return None };
    let globals = names.into_iter().filter_map(Result::ok).find_map(|name| match name {
        Name::Global(map) => Some(map),
        _ => None,
    })?;
    globals.into_iter().filter_map(Result::ok).find(|naming| naming.name == STACK_POINTER).map(|naming| naming.index)
}

impl Reencode for Rewriter {
    type Error = Infallible;

    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn parse_export(&mut self, exports: &mut ExportSection, export: Export<'_>) -> Result<(), Error> {
        if is_listed_export(export.name) { utils::parse_export(self, exports, export) } else { Ok(()) }
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), Error> {
        let index = self.next_function;
        self.next_function += 1;
        let mut function = self.new_function_with_parsed_locals(&body)?;
        if let Some(stack) = self.stack.filter(|_| self.resetting.contains(&index)) {
            function.instruction(&Instruction::I32Const(stack.top));
            function.instruction(&Instruction::GlobalSet(stack.global));
        }
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            function.instruction(&self.parse_instruction(&mut reader)?);
        }
        code.function(&function);
        Ok(())
    }
}
