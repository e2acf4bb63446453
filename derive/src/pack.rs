//! `Pack`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Data, DataEnum, DeriveInput, Field, Fields};

pub fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let (pack, unpack) = match &input.data {
        Data::Struct(data) => {
            let (names, pattern) = parts(&data.fields);
            let (pack, unpack) = (packing(&data.fields, &names)?, unpacking(&data.fields, &names)?);
            (quote!(let Self #pattern = self; #pack), quote!(#unpack Ok(Self #pattern)))
        }
        Data::Enum(data) => of_enum(data)?,
        Data::Union(data) => return Err(syn::Error::new_spanned(data.union_token, "a union cannot be packed")),
    };
    let name = &input.ident;
    Ok(quote! {
        impl crate::pack::Pack for #name {
            fn pack(&self, out: &mut Vec<u8>) { #pack }
            fn unpack(from: &mut crate::pack::Unpacker<'_>) -> Result<Self, crate::pack::Damage> { #unpack }
        }
    })
}

/// Names for the fields, and a pattern that binds (or uses) them.
fn parts(fields: &Fields) -> (Vec<Ident>, TokenStream) {
    let names: Vec<Ident> = fields
        .iter()
        .enumerate()
        .map(|(index, field)| field.ident.clone().unwrap_or_else(|| format_ident!("part{index}")))
        .collect();
    let pattern = match fields {
        Fields::Named(_) => quote!({ #(#names),* }),
        Fields::Unnamed(_) => quote!((#(#names),*)),
        Fields::Unit => quote!(),
    };
    (names, pattern)
}

/// `#[pack(skip)]`: not written, and its default when read.
fn is_skipped(field: &Field) -> syn::Result<bool> {
    let mut skipped = false;
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("pack")) {
        attribute.parse_nested_meta(|meta| match meta.path.is_ident("skip") {
            true => {
                skipped = true;
                Ok(())
            }
            false => Err(meta.error("unknown attribute")),
        })?;
    }
    Ok(skipped)
}

fn packing(fields: &Fields, names: &[Ident]) -> syn::Result<TokenStream> {
    let steps = fields.iter().zip(names).map(|(field, name)| {
        Ok(match is_skipped(field)? {
            true => quote!(let _ = #name;),
            false => quote!(crate::pack::Pack::pack(#name, out);),
        })
    });
    let steps = steps.collect::<syn::Result<Vec<_>>>()?;
    Ok(quote!(#(#steps)*))
}

fn unpacking(fields: &Fields, names: &[Ident]) -> syn::Result<TokenStream> {
    let steps = fields.iter().zip(names).map(|(field, name)| {
        Ok(match is_skipped(field)? {
            true => quote!(let #name = Default::default();),
            false => quote!(let #name = crate::pack::Pack::unpack(from)?;),
        })
    });
    let steps = steps.collect::<syn::Result<Vec<_>>>()?;
    Ok(quote!(#(#steps)*))
}

fn of_enum(data: &DataEnum) -> syn::Result<(TokenStream, TokenStream)> {
    let (mut packs, mut unpacks) = (Vec::new(), Vec::new());
    for (index, variant) in data.variants.iter().enumerate() {
        let number = u8::try_from(index).map_err(|_| syn::Error::new_spanned(variant, "too many variants"))?;
        let ident = &variant.ident;
        let (names, pattern) = parts(&variant.fields);
        let (pack, unpack) = (packing(&variant.fields, &names)?, unpacking(&variant.fields, &names)?);
        packs.push(quote!(Self::#ident #pattern => { out.push(#number); #pack }));
        unpacks.push(quote!(#number => { #unpack Ok(Self::#ident #pattern) }));
    }
    Ok((quote!(match self { #(#packs)* }), quote!(match from.byte()? { #(#unpacks)* _ => Err(crate::pack::Damage) })))
}
