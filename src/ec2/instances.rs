//! Instances, and EC2 Instance Connect.

use std::net::{Ipv4Addr, Ipv6Addr};

use aws_sdk_ec2::operation::describe_instances::DescribeInstancesOutput;
use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::{self, Filter};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Ec2Registry;
use super::dry_run::success;
use super::failure::query_error;
use super::pages::{Budget, ListError, id};
use crate::registry::{
    Addresses, CreateTime, HostName, Image, Instance, InstanceId, InstanceReference,
    InstanceRegistry, InstanceState, KeyName, PasswordData, Pattern, RegistryError, SendOutcome,
    SentKey,
};

impl InstanceRegistry for Ec2Registry {
    fn instance(&mut self, reference: &InstanceReference) -> Result<Instance, RegistryError> {
        let connection = self.connection()?;
        let request = connection.ec2.describe_instances();
        let request = match reference {
            InstanceReference::Id(id) => request.instance_ids(id.as_str()),
            InstanceReference::Name(name) => {
                let pattern = Pattern::exactly(name);
                let by_name = Filter::builder().name("tag:Name").values(pattern.as_str()).build();
                let states = LIVE.iter().map(ToString::to_string).collect();
                let live = Filter::builder().name("instance-state-name").set_values(Some(states));
                request.filters(by_name).filters(live.build()).max_results(PAGE)
            }
        };
        let mut pages = request.into_paginator().stop_on_duplicate_token(false).send();
        let next = async || pages.try_next().await;
        let token = DescribeInstancesOutput::next_token;
        let mut instances = Vec::new();
        Budget::new().read(connection, next, token, |budget, page| {
            let missing = ListError::Missing("the list of reservations");
            for reservation in page.reservations.as_ref().ok_or(missing)? {
                let missing = ListError::Missing("the list of instances of a reservation");
                for found in reservation.instances.as_ref().ok_or(missing)? {
                    budget.item()?;
                    let found = instance(found)?;
                    // Some servers ignore filters.
                    if is_referred_to(&found, reference) {
                        budget.keep(found.id.as_str())?;
                        budget.keep(found.name.as_deref().unwrap_or_default())?;
                        instances.push(found);
                    }
                }
            }
            Ok(())
        })?;
        match (instances.len(), instances.pop()) {
            (1, Some(instance)) => Ok(instance),
            (_, None) => Err(RegistryError::InstanceNotFound { reference: reference.clone() }),
            (_, Some(last)) => {
                instances.push(last);
                Err(RegistryError::InstanceAmbiguous { reference: reference.clone(), instances })
            }
        }
    }

    fn password_data(&mut self, id: &str) -> Result<PasswordData, RegistryError> {
        let connection = self.connection()?;
        let request = connection.ec2.get_password_data().instance_id(id);
        let response = connection.ask(request.send())?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        if response.instance_id() != Some(id) {
            return Err(another_instance());
        }
        Ok(PasswordData {
            timestamp: response.timestamp().and_then(time),
            data: response.password_data,
        })
    }

    fn check_password_data(&mut self, id: &str) -> Result<(), RegistryError> {
        let connection = self.connection()?;
        let request = connection.ec2.get_password_data().instance_id(id);
        let response = connection.ask(request.dry_run(true).send())?;
        // A server that ignored the dry run has changed nothing.
        success(response, connection).map(|_| ())
    }

    fn console_output(
        &mut self,
        id: &InstanceId,
        is_latest: bool,
    ) -> Result<Vec<u8>, RegistryError> {
        let connection = self.connection()?;
        let request = connection.ec2.get_console_output().instance_id(id.as_str());
        let request = request.set_latest(is_latest.then_some(true));
        let response = connection.ask(request.send())?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        if response.instance_id() != Some(id.as_str()) {
            return Err(another_instance());
        }
        let text = response.output().unwrap_or_default().bytes();
        let text: Vec<u8> = text.filter(|byte| !byte.is_ascii_whitespace()).collect();
        let decoded = STANDARD.decode(text);
        decoded.map_err(|_| RegistryError::Unreadable("the console output is not base64".into()))
    }

