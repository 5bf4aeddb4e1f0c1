//! `--ttl` and `--expires-at`, of what registers a pair.

use clap::Args;

/// When the new pair expires.
#[derive(Args, Debug)]
pub struct LifetimeArguments {
    /// Note on the pair that it expires so much later: 90s, 30m, 8h, 7d; `keypair prune` removes it then
    #[arg(long, value_name = "SPAN")]
    pub ttl: Option<String>,
    /// The same as a time in the form of RFC 3339: 2026-11-26T12:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "ttl")]
    pub expires_at: Option<String>,
}
