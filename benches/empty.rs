//! A clap program that does nothing: the baseline for the start-up time of keypair.

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
    /// Does nothing with a name.
    Nothing {
        /// The ignored name.
        name: Option<String>,
    },
}

fn main() {
    let Arguments { command: Some(Command::Nothing { name: _ }) | None } = Arguments::parse();
}
