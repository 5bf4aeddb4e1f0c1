//! Dry runs.
//!
//! EC2 responds to a dry run with an error: `DryRunOperation` if the request would have succeeded.
//! A server that responds with success has executed the request.

use std::error::Error;

use aws_sdk_ec2::error::ProvideErrorMetadata;

use super::Ec2Registry;
use super::connection::{Connection, SdkResult};
use super::failure::{is_dry_run, query_error};
use super::key_pairs::{create, describe, import, name_and_id};
use crate::registry::{DryRunChange, KeyName, Reference, Registry, RegistryError, Request};

impl Ec2Registry {
    /// See [`Registry::dry_run`].
    pub(super) fn send_dry_run(&mut self, request: Request<'_>) -> Result<(), RegistryError> {
        // EC2's dry run checks permissions only. The name needs a separate request.
        match request {
            Request::Generate(wanted) => self.check_available(&wanted.name)?,
            Request::Register(registration) => self.check_available(&registration.name)?,
            Request::DeleteAll(_) | Request::Describe(_) | Request::Tag(..) => {}
        }
        if let Request::Tag(ids, change) = request {
            return self.send_tags_dry_run(ids, change);
        }
        let connection = self.connection()?;
        match request {
            Request::Tag(..) => Ok(()),
            Request::Describe(selection) => {
                let response =
                    connection.ask(describe(connection, selection).dry_run(true).send())?;
                // A server that ignored the dry run has changed nothing here.
                success(response, connection).map(|_| ())
            }
            Request::Generate(wanted) => {
                let response = connection.ask(create(connection, wanted).dry_run(true).send())?;
                let change = success(response, connection)?;
                ensure_unchanged(change.map(|_| DryRunChange::Created(wanted.name.clone())))
            }
            Request::Register(registration) => {
                let response =
                    connection.ask(import(connection, registration).dry_run(true).send())?;
                let change = success(response, connection)?;
                ensure_unchanged(
                    change.map(|_| DryRunChange::Registered(registration.name.clone())),
                )
            }
            Request::DeleteAll(references) => {
                // This detects a server that ignores dry runs before it deletes a pair.
                let nobody = Reference::Name(KeyName::registered(PROBE));
                if delete(connection, &nobody).is_ok_and(|is_deleted| is_deleted) {
                    return Err(RegistryError::DryRunIgnored { change: None });
                }
                for reference in references {
                    let is_deleted = delete(connection, reference)?;
                    ensure_unchanged(is_deleted.then(|| DryRunChange::Deleted(reference.clone())))?;
                }
                Ok(())
            }
        }
    }
}

/// Sends the dry run of a deletion. Returns whether the server reports a deletion.
fn delete(connection: &Connection, reference: &Reference) -> Result<bool, RegistryError> {
    let (name, id) = name_and_id(reference);
    let request = connection.ec2.delete_key_pair().set_key_name(name).set_key_pair_id(id);
    let response = connection.ask(request.dry_run(true).send())?;
    Ok(success(response, connection)?.is_some())
}

/// Returns the response of a server that executed a dry run.
pub(super) fn success<T, E>(
    response: SdkResult<T, E>,
    connection: &Connection,
) -> Result<Option<T>, RegistryError>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match response {
        Ok(response) => Ok(Some(response)),
        Err(error) if is_dry_run(&error) => Ok(None),
        Err(error) => Err(query_error(&error, connection)),
    }
}

fn ensure_unchanged(change: Option<DryRunChange>) -> Result<(), RegistryError> {
    match change {
        Some(change) => Err(RegistryError::DryRunIgnored { change: Some(change) }),
        None => Ok(()),
    }
}

/// A name without a pair. In EC2 its deletion succeeds and changes nothing.
const PROBE: &str = "keypair: does this server support dry runs?";
