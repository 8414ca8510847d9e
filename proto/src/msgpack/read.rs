//! Bytes to a value.

use std::collections::BTreeMap;

use rmp::Marker;
use rmp::decode;

use super::{Fault, MAX_REFINEMENT, REFINED, inside, wrong};
use crate::cty::{Fields, MAX_DEPTH, Type};
use crate::number::Number;
use crate::value::{Refinement, Step, Typed, Value};

/// Reads a value to the end of the bytes.
pub(super) fn all(bytes: &[u8], ty: &Type) -> Result<Value, Fault> {
    let mut reader = Reader { rest: bytes };
    let value = reader.value(ty, 0)?;
    if !reader.rest.is_empty() {
        return wrong(format!("{} bytes follow the value", reader.rest.len()));
    }
    Ok(value)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn value(&mut self, ty: &Type, depth: usize) -> Result<Value, Fault> {
        if depth > MAX_DEPTH {
            return wrong(format!("the value nests more than {MAX_DEPTH} deep"));
        }
        let Some(&first) = self.rest.first() else { return wrong("the message ends before the value") };
        match Marker::from_u8(first) {
            Marker::Null => {
                self.rest = &self.rest[1..];
                return Ok(Value::Null);
            }
            marker if is_ext(marker) => return self.unknown(),
            _ => {}
        }
        match ty {
            Type::Bool => decode::read_bool(&mut self.rest).map(Value::Bool).or_else(|_| wrong("not a bool")),
            Type::Number => self.number().map(Value::Number),
            Type::String => self.text().map(Value::text),
            Type::Dynamic => self.dynamic(depth),
            Type::List(of) => self.sequence(|_| Some(&**of), None, depth).map(Value::List),
            Type::Set(of) => self.sequence(|_| Some(&**of), None, depth).map(Value::set),
            Type::Tuple(types) => self.sequence(|place| types.get(place), Some(types.len()), depth).map(Value::List),
            Type::Map(of) => self.elements(of, depth).map(Value::Map),
            Type::Object(fields) => self.object(fields, depth).map(Value::Map),
        }
    }

    fn number(&mut self) -> Result<Number, Fault> {
        let broken = |_| wrong("a number breaks off");
        match Marker::from_u8(self.rest[0]) {
            Marker::F32 => float(decode::read_f32(&mut self.rest).map(f64::from).or_else(broken)?),
            Marker::F64 => float(decode::read_f64(&mut self.rest).or_else(broken)?),
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                self.text()?.parse().or_else(|what: crate::number::NoNumber| wrong(what.to_string()))
            }
            Marker::U64 => decode::read_u64(&mut self.rest).map(Number::from).or_else(|_| wrong("not a number")),
            _ => decode::read_int::<i64, _>(&mut self.rest).map(Number::from).or_else(|_| wrong("not a number")),
        }
    }

    fn text(&mut self) -> Result<&'a str, Fault> {
        let Ok(length) = decode::read_str_len(&mut self.rest) else { return wrong("not a string") };
        let bytes = self.take(length as usize)?;
        std::str::from_utf8(bytes).or_else(|_| wrong("a string is not UTF-8"))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        match self.rest.split_at_checked(length) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => wrong(format!("{length} bytes are announced, {} are there", self.rest.len())),
        }
    }

    fn sequence<'t>(
        &mut self,
        of: impl Fn(usize) -> Option<&'t Type>,
        length: Option<usize>,
        depth: usize,
    ) -> Result<Vec<Value>, Fault> {
        let Ok(count) = decode::read_array_len(&mut self.rest) else { return wrong("not a sequence") };
        let count = count as usize;
        if count > self.rest.len() || length.is_some_and(|length| length != count) {
            return wrong(format!("{count} elements are announced"));
        }
        let mut elements = Vec::with_capacity(count.min(1024));
        for place in 0..count {
            let Some(ty) = of(place) else { return wrong("too many elements") };
            let element = self.value(ty, depth + 1);
            elements.push(element.map_err(|fault| inside(fault, Step::Index(place as i64)))?);
        }
        Ok(elements)
    }

    fn elements(&mut self, of: &Type, depth: usize) -> Result<BTreeMap<String, Value>, Fault> {
        let Ok(count) = decode::read_map_len(&mut self.rest) else { return wrong("not a map") };
        let mut elements = Vec::with_capacity(count.min(1024) as usize);
        for _ in 0..count {
            let key = self.text()?;
            let value = self.value(of, depth + 1).map_err(|fault| inside(fault, Step::Key(key.to_owned())))?;
            elements.push((key.to_owned(), value));
        }
        gathered(elements, Step::Key)
    }

    fn object(&mut self, fields: &Fields, depth: usize) -> Result<BTreeMap<String, Value>, Fault> {
        let Ok(count) = decode::read_map_len(&mut self.rest) else { return wrong("not a map") };
        // Whoever writes in the order of the names, as Terraform does, needs no search.
        let mut next = fields.in_order();
        let mut read = Vec::with_capacity(count.min(1024) as usize);
        for _ in 0..count {
            let name = self.text()?;
            let ty = next.next().filter(|(next, _)| *next == name).map(|(_, ty)| ty).or_else(|| fields.field(name));
            let Some(ty) = ty else { return wrong(format!("there is no attribute {name:?}")) };
            let value = self.value(ty, depth + 1).map_err(|fault| inside(fault, Step::Attribute(name.to_owned())))?;
            read.push((name.to_owned(), value));
        }
        let read = gathered(read, Step::Attribute)?;
        // Each was one of the type's, and none was there twice: as many as there are is all of them.
        if read.len() < fields.len()
            && let Some((missing, _)) = fields.in_order().find(|(name, _)| !read.contains_key(*name))
        {
            return wrong(format!("the attribute {missing:?} is missing"));
        }
        Ok(read)
    }

    fn dynamic(&mut self, depth: usize) -> Result<Value, Fault> {
        if !matches!(decode::read_array_len(&mut self.rest), Ok(2)) {
            return wrong("a dynamic value is a pair of type and value");
        }
        let json = match self.rest.first().map(|first| Marker::from_u8(*first)) {
            Some(Marker::Bin8 | Marker::Bin16 | Marker::Bin32) => {
                let Ok(length) = decode::read_bin_len(&mut self.rest) else { return wrong("a type breaks off") };
                self.take(length as usize)?
            }
            _ => self.text()?.as_bytes(),
        };
        let ty = Type::from_json(json).or_else(wrong)?;
        let value = self.value(&ty, depth + 1)?;
        Ok(Value::Typed(Box::new(Typed { ty, value })))
    }

    fn unknown(&mut self) -> Result<Value, Fault> {
        let Ok(meta) = decode::read_ext_meta(&mut self.rest) else { return wrong("an extension breaks off") };
        let mut payload = self.take(meta.size as usize)?;
        if meta.typeid == REFINED {
            if payload.len() > MAX_REFINEMENT {
                return wrong("a refinement is too long");
            }
            std::mem::swap(&mut payload, &mut self.rest);
            let refinement = self.refinement();
            let left = std::mem::replace(&mut self.rest, payload);
            let refinement = refinement?;
            if !left.is_empty() {
                return wrong("bytes follow the refinements");
            }
            // Nothing promised is a plain unknown: equal values must be equal.
            let promises = (refinement != Refinement::default()).then(|| Box::new(refinement));
            return Ok(Value::Unknown(promises));
        }
        if payload.len() > 1 {
            return wrong(format!("the extension code {} is not known", meta.typeid));
        }
        Ok(Value::UNKNOWN)
    }

    fn refinement(&mut self) -> Result<Refinement, Fault> {
        let Ok(count) = decode::read_map_len(&mut self.rest) else { return wrong("a refinement is no map") };
        let mut refinement = Refinement::default();
        for _ in 0..count {
            let key: Result<i64, _> = decode::read_int(&mut self.rest);
            match key {
                Ok(1) => refinement.null = Some(decode::read_bool(&mut self.rest).or_else(|_| wrong("not a bool"))?),
                Ok(2) => refinement.prefix = Some(self.text()?.to_owned()),
                Ok(3) => refinement.min = Some(self.bound()?),
                Ok(4) => refinement.max = Some(self.bound()?),
                Ok(5) => {
                    refinement.min_length = Some(decode::read_int(&mut self.rest).or_else(|_| wrong("not a length"))?)
                }
                Ok(6) => {
                    refinement.max_length = Some(decode::read_int(&mut self.rest).or_else(|_| wrong("not a length"))?)
                }
                _ => return wrong("a refinement that is not known"),
            }
        }
        Ok(refinement)
    }

    fn bound(&mut self) -> Result<(Number, bool), Fault> {
        if !matches!(decode::read_array_len(&mut self.rest), Ok(2)) || self.rest.is_empty() {
            return wrong("a bound is a pair of number and bool");
        }
        let number = self.number()?;
        let included = decode::read_bool(&mut self.rest).or_else(|_| wrong("a bound is a pair of number and bool"))?;
        Ok((number, included))
    }
}

fn is_ext(marker: Marker) -> bool {
    use Marker::{Ext8, Ext16, Ext32, FixExt1, FixExt2, FixExt4, FixExt8, FixExt16};
    matches!(marker, FixExt1 | FixExt2 | FixExt4 | FixExt8 | FixExt16 | Ext8 | Ext16 | Ext32)
}

/// The entries by their names, none of which may be there twice.
fn gathered(entries: Vec<(String, Value)>, step: fn(String) -> Step) -> Result<BTreeMap<String, Value>, Fault> {
    let is_sorted = entries.windows(2).all(|pair| pair[0].0 < pair[1].0);
    if !is_sorted {
        let mut names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return wrong("it is there twice").map_err(|fault| inside(fault, step(twice[0].to_owned())));
        }
    }
    Ok(entries.into_iter().collect())
}

fn float(float: f64) -> Result<Number, Fault> {
    Number::of_float(float).map_or_else(|| wrong("not a number"), Ok)
}
