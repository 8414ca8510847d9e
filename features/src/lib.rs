//! No code: the features with which each program of this workspace builds what comes from the registry.
//!
//! Cargo chooses features anew for each selection of packages: `-p sandbox` by itself asks hyper for less than `--workspace` does,
//! so that hyper and all that stands on it would be built a second time. Each program depends on this crate, whose `Cargo.toml`
//! asks for the rest. What a program does not use of it, the linker leaves out.
