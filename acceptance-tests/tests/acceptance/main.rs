//! The acceptance tests: one program, so that they are linked once, build the provider once, and run beside each other.

mod actions;
mod attacked;
mod bounded;
mod cba_credential;
mod certificate_checks;
mod certificate_reference;
mod corner;
mod descriptions;
mod desktop_flow_connection;
mod drift;
mod echoes;
mod errors;
mod every_resource;
mod imports;
mod judged;
mod matrix;
mod mocked;
mod ownership;
mod process;
mod provider_block;
mod removal;
mod run_owner;
mod spellings;
mod switches;
mod weather;
mod whole;
