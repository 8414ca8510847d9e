//! The shapes: every type, every nesting, every way in which an attribute gets its value.

use tfplugin::cty::Type;
use tfplugin::identity::{Identity, IdentityAttribute};
use tfplugin::resource::{Move, Upgrade};
use tfplugin::schema::{Attribute, Check, Default, NestedBlock, Nesting, Rule, Schema};
use tfplugin::value::Value;

use crate::shape::Shape;

pub(crate) fn shapes() -> Vec<Shape> {
    let plain = |name, schema| Shape { name, schema, identity: &IDENTITY, upgrades: &[], moves: &[], listing: None };
    vec![
        Shape { upgrades: UPGRADES, moves: MOVES, listing: Some(&LISTING), ..plain("corner_values", &VALUES) },
        plain("corner_blocks", &BLOCKS),
        plain("corner_large", &LARGE),
    ]
}

const ID: Attribute = Attribute::computed("id", &Type::String, "The id.");

/// The identity, in its second version: the first called the id `key`.
pub(crate) static IDENTITY: Identity =
    Identity::new(&[IdentityAttribute::required("id", &Type::String, "The id.")]).version(1, OLDER_IDENTITIES);

const OLDER_IDENTITIES: &[Upgrade] = &[Upgrade {
    from: 0,
    ty: &Type::object(&[("key", Type::String)]),
    upgrade: |old| Ok(Value::object([("id", old.at("key").clone())])),
}];

const UPGRADES: &[Upgrade] = &[Upgrade {
    from: 0,
    ty: &Type::object(&[("id", Type::String), ("title", Type::String), ("number", Type::Number)]),
    upgrade: |old| {
        Ok(Value::object([
            ("id", old.at("id").clone()),
            ("name", old.at("title").clone()),
            ("number", old.at("number").clone()),
        ]))
    },
}];

const MOVES: &[Move] = &[
    Move {
        provider: "example/old",
        type_name: "old_values",
        ty: &Type::object(&[("id", Type::String), ("label", Type::String)]),
        make: |_, old| Ok(Value::object([("id", old.at("id").clone()), ("name", old.at("label").clone())])),
    },
    Move {
        provider: "builtin/terraform",
        type_name: "terraform_data",
        ty: &Type::object(&[("id", Type::String), ("input", Type::Dynamic)]),
        make: |_, old| {
            let name = match old.at("input") {
                Value::Typed(typed) => typed.value.clone(),
                _ => "moved".into(),
            };
            Ok(Value::object([("id", old.at("id").clone()), ("name", name)]))
        },
    },
];

static LISTING: Schema =
    Schema::new("Lists objects.").attributes(&[Attribute::optional("prefix", &Type::String, "How names begin.")]);

static LIST: Type = Type::list(&Type::String);
static TUPLE: Type = Type::tuple(&[Type::Bool, Type::String, Type::Number]);
static MAP: Type = Type::map(&Type::Number);
static OBJECT: Type =
    Type::object(const { &[("a", Type::String), ("b", Type::Number), ("c", Type::list(&Type::String))] });

