//! What makes a chain unfit, without Terraform's words.
//!
//! A check is a pure function to findings. Plan and apply turn a finding into a diagnostic on an attribute; what shows findings as
//! rows takes the same ones.

pub(crate) mod certificate;
pub(crate) mod finding;
