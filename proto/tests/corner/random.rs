//! A resource of a random shape: `CORNER_SEED` chooses it, and two processes with the same seed have the same.

use fastrand::Rng;
use tfplugin::cty::{Fields, Of, Places, Type};
use tfplugin::schema::{Attribute, Block, Default, NestedBlock, Nesting, Schema};

use crate::schemas::IDENTITY;
use crate::shape::Shape;

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const BLOCKS: [&str; 3] = ["x", "y", "z"];

/// The shape of the seed, when there is one.
pub(crate) fn shape() -> Option<Shape> {
    let seed = std::env::var("CORNER_SEED").ok()?.parse().ok()?;
    let mut rng = Rng::with_seed(seed);
    let mut block = block(&mut rng, 0, false);
    let id = Attribute::computed("id", &Type::String, "The id.");
    let attributes = std::iter::once(id).chain(attributes(&mut rng, false));
    block.attributes = leak(attributes.collect());
    let mut schema = Schema::new("A block.");
    schema.block = block;
    Some(Shape {
        name: "corner_random",
        schema: Box::leak(Box::new(schema)),
        identity: &IDENTITY,
        upgrades: &[],
        moves: &[],
        listing: None,
    })
}

/// A schema is static data; a test may leak its own.
fn leak<T>(all: Vec<T>) -> &'static [T] {
    Box::leak(all.into_boxed_slice())
}

fn block(rng: &mut Rng, depth: usize, in_set: bool) -> Block {
    let nested = |(name, rng): (&'static str, &mut Rng)| {
        let max = rng.i64(0..3);
        let limits = if max == 0 { (0, 0) } else { (rng.i64(0..=max), max) };
        let (min, max) = limits;
        let nesting = match rng.u8(0..5) {
            0 => Nesting::Single,
            1 => Nesting::Group,
            2 => Nesting::Map,
            // There may not be as many different elements as a minimum would ask for.
            3 => Nesting::Set { min: 0, max },
            _ => Nesting::List { min, max },
        };
        let in_set = in_set || matches!(nesting, Nesting::Set { .. });
        let mut nested = NestedBlock::new(name, nesting, "A block.");
        nested.presence_replaces = nesting == Nesting::Single && depth == 0 && rng.u8(0..4) == 0;
        nested.block = block(rng, depth + 1, in_set);
        nested
    };
    let mut blocks = Vec::new();
    if depth < 3 {
        for name in &BLOCKS[..rng.usize(0..=BLOCKS.len() - depth)] {
            blocks.push(nested((name, rng)));
        }
    }
    Block::new("A block.").attributes(leak(attributes(rng, in_set))).blocks(leak(blocks))
}

fn attributes(rng: &mut Rng, in_set: bool) -> Vec<Attribute> {
    let count = rng.usize(1..=NAMES.len());
    NAMES[..count].iter().enumerate().map(|(place, name)| attribute(rng, name, place, in_set)).collect()
}

fn attribute(rng: &mut Rng, name: &'static str, place: usize, in_set: bool) -> Attribute {
    let ty = ty(rng, 0, in_set);
    let is_text = ty == Type::String;
    let ty: &'static Type = Box::leak(Box::new(ty));
    let mut attribute = match rng.u8(0..6) {
        0 => Attribute::required(name, ty, "One."),
        1 => Attribute::computed(name, ty, "One."),
        // In a set, one left out could become what its neighbour says, and two elements one.
        2 | 3 if !in_set => Attribute::optional_computed(name, ty, "One."),
        4 if !in_set => Attribute::optional(name, ty, "One.").write_only(),
        _ => Attribute::optional(name, ty, "One."),
    };
    if attribute.is_computed() {
        if is_text && attribute.is_configurable() && rng.bool() {
            attribute = attribute.default(Default::Text("default"));
        }
        if place > 0 && rng.bool() {
            attribute = attribute.follows(leak(vec![NAMES[rng.usize(0..place)]]));
        }
    }
    if is_text && rng.bool() {
        attribute = attribute.same(str::eq_ignore_ascii_case);
    }
    if attribute.is_configurable() && !attribute.write_only && rng.u8(0..5) == 0 {
        attribute = attribute.replaces();
    }
    attribute
}

fn ty(rng: &mut Rng, depth: usize, in_set: bool) -> Type {
    let inner = |rng: &mut Rng| Of::Owned(Box::new(ty(rng, depth + 1, in_set)));
    match rng.u8(0..if depth < 2 { 14 } else { 7 }) {
        0 => Type::Bool,
        1 | 2 => Type::Number,
        3 if !in_set => Type::Dynamic,
        3..=7 => Type::String,
        8 | 9 => Type::List(inner(rng)),
        10 => Type::Set(inner(rng)),
        11 => Type::Map(inner(rng)),
        12 => Type::Tuple(Places::Owned((0..rng.usize(0..3)).map(|_| ty(rng, depth + 1, in_set)).collect())),
        _ => {
            let count = rng.usize(0..3);
            let fields = NAMES[..count].iter().map(|name| ((*name).to_owned(), ty(rng, depth + 1, in_set)));
            Type::Object(Fields::Owned(fields.collect()))
        }
    }
}
