//! `--add-to-agent` and what goes with it.

use clap::Args;

/// What the running ssh-agent is to hold.
#[derive(Args, Debug)]
pub struct AgentArguments {
    /// Add the private key to the running ssh-agent, for so long if that is said (90s, 30m, 8h), else as long
    /// as --ttl says, else for good
    #[arg(
        long,
        value_name = "LIFETIME",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with = "count"
    )]
    pub add_to_agent: Option<Option<String>>,
    /// Have the agent ask before each use of the key
    #[arg(long, requires = "add_to_agent")]
    pub confirm: bool,
}
