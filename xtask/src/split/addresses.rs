//! Keeps addresses of data recognisable while the program is optimised.
//!
//! wasm-opt computes with constants: it may add one to another, or move one into a function that was called with it. So
//! before it runs, every constant that is the address of a piece becomes an imported global of which wasm-opt knows
//! nothing but that it never changes ([`hide`]); afterwards the globals become the constants they stood for, and each
//! function is known to mean what its own globals mean ([`show`]). A number that only looks like an address is hidden
//! too, which changes nothing but that its function seems to mean one piece more.
//!
//! Looking up in a table, the linker may write the table's address as the offset of a load. Such a load gets the sum to
//! load from instead: the linker does that only where the sum does not wrap. What stores has no need of what is read.

use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{CodeSection, ConstExpr, EntityType, GlobalType, ImportSection, Instruction, Module, ValType};
use wasmparser::{FunctionBody, MemArg, Name, Operator, Parser, Payload, TypeRef};

/// Where the globals that stand for addresses are imported from.
const HIDDEN: &str = "address";

/// The program with every constant of `addresses` in its functions hidden.
pub fn hide<'a>(wasm: &[u8], addresses: impl IntoIterator<Item = &'a u32>) -> Result<Vec<u8>, String> {
    if imported_globals(wasm)?.next().is_some() {
        return Err("the program imports globals: no rule for that".to_owned());
    }
    let mut hide = Hide { globals: addresses.into_iter().copied().zip(0..).collect(), in_constant: false };
    let mut module = Module::new();
    hide.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|e| e.to_string())?;
    Ok(module.finish())
}

struct Hide {
    /// The number of the global that stands for an address.
    globals: BTreeMap<u32, u32>,
    /// Where segments begin, say: that is no function's business.
    in_constant: bool,
}

impl Reencode for Hide {
    type Error = String;

    fn global_index(&mut self, global: u32) -> Result<u32, reencode::Error<String>> {
        Ok(global + self.globals.len() as u32)
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), reencode::Error<String>> {
        utils::parse_import_section(self, imports, section)?;
        let kind = EntityType::Global(GlobalType { val_type: ValType::I32, mutable: false, shared: false });
        for address in self.globals.keys() {
            imports.import(HIDDEN, &address.to_string(), kind);
        }
        Ok(())
    }

    fn const_expr(&mut self, expression: wasmparser::ConstExpr) -> Result<ConstExpr, reencode::Error<String>> {
        self.in_constant = true;
        let expression = utils::const_expr(self, expression);
        self.in_constant = false;
        expression
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, reencode::Error<String>> {
        match operator {
            Operator::I32Const { value } if !self.in_constant => Ok(match self.globals.get(&(value as u32)) {
                Some(global) => Instruction::GlobalGet(*global),
                None => Instruction::I32Const(value),
            }),
            _ => utils::instruction(self, operator),
        }
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error<String>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let mut operator = operators.read()?;
            let global = load(&mut operator).and_then(|memory| {
                let global = self.globals.get(&u32::try_from(memory.offset).ok()?)?;
                memory.offset = 0;
                Some(*global)
            });
            if let Some(global) = global {
                function.instruction(&Instruction::GlobalGet(global)).instruction(&Instruction::I32Add);
            }
            function.instruction(&self.instruction(operator)?);
        }
        code.function(&function);
        Ok(())
    }

    /// Names are of use; relocations would be wrong from here on.
    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error<String>> {
        let kept = matches!(section.as_known(), wasmparser::KnownCustom::Name(_));
        if kept { utils::parse_custom_section(self, module, section) } else { Ok(()) }
    }
}

/// Where an operator loads from, if it loads.
fn load<'o>(operator: &'o mut Operator<'_>) -> Option<&'o mut MemArg> {
    match operator {
        Operator::I32Load { memarg }
        | Operator::I64Load { memarg }
        | Operator::F32Load { memarg }
        | Operator::F64Load { memarg }
        | Operator::I32Load8S { memarg }
        | Operator::I32Load8U { memarg }
        | Operator::I32Load16S { memarg }
        | Operator::I32Load16U { memarg }
        | Operator::I64Load8S { memarg }
        | Operator::I64Load8U { memarg }
        | Operator::I64Load16S { memarg }
        | Operator::I64Load16U { memarg }
        | Operator::I64Load32S { memarg }
        | Operator::I64Load32U { memarg } => Some(memarg),
        _ => None,
    }
}

/// The program with its addresses back, and which ones each function means, in the order of their bodies.
pub fn show(wasm: &[u8]) -> Result<(Vec<u8>, Vec<BTreeSet<u32>>), String> {
    let addresses = imported_globals(wasm)?.map(|(from, name)| match (from, name.parse()) {
        (HIDDEN, Ok(address)) => Ok(address),
        _ => Err(format!("the program imports the global {name} from {from}: no rule for that")),
    });
    let addresses = addresses.collect::<Result<_, _>>()?;
    let mut show = Show { addresses, meant: Vec::new() };
    let mut module = Module::new();
    show.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|e| e.to_string())?;
    Ok((module.finish(), show.meant))
}

struct Show {
    addresses: Vec<u32>,
    meant: Vec<BTreeSet<u32>>,
}

