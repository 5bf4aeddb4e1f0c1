//! Finds the key pairs that instances and launch templates use.

use std::collections::{BTreeSet, HashSet};

use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::operation::describe_launch_template_versions::DescribeLaunchTemplateVersionsOutput;
use aws_sdk_ec2::operation::describe_launch_template_versions::builders::DescribeLaunchTemplateVersionsFluentBuilder;
use aws_sdk_ec2::operation::describe_launch_templates::DescribeLaunchTemplatesOutput;
use aws_sdk_ec2::types::{InstanceStateName, LaunchTemplateVersion};

use super::Ec2Registry;
use super::connection::Connection;
use super::pages::{Budget, ListError, id};
use crate::registry::{KeyName, NamesInUse, RegistryError};

impl Ec2Registry {
    /// Returns the names of the key pairs of instances. A stopped instance may be started again; a
    /// terminated one may not.
    pub(super) fn names_in_instances(&mut self) -> Result<HashSet<KeyName>, RegistryError> {
        let connection = self.connection()?;
        let request = connection.ec2.describe_instances().max_results(INSTANCES);
        let mut pages = request.into_paginator().stop_on_duplicate_token(false).send();
        let next = async || pages.try_next().await;
        let mut names = HashSet::new();
        let token = DescribeInstancesOutput::next_token;
        Budget::new().read(connection, next, token, |budget, page| {
            let missing = ListError::Missing("the list of reservations");
            for reservation in page.reservations.as_ref().ok_or(missing)? {
                let missing = ListError::Missing("the list of instances of a reservation");
                for instance in reservation.instances.as_ref().ok_or(missing)? {
                    budget.item()?;
                    id(instance.instance_id(), "the ID of an instance")?;
                    let state = instance.state().and_then(|state| state.name());
                    if state != Some(&InstanceStateName::Terminated) {
                        keep(instance.key_name(), &mut names, budget)?;
                    }
                }
            }
            Ok(())
        })?;
        Ok(names)
    }

    /// Returns the names of the key pairs in the latest and default versions of launch templates.
    /// EC2 returns these for all templates at once; other versions would take a request per
    /// template.
    ///
    /// Some servers require the ID of a template or omit some. For each template with a missing
    /// version, this sends another request.
    pub(super) fn names_in_launch_templates(&mut self) -> Result<NamesInUse, RegistryError> {
        let connection = self.connection()?;
        let mut budget = Budget::new();
        let mut list = VersionList::default();
        let request = connection.ec2.describe_launch_template_versions().max_results(VERSIONS);
        let refusal = match list.read(&mut budget, connection, request) {
            Ok(()) => None,
            Err(error) if needs_template_ids(&error) => Some(error),
            Err(error) => return Err(error),
        };
        let (wanted, unchecked) = match (versions(&mut budget, connection), refusal) {
            (Ok(wanted), _) => (wanted, None),
            (Err(_), Some(refusal)) => return Err(refusal),
            // EC2 omits no templates, and may deny permission to list them.
            (Err(error), None) if is_denied_or_unsupported(&error) => {
                (BTreeSet::new(), Some(error))
            }
            (Err(error), None) => return Err(error),
        };
        let missing: Vec<_> = wanted.difference(&list.versions).cloned().collect();
        for same in missing.chunk_by(|one, other| one.template == other.template) {
            let template = same.first().map(|version| version.template.as_str());
            let request = connection.ec2.describe_launch_template_versions();
            let request = request.set_launch_template_id(template.map(str::to_owned));
            list.read(&mut budget, connection, request)?;
            if let Some(missing) = same.iter().find(|version| !list.versions.contains(version)) {
                let Version { template, number } = missing.clone();
                return Err(ListError::MissingVersion { template, number }.into());
            }
        }
        Ok(NamesInUse { names: list.names, unchecked })
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    /// The ID of the template.
    template: String,
    number: i64,
}

/// The versions that were read, and their key names.
#[derive(Default)]
struct VersionList {
    versions: BTreeSet<Version>,
    names: HashSet<KeyName>,
}

impl VersionList {
    /// Reads the latest and default versions.
    fn read(
        &mut self,
        budget: &mut Budget,
        connection: &Connection,
        request: DescribeLaunchTemplateVersionsFluentBuilder,
    ) -> Result<(), RegistryError> {
        let request = request.versions("$Latest").versions("$Default");
        let mut pages = request.into_paginator().stop_on_duplicate_token(false).send();
        let next = async || pages.try_next().await;
        let token = DescribeLaunchTemplateVersionsOutput::next_token;
        budget.read(connection, next, token, |budget, page| {
            page.launch_template_versions().iter().try_for_each(|found| self.add(budget, found))
        })
    }

