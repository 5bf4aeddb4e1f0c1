//! `--dry-run`, of every command.

use clap::{ArgAction, Args};

/// `--dry-run` and its opposite, of which the last one counts.
#[derive(Args, Clone, Copy, Debug)]
pub struct DryRunArguments {
    /// Check everything and change nothing; exit 0 if it would have worked
    #[arg(long, overrides_with = "no_dry_run")]
    dry_run: bool,
    /// Do it
    #[arg(long, hide = true, action = ArgAction::SetTrue)]
    no_dry_run: bool,
}

impl DryRunArguments {
    /// Returns whether to check only.
    pub fn is_on(self) -> bool {
        self.dry_run && !self.no_dry_run
    }
}
