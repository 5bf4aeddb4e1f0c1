//! Failures of ssh connections.

use std::io;
use std::path::Path;

use super::{ExitStatus, Failure, Hint, chain};
use crate::cli::shell::ShellCommand;
use crate::operations::OperationError;
use crate::operations::connect::{AddressKind, SshFault};
use crate::registry::{InstanceId, InstanceState};

impl Failure {
    /// Refuses the private key file for ssh.
    pub fn of_key_format(path: &Path) -> Self {
        let sentence = format!("{}: ssh cannot read keys in this format", path.display());
        let convert = ShellCommand::keypair("convert").path(path).option("--format", "openssh");
        Self { status: ExitStatus::NotAccepted, ..Self::usage(sentence) }
            .hint(Hint::run(convert).text(" to write it in another one"))
    }

    pub fn of_relay(error: &io::Error) -> Self {
        Self::new(ExitStatus::Other, format!("the connection broke: {}", chain(error)), error)
    }

    pub(super) fn of_ssh_fault(id: &InstanceId, fault: &SshFault, error: &OperationError) -> Self {
        let reason = match fault {
            SshFault::State(state) => format!("it is {}", state.name()),
            SshFault::Windows => "it runs Windows".to_owned(),
            SshFault::NoAddress(None) => "it has no address".to_owned(),
            SshFault::NoAddress(Some(kind)) => {
                let kind = match kind {
                    AddressKind::PublicIpv4 => "public IPv4",
                    AddressKind::PrivateIpv4 => "private IPv4",
                    AddressKind::Ipv6 => "IPv6",
                };
                format!("it has no {kind} address")
            }
        };
        let failure = Self::new(ExitStatus::No, format!("{error}: {reason}"), error);
        let ec2 = |command| {
            let command = ShellCommand::new("aws").word("ec2").word(command);
            Hint::run(command.option("--instance-ids", id.as_str()))
        };
        match fault {
            SshFault::State(InstanceState::Stopped) => {
                failure.hint(ec2("start-instances").text(" to start it"))
            }
            SshFault::State(InstanceState::Pending) => {
                let command = ShellCommand::new("aws").word("ec2").word("wait");
                let command = command.word("instance-running");
                failure.hint(
                    Hint::run(command.option("--instance-ids", id.as_str()))
                        .text(" to wait for it"),
                )
            }
            SshFault::NoAddress(Some(_)) => failure.hint("pass another `--address`, or omit it"),
            SshFault::State(_) | SshFault::Windows | SshFault::NoAddress(None) => failure,
        }
    }
}
