//! Holds the compiled .proto files against wire.tsv, the table of the protocol's fields, in both directions.

use std::collections::BTreeSet;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto};

type Row = [String; 8];

fn row(cells: [&str; 8]) -> Row {
    cells.map(str::to_owned)
}

/// The rows of wire.tsv.
fn table() -> BTreeSet<Row> {
    let lines = include_str!("wire.tsv").lines().skip(1);
    let cells = |line: &str| {
        let mut cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        cells.resize(8, String::new());
        cells.try_into().expect("a row has eight cells")
    };
    // A message is its fields; the table names the empty ones alone.
    lines.map(cells).collect()
}

struct Walk {
    package: String,
    rows: BTreeSet<Row>,
}

impl Walk {
    fn message(&mut self, path: &str, message: &DescriptorProto) {
        let map_entries: Vec<&DescriptorProto> = message.nested_type.iter().filter(|nested| is_map(nested)).collect();
        for field in &message.field {
            self.field(path, message, field, &map_entries);
        }
        for range in &message.reserved_range {
            let numbers = format!("{}-{}", range.start(), range.end() - 1);
            self.rows.insert(row([&self.package, "reserved", path, "", &numbers, "", "", ""]));
        }
        let nested: Vec<&DescriptorProto> = message.nested_type.iter().filter(|nested| !is_map(nested)).collect();
        if message.field.is_empty() && nested.is_empty() && message.enum_type.is_empty() {
            self.rows.insert(row([&self.package, "message", path, "", "", "", "", ""]));
        }
        for nested in nested {
            self.message(&format!("{path}.{}", nested.name()), nested);
        }
        for one in &message.enum_type {
            self.enumeration(&format!("{path}.{}", one.name()), one);
        }
    }

    fn field(
        &mut self,
        path: &str,
        message: &DescriptorProto,
        field: &FieldDescriptorProto,
        maps: &[&DescriptorProto],
    ) {
        let map = maps.iter().find(|map| field.type_name().ends_with(&format!(".{}", map.name())));
        let ty = match map {
            Some(map) => format!("map<{},{}>", kind(&map.field[0]), kind(&map.field[1])),
            None => kind(field),
        };
        let label = match field.label() {
            _ if map.is_some() => "",
            Label::Repeated => "repeated",
            _ if field.proto3_optional() => "optional",
            _ => "",
        };
        let oneof = match field.oneof_index {
            Some(index) if !field.proto3_optional() => message.oneof_decl[index as usize].name().to_owned(),
            _ => String::new(),
        };
        let number = field.number().to_string();
        self.rows.insert(row([&self.package, "field", path, field.name(), &number, &ty, label, &oneof]));
    }

    fn enumeration(&mut self, path: &str, one: &EnumDescriptorProto) {
        for value in &one.value {
            let number = value.number().to_string();
            self.rows.insert(row([&self.package, "enum", path, value.name(), &number, "", "", ""]));
        }
    }
}

fn is_map(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}

fn kind(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum => field.type_name().trim_start_matches('.').to_owned(),
        Type::String => "string".into(),
        Type::Bytes => "bytes".into(),
        Type::Bool => "bool".into(),
        Type::Int64 => "int64".into(),
        Type::Uint32 => "uint32".into(),
        other => format!("{other:?}"),
    }
}

/// The same rows, read from what was compiled.
fn compiled() -> BTreeSet<Row> {
    let files = ["tfplugin5.proto", "go_plugin.proto"];
    let set = protox::compile(files, [env!("CARGO_MANIFEST_DIR")]).expect("the files compile");
    let mut rows = BTreeSet::new();
    for file in set.file.iter().filter(|file| ["tfplugin5", "plugin"].contains(&file.package())) {
        let mut walk = Walk { package: file.package().to_owned(), rows: BTreeSet::new() };
        file.message_type.iter().for_each(|message| walk.message(message.name(), message));
        file.enum_type.iter().for_each(|one| walk.enumeration(one.name(), one));
        for service in &file.service {
            for rpc in &service.method {
                let stream = if rpc.server_streaming() { "stream " } else { "" };
                let ty = format!("{} -> {stream}{}", &rpc.input_type()[1..], &rpc.output_type()[1..]);
                let label = if rpc.client_streaming() { "client-stream" } else { "" };
                walk.rows.insert(row([file.package(), "rpc", service.name(), rpc.name(), "", &ty, label, ""]));
            }
        }
        rows.extend(walk.rows);
    }
    rows
}

/// The table names an empty message either by owner or by name.
fn normalized(rows: BTreeSet<Row>) -> BTreeSet<Row> {
    rows.into_iter()
        .map(|mut row| {
            if row[1] == "message" && row[2].is_empty() {
                row.swap(2, 3);
            }
            row
        })
        .collect()
}

#[test]
fn the_proto_files_say_what_the_table_says() {
    let (table, compiled) = (normalized(table()), normalized(compiled()));
    let missing: Vec<&Row> = table.difference(&compiled).collect();
    let strange: Vec<&Row> = compiled.difference(&table).collect();
    assert!(missing.is_empty() && strange.is_empty(), "missing: {missing:#?}\nnot in wire.tsv: {strange:#?}");
    assert!(table.len() > 300, "wire.tsv was read: {}", table.len());
}
