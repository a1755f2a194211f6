//! Writes a module again, instruction by instruction, with the changes that [`crate`] lists.

use crate::PackError;
use crate::compress::compress;
use crate::image::Image;
use crate::interface::{invalid, is_listed_export};
use crate::linked::{Linked, PUT_IN_PLACE};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, CustomSection, DataCountSection, DataSection, ExportSection, Function, FunctionSection, ImportSection,
    MemorySection, MemoryType, Module, NameMap, NameSection, SectionId, StartSection,
};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, DataSectionReader, Export, FunctionBody, FunctionSectionReader, Imports,
    MemorySectionReader, Parser,
};

/// Exported functions that do not touch the stack, and are called too often to pay for a reset.
const STACKLESS: [&str; 2] = ["malloc", "free"];
const PAGE_BYTES: u64 = 64 * 1024;

/// What is written besides the functions that are needed.
pub(crate) struct Plan<'a> {
    pub(crate) linked: &'a Linked,
    pub(crate) image: &'a Image,
    /// Functions whose bodies go because nothing calls them any more, which the caller knows and the code does not say.
    pub(crate) cut: &'a BTreeSet<u32>,
    pub(crate) keep_names: bool,
    /// Custom sections: names and contents.
    pub(crate) notes: &'a [(&'a str, &'a [u8])],
}

pub(crate) fn rewrite(module: &[u8], plan: &Plan<'_>) -> Result<Vec<u8>, PackError> {
    let mut rewriter = Rewriter::new(plan);
    let mut packed = Module::new();
    rewriter.parse_core_module(&mut packed, Parser::new(0), module).map_err(|error| match error {
        Error::ParseError(error) => invalid(error),
        other => PackError::Invalid(other.to_string()),
    })?;
    for &(name, data) in plan.notes {
        packed.section(&CustomSection { name: name.into(), data: data.into() });
    }
    if plan.keep_names {
        packed.section(&rewriter.names());
    }
    Ok(packed.finish())
}

struct Rewriter<'a> {
    plan: &'a Plan<'a>,
    /// The image, compressed.
    block: Vec<u8>,
    /// Functions, by old index, that begin with a reset of the stack.
    resetting: Vec<u32>,
    /// New indexes of the functions that stay, by old ones; `restore` comes last.
    indexes: BTreeMap<u32, u32>,
    /// Old index of the next import, type or body of a function.
    next_import: u32,
    next_type: u32,
    next_body: u32,
    started: bool,
    counted: bool,
}

impl<'a> Rewriter<'a> {
    fn new(plan: &'a Plan<'a>) -> Self {
        let linked = plan.linked;
        let begins_a_call = |name: &str| is_listed_export(name) && !STACKLESS.contains(&name);
        let resetting =
            linked.exports.iter().filter(|(name, _)| begins_a_call(name)).map(|(_, &index)| index).collect();
        let live = linked.live(plan.cut);
        let order = live.into_iter().filter(|&index| index != linked.restore).chain([linked.restore]);
        Self {
            plan,
            block: compress(&plan.image.bytes),
            resetting,
            indexes: order.zip(0..).collect(),
            next_import: 0,
            next_type: linked.imported_functions,
            next_body: linked.imported_functions,
            started: false,
            counted: false,
        }
    }

    fn stays(&self, function: u32) -> bool {
        self.indexes.contains_key(&function)
    }

    /// Where the compressed image stands while it is unpacked: behind everything that is in use.
    fn scratch(&self) -> u64 {
        self.plan.image.pages * PAGE_BYTES
    }

    /// The function that brings memory back to the image.
    fn restore(&self) -> Function {
        let mut function = Function::new([]);
        let (scratch, block) = (self.scratch() as i32, self.block.len() as i32);
        let image = self.plan.image;
        let unpack = self.indexes.get(&self.plan.linked.unpack).copied().unwrap_or_default();
        function.instructions().i32_const(scratch).i32_const(0).i32_const(block).memory_init(0, 0);
        function.instructions().i32_const(scratch).i32_const(block);
        function.instructions().i32_const(image.base.cast_signed()).i32_const(image.bytes.len() as i32);
        function.instructions().call(unpack).end();
        function
    }

