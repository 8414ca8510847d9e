//! The resources, and what they have in common.

pub(crate) mod cba_credential;
pub(crate) mod certificate_check;
pub(crate) mod certificate_reading;
pub(crate) mod certificate_reference;
pub(crate) mod connected;
pub(crate) mod desktop_flow_connection;
pub(crate) mod existing;
pub(crate) mod failure;
pub(crate) mod identity;
pub(crate) mod known_connections;
pub(crate) mod listed;
pub(crate) mod run_owner;
pub(crate) mod secret_access;
pub(crate) mod shared;
pub(crate) mod timeouts;
pub(crate) mod username_variable;
pub(crate) mod variable;
