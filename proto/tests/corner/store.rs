//! The world of the corner provider: objects in files, or in memory, as the wire writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tfplugin::cty::Type;
use tfplugin::msgpack::{from_bytes, to_bytes};
use tfplugin::value::Value;

/// Where objects are kept.
pub(crate) struct Store {
    folder: Option<PathBuf>,
}

static MEMORY: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());

impl Store {
    pub(crate) fn at(folder: Option<&str>) -> Store {
        Store { folder: folder.map(PathBuf::from) }
    }

    fn key(type_name: &str, id: &str) -> String {
        format!("{type_name}-{id}")
    }

    pub(crate) fn put(&self, type_name: &str, id: &str, state: &Value, ty: &Type) {
        let bytes = to_bytes(state, ty).expect("a state fits its schema");
        let key = Store::key(type_name, id);
        match &self.folder {
            Some(folder) => fs::write(folder.join(key), bytes).expect("the folder can be written"),
            None => drop(MEMORY.lock().unwrap_or_else(PoisonError::into_inner).insert(key, bytes)),
        }
    }

    pub(crate) fn get(&self, type_name: &str, id: &str, ty: &Type) -> Option<Value> {
        let key = Store::key(type_name, id);
        let bytes = match &self.folder {
            Some(folder) => fs::read(folder.join(key)).ok()?,
            None => MEMORY.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()?,
        };
        from_bytes(&bytes, ty).ok()
    }

    pub(crate) fn remove(&self, type_name: &str, id: &str) {
        let key = Store::key(type_name, id);
        match &self.folder {
            Some(folder) => drop(fs::remove_file(folder.join(key))),
            None => drop(MEMORY.lock().unwrap_or_else(PoisonError::into_inner).remove(&key)),
        }
    }

    /// The ids of all objects of a type, sorted.
    pub(crate) fn ids(&self, type_name: &str) -> Vec<String> {
        let prefix = Store::key(type_name, "");
        let mut keys: Vec<String> = match &self.folder {
            Some(folder) => fs::read_dir(folder)
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .collect(),
            None => MEMORY.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect(),
        };
        keys.retain(|key| key.starts_with(&prefix));
        keys.sort();
        keys.into_iter().map(|key| key[prefix.len()..].to_owned()).collect()
    }
}
