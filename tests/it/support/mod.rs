//! Test support: isolated homes, program runs, peers and servers.

pub(crate) mod home;
#[cfg(feature = "ec2")]
pub(crate) mod instance_connect;
#[cfg(feature = "ec2")]
pub(crate) mod kills;
pub(crate) mod mask;
pub(crate) mod moto;
pub(crate) mod peer;
pub(crate) mod pty;
pub(crate) mod run;
pub(crate) mod ssh_agent;
pub(crate) mod sshd;
#[cfg(feature = "ec2")]
pub(crate) mod stub;
