//! What holds of everything that the provider offers: these tests walk its lists and the examples of the manual, and name no type where
//! they need not, so that a new one cannot be forgotten.

mod chain;
mod functions;
mod generated;
mod identity;
pub(crate) mod manual;
mod query;
mod same_state;
mod state_of_before;
mod stranger;
