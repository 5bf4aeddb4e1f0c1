//! Kills a process, or makes its system calls fail, at every call that changes something.
//!
//! strace(1) injects the fault: it counts the calls of the program, kills it on entry to the nth
//! call of a kind, or makes that call fail. Every run starts from a copy of one state, and
//! [`state`] defines the valid results.

mod conditions;
mod errors;
mod kills;
mod leftovers;
mod races;
mod scenario;
mod state;
mod trace;
