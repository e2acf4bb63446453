//! `ToJson`.

use crate::attributes::{Attributes, read, wire_name};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Data, DataEnum, DeriveInput, Fields, FieldsNamed, Variant};

pub fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    let around = read(&input.attrs)?;
    let body = match &input.data {
        Data::Struct(data) => of_struct(&around, &data.fields)?,
        Data::Enum(data) => of_enum(&around, data)?,
        Data::Union(data) => return Err(syn::Error::new_spanned(data.union_token, "a union has no JSON")),
    };
    let name = &input.ident;
    let mut generics = input.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(syn::parse_quote!(crate::json::ToJson));
    }
    let (impls, types, wheres) = generics.split_for_impl();
    Ok(quote! {
        impl #impls crate::json::ToJson for #name #types #wheres { #body }
    })
}

fn of_struct(around: &Attributes, fields: &Fields) -> syn::Result<TokenStream> {
    match fields {
        Fields::Named(fields) => {
            let members = members(around, fields, |field| quote!(&self.#field))?;
            Ok(quote! {
                fn write_members(&self, out: &mut crate::json::Writer) {
                    let (names, values) = #members;
                    out.members(names, values);
                }
            })
        }
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Ok(quote! {
            fn write(&self, out: &mut crate::json::Writer) {
                crate::json::ToJson::write(&self.0, out);
            }
            fn is_empty(&self) -> bool {
                crate::json::ToJson::is_empty(&self.0)
            }
        }),
        _ => Err(syn::Error::new_spanned(fields, "only named fields and newtypes have JSON")),
    }
}

/// The pair of names (with whether to omit the empty) and values.
fn members(
    around: &Attributes,
    fields: &FieldsNamed,
    place: impl Fn(&Ident) -> TokenStream,
) -> syn::Result<TokenStream> {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let attributes = read(&field.attrs)?;
        // No name stands for the members of the value itself.
        let name = if attributes.flatten { String::new() } else { wire_name(&attributes, around, ident) };
        let omit = attributes.omit_empty;
        let place = place(ident);
        names.push(quote!((#name, #omit)));
        values.push(match &attributes.written {
            Some(written) => quote!(&#written(#place)),
            None => place,
        });
    }
    Ok(
        quote!((&[#(#names),*] as &'static [(&'static str, bool)], &[#(#values as &dyn crate::json::ToJson),*] as &[&dyn crate::json::ToJson])),
    )
}

fn of_enum(around: &Attributes, data: &DataEnum) -> syn::Result<TokenStream> {
    let arms = data.variants.iter().map(|variant| arm(around, variant)).collect::<syn::Result<Vec<_>>>()?;
    let is_empty = data.variants.iter().find(|v| read(&v.attrs).is_ok_and(|a| a.is_default_variant)).map(|variant| {
        let ident = &variant.ident;
        quote! {
            fn is_empty(&self) -> bool {
                matches!(self, Self::#ident)
            }
        }
    });
    let write = if around.tag.is_some() { quote!(write_members) } else { quote!(write) };
    Ok(quote! {
        fn #write(&self, out: &mut crate::json::Writer) {
            match self { #(#arms)* }
        }
        #is_empty
    })
}

fn arm(around: &Attributes, variant: &Variant) -> syn::Result<TokenStream> {
    let own = read(&variant.attrs)?;
    let name = wire_name(&own, around, &variant.ident);
    let ident = &variant.ident;
    let tag = &around.tag;
    let call = if tag.is_some() {
        quote!(out.tagged(#tag, #name, names, values))
    } else {
        quote!(out.variant(#name, names, values))
    };
    Ok(match &variant.fields {
        Fields::Unit if around.tag.is_none() => quote!(Self::#ident => out.text(#name),),
        Fields::Unit => quote!(Self::#ident => out.tagged(#tag, #name, &[], &[]),),
        Fields::Named(fields) => {
            let idents = fields.named.iter().filter_map(|field| field.ident.as_ref());
            // A variant's fields keep their names.
            let members = members(&own, fields, |field| quote!(#field))?;
            quote! {
                Self::#ident { #(#idents),* } => {
                    let (names, values) = #members;
                    #call
                }
            }
        }
        Fields::Unnamed(_) if around.tag.is_some() => {
            return Err(syn::Error::new_spanned(variant, "a tagged variant needs named fields"));
        }
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            quote!(Self::#ident(inner) => out.newtype(#name, inner),)
        }
        Fields::Unnamed(fields) => {
            let parts: Vec<Ident> = (0..fields.unnamed.len()).map(|index| format_ident!("part{index}")).collect();
            quote!(Self::#ident(#(#parts),*) => out.variant_list(#name, &[#(#parts as &dyn crate::json::ToJson),*]),)
        }
    })
}