impl Reencode for Show {
    type Error = String;

    fn global_index(&mut self, global: u32) -> Result<u32, reencode::Error<String>> {
        let hidden = || reencode::Error::UserError("an address is used outside of functions".to_owned());
        global.checked_sub(self.addresses.len() as u32).ok_or_else(hidden)
    }

    fn parse_imports(
        &mut self,
        imports: &mut ImportSection,
        group: wasmparser::Imports<'_>,
    ) -> Result<(), reencode::Error<String>> {
        match &group {
            wasmparser::Imports::Single(_, one) if matches!(one.ty, TypeRef::Global(_)) => Ok(()),
            wasmparser::Imports::Single(..) => utils::parse_imports(self, imports, group),
            _ => Err(reencode::Error::UserError("imports are written in groups: no rule for that".to_owned())),
        }
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), reencode::Error<String>> {
        self.meant.push(BTreeSet::new());
        utils::parse_function_body(self, code, body)
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, reencode::Error<String>> {
        let hidden = match operator {
            Operator::GlobalGet { global_index } => self.addresses.get(global_index as usize).copied(),
            _ => None,
        };
        match (hidden, self.meant.last_mut()) {
            (Some(address), Some(meant)) => {
                meant.insert(address);
                Ok(Instruction::I32Const(address as i32))
            }
            _ => utils::instruction(self, operator),
        }
    }

    fn parse_custom_name_subsection(
        &mut self,
        names: &mut wasm_encoder::NameSection,
        section: Name<'_>,
    ) -> Result<(), reencode::Error<String>> {
        match section {
            Name::Function(_) => utils::parse_custom_name_subsection(self, names, section),
            _ => Ok(()),
        }
    }
}

/// Where each is imported from, and its name.
fn imported_globals(wasm: &[u8]) -> Result<impl Iterator<Item = (&str, &str)>, String> {
    let mut globals = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::ImportSection(imports) = payload.map_err(|e| e.to_string())? else { continue };
        for import in imports.into_imports() {
            let import = import.map_err(|e| e.to_string())?;
            if matches!(import.ty, TypeRef::Global(_)) {
                globals.push((import.module, import.name));
            }
        }
    }
    Ok(globals.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::program::Program;
    use wasm_encoder::*;

    fn program() -> Vec<u8> {
        let mut one = Function::new([]);
        one.instruction(&Instruction::I32Const(70000)).instruction(&Instruction::End);
        let mut two = Function::new([]);
        two.instruction(&Instruction::I32Const(5)).instruction(&Instruction::I32Const(70000));
        two.instruction(&Instruction::I32Add).instruction(&Instruction::GlobalSet(0));
        two.instruction(&Instruction::GlobalGet(0)).instruction(&Instruction::End);
        program_of(&[one, two])
    }

    /// Functions without arguments which return a number. The program's global begins at 70000.
    fn program_of(bodies: &[Function]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], [ValType::I32]);
        let mut imports = ImportSection::new();
        imports.import("./page", "now", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        for _ in bodies {
            functions.function(0);
        }
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: 0,
            maximum: None,
            table64: false,
            shared: false,
        });
        let mut globals = GlobalSection::new();
        let stack = wasm_encoder::GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(stack, &ConstExpr::i32_const(70000));
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
        let mut code = CodeSection::new();
        for body in bodies {
            code.function(body);
        }
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&tables);
        module.section(&memories).section(&globals).section(&code);
        module.finish()
    }

    #[test]
    fn what_was_hidden_comes_back_and_names_its_functions() {
        let program = program();
        let hidden = hide(&program, &[5, 70000, 80000]).unwrap();
        assert!(wasmparser::validate(&hidden).is_ok());
        assert_eq!(imported_globals(&hidden).unwrap().collect::<Vec<_>>().len(), 3);
        let constants = Program::read(&hidden).unwrap().globals.len();
        assert_eq!(constants, 1, "the program's own, which still begins at 70000");
        let (shown, meant) = show(&hidden).unwrap();
        assert_eq!(shown, program);
        assert_eq!(meant, [BTreeSet::from([70000]), BTreeSet::from([5, 70000])]);
    }

    #[test]
    fn a_table_that_is_looked_up_in_is_meant() {
        let mut body = Function::new([]);
        let table = wasm_encoder::MemArg { offset: 70000, align: 0, memory_index: 0 };
        body.instruction(&Instruction::I32Const(7)).instruction(&Instruction::I32Load8U(table));
        let hidden = hide(&program_of(&[body.instruction(&Instruction::End).clone()]), &[70000]).unwrap();
        assert!(wasmparser::validate(&hidden).is_ok());
        let (shown, meant) = show(&hidden).unwrap();
        assert_eq!(meant, [BTreeSet::from([70000])]);
        let program = Program::read(&shown).unwrap();
        let operators: Vec<_> = program.bodies[0].get_operators_reader().unwrap().into_iter().flatten().collect();
        assert!(matches!(
            operators[..],
            [
                Operator::I32Const { value: 7 },
                Operator::I32Const { value: 70000 },
                Operator::I32Add,
                Operator::I32Load8U { memarg: wasmparser::MemArg { offset: 0, .. } },
                Operator::End
            ]
        ));
    }
}
