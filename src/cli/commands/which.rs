//! `which`.

use clap::Args;

use super::connect::unknown_user;
use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure};
use crate::cli::input;
use crate::cli::options::KeySearchArgs;
use crate::cli::output::Value;
use crate::cli::response;
use crate::operations::OperationError;
use crate::operations::which::{Which, WhichRequest, which};
use crate::registry::InstanceReference;

/// `which`.
#[derive(Args, Debug)]
pub struct WhichArgs {
    /// ID of the instance, or its Name tag
    #[arg(value_name = "INSTANCE")]
    instance: String,
    #[command(flatten)]
    keys: KeySearchArgs,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  keypair which web --region eu-west-1
  ssh -i \"$(keypair which web --query 'PrivateKeyFiles[0]' --output text)\" ec2-user@web

Compares public keys and decrypts nothing. The exit status is 5 if no private key file matches.";

impl WhichArgs {
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        let Self { instance, keys } = self;
        let request = WhichRequest {
            instance: InstanceReference::new(&instance)?,
            keys: input::key_search(keys, &context.environment),
        };
        let mut registry = context.instance_registry()?;
        let found = context.while_waiting(|| which(&request, &mut *registry))?;
        for fault in found.faults.iter().chain(&found.image_fault) {
            context.terminal.warn(Failure::from(fault).sentence());
        }
        if found.user_names.is_empty() && found.image_fault.is_none() {
            context.terminal.note(unknown_user(&found.instance.id));
            context.terminal.hint("try ec2-user, ubuntu, admin, centos, fedora or bitnami");
        }
        for path in &found.hidden {
            let path = path.display();
            context
                .terminal
                .note(format_args!("cannot compare {path}: it is encrypted completely"));
        }
        context.respond(&response(&found), "Which").map_err(OperationError::Output)?;
        match found.files.is_empty() {
            true => Err(Failure::of_unknown_key(&found.launch_key, &request.keys.paths)),
            false => Ok(ExitStatus::Success),
        }
    }
}

fn response(found: &Which) -> Value {
    let Which { instance, launch_key, files, hidden: _, faults: _, user_names, image_fault: _ } =
        found;
    let mut members = vec![("InstanceId", instance.id.as_str().into())];
    members.extend(instance.name.as_deref().map(|name| ("Name", name.into())));
    members.extend(launch_key.name().map(|name| ("KeyName", name.as_str().into())));
    members.extend([
        ("PrivateKeyFiles", Value::list(files.iter().map(|path| response::path(path)))),
        ("UserNames", Value::list(user_names.iter().copied())),
    ]);
    Value::object(members)
}
