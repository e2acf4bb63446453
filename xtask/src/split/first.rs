//! Writes the first half: the functions that stay, and stubs for those of the rest that it calls.

use super::program::{Program, leb, rows, signed_leb};
use super::{BRING, Cut, Data};
use std::collections::BTreeMap;
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, ExportKind, ExportSection, FunctionSection,
    GlobalSection, GlobalType, Instruction, Module, TableSection, ValType,
};
use wasmparser::Parser;

pub fn write(wasm: &[u8], program: &Program, cut: &Cut, data: &Data) -> Result<Vec<u8>, String> {
    let bring = program.import_with(BRING).ok_or("the program does not import what brings its rest")?;
    // Stubs are all alike, more so where they are of one type.
    let order = (0..program.index(0)).chain(cut.kept.iter().copied()).chain(cut.stubs.iter().copied());
    let numbers: BTreeMap<u32, u32> = order.zip(0..).collect();
    let doors = cut.asked.iter().copied().zip(numbers.len() as u32..).collect();
    let mut first = First { program, cut, data, bring, numbers, doors };
    let mut module = Module::new();
    first.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|e| format!("the first half: {e}"))?;
    Ok(module.finish())
}

struct First<'a> {
    program: &'a Program<'a>,
    cut: &'a Cut,
    data: &'a Data,
    bring: u32,
    /// The functions that are here, stubs too. Behind them are the doors, then what asks for the rest.
    numbers: BTreeMap<u32, u32>,
    /// What stands in the table for the functions of the rest, one for each type.
    doors: BTreeMap<u32, u32>,
}

impl First<'_> {
    fn ready(&self) -> u32 {
        (self.numbers.len() + self.doors.len()) as u32
    }

    /// What stands in the table for a function.
    fn in_table(&self, function: u32) -> u32 {
        match self.cut.moved.contains(&function) {
            true => self.doors[&self.program.types_of[function as usize]],
            false => self.numbers[&function],
        }
    }

    /// Asks for the rest if need be, then calls with its own arguments what stands in the slot that was last called by
    /// number. When the rest is here, the function itself stands there.
    fn door(&self, kind: u32) -> Vec<u8> {
        let arguments = self.program.types[kind as usize].0.len() as u32;
        // One local, after the arguments: bringing the rest may call by number, too.
        let mut body = vec![0x01, 0x01, 0x7f, 0x23];
        leb(&mut body, self.program.next_global());
        body.push(0x21);
        leb(&mut body, arguments);
        body.push(0x10);
        leb(&mut body, self.ready());
        for argument in 0..=arguments {
            body.push(0x20);
            leb(&mut body, argument);
        }
        body.push(0x11);
        leb(&mut body, kind);
        body.extend([0x00, 0x0b]);
        body
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

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Encoded {
        utils::parse_global_section(self, globals, section)?;
        let called = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(called, &ConstExpr::i32_const(0));
        Ok(())
    }

    /// Notes which slot is called, for the doors.
    fn parse_function_body(&mut self, code: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Encoded {
        let called = self.program.next_global();
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let instruction = self.parse_instruction(&mut reader)?;
            if let Instruction::CallIndirect { .. } = instruction {
                function.instruction(&Instruction::GlobalSet(called)).instruction(&Instruction::GlobalGet(called));
            }
            function.instruction(&instruction);
        }
        code.function(&function);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        _: wasmparser::FunctionSectionReader<'_>,
    ) -> Encoded {
        let type_of = |function: &u32| self.program.types_of[*function as usize];
        let here = self.cut.kept.iter().chain(&self.cut.stubs).map(type_of);
        for kind in here.chain(self.doors.keys().copied()).chain([type_of(&self.bring)]) {
            functions.function(kind);
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
        _: wasmparser::ElementSectionReader<'_>,
    ) -> Encoded {
        let slots = self.program.slots.iter().map(|(slot, function)| (*slot, self.in_table(*function)));
        for (slot, row) in rows(slots) {
            elements.active(None, &ConstExpr::i32_const(slot as i32), Elements::Functions(row.into()));
        }
        let offered: Vec<u32> = self.cut.shared.iter().map(|function| self.numbers[function]).collect();
        let start = ConstExpr::i32_const(self.cut.offered(self.program) as i32);
        elements.active(None, &start, Elements::Functions(offered.into()));
        Ok(())
    }

    fn parse_code_section(&mut self, code: &mut CodeSection, _: wasmparser::CodeSectionReader<'_>) -> Encoded {
        for at in self.cut.kept.iter().filter_map(|function| self.program.at(*function)) {
            self.parse_function_body(code, self.program.bodies[at].clone())?;
        }
        for (function, slot) in self.cut.stubs.iter().zip(self.program.table_len..) {
            code.raw(&self.stub(*function, slot));
        }
        for kind in self.doors.keys() {
            code.raw(&self.door(*kind));
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
