//! Who uses key pairs, as far as EC2 tells.

use std::collections::HashSet;

use aws_sdk_ec2::types::{InstanceStateName, Reservation};

use super::Ec2Registry;
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
        names.map_err(|error| of_question(error, connection))
    }

    /// Returns the names of the pairs in launch templates, in the versions that EC2 shows of all templates
    /// at once: the newest and the default one. All others would take a request for each template.
    pub(super) fn names_in_launch_templates(&mut self) -> Result<HashSet<KeyName>, RegistryError> {
        let connection = self.connection()?;
        let request = connection
            .ec2
            .describe_launch_template_versions()
            .versions("$Latest")
            .versions("$Default")
            .max_results(VERSIONS);
        let mut pages = request.into_paginator().send();
        let names = connection.ask(async {
            let mut names = HashSet::new();
            while let Some(page) = pages.next().await {
                let page = page?;
                let versions = page.launch_template_versions().iter();
                let data = versions.filter_map(|version| version.launch_template_data());
                names.extend(data.filter_map(|data| data.key_name()).map(name));
            }
            Ok(names)
        })?;
        names.map_err(|error| of_question(error, connection))
    }
}

fn name(text: &str) -> KeyName {
    KeyName::registered(text)
}

/// As many on a page as EC2 allows.
const INSTANCES: i32 = 1000;
const VERSIONS: i32 = 200;
