//! The built-in agent.

#[cfg(unix)]
mod key;
#[cfg(unix)]
mod locked;
#[cfg(unix)]
mod message;
#[cfg(unix)]
mod peer;
#[cfg(unix)]
mod server;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use key::HeldKey;
#[cfg(unix)]
pub use unix::Holder;
#[cfg(windows)]
pub use windows::{HeldKey, Holder};
