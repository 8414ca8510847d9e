//! A value to bytes.

use rmp::encode;

use super::{Fault, REFINED, inside, wrong};
use crate::cty::Type;
use crate::number::Number;
use crate::value::{Refinement, Step, Value};

const ENDLESS: &str = "a Vec takes every byte";

/// Writes a whole value.
pub(super) fn all(value: &Value, ty: &Type) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(1024);
    write(&mut out, value, ty)?;
    Ok(out)
}

fn write(out: &mut Vec<u8>, value: &Value, ty: &Type) -> Result<(), Fault> {
    match (value, ty) {
        (Value::Null, _) => encode::write_nil(out).expect(ENDLESS),
        (Value::Unknown(refinement), _) => {
            match refinement.as_deref().filter(|refinement| **refinement != Refinement::default()) {
                None => out.extend([0xd4, 0, 0]),
                Some(refinement) => {
                    let payload = refined(refinement);
                    encode::write_ext_meta(out, payload.len() as u32, REFINED).expect(ENDLESS);
                    out.extend(payload);
                }
            }
        }
        (Value::Bool(value), Type::Bool) => encode::write_bool(out, *value).expect(ENDLESS),
        (Value::Number(value), Type::Number) => number(out, value),
        (Value::String(text), Type::String) => encode::write_str(out, text).expect(ENDLESS),
        (Value::Typed(typed), Type::Dynamic) => {
            encode::write_array_len(out, 2).expect(ENDLESS);
            encode::write_bin(out, typed.ty.to_json().as_bytes()).expect(ENDLESS);
            write(out, &typed.value, &typed.ty)?;
        }
        (Value::List(elements), Type::List(of) | Type::Set(of)) => {
            encode::write_array_len(out, elements.len() as u32).expect(ENDLESS);
            for (place, element) in elements.iter().enumerate() {
                write(out, element, of).map_err(|fault| inside(fault, Step::Index(place as i64)))?;
            }
        }
        (Value::List(elements), Type::Tuple(types)) if elements.len() == types.len() => {
            encode::write_array_len(out, elements.len() as u32).expect(ENDLESS);
            for (place, (element, ty)) in elements.iter().zip(types.iter()).enumerate() {
                write(out, element, ty).map_err(|fault| inside(fault, Step::Index(place as i64)))?;
            }
        }
        (Value::Map(fields), Type::Map(of)) => {
            encode::write_map_len(out, fields.len() as u32).expect(ENDLESS);
            for (key, element) in fields {
                encode::write_str(out, key).expect(ENDLESS);
                write(out, element, of).map_err(|fault| inside(fault, Step::Key(key.clone())))?;
            }
        }
        (Value::Map(fields), Type::Object(types)) => {
            encode::write_map_len(out, types.len() as u32).expect(ENDLESS);
            let mut fields = fields.iter().peekable();
            for (name, ty) in types.in_order() {
                encode::write_str(out, name).expect(ENDLESS);
                // Both are in the order of the names: what comes before the name belongs to none.
                match fields.next_if(|(field, _)| field.as_str() <= name) {
                    Some((field, value)) if field == name => {
                        write(out, value, ty).map_err(|fault| inside(fault, Step::Attribute(name.to_owned())))?;
                    }
                    Some((stray, _)) => return wrong(format!("there is no attribute {stray:?}")),
                    None => encode::write_nil(out).expect(ENDLESS),
                }
            }
            if let Some((stray, _)) = fields.next() {
                return wrong(format!("there is no attribute {stray:?}"));
            }
        }
        _ => return wrong(format!("the value is no {ty}")),
    }
    Ok(())
}

fn number(out: &mut Vec<u8>, value: &Number) {
    match value.as_i64() {
        Some(int) => {
            encode::write_sint(out, int).expect(ENDLESS);
        }
        None if value.is_finite() => encode::write_str(out, &value.to_string()).expect(ENDLESS),
        None => encode::write_f64(out, value.as_f64()).expect(ENDLESS),
    }
}

fn refined(refinement: &Refinement) -> Vec<u8> {
    let mut entries: Vec<(u8, Vec<u8>)> = Vec::new();
    let mut entry = |key, fill: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        fill(&mut bytes);
        entries.push((key, bytes));
    };
    if let Some(null) = refinement.null {
        entry(1, &|out| encode::write_bool(out, null).expect(ENDLESS));
    }
    if let Some(prefix) = &refinement.prefix {
        entry(2, &|out| encode::write_str(out, prefix).expect(ENDLESS));
    }
    for (key, bound) in [(3, &refinement.min), (4, &refinement.max)] {
        if let Some((bound, included)) = bound {
            entry(key, &|out| {
                encode::write_array_len(out, 2).expect(ENDLESS);
                number(out, bound);
                encode::write_bool(out, *included).expect(ENDLESS);
            });
        }
    }
    for (key, length) in [(5, refinement.min_length), (6, refinement.max_length)] {
        if let Some(length) = length {
            entry(key, &|out| {
                encode::write_sint(out, length).expect(ENDLESS);
            });
        }
    }
    let mut out = Vec::new();
    encode::write_map_len(&mut out, entries.len() as u32).expect(ENDLESS);
    for (key, bytes) in entries {
        out.push(key);
        out.extend(bytes);
    }
    out
}
