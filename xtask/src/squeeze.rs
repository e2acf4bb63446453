//! Takes out of a release what is there for people: comments, indentation, and the long names of the glue between
//! wasm and JavaScript, which stand in both.
//!
//! Nothing here understands a language: lines lose what stands before and after them, names are replaced as whole words.

use std::collections::BTreeMap;
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{ExportSection, ImportSection, Imports, Module};
use wasmparser::{Parser, Payload, TypeRef};

/// Without comments that have lines of their own, and indentation. As it was, should a text go over several lines.
pub fn script(text: &str) -> String {
    if text.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return text.to_owned();
    }
    let mut in_comment = false;
    let mut lines = Vec::new();
    for line in text.lines().map(str::trim) {
        let was_in_comment = in_comment;
        in_comment = (in_comment || line.starts_with("/*")) && !line.ends_with("*/");
        if !was_in_comment && !line.is_empty() && !line.starts_with("//") && !line.starts_with("/*") {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// Without comments and indentation.
pub fn style(text: &str) -> String {
    let mut parts = text.split("/*");
    let mut without = parts.next().unwrap_or_default().to_owned();
    without.extend(parts.filter_map(|part| part.split_once("*/")).map(|(_, after)| after));
    without.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The program and its glue with short names for what one has of the other.
pub fn names(wasm: &[u8], script: &str) -> Result<(Vec<u8>, String), String> {
    let long =
        shared_names(wasm)?.into_iter().filter(|name| name.len() > 20 && words(script).any(|word| word == *name));
    let short: BTreeMap<&str, String> = long.zip(0..).map(|(name, number)| (name, format!("${number}"))).collect();
    let script = words(script).map(|word| short.get(word).map_or(word, String::as_str)).collect();
    let mut module = Module::new();
    Rename { short }.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|e| e.to_string())?;
    Ok((module.finish(), script))
}

/// What a program imports and exports by name.
fn shared_names(wasm: &[u8]) -> Result<Vec<&str>, String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(|e| e.to_string())? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    names.push(import.map_err(|e| e.to_string())?.name);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    names.push(export.map_err(|e| e.to_string())?.name);
                }
            }
            _ => {}
        }
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// A text in pieces: its words, and what stands between them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = is_word(rest.as_bytes().first()?);
        // Letters that are more than a byte stand between words and are not cut.
        let end = rest.bytes().position(|byte| is_word(&byte) != first).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

struct Rename<'a> {
    short: BTreeMap<&'a str, String>,
}

impl Rename<'_> {
    fn name<'n>(&'n self, name: &'n str) -> &'n str {
        self.short.get(name).map_or(name, String::as_str)
    }
}

impl Reencode for Rename<'_> {
    type Error = String;

    fn parse_imports(
        &mut self,
        imports: &mut ImportSection,
        group: wasmparser::Imports<'_>,
    ) -> Result<(), reencode::Error<String>> {
        match group {
            wasmparser::Imports::Single(_, import) if matches!(import.ty, TypeRef::Func(_)) => {
                let ty = self.entity_type(import.ty)?;
                let name = self.name(import.name);
                imports.imports(Imports::Single(wasm_encoder::Import { module: import.module, name, ty }));
                Ok(())
            }
            _ => utils::parse_imports(self, imports, group),
        }
    }

    fn parse_export(
        &mut self,
        exports: &mut ExportSection,
        export: wasmparser::Export<'_>,
    ) -> Result<(), reencode::Error<String>> {
        let kind = self.export_kind(export.kind)?;
        let index = self.external_index(export.kind, export.index)?;
        exports.export(self.name(export.name), kind, index);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{EntityType, ExportKind, TypeSection};

    #[test]
    fn a_script_keeps_what_it_does() {
        let text = "// What.\nfunction f() {\n  /**\n   * Why.\n   */\n  return 'a // b';\n}\n";
        assert_eq!(script(text), "function f() {\nreturn 'a // b';\n}");
        let over_lines = "const a = `\n  // b`;\n";
        assert_eq!(script(over_lines), over_lines);
    }

    #[test]
    fn a_style_keeps_its_rules() {
        assert_eq!(style("/* a\n b */\n.a {\n  color: red; /* c */\n}\n"), ".a {\ncolor: red;\n}");
    }

    #[test]
    fn both_sides_have_the_same_short_name() {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("./page", "__wbg_bring_0123456789abcdef", EntityType::Function(0));
        let mut exports = ExportSection::new();
        exports.export("f1", ExportKind::Func, 0).export("only_spoken_of_in_another_half", ExportKind::Func, 0);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&exports);
        let script = "({ __wbg_bring_0123456789abcdef: () => x__wbg_bring_0123456789abcdef, é: 1 })";
        let (wasm, script) = names(&module.finish(), script).unwrap();
        assert_eq!(script, "({ $0: () => x__wbg_bring_0123456789abcdef, é: 1 })");
        assert_eq!(shared_names(&wasm).unwrap(), ["$0", "f1", "only_spoken_of_in_another_half"]);
    }
}
