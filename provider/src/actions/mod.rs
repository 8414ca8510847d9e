//! The actions.

pub(crate) mod verify_connection;
