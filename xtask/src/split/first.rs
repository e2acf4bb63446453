//! Writes the first half: the functions that stay, and stubs for those of the rest that it calls.

use super::program::{Program, leb, signed_leb};
use super::{BRING, Cut, Data};
use std::collections::BTreeMap;
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, ExportKind, ExportSection, FunctionSection, Module,
    TableSection,
};
use wasmparser::Parser;

pub fn write(wasm: &[u8], program: &Program, cut: &Cut, data: &Data) -> Result<Vec<u8>, String> {
    let bring = program.import_with(BRING).ok_or("the program does not import what brings its rest")?;
    let mut kept: Vec<u32> = (0..program.bodies.len()).map(|at| program.index(at)).collect();
    kept.retain(|function| !cut.moved.contains(function));
    // Functions of one size are often one function for several types: next to one another they compress to less.
    kept.sort_by_key(|function| program.at(*function).map(|at| program.bodies[at].as_bytes().len()));
    // Stubs are all alike, more so where they are of one type.
    let order = (0..program.index(0)).chain(kept.iter().copied()).chain(cut.stubs.iter().copied());
    let numbers: BTreeMap<u32, u32> = order.zip(0..).collect();
    let mut first = First { program, cut, data, bring, kept, numbers };
    let mut module = Module::new();
    first.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|e| format!("the first half: {e}"))?;
    Ok(module.finish())
}

struct First<'a> {
    program: &'a Program<'a>,
    cut: &'a Cut,
    data: &'a Data,
    bring: u32,
    /// The functions that stay and have a body, in the order of their numbers.
    kept: Vec<u32>,
    /// The functions that are here, stubs too. Behind them is what asks for the rest.
    numbers: BTreeMap<u32, u32>,
}

impl First<'_> {
    fn ready(&self) -> u32 {
        self.numbers.len() as u32
    }

    /// Asks for the rest if need be, then calls what stands in `slot` with its own arguments.
    fn stub(&self, function: u32, slot: u32) -> Vec<u8> {
        let mut body = vec![0x00, 0x10];
        leb(&mut body, self.ready());
        for argument in 0..self.program.arguments(function) {
            body.push(0x20);
            leb(&mut body, argument);
        }
        body.push(0x41);
        signed_leb(&mut body, slot);
        body.push(0x11);
        leb(&mut body, self.program.types_of[function as usize]);
        body.extend([0x00, 0x0b]);
        body
    }

    /// `if table[the first stub's slot] is null { bring() }`
    fn when_missing(&self) -> Vec<u8> {
        let mut body = vec![0x00, 0x41];
        signed_leb(&mut body, self.program.table_len);
        body.extend([0x25, 0x00, 0xd1, 0x04, 0x40, 0x10]);
        leb(&mut body, self.bring);
        body.extend([0x0b, 0x0b]);
        body
    }
}

type Encoded<T = ()> = Result<T, reencode::Error<String>>;

impl Reencode for First<'_> {
    type Error = String;

    fn function_index(&mut self, function: u32) -> Encoded<u32> {
        let number = self.numbers.get(&function).copied();
        number.ok_or_else(|| reencode::Error::UserError(format!("function {function} is missing")))
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        _: wasmparser::FunctionSectionReader<'_>,
    ) -> Encoded {
        for function in self.kept.iter().chain(&self.cut.stubs).chain([&self.bring]) {
            functions.function(self.program.types_of[*function as usize]);
        }
        Ok(())
    }

    fn parse_table_section(&mut self, tables: &mut TableSection, _: wasmparser::TableSectionReader<'_>) -> Encoded {
        *tables = self.program.tables_with(self.cut.table_grows()).map_err(reencode::Error::UserError)?;
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Encoded {
        utils::parse_export_section(self, exports, section)?;
        for at in 0..self.program.tables.len() as u32 {
            exports.export(&format!("t{at}"), ExportKind::Table, at);
        }
        for at in 0..self.program.globals.len() as u32 {
            exports.export(&format!("g{at}"), ExportKind::Global, at);
        }
        Ok(())
    }

    fn parse_element_section(
        &mut self,
        elements: &mut ElementSection,
        section: wasmparser::ElementSectionReader<'_>,
    ) -> Encoded {
        utils::parse_element_section(self, elements, section)?;
        let offered: Vec<u32> = self.cut.shared.iter().map(|function| self.numbers[function]).collect();
        let start = ConstExpr::i32_const(self.cut.offered(self.program) as i32);
        elements.active(None, &start, Elements::Functions(offered.into()));
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, _: wasmparser::CodeSectionReader<'_>) -> Encoded {
        let kept = self.kept.clone();
        for at in kept.into_iter().filter_map(|function| self.program.at(function)) {
            self.parse_function_body(code, self.program.bodies[at].clone())?;
        }
        for (function, slot) in self.cut.stubs.iter().zip(self.program.table_len..) {
            code.raw(&self.stub(*function, slot));
        }
        code.raw(&self.when_missing());
        Ok(())
    }

    fn parse_data_section(&mut self, data: &mut DataSection, _: wasmparser::DataSectionReader<'_>) -> Encoded {
        *data = self.data.image.without(&self.data.moved);
        Ok(())
    }

    fn data_count(&mut self, _: u32) -> Encoded<u32> {
        Ok(self.data.image.without(&self.data.moved).len())
    }

    /// Names.
    fn parse_custom_section(&mut self, _: &mut Module, _: wasmparser::CustomSectionReader<'_>) -> Encoded {
        Ok(())
    }
}
