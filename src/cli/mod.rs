//! The program around the library: from the words of the command line to an exit status.
//!
//! [`args`] is what was typed, [`resolve`] and [`request`] what it means, [`crate::operations`] what
//! is done about it, [`respond`] and [`render`] how it is answered, [`failure`] how it is told
//! when it went wrong. Only [`terminal`] touches the standard streams.

mod advice;
mod args;
mod completion;
mod dispatch;
mod failure;
mod key_material;
mod man;
mod mask;
mod operation;
mod redact;
pub mod render;
mod request;
mod resolve;
mod respond;
mod shell;
mod shorthand;
mod suggest;
mod terminal;

pub use dispatch::run;
pub use failure::ExitStatus;