    fn names(&self) -> NameSection {
        let mut functions = NameMap::new();
        let mut named: Vec<(u32, &str)> = Vec::new();
        for (old, name) in &self.plan.linked.names {
            named.extend(self.indexes.get(old).map(|&new| (new, name.as_str())));
        }
        named.sort_unstable();
        named.into_iter().for_each(|(index, name)| functions.append(index, name));
        let mut names = NameSection::new();
        names.functions(&functions);
        names
    }
}

impl Reencode for Rewriter<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        // What is not there is called by nothing that is.
        Ok(self.indexes.get(&function).copied().unwrap_or(u32::MAX))
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error> {
        let reached = |section: SectionId| before.is_none_or(|before| order(before) > order(section));
        if !self.started && reached(SectionId::Start) {
            self.started = true;
            let function_index = self.function_index(self.plan.linked.restore)?;
            module.section(&StartSection { function_index });
        }
        if !self.counted && reached(SectionId::DataCount) {
            self.counted = true;
            module.section(&DataCountSection { count: 1 });
        }
        Ok(())
    }

    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Result<(), Error> {
        Ok(())
    }

    fn parse_imports(&mut self, imports: &mut ImportSection, import: Imports<'_>) -> Result<(), Error> {
        let index = self.next_import;
        self.next_import += 1;
        let put_in_place = matches!(&import, Imports::Single(_, import) if import.module == PUT_IN_PLACE);
        if put_in_place || !self.stays(index) { Ok(()) } else { utils::parse_imports(self, imports, import) }
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        for of_type in section {
            let of_type = self.type_index(of_type?)?;
            if self.stays(self.next_type) {
                functions.function(of_type);
            }
            self.next_type += 1;
        }
        functions.function(self.plan.linked.restore_type);
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: MemorySectionReader<'_>,
    ) -> Result<(), Error> {
        for memory in section {
            let memory = self.memory_type(memory?)?;
            let minimum = (self.scratch() + self.block.len() as u64).div_ceil(PAGE_BYTES);
            memories.memory(MemoryType { minimum, ..memory });
        }
        Ok(())
    }

    fn parse_export(&mut self, exports: &mut ExportSection, export: Export<'_>) -> Result<(), Error> {
        if is_listed_export(export.name) { utils::parse_export(self, exports, export) } else { Ok(()) }
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, section: CodeSectionReader<'_>) -> Result<(), Error> {
        utils::parse_code_section(self, code, section)?;
        code.function(&self.restore());
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), Error> {
        let index = self.next_body;
        self.next_body += 1;
        if !self.stays(index) {
            return Ok(());
        }
        if self.plan.cut.contains(&index) {
            let mut nothing = Function::new([]);
            nothing.instructions().unreachable().end();
            code.function(&nothing);
            return Ok(());
        }
        let mut function = self.new_function_with_parsed_locals(&body)?;
        if self.resetting.contains(&index) {
            let stack = self.plan.linked.stack;
            function.instructions().i32_const(stack.top.cast_signed()).global_set(stack.global);
        }
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            function.instruction(&self.parse_instruction(&mut reader)?);
        }
        code.function(&function);
        Ok(())
    }

    fn data_count(&mut self, _: u32) -> Result<u32, Error> {
        self.counted = true;
        Ok(1)
    }

    fn parse_data_section(&mut self, data: &mut DataSection, _: DataSectionReader<'_>) -> Result<(), Error> {
        data.passive(self.block.iter().copied());
        Ok(())
    }
}

/// Where a section stands in a module: their numbers say it, but for the newest.
fn order(section: SectionId) -> u8 {
    match section {
        SectionId::Code | SectionId::Data => section as u8 + 1,
        SectionId::DataCount => SectionId::Code as u8,
        _ => section as u8,
    }
}
