//! `known-hosts`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::connect::AddressArg;
use super::deadline::{Deadline, span_of};
use super::ssh_config::ssh_file;
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure};
use crate::cli::output::Value;
use crate::cli::output_file::warn_of_old_versions;
use crate::format::HostKey;
use crate::operations::OperationError;
use crate::operations::known_hosts::{KnownHost, append, known_host};
use crate::registry::InstanceReference;

/// `known-hosts`.
#[derive(Args, Debug)]
pub struct KnownHostsArgs {
    /// IDs of the instances, or their Name tags
    #[arg(value_name = "INSTANCE", required = true)]
    instances: Vec<String>,
    /// Wait for the host keys of a new instance [=SPAN: 90s, 15m, 1h] [default span: 15m]
    #[arg(long, value_name = "SPAN", num_args = 0..=1, require_equals = true)]
    wait: Option<Option<String>>,
    /// Names of the lines, after the ID [default: the public ones and IPv6, else the private ones]
    #[arg(long, value_name = "KIND", value_enum)]
    address: Option<AddressArg>,
    /// Add the lines to a file instead of printing them [=PATH] [default path: ~/.ssh/known_hosts]
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true)]
    append: Option<Option<PathBuf>>,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair known-hosts web --wait --append && ssh -o StrictHostKeyChecking=yes ec2-user@web.example
  keypair known-hosts i-0123456789abcdef0 >> ~/.ssh/known_hosts

The keys come from the console output, where cloud-init prints them at the first start. They are proof
against the network, not against users of the host, who can write to its console.
The exit status is 1 if there are no host keys, or none yet.";

impl KnownHostsArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { instances, wait, address, append: to_file } = self;
        let references = instances.iter().map(|text| InstanceReference::new(text));
        let references = references.collect::<Result<Vec<_>, _>>()?;
        let wait = wait.map(|span| span_of(span.as_deref())).transpose()?;
        let to_file = to_file.map(|path| ssh_file(path, "known_hosts", context)).transpose()?;
        let mut registry = context.instance_registry()?;
        let mut hosts = Vec::new();
        for reference in &references {
            let mut find = || known_host(reference, address.map(AddressArg::kind), &mut *registry);
            hosts.push(found(&mut find, wait.unwrap_or_default(), context)?);
        }
        if let Some(file) = &to_file {
            let (path, appended) = (&file.path, append(file, &hosts)?);
            warn_of_old_versions(&appended.recovered, context.terminal);
            if let Some((line, name)) = appended.conflicts.first() {
                return Err(Failure::of_known_host(path, *line, name));
            }
            let lines = match appended.added {
                1 => "one line".to_owned(),
                count => format!("{count} lines"),
            };
            context.terminal.note(format_args!("added {lines} to {}", path.display()));
        }
        let printed = if context.settings.wants_data {
            context.respond(&response(&hosts), "KnownHosts")
        } else if to_file.is_none() {
            let lines = hosts.iter().flat_map(KnownHost::lines);
            let lines: String = lines.map(|line| line + "\n").collect();
            context.terminal.print(lines.as_bytes())
        } else {
            Ok(())
        };
        printed.map_err(OperationError::Output)?;
        Ok(ExitStatus::Success)
    }
}

/// Returns an instance with host keys, after waiting for them if necessary.
fn found(
    find: &mut dyn FnMut() -> Result<KnownHost, OperationError>,
    wait: Duration,
    context: &Context,
) -> Result<KnownHost, Failure> {
    let deadline = Deadline::after(wait);
    let host = context.while_waiting(&mut *find)?;
    let Err(mut fault) = host.keys else { return Ok(host) };
    let failure = |fault| Failure::of_host_keys(&host.instance, fault);
    if wait.is_zero() || host.instance.is_windows || host.instance.state.is_final() {
        return Err(failure(fault));
    }
    let label = format!(
        "waiting for the host keys of {}; they usually take 1 to 5 minutes",
        host.instance.id
    );
    context.terminal.note(&label);
    let _shown = context.terminal.working(&label);
    while deadline.pause() {
        let host = find()?;
        match host.keys {
            Ok(_) => return Ok(host),
            Err(latest) => fault = latest,
        }
    }
    Err(failure(fault))
}

fn response(hosts: &[KnownHost]) -> Value {
    let key = |key: &HostKey| {
        Value::object([("KeyType", key.type_name().into()), ("PublicKey", key.line().into())])
    };
    let host = |host: &KnownHost| {
        Value::object([
            ("InstanceId", host.instance.id.as_str().into()),
            ("Names", Value::list(host.names())),
            ("HostKeys", Value::list(host.keys.iter().flatten().map(key))),
        ])
    };
    Value::object([("KnownHosts", Value::list(hosts.iter().map(host)))])
}