    fn image(&mut self, id: &str) -> Result<Option<Image>, RegistryError> {
        let connection = self.connection()?;
        let response = connection.ask(connection.ec2.describe_images().image_ids(id).send())?;
        let response = match response.map_err(|error| query_error(&error, connection)) {
            // For example `InvalidAMIID.NotFound` and `InvalidAMIID.Unavailable`.
            Err(RegistryError::Refused { code, .. }) if code.starts_with("InvalidAMIID.") => {
                return Ok(None);
            }
            response => response?,
        };
        let found = response.images().iter().find(|image| image.image_id() == Some(id));
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Ok(found.map(|image| Image {
            name: text(image.name()),
            description: text(image.description()),
            platform: text(image.platform_details()),
        }))
    }

    fn send_public_key(&mut self, key: &SentKey<'_>) -> Result<SendOutcome, RegistryError> {
        let SentKey { instance, user, public_key, zone } = *key;
        let connection = self.connection()?;
        let client = connection.instance_connect();
        let request = client.send_ssh_public_key().instance_id(instance).instance_os_user(user);
        let request = request.ssh_public_key(public_key);
        let request = request.set_availability_zone(zone.map(str::to_owned));
        // A repeated request only starts the minute again.
        let response = connection.ask(request.send())?;
        let response = response.map_err(|error| query_error(&error, connection))?;
        let request_id = response.request_id().map(|id| connection.cut(id));
        Ok(SendOutcome { request_id, is_success: response.success() })
    }
}

fn another_instance() -> RegistryError {
    RegistryError::Unreadable("it is about another instance".into())
}

fn is_referred_to(found: &Instance, reference: &InstanceReference) -> bool {
    match reference {
        InstanceReference::Id(id) => found.id == *id,
        InstanceReference::Name(name) => {
            found.name.as_ref() == Some(name) && !found.state.is_final()
        }
    }
}

fn instance(found: &types::Instance) -> Result<Instance, ListError> {
    let given = id(found.instance_id(), "the ID of an instance")?;
    let state = found.state().and_then(types::InstanceState::name);
    let name = found.tags().iter().find(|tag| tag.key() == Some("Name"));
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(Instance {
        id: InstanceId::new(&given).ok_or(ListError::Invalid("the ID of an instance"))?,
        name: name.and_then(types::Tag::value).map(str::to_owned),
        key_name: text(found.key_name()).map(KeyName::registered),
        state: state
            .map(|state| InstanceState::new(state.as_str()))
            .ok_or(ListError::Missing("the state of an instance"))?,
        // EC2 sends `windows`; its model and the SDK have `Windows`.
        is_windows: found
            .platform()
            .is_some_and(|platform| platform.as_str().eq_ignore_ascii_case("windows")),
        image_id: text(found.image_id()),
        launched: found.launch_time().and_then(time),
        addresses: addresses(found)?,
    })
}

fn time(found: &DateTime) -> Option<CreateTime> {
    found.to_millis().ok().map(CreateTime::from_milliseconds)
}

fn addresses(found: &types::Instance) -> Result<Addresses, ListError> {
    let interfaces = found.network_interfaces().iter();
    let ipv6 = interfaces.flat_map(types::InstanceNetworkInterface::ipv6_addresses);
    let ipv6 = ipv6.filter_map(types::InstanceIpv6Address::ipv6_address);
    let ipv6 = found.ipv6_address().into_iter().chain(ipv6).find(|address| !address.is_empty());
    let ipv4 = |text| parsed(text, |text| text.parse::<Ipv4Addr>().ok(), "an IPv4 address");
    let host = |text| parsed(text, HostName::new, "a DNS name");
    Ok(Addresses {
        public_ipv4: ipv4(found.public_ip_address())?,
        private_ipv4: ipv4(found.private_ip_address())?,
        ipv6: parsed(ipv6, |text| text.parse::<Ipv6Addr>().ok(), "an IPv6 address")?,
        public_dns: host(found.public_dns_name())?,
        private_dns: host(found.private_dns_name())?,
    })
}

/// Parses a member that may be missing. EC2 sends some of them empty.
fn parsed<T>(
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<T>,
    what: &'static str,
) -> Result<Option<T>, ListError> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| parse(text).ok_or(ListError::Invalid(what))).transpose()
}

/// The states of instances that are found by name.
const LIVE: [&str; 4] = ["pending", "running", "stopping", "stopped"];

/// EC2's maximum.
const PAGE: i32 = 1000;
