//! Who uses key pairs, as far as EC2 tells.

use std::collections::HashSet;

use aws_sdk_ec2::operation::describe_launch_template_versions::builders::DescribeLaunchTemplateVersionsFluentBuilder;
use aws_sdk_ec2::types::{InstanceStateName, Reservation};

use super::Ec2Registry;
use super::connection::Connection;
use super::failure::of_question;
use crate::registry::{KeyName, RegistryError};

impl Ec2Registry {
    /// Returns the names of the pairs that instances were launched with. One that is stopped may be
    /// started again; one that is terminated may not.
    pub(super) fn names_in_instances(&mut self) -> Result<HashSet<KeyName>, RegistryError> {
        let connection = self.connection()?;
        let request = connection.ec2.describe_instances().max_results(INSTANCES);
        let mut pages = request.into_paginator().send();
        let names = connection.ask(async {
            let mut names = HashSet::new();
            while let Some(page) = pages.next().await {
                let page = page?;
                let instances = page.reservations().iter().flat_map(Reservation::instances);
                let present = instances.filter(|instance| {
                    let state = instance.state().and_then(|state| state.name());
                    state != Some(&InstanceStateName::Terminated)
                });
                names.extend(present.filter_map(|instance| instance.key_name()).map(name));
            }
            Ok(names)
        })?;
        names.map_err(|error| of_question(&error, connection))
    }

    /// Returns the names of the pairs in launch templates: in the newest and the default version of each,
    /// which EC2 shows of all templates at once. All other versions would take a request for each template.
    ///
    /// A server that shows no versions without the id of a template, or leaves some out, is asked about each
    /// template that it lists.
    pub(super) fn names_in_launch_templates(&mut self) -> Result<HashSet<KeyName>, RegistryError> {
        let connection = self.connection()?;
        let request = connection.ec2.describe_launch_template_versions().max_results(VERSIONS);
        let (mut found, refusal) = match versions(connection, request) {
            Ok(found) => (found, None),
            Err(error) if wants_more(&error) => (Versions::default(), Some(error)),
            Err(error) => return Err(error),
        };
        let templates = match (templates(connection), refusal) {
            (Ok(templates), _) => templates,
            (Err(_), Some(refusal)) => return Err(refusal),
            // EC2 does not leave templates out, and need not allow to list them.
            (Err(RegistryError::Refused { .. }), None) => HashSet::new(),
            (Err(error), None) => return Err(error),
        };
        for template in templates.difference(&found.templates.clone()) {
            let request = connection.ec2.describe_launch_template_versions();
            found.extend(versions(connection, request.launch_template_id(template))?);
        }
        Ok(found.names)
    }
}

/// What a list of versions of launch templates shows.
#[derive(Default)]
struct Versions {
    /// The ids of the templates.
    templates: HashSet<String>,
    names: HashSet<KeyName>,
}

impl Versions {
    fn extend(&mut self, other: Self) {
        self.templates.extend(other.templates);
        self.names.extend(other.names);
    }
}

/// Returns what the newest and the default versions show.
fn versions(
    connection: &Connection,
    request: DescribeLaunchTemplateVersionsFluentBuilder,
) -> Result<Versions, RegistryError> {
    let request = request.versions("$Latest").versions("$Default");
    let mut pages = request.into_paginator().send();
    let found = connection.ask(async {
        let mut found = Versions::default();
        while let Some(page) = pages.next().await {
            for version in page?.launch_template_versions() {
                found.templates.extend(version.launch_template_id().map(str::to_owned));
                let data = version.launch_template_data();
                found.names.extend(data.and_then(|data| data.key_name()).map(name));
            }
        }
        Ok(found)
    })?;
    found.map_err(|error| of_question(&error, connection))
}

/// Returns the ids of all launch templates.
fn templates(connection: &Connection) -> Result<HashSet<String>, RegistryError> {
    let request = connection.ec2.describe_launch_templates().max_results(TEMPLATES);
    let mut pages = request.into_paginator().send();
    let found = connection.ask(async {
        let mut found = HashSet::new();
        while let Some(page) = pages.next().await {
            let page = page?;
            let templates = page.launch_templates().iter();
            found.extend(templates.filter_map(|one| one.launch_template_id()).map(str::to_owned));
        }
        Ok(found)
    })?;
    found.map_err(|error| of_question(&error, connection))
}

/// Returns whether a server refuses a request because of its parameters, as opposed to who sends it.
fn wants_more(error: &RegistryError) -> bool {
    let is_about_parameters = |code: &str| {
        ["Invalid", "Malformed", "Missing", "Validation"].iter().any(|word| code.starts_with(word))
    };
    matches!(error, RegistryError::Refused { code, .. } if is_about_parameters(code))
}

fn name(text: &str) -> KeyName {
    KeyName::registered(text)
}

/// As many on a page as EC2 allows.
const INSTANCES: i32 = 1000;
const TEMPLATES: i32 = 200;
const VERSIONS: i32 = 200;
