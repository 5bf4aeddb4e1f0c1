//! The operations on key pairs.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use aws_sdk_ec2::config::Config;
use aws_sdk_ec2::operation::create_key_pair::builders::CreateKeyPairFluentBuilder;
use aws_sdk_ec2::operation::describe_key_pairs::builders::DescribeKeyPairsFluentBuilder;
use aws_sdk_ec2::operation::import_key_pair::builders::ImportKeyPairFluentBuilder;
use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types::KeyFormat;

use super::connection::Connection;
use super::failure::{change_error, query_error, unknown};
use super::retry::WhenThrottled;
use super::{Ec2Registry, model, response};
use crate::registry::{
    DeleteOutcome, GenerateRequest, Generated, KeyName, KeyPair, KeyPairId, KeyUser, Location,
    MaterialFormat, NamesInUse, OnPage, OnRegistered, Origin, ParameterStore, PublicLine,
    Reference, Registered, Registration, Registry, RegistryError, Request, Selection, TagChange,
};
use crate::secret::Secret;

/// A generated private key is in one response only, so an interrupted user waits this long for it.
const PRIVATE_KEY_GRACE: Duration = Duration::from_secs(5);

/// After an interrupt, how long to wait for the result of a deletion.
pub(super) const DELETION_GRACE: Duration = Duration::from_secs(2);

impl Ec2Registry {
    pub(super) fn connection(&mut self) -> Result<&Connection, RegistryError> {
        if self.connection.is_none() {
            self.connection = Some(self.connect()?);
        }
        self.connection.as_ref().ok_or(RegistryError::NoRegion)
    }

    /// Returns all pairs with their public keys, with a time limit.
    pub fn pairs_within(&mut self, patience: Duration) -> Result<Vec<KeyPair>, RegistryError> {
        let connection = self.connection()?;
        let selection = Selection { include_public_key: true, ..Selection::default() };
        let response = connection.ask_within(describe(connection, &selection).send(), patience)?;
        let response = response.ok_or_else(|| {
            let seconds = patience.as_secs();
            RegistryError::Unreachable(format!("no response within {seconds} seconds").into())
        })?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        model::key_pairs(response.key_pairs())
    }
}