    fn add(&mut self, budget: &mut Budget, found: &LaunchTemplateVersion) -> Result<(), ListError> {
        let missing = "the ID of a launch template version";
        let template = id(found.launch_template_id(), missing)?;
        add(template, found.version_number(), &mut self.versions, budget)?;
        let missing = ListError::Missing("the data of a launch template version");
        let data = found.launch_template_data().ok_or(missing)?;
        keep(data.key_name(), &mut self.names, budget)
    }
}

/// Returns the latest and default versions of all launch templates.
fn versions(
    budget: &mut Budget,
    connection: &Connection,
) -> Result<BTreeSet<Version>, RegistryError> {
    let request = connection.ec2.describe_launch_templates().max_results(TEMPLATES);
    let mut pages = request.into_paginator().stop_on_duplicate_token(false).send();
    let next = async || pages.try_next().await;
    let mut versions = BTreeSet::new();
    let token = DescribeLaunchTemplatesOutput::next_token;
    budget.read(connection, next, token, |budget, page| {
        let missing = ListError::Missing("the list of launch templates");
        for found in page.launch_templates.as_ref().ok_or(missing)? {
            for number in [found.default_version_number(), found.latest_version_number()] {
                let template = id(found.launch_template_id(), "the ID of a launch template")?;
                add(template, number, &mut versions, budget)?;
            }
        }
        Ok(())
    })?;
    Ok(versions)
}

fn add(
    template: String,
    number: Option<i64>,
    versions: &mut BTreeSet<Version>,
    budget: &mut Budget,
) -> Result<(), ListError> {
    let number = number.ok_or(ListError::Missing("the number of a launch template version"))?;
    budget.item()?;
    budget.keep(&template)?;
    versions.insert(Version { template, number });
    Ok(())
}

fn keep(
    name: Option<&str>,
    names: &mut HashSet<KeyName>,
    budget: &mut Budget,
) -> Result<(), ListError> {
    match name {
        Some(name) if names.insert(KeyName::registered(name)) => budget.keep(name),
        _ => Ok(()),
    }
}

/// Returns whether a server refuses a request because of its parameters rather than its sender.
fn needs_template_ids(error: &RegistryError) -> bool {
    let is_about_parameters = |code: &str| {
        ["Invalid", "Malformed", "Missing", "Validation"].iter().any(|word| code.starts_with(word))
    };
    matches!(error, RegistryError::Refused { code, .. } if is_about_parameters(code))
}

/// Returns whether a server refuses the operation to this user, or does not have it.
fn is_denied_or_unsupported(error: &RegistryError) -> bool {
    matches!(error, RegistryError::Refused { code, .. } if REFUSALS.contains(&code.as_str()))
}

/// The codes of EC2 and of the services with its interface.
const REFUSALS: [&str; 7] = [
    "AccessDenied",
    "AccessDeniedException",
    "InvalidAction",
    "NotImplemented",
    "UnauthorizedOperation",
    "UnknownOperationException",
    "UnsupportedOperation",
];

/// The maximum page sizes of EC2.
const INSTANCES: i32 = 1000;
const TEMPLATES: i32 = 200;
const VERSIONS: i32 = 200;
