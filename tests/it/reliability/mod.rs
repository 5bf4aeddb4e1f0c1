//! Kills, failing system calls, damaged files, concurrency, large registries and old ones.

mod damaged_registry;
#[cfg(target_os = "linux")]
mod faults;
mod load;
mod registry_file;
#[cfg(target_os = "linux")]
mod resource_limits;
mod upgrade;
