//! The program around the library: from the words of the command line to an exit status.
//!
//! [`args`] is what was typed, [`settings`] and [`request`] what it means, [`crate::operations`] what
//! is done about it, [`respond`] and [`render`] how it is answered, [`error`] how it is told
//! when it went wrong. Only [`terminal`] touches the standard streams.

mod args;
mod completion;
mod dispatch;
mod error;
mod input;
mod key_material;
mod man;
mod mask;
mod options;
pub mod render;
mod request;
mod respond;
mod settings;
mod shell;
mod terminal;

pub use dispatch::run;
pub use error::ExitStatus;