impl Registry for Ec2Registry {
    fn check_available(&mut self, name: &KeyName) -> Result<(), RegistryError> {
        let selection = Selection { names: vec![name.clone()], ..Selection::default() };
        match self.describe(&selection) {
            Ok(pairs) if pairs.iter().any(|pair| pair.name == *name) => {
                Err(RegistryError::Duplicate { name: name.clone() })
            }
            // A user with permission to import may lack permission to describe.
            Ok(_) | Err(RegistryError::Refused { .. } | RegistryError::NamesNotFound { .. }) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Sends one request: its response contains all pairs of a region, at most 5,000.
    fn check_all_available(&mut self, names: &[KeyName]) -> Result<(), RegistryError> {
        let taken: HashSet<KeyName> = match self.known_names() {
            Ok(taken) => taken.into_iter().collect(),
            // A user with permission to import may lack permission to describe.
            Err(RegistryError::Refused { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        match names.iter().find(|name| taken.contains(name)) {
            Some(name) => Err(RegistryError::Duplicate { name: name.clone() }),
            None => Ok(()),
        }
    }

    fn dry_run(&mut self, request: Request<'_>) -> Result<(), RegistryError> {
        self.send_dry_run(request)
    }

    fn register(
        &mut self,
        registration: &Registration,
        on_registered: OnRegistered<'_>,
    ) -> Result<Registered, RegistryError> {
        let connection = self.connection()?;
        let (retries, start) = (WhenThrottled::default(), SystemTime::now());
        let request = import(connection, registration)
            .customize()
            .config_override(Config::builder().retry_classifier(retries.clone()));
        connection.imports.wait();
        let response = match connection.change(request.send(), Duration::ZERO)? {
            Some(response) => response.map_err(|error| change_error(&error, connection)),
            None => return Err(RegistryError::OutcomeUnknown("interrupted".into())),
        };
        if retries.has_repeated() {
            connection.imports.throttled();
        }
        let name = &registration.name;
        let (mut pair, is_confirmed) = match response {
            Ok(response) => {
                let mut pair = KeyPair {
                    id: response::id_of_new(name, response.key_name(), response.key_pair_id())?,
                    public_key: Some(PublicLine::named(&registration.public_key, name)),
                    name: name.clone(),
                    key_type: Some(registration.key_type),
                    fingerprint: response.key_fingerprint().unwrap_or_default().to_owned(),
                    created: None,
                    tags: model::tags(response.tags()),
                    location: None,
                };
                let is_confirmed = self.confirm(registration, &mut pair)?;
                (pair, is_confirmed)
            }
            // A proxy may have sent the request twice.
            Err(error)
                if error.is_duplicate()
                    && (retries.has_repeated() || registration.origin == Origin::Created) =>
            {
                let is_repeated = retries.has_repeated();
                (self.registered_before(registration, error, is_repeated, start)?, true)
            }
            Err(error) => return Err(error),
        };
        self.reread_tags(&mut pair, &registration.tags);
        self.check_expiry(&pair, &registration.tags)?;
        let registered = Registered::new(pair, is_confirmed);
        if let Err(source) = on_registered(&registered) {
            // A pair that may still be registered keeps its private key.
            self.rollback(&registered.pair).map_err(unknown)?;
            return Err(RegistryError::CallbackFailed(source));
        }
        Ok(registered)
    }

    fn generate(&mut self, wanted: &GenerateRequest) -> Result<Generated, RegistryError> {
        let connection = self.connection()?;
        let (retries, start) = (WhenThrottled::default(), SystemTime::now());
        let request = create(connection, wanted)
            .customize()
            .config_override(Config::builder().retry_classifier(retries.clone()));
        let response = match connection.change(request.send(), PRIVATE_KEY_GRACE)? {
            Some(response) => response.map_err(|error| change_error(&error, connection)),
            None => return Err(RegistryError::OutcomeUnknown("interrupted".into())),
        };
        let mut response = match response {
            Err(error) if error.is_duplicate() && retries.has_repeated() => {
                return Err(self.unless_older(&wanted.name, error, start));
            }
            response => response?,
        };
        // The SDK's buffers cannot be wiped, but this copy is.
        let material = Secret::from(response.key_material.take().unwrap_or_default().into_bytes());
        let mut pair = KeyPair {
            id: response::id_of_new(&wanted.name, response.key_name(), response.key_pair_id())?,
            name: wanted.name.clone(),
            key_type: Some(wanted.key_type),
            fingerprint: response.key_fingerprint().unwrap_or_default().to_owned(),
            public_key: None,
            created: None,
            tags: model::tags(response.tags()),
            location: None,
        };
        self.reread_tags(&mut pair, &wanted.tags);
        Ok(Generated { pair, material })
    }

    fn confirm_id(&mut self, pair: KeyPair) -> Result<KeyPair, RegistryError> {
        self.with_listed_id(pair)
    }

    fn delete_exact(&mut self, pair: &KeyPair) -> Result<(), RegistryError> {
        self.delete(pair)
    }

    fn rollback(&mut self, pair: &KeyPair) -> Result<(), RegistryError> {
        self.delete_new(pair)
    }

    /// Sends one request: its response contains all pairs.
    fn describe_pages(
        &mut self,
        selection: &Selection,
        on_page: OnPage<'_>,
    ) -> Result<(), RegistryError> {
        let connection = self.connection()?;
        let response = connection.ask(describe(connection, selection).send())?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        let pairs = model::key_pairs(response.key_pairs())?;
        drop(response);
        let pairs = model::only_selected(pairs, selection)?;
        on_page(pairs).map_err(RegistryError::CallbackFailed)
    }

    /// Returns all pairs: a server may refuse or ignore a filter, or match nothing with it.
    fn describe_at_least(&mut self, _: &Selection) -> Result<Vec<KeyPair>, RegistryError> {
        self.describe(&Selection::default())
    }

    fn known_names(&mut self) -> Result<Vec<KeyName>, RegistryError> {
        let pairs = self.describe(&Selection::default())?;
        Ok(pairs.into_iter().map(|pair| pair.name).collect())
    }

    fn region(&self) -> Option<String> {
        self.connection.as_ref().and_then(Connection::region)
    }

    fn find_by_key(
        &mut self,
        public_key: &str,
        fingerprints: &[String],
    ) -> Result<Vec<KeyPair>, RegistryError> {
        let selection = Selection { include_public_key: true, ..Selection::default() };
        let mut pairs = self.describe(&selection)?;
        pairs.retain(|pair| match &pair.public_key {
            Some(line) => line.is_of(public_key),
            None => fingerprints.contains(&pair.fingerprint),
        });
        Ok(pairs)
    }

    fn delete_all(&mut self, references: &[Reference]) -> Result<Vec<KeyPair>, RegistryError> {
        let found = self.describe(&Selection::of(references))?;
        self.delete_found(references, &found)
    }

    fn delete_key_pair(
        &mut self,
        reference: &Reference,
    ) -> Result<Option<KeyPairId>, RegistryError> {
        match reference {
            Reference::Id(id) => self.delete_by_id(id),
            Reference::Name(_) => self.delete_once(reference),
        }
    }

    fn delete_if(
        &mut self,
        ids: &[KeyPairId],
        is_due: &dyn Fn(&KeyPair) -> bool,
    ) -> Result<Vec<Result<DeleteOutcome, RegistryError>>, RegistryError> {
        Ok(ids.iter().map(|id| self.delete_if_due(id, is_due)).collect())
    }

    fn change_tags(&mut self, ids: &[KeyPairId], change: &TagChange) -> Result<(), RegistryError> {
        self.send_tags(ids, change)
    }

    fn parameter_store(&mut self) -> Result<&mut dyn ParameterStore, RegistryError> {
        Ok(self)
    }

    fn names_in_use(
        &mut self,
        by: KeyUser,
        _: Option<&Location>,
    ) -> Result<NamesInUse, RegistryError> {
        match by {
            KeyUser::Instances => {
                let names = self.names_in_instances()?;
                Ok(NamesInUse { names, unchecked: None })
            }
            KeyUser::LaunchTemplates => self.names_in_launch_templates(),
        }
    }
}

pub(super) fn describe(
    connection: &Connection,
    selection: &Selection,
) -> DescribeKeyPairsFluentBuilder {
    let Selection { names, ids, filters, include_public_key } = selection;
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    connection
        .ec2
        .describe_key_pairs()
        .set_key_names(Some(names).filter(|names| !names.is_empty()))
        .set_key_pair_ids(Some(ids).filter(|ids| !ids.is_empty()))
        .set_filters(model::filters(filters))
        .set_include_public_key(include_public_key.then_some(true))
}

pub(super) fn create(
    connection: &Connection,
    wanted: &GenerateRequest,
) -> CreateKeyPairFluentBuilder {
    let GenerateRequest { name, key_type, names_type, format, tags } = wanted;
    connection
        .ec2
        .create_key_pair()
        .key_name(name.as_str())
        .set_key_type(names_type.then(|| model::type_of(*key_type)))
        .key_format(match format {
            MaterialFormat::Pem => KeyFormat::Pem,
            MaterialFormat::Ppk => KeyFormat::Ppk,
        })
        .set_tag_specifications(model::tag_specifications(tags))
}

pub(super) fn import(
    connection: &Connection,
    registration: &Registration,
) -> ImportKeyPairFluentBuilder {
    connection
        .ec2
        .import_key_pair()
        .key_name(registration.name.as_str())
        .public_key_material(Blob::new(public_line(registration)))
        .set_tag_specifications(model::tag_specifications(&registration.tags))
}

fn public_line(registration: &Registration) -> Vec<u8> {
    let key = registration.public_key.as_bytes();
    match &registration.comment {
        Some(comment) => [key, comment].join(&b' '),
        None => key.to_vec(),
    }
}

/// Returns a name or an ID as the two members of a request.
pub(super) fn name_and_id(reference: &Reference) -> (Option<String>, Option<String>) {
    match reference {
        Reference::Id(id) => (None, Some(id.as_str().to_owned())),
        Reference::Name(name) => (Some(name.as_str().to_owned()), None),
    }
}
