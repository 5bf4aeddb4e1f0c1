//! A program of clap that does nothing: the measure of how long keypair takes to start.

use clap::Parser;

/// Does nothing.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Does nothing, to something.
    Nothing {
        /// What nothing is done to.
        name: Option<String>,
    },
}

fn main() {
    let Arguments { command: Some(Command::Nothing { name: _ }) | None } = Arguments::parse();
}
