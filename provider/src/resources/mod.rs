//! The resources, one file each, which reads like its page; what one of them owns is in the folder of its name.

pub(crate) mod cba_credential;
pub(crate) mod certificate_reference;
pub(crate) mod desktop_flow_connection;
