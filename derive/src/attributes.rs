//! What `#[json(…)]` says.

use syn::{Attribute, Ident, LitStr, Path};

/// Everything an attribute can say; where it makes sense is the author's business.
#[derive(Default)]
pub struct Attributes {
    pub default: bool,
    pub omit_empty: bool,
    pub flatten: bool,
    pub transparent: bool,
    pub deny_unknown_fields: bool,
    pub rename: Option<String>,
    pub rename_all: Option<String>,
    pub tag: Option<String>,
    pub aliases: Vec<String>,
    /// The wrapper the field is written in.
    pub written: Option<Path>,
    /// The wrapper the field is read into.
    pub slot: Option<Path>,
    pub unread: bool,
    /// `#[default]` of an enum's variant.
    pub is_default_variant: bool,
}

pub fn read(attributes: &[Attribute]) -> syn::Result<Attributes> {
    let mut read = Attributes::default();
    for attribute in attributes {
        read.is_default_variant |= attribute.path().is_ident("default");
        if !attribute.path().is_ident("json") {
            continue;
        }
        attribute.parse_nested_meta(|meta| {
            let text = || -> syn::Result<LitStr> { meta.value()?.parse() };
            match meta.path.get_ident().map(Ident::to_string).as_deref() {
                Some("default") => read.default = true,
                Some("omit_empty") => read.omit_empty = true,
                Some("flatten") => read.flatten = true,
                Some("transparent") => read.transparent = true,
                Some("deny_unknown_fields") => read.deny_unknown_fields = true,
                Some("rename") => read.rename = Some(text()?.value()),
                Some("rename_all") => read.rename_all = Some(text()?.value()),
                Some("tag") => read.tag = Some(text()?.value()),
                Some("alias") => read.aliases.push(text()?.value()),
                Some("written") => read.written = Some(text()?.parse()?),
                Some("slot") => read.slot = Some(text()?.parse()?),
                Some("unread") => read.unread = true,
                _ => return Err(meta.error("unknown attribute")),
            }
            Ok(())
        })?;
    }
    Ok(read)
}

/// The name on the wire of a field (`snake_case` in Rust) or a variant (`CamelCase`).
pub fn wire_name(own: &Attributes, around: &Attributes, ident: &Ident) -> String {
    let name = ident.to_string();
    let name = name.strip_prefix("r#").unwrap_or(&name);
    match (&own.rename, around.rename_all.as_deref()) {
        (Some(renamed), _) => renamed.clone(),
        (None, Some("lowercase")) => name.to_lowercase(),
        (None, Some("snake_case")) => snake(name),
        (None, Some("camelCase")) => camel(name),
        (None, _) => name.to_owned(),
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (index, c) in name.char_indices() {
        if c.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        camel + &head.to_uppercase() + tail
    })
}
