//! What was met since the provider was configured: objects that are in the state or were just made, and names and values that are
//! planned.
//!
//! Terraform configures the provider anew for each plan and each apply, and plans a creation once in each of them.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::clients::environment_id::EnvironmentId;

/// How an object was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// It is in the state: Terraform has asked for it to be refreshed.
    Refreshed,
    /// It was made a moment ago.
    Made,
}

/// What was met. Copies of an environment have the same ids, so that each is of its environment.
#[derive(Debug, Default)]
pub(crate) struct Met {
    objects: Mutex<HashMap<(EnvironmentId, Uuid), How>>,
    planned: Mutex<HashSet<(EnvironmentId, String)>>,
    values: Mutex<HashMap<(EnvironmentId, Uuid), Option<String>>>,
}

impl Met {
    /// An object is in the state, and about to be read. What is planned at the same time may be sooner.
    pub(crate) fn refreshed(&self, environment_id: &EnvironmentId, id: Uuid) {
        locked(&self.objects).entry((environment_id.clone(), id)).or_insert(How::Refreshed);
    }

    /// An object is about to be made, with a variable of this name, or what else tells it from others, which is no longer merely planned.
    pub(crate) fn makes(&self, environment_id: &EnvironmentId, id: Uuid, schema_name: &str) {
        locked(&self.objects).insert((environment_id.clone(), id), How::Made);
        locked(&self.planned).remove(&(environment_id.clone(), schema_name.to_lowercase()));
    }

    /// How an object was met, if it was.
    pub(crate) fn how(&self, environment_id: &EnvironmentId, id: Uuid) -> Option<How> {
        locked(&self.objects).get(&(environment_id.clone(), id)).copied()
    }

    /// A variable of this name is planned; false when one was planned before. Dataverse does not tell upper from lower case.
    pub(crate) fn plans(&self, environment_id: &EnvironmentId, schema_name: &str) -> bool {
        locked(&self.planned).insert((environment_id.clone(), schema_name.to_lowercase()))
    }

    /// Whether another variable of this name was planned before. A creation is planned by this; a replacement is not, because Terraform
    /// plans its second half as a creation of its own.
    pub(crate) fn is_second(&self, environment_id: &EnvironmentId, schema_name: &str, is_create: bool) -> bool {
        match is_create {
            true => !self.plans(environment_id, schema_name),
            false => locked(&self.planned).contains(&(environment_id.clone(), schema_name.to_lowercase())),
        }
    }

    /// A variable shall have this value; none where that is not known yet.
    pub(crate) fn plans_value(&self, environment_id: &EnvironmentId, id: Uuid, value: Option<String>) {
        locked(&self.values).insert((environment_id.clone(), id), value);
    }

    /// The value that a variable shall have, if that was planned here.
    pub(crate) fn planned_value(&self, environment_id: &EnvironmentId, id: Uuid) -> Option<Option<String>> {
        locked(&self.values).get(&(environment_id.clone(), id)).cloned()
    }
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_planned_once_until_it_is_made() {
        let environment =
            |last: u8| EnvironmentId::parse(&format!("11111111-2222-4333-8444-5555555555{last:02}")).unwrap();
        let (here, there, id) = (environment(1), environment(2), Uuid::from_u128(7));
        let met = Met::default();
        assert!(met.plans(&here, "cto_robot") && met.plans(&there, "cto_robot") && met.plans(&here, "cto_other"));
        assert!(!met.plans(&here, "CTO_robot"));
        met.makes(&here, id, "cto_Robot");
        assert!(met.plans(&here, "cto_robot"));
        assert_eq!((met.how(&here, id), met.how(&there, id)), (Some(How::Made), None));
        met.refreshed(&here, id);
        met.refreshed(&there, id);
        assert_eq!((met.how(&here, id), met.how(&there, id)), (Some(How::Made), Some(How::Refreshed)));
    }
}
