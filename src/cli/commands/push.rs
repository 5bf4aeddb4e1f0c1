//! `push` and `send-ssh-public-key`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Hint, Operation};
use crate::cli::input;
use crate::cli::input::passphrase::Openers;
use crate::cli::options::{CliInputArgs, PassphraseArgs};
use crate::cli::output::Value;
use crate::cli::shell::ShellCommand;
use crate::format;
use crate::operations::OperationError;
use crate::operations::fingerprint::FingerprintRequest;
use crate::operations::push::{PushRequest, Pushed, push};
use crate::registry::{
    InstanceReference, OsUser, PUSHED_KEY_SECONDS, SendOutcome, SentKey, too_short,
};

/// `push`.
#[derive(Args, Debug)]
pub struct PushArgs {
    /// ID of the instance, or its Name tag
    #[arg(value_name = "INSTANCE")]
    instance: String,
    /// File with a public or private key in any format; - reads stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// User of the instance that the key may log in as
    #[arg(long, alias = "instance-os-user", value_name = "USER")]
    #[arg(allow_hyphen_values = true)]
    os_user: String,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// `send-ssh-public-key`.
#[derive(Args, Debug)]
pub struct SendSshPublicKeyArgs {
    /// ID of the instance
    #[arg(long, value_name = "ID")]
    instance_id: String,
    /// User of the instance that the key may log in as
    #[arg(long, value_name = "USER")]
    instance_os_user: String,
    /// Public key in the format of OpenSSH, or file://PATH
    #[arg(long, value_name = "KEY")]
    ssh_public_key: String,
    /// Availability zone of the instance
    #[arg(long, value_name = "ZONE")]
    availability_zone: Option<String>,
    #[command(flatten)]
    cli_input: CliInputArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair push i-0123456789abcdef0 ~/.ssh/id_ed25519.pub --os-user ec2-user
  keypair push web team.ppk --os-user ubuntu            only the public half is used

For 60 seconds, the instance accepts the key for a new connection of this user. A session stays open
after that. The instance must have the package ec2-instance-connect.";

impl PushArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let request = self.request(context)?;
        let mut registry = context.instance_registry()?;
        let pushed = context.while_waiting(|| push(&request, &mut *registry));
        let pushed = pushed.map_err(|error| Failure::from(error).during(OPERATION))?;
        context.note_undone(&request.origin, &pushed.undone);
        if pushed.source.is_private() {
            context.terminal.note("the file is a private key; only its public half was used");
        }
        if let Some(flaw) = &pushed.flaw {
            context.warn_of_flaw(&request.origin, flaw);
        }
        let response = response(&pushed, &request.user);
        context.respond(&response, "Push").map_err(OperationError::OutputAfterChange)?;
        Ok(ExitStatus::Success)
    }

    fn request(self, context: &mut Context) -> Result<PushRequest, Failure> {
        let Self { instance, file, os_user, passphrase } = self;
        let instance = InstanceReference::new(&instance)?;
        let user = OsUser::new(&os_user)?;
        input::check_stdin([Some(&file), passphrase.passphrase_file.as_ref()])?;
        let openers = Openers::read(&passphrase, &mut context.environment, context.terminal)?;
        let FingerprintRequest { origin, material, passphrase } = openers.key(&file)?;
        Ok(PushRequest { instance, user, origin, material, passphrase })
    }
}

const OPERATION: Operation = Operation::SendSshPublicKey;

fn response(pushed: &Pushed, user: &OsUser) -> Value {
    let Pushed { instance, sha256, request_id, source: _, flaw: _, undone: _ } = pushed;
    let mut members = vec![
        ("InstanceId", instance.as_str().into()),
        ("InstanceOSUser", user.as_str().into()),
        ("SHA256", sha256.as_str().into()),
        ("ValidForSeconds", i64::from(PUSHED_KEY_SECONDS).into()),
    ];
    members.extend(request_id.as_deref().map(|id| ("RequestId", id.into())));
    Value::object(members)
}

impl SendSshPublicKeyArgs {
    /// Checks only the lengths, as the AWS CLI does, and that no private key leaves the machine.
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { instance_id, instance_os_user, ssh_public_key, availability_zone, cli_input: _ } =
            self;
        let text = |option, value: &str| input::text(option, value, &context.environment);
        let instance = text("--instance-id", &instance_id)?;
        let user = text("--instance-os-user", &instance_os_user)?;
        let public_key = text("--ssh-public-key", &ssh_public_key)?;
        let is_private = format::is_private(public_key.as_bytes())
            || format::embeds_private_key(public_key.as_bytes());
        if is_private {
            let push = ShellCommand::keypair("push").word("INSTANCE").word("FILE");
            return Err(Failure::usage("cannot send --ssh-public-key: it contains a private key")
                .hint(Hint::run(push).text(" to send the public half of a file")));
        }
        let zone = availability_zone.map(|zone| text("--availability-zone", &zone)).transpose()?;
        let lengths = [
            ("InstanceId", Some(&instance), 10),
            ("InstanceOSUser", Some(&user), 1),
            ("SSHPublicKey", Some(&public_key), 80),
            ("AvailabilityZone", zone.as_ref(), 6),
        ];
        check_lengths(&lengths)?;
        let key = SentKey {
            instance: &instance,
            user: &user,
            public_key: &public_key,
            zone: zone.as_deref(),
        };
        let mut registry = context.instance_registry()?;
        let sent = context.while_waiting(|| registry.send_public_key(&key));
        let sent = sent.map_err(OperationError::from);
        let sent = sent.map_err(|error| Failure::from(error).during(OPERATION))?;
        let SendOutcome { request_id, is_success } = sent;
        let id = request_id.as_deref().map(|id| ("RequestId", id.into()));
        let response = Value::object(id.into_iter().chain([("Success", is_success.into())]));
        let written = context.respond(&response, OPERATION.name());
        written.map_err(OperationError::OutputAfterChange)?;
        Ok(ExitStatus::Success)
    }
}

fn check_lengths(members: &[(&str, Option<&String>, usize)]) -> Result<(), Failure> {
    let faults = members.iter().filter_map(|(name, value, minimum)| {
        too_short(name, value.as_ref()?.chars().count(), *minimum)
    });
    let faults: Vec<_> = faults.collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Failure::usage(format!("Parameter validation failed: {}", faults.join("; ")))),
    }
}