static VALUES: Schema = Schema::new("Every type.")
    .version(1)
    .attributes(&[
        ID,
        Attribute::required("name", &Type::String, "Kept in capitals on the other side.")
            .same(str::eq_ignore_ascii_case)
            .check(&[Check::Length { min: 1, max: 100 }]),
        Attribute::optional("bool", &Type::Bool, "A bool."),
        Attribute::optional("number", &Type::Number, "A number of any size."),
        Attribute::optional("string", &Type::String, "A text."),
        Attribute::optional("dynamic", &Type::Dynamic, "Anything."),
        Attribute::optional("lists", const { &Type::list(&LIST) }, "Lists in a list."),
        Attribute::optional("numbers", const { &Type::set(&Type::Number) }, "A set."),
        Attribute::optional("maps", const { &Type::map(&LIST) }, "Lists in a map."),
        Attribute::optional("object", &OBJECT, "An object."),
        Attribute::optional("tuple", &TUPLE, "A tuple."),
        Attribute::optional("objects", const { &Type::list(&OBJECT) }, "Objects in a list."),
        Attribute::optional("object_set", const { &Type::set(&OBJECT) }, "Objects in a set."),
        Attribute::optional("object_map", const { &Type::map(&OBJECT) }, "Objects in a map."),
        Attribute::optional("map", &MAP, "A map."),
        Attribute::optional_computed("limit", &Type::Number, "With a default.").default(Default::Int(30)),
        Attribute::optional_computed("note", &Type::String, "With a value of the provider's."),
        Attribute::optional_computed("tags", &LIST, "A collection with a value of the provider's."),
        Attribute::optional("kind", &Type::String, "Replaces.").replaces(),
        Attribute::optional("secret_wo", &Type::String, "A secret.").sensitive().write_only(),
        Attribute::optional("secret_wo_version", &Type::Number, "Grows with the secret."),
        Attribute::computed("secret_length", &Type::Number, "How long the secret is.").follows(&["secret_wo_version"]),
        Attribute::computed("follower", &Type::String, "Follows the number.").follows(&["number"]),
        Attribute::optional("old", &Type::String, "No longer used.").deprecated("Use string."),
    ])
    .rules(&[Rule::Requires("secret_wo", &["secret_wo_version"])]);

const LEAF: &[Attribute] = &[
    Attribute::required("key", &Type::String, "The key.").same(str::eq_ignore_ascii_case),
    Attribute::optional("value", &Type::Number, "The value."),
    Attribute::optional_computed("limit", &Type::Number, "With a default.").default(Default::Int(5)),
    Attribute::computed("made", &Type::String, "Made by the provider."),
    Attribute::computed("follower", &Type::String, "Follows the value.").follows(&["value"]),
];

const WITH_SECRET: &[Attribute] = &[
    Attribute::required("key", &Type::String, "The key."),
    Attribute::optional("secret_wo", &Type::String, "A secret.").write_only(),
];

const fn nested(name: &'static str, nesting: Nesting, attributes: &'static [Attribute]) -> NestedBlock {
    NestedBlock::new(name, nesting, "A block.").attributes(attributes)
}

static BLOCKS: Schema = Schema::new("Every nesting.")
    .attributes(&[ID, Attribute::optional("name", &Type::String, "A name.").same(str::eq_ignore_ascii_case)])
    .blocks(&[
        nested("single", Nesting::Single, LEAF),
        nested("group", Nesting::Group, &[Attribute::optional("key", &Type::String, "The key.")]),
        nested("list", Nesting::List { min: 1, max: 3 }, LEAF),
        nested("set", Nesting::Set { min: 0, max: 2 }, LEAF),
        nested("map", Nesting::Map, LEAF),
        nested("single_secret", Nesting::Single, WITH_SECRET),
        nested("list_secret", Nesting::List { min: 0, max: 0 }, WITH_SECRET),
        nested("switch", Nesting::Single, &[]).presence_replaces(),
        NestedBlock::list("deep", "Deep.").attributes(&[Attribute::required("key", &Type::String, "The key.")]).blocks(
            &[NestedBlock::map("deeper", "Deeper.").attributes(LEAF).blocks(&[NestedBlock::set(
                "deepest",
                "The deepest.",
            )
            .attributes(&[Attribute::required("key", &Type::String, "The key.").replaces()])])],
        ),
    ]);

static LARGE: Schema = Schema::new("Large collections.").attributes(&[
    ID,
    Attribute::optional("name", &Type::String, "A name.").same(str::eq_ignore_ascii_case),
    Attribute::optional("list", &LIST, "Many texts."),
    Attribute::optional("set", const { &Type::set(&Type::String) }, "Many different texts."),
    Attribute::optional("map", &MAP, "Many numbers."),
]);
