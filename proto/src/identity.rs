//! What identifies one remote object, apart from its state: Terraform from 1.12 stores it, imports by it and lists it.
//!
//! An identity attribute is an attribute of the resource under the same name, so that an identity follows from a state and
//! can never contradict it.

use std::collections::BTreeMap;

use crate::cty::{Fields, Type};
use crate::upgrade::Upgrade;
use crate::value::Value;
use crate::wire::tfplugin5 as pb;

/// The shape of an identity.
#[derive(Debug)]
#[non_exhaustive]
pub struct Identity {
    /// Grows by one when the shape changes.
    pub version: i64,
    /// The attributes.
    pub attributes: &'static [IdentityAttribute],
    /// How identities of older versions become one of this.
    pub upgrades: &'static [Upgrade],
}

/// One attribute of an identity: an attribute of the resource, of a primitive type or a list of one.
#[derive(Debug)]
#[non_exhaustive]
pub struct IdentityAttribute {
    /// Its name, which is that of the resource's attribute.
    pub name: &'static str,
    /// What it holds.
    pub ty: &'static Type,
    /// Whether an import must give it; else it may.
    pub required: bool,
    /// What it means, in plain text.
    pub description: &'static str,
}

impl IdentityAttribute {
    /// An attribute that an import must give.
    pub const fn required(name: &'static str, ty: &'static Type, description: &'static str) -> IdentityAttribute {
        IdentityAttribute { name, ty, required: true, description }
    }

    /// An attribute that an import may give.
    pub const fn optional(name: &'static str, ty: &'static Type, description: &'static str) -> IdentityAttribute {
        IdentityAttribute { name, ty, required: false, description }
    }
}

impl Identity {
    /// The first version of an identity.
    pub const fn new(attributes: &'static [IdentityAttribute]) -> Identity {
        Identity { version: 0, attributes, upgrades: &[] }
    }

    /// The same in this version of its shape, with how identities of older ones become it.
    #[must_use]
    pub const fn version(mut self, version: i64, upgrades: &'static [Upgrade]) -> Identity {
        self.version = version;
        self.upgrades = upgrades;
        self
    }

    /// The type of the identity.
    pub fn ty(&self) -> Type {
        let fields = self.attributes.iter().map(|attribute| (attribute.name.to_owned(), attribute.ty.clone()));
        Type::Object(Fields::Owned(fields.collect::<BTreeMap<_, _>>()))
    }

    /// The identity of the object whose state this is.
    pub fn of(&self, state: &Value) -> Value {
        Value::object(self.attributes.iter().map(|attribute| (attribute.name, state.at(attribute.name).clone())))
    }

    pub(crate) fn to_wire(&self) -> pb::ResourceIdentitySchema {
        let attribute = |attribute: &IdentityAttribute| pb::resource_identity_schema::IdentityAttribute {
            name: attribute.name.to_owned(),
            r#type: attribute.ty.to_json().into_bytes(),
            required_for_import: attribute.required,
            optional_for_import: !attribute.required,
            description: attribute.description.to_owned(),
        };
        pb::ResourceIdentitySchema {
            version: self.version,
            identity_attributes: self.attributes.iter().map(attribute).collect(),
        }
    }
}
