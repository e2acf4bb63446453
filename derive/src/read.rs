//! `FromJson`.

use crate::attributes::{Attributes, read, wire_name};
use proc_macro2::TokenStream;
use quote::quote;
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
        parameter.bounds.push(syn::parse_quote!(crate::json::FromJson));
        if around.default {
            parameter.bounds.push(syn::parse_quote!(Default));
        }
    }
    let (impls, types, wheres) = generics.split_for_impl();
    Ok(quote! {
        impl #impls crate::json::FromJson for #name #types #wheres {
            fn from_json(value: &crate::json::Value) -> Result<Self, crate::json::Error> { #body }
        }
    })
}

fn of_struct(around: &Attributes, fields: &Fields) -> syn::Result<TokenStream> {
    match fields {
        Fields::Named(fields) if around.default => over_defaults(around, fields),
        Fields::Named(fields) => {
            let members = members(around, fields)?;
            let check = around.deny_unknown_fields.then(|| {
                let names = fields
                    .named
                    .iter()
                    .filter_map(|field| Some(wire_name(&read(&field.attrs).ok()?, around, field.ident.as_ref()?)));
                quote!(crate::json::refuse_others(members, &[#(#names),*])?;)
            });
            Ok(quote! {
                let members = crate::json::members(value)?;
                #check
                Ok(Self { #members })
            })
        }
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            Ok(quote!(Ok(Self(crate::json::FromJson::from_json(value)?))))
        }
        _ => Err(syn::Error::new_spanned(fields, "only named fields and newtypes have JSON")),
    }
}

/// What is missing stays as `Default` made it.
fn over_defaults(around: &Attributes, fields: &FieldsNamed) -> syn::Result<TokenStream> {
    let (mut names, mut slots, mut flattened) = (Vec::new(), Vec::new(), Vec::new());
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let attributes = read(&field.attrs)?;
        if attributes.flatten {
            flattened.push(quote!(read.#ident = crate::json::FromJson::from_json(value)?;));
        } else if !attributes.unread {
            names.push(wire_name(&attributes, around, ident));
            slots.push(match &attributes.slot {
                Some(slot) => quote!(&mut #slot(&mut read.#ident)),
                None => quote!(&mut read.#ident),
            });
        }
    }
    Ok(quote! {
        let mut read = Self::default();
        #(#flattened)*
        crate::json::read_members(value, &[#(#names),*], &mut [#(#slots as &mut dyn crate::json::ReadInto),*])?;
        Ok(read)
    })
}

fn members(around: &Attributes, fields: &FieldsNamed) -> syn::Result<TokenStream> {
    let mut members = Vec::new();
    for field in &fields.named {
        let attributes = read(&field.attrs)?;
        let Some(ident) = &field.ident else { continue };
        let name = wire_name(&attributes, around, ident);
        members.push(if attributes.default {
            quote!(#ident: crate::json::member_or_default(members, #name)?)
        } else {
            quote!(#ident: crate::json::member(members, #name)?)
        });
    }
    Ok(quote!(#(#members),*))
}

fn of_enum(around: &Attributes, data: &DataEnum) -> syn::Result<TokenStream> {
    let (mut names, mut arms) = (Vec::new(), Vec::new());
    for variant in &data.variants {
        let own = read(&variant.attrs)?;
        let first = names.len();
        names.push(wire_name(&own, around, &variant.ident));
        names.extend(own.aliases.iter().cloned());
        let built = built(&own, around, variant)?;
        let indices = first..names.len();
        arms.push(quote!(#(#indices)|* => #built,));
    }
    let tag = around.tag.as_deref().unwrap_or_default();
    let plain = data.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit));
    let chosen = if plain && around.tag.is_none() {
        quote!(let index = crate::json::choice(value, &[#(#names),*])?;)
    } else {
        quote!(let (index, content) = crate::json::variant(value, #tag, &[#(#names),*])?;)
    };
    Ok(quote! {
        #chosen
        Ok(match index {
            #(#arms)*
            _ => unreachable!(),
        })
    })
}

fn built(own: &Attributes, around: &Attributes, variant: &Variant) -> syn::Result<TokenStream> {
    let ident = &variant.ident;
    Ok(match &variant.fields {
        Fields::Unit => quote!(Self::#ident),
        Fields::Named(fields) => {
            let members = members(own, fields)?;
            quote! {{
                let members = crate::json::members(content)?;
                Self::#ident { #members }
            }}
        }
        Fields::Unnamed(_) if around.tag.is_some() => {
            return Err(syn::Error::new_spanned(variant, "a tagged variant needs named fields"));
        }
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            quote!(Self::#ident(crate::json::FromJson::from_json(content)?))
        }
        Fields::Unnamed(fields) => {
            let count = fields.unnamed.len();
            let parts = 0..count;
            quote! {{
                let parts = crate::json::parts(content, #count)?;
                Self::#ident(#(crate::json::FromJson::from_json(&parts[#parts])?),*)
            }}
        }
    })
}
