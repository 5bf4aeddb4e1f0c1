//! Changes the tags of pairs.

use std::time::Duration;

use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::operation::create_tags::builders::CreateTagsFluentBuilder;
use aws_sdk_ec2::operation::delete_tags::builders::DeleteTagsFluentBuilder;
use aws_sdk_ec2::types;

use super::Ec2Registry;
use super::connection::{Connection, SdkResult};
use super::failure::{change_error, is_dry_run, query_error};
use crate::interrupt;
use crate::registry::{DryRunChange, KeyPairId, RegistryError, Tag, TagChange, TagSelector};

impl Ec2Registry {
    pub(super) fn send_tags(
        &mut self,
        ids: &[KeyPairId],
        change: &TagChange,
    ) -> Result<(), RegistryError> {
        let connection = self.connection()?;
        // The request may be carried out although nobody waits for the response.
        let _guard = interrupt::defer_signals_once();
        match TagsRequest::of(connection, ids, change) {
            TagsRequest::Create(request) => {
                made(connection.change(request.send(), GRACE)?, connection)
            }
            TagsRequest::Delete(request) => {
                made(connection.change(request.send(), GRACE)?, connection)
            }
        }
    }

    pub(super) fn send_tags_dry_run(
        &mut self,
        ids: &[KeyPairId],
        change: &TagChange,
    ) -> Result<(), RegistryError> {
        let connection = self.connection()?;
        let is_executed = match TagsRequest::of(connection, ids, change) {
            TagsRequest::Create(request) => {
                is_executed(connection.ask(request.dry_run(true).send())?, connection)?
            }
            TagsRequest::Delete(request) => {
                is_executed(connection.ask(request.dry_run(true).send())?, connection)?
            }
        };
        match is_executed {
            true => Err(RegistryError::DryRunIgnored {
                change: Some(DryRunChange::Tagged(ids.to_vec())),
            }),
            false => Ok(()),
        }
    }
}

/// After an interrupt, how long to wait for the result.
const GRACE: Duration = Duration::from_secs(2);

enum TagsRequest {
    Create(CreateTagsFluentBuilder),
    Delete(DeleteTagsFluentBuilder),
}

impl TagsRequest {
    fn of(connection: &Connection, ids: &[KeyPairId], change: &TagChange) -> Self {
        let ids = Some(ids.iter().map(ToString::to_string).collect());
        let delete = || connection.ec2.delete_tags().set_resources(ids.clone());
        match change {
            TagChange::Set(tags) => {
                let tags = tags.as_slice().iter().map(tag).collect();
                let request = connection.ec2.create_tags().set_resources(ids);
                Self::Create(request.set_tags(Some(tags)))
            }
            TagChange::Delete(selectors) => {
                let selectors = selectors.iter().map(selector).collect();
                Self::Delete(delete().set_tags(Some(selectors)))
            }
            TagChange::DeleteAll => Self::Delete(delete()),
        }
    }
}

fn tag(tag: &Tag) -> types::Tag {
    types::Tag::builder().key(tag.key()).value(tag.value()).build()
}

fn selector(selector: &TagSelector) -> types::Tag {
    let value = selector.value().map(str::to_owned);
    types::Tag::builder().key(selector.key()).set_value(value).build()
}

/// Returns the outcome of a change. After an interrupt there is no response.
fn made<T, E>(
    response: Option<SdkResult<T, E>>,
    connection: &Connection,
) -> Result<(), RegistryError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match response {
        Some(response) => response.map(|_| ()).map_err(|error| change_error(&error, connection)),
        None => Err(RegistryError::OutcomeUnknown("interrupted".into())),
    }
}

fn is_executed<T, E>(
    response: SdkResult<T, E>,
    connection: &Connection,
) -> Result<bool, RegistryError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match response {
        Ok(_) => Ok(true),
        Err(error) if is_dry_run(&error) => Ok(false),
        Err(error) => Err(query_error(&error, connection)),
    }
}
