//! The built-in agent.

#[cfg(unix)]
mod event_loop;
#[cfg(unix)]
mod key;
#[cfg(unix)]
mod locked;
#[cfg(unix)]
mod peer;
#[cfg(unix)]
mod request;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use key::HeldKey;
#[cfg(unix)]
pub use unix::AgentServer;
#[cfg(windows)]
pub use windows::{AgentServer, HeldKey};
