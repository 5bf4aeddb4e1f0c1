//! A process that is killed, and one whose system calls fail, at every call that changes something.
//!
//! strace(1) is the layer that injects: it counts the calls of the program under test, kills it on entering
//! the nth of a kind, or makes that one fail. Every run starts from a copy of one state, and what is there
//! afterwards is what [`state`] says it may be.

mod conditions;
mod errors;
mod kills;
mod races;
mod scenario;
mod state;
mod trace;
