//! Host keys of instances, from their console output.

use std::net::IpAddr;
use std::path::PathBuf;

use super::connect::AddressKind;
use super::edit::{SshFile, edit};
use super::launch_key;
use super::{InstanceCall, OperationError};
use crate::format::{HostKey, HostKeysError, host_keys, is_hash_of_host};
use crate::registry::{
    Addresses, HostName, Instance, InstanceReference, InstanceRegistry, Pattern, RegistryError,
};

/// An instance and its host keys.
#[derive(Debug)]
pub struct KnownHost {
    pub instance: Instance,
    /// The only kind of names to use.
    kind: Option<AddressKind>,
    /// The host keys, or the reason for their absence.
    pub keys: Result<Vec<HostKey>, HostKeysError>,
}

/// Looks up an instance and reads its host keys. If the console output has none, reads the latest
/// output, which only some instances have.
pub fn known_host(
    reference: &InstanceReference,
    kind: Option<AddressKind>,
    registry: &mut dyn InstanceRegistry,
) -> Result<KnownHost, OperationError> {
    let instance = launch_key::instance(reference, registry)?;
    let console = registry.console_output(&instance.id, false);
    let console = console.map_err(InstanceCall::GetConsoleOutput.failed())?;
    let keys = match host_keys(&console) {
        Ok(keys) => Ok(keys),
        Err(fault) => match registry.console_output(&instance.id, true) {
            Ok(latest) => host_keys(&latest),
            // Only instances of the Nitro system have it.
            Err(RegistryError::Refused { .. }) => Err(fault),
            Err(source) => return Err(InstanceCall::GetConsoleOutput.failed()(source)),
        },
    };
    Ok(KnownHost { instance, kind, keys })
}

impl KnownHost {
    /// Returns the ID, the DNS names and the addresses.
    ///
    /// A private name may belong to an instance of another network too, and ssh would accept the key
    /// there. So it counts only if it is asked for, or if there is no public one.
    pub fn names(&self) -> Vec<String> {
        let Addresses { public_ipv4, private_ipv4, ipv6, public_dns, private_dns } =
            &self.instance.addresses;
        let of = |dns: &Option<HostName>, address: Option<IpAddr>| {
            let dns = dns.as_ref().map(ToString::to_string);
            dns.into_iter().chain(address.map(|address| address.to_string())).collect::<Vec<_>>()
        };
        let public = of(public_dns, public_ipv4.map(IpAddr::V4));
        let private = of(private_dns, private_ipv4.map(IpAddr::V4));
        let ipv6 = of(&None, ipv6.map(IpAddr::V6));
        let names = match self.kind {
            Some(AddressKind::PublicIpv4) => public,
            Some(AddressKind::PrivateIpv4) => private,
            Some(AddressKind::Ipv6) => ipv6,
            None if public.is_empty() && ipv6.is_empty() => private,
            None => [public, ipv6].concat(),
        };
        [vec![self.instance.id.to_string()], names].concat()
    }

    /// Returns the lines of a known_hosts file.
    pub fn lines(&self) -> Vec<String> {
        let names = self.names().join(",");
        let keys = self.keys.iter().flatten();
        keys.map(|key| format!("{names} {}", key.line())).collect()
    }
}

/// The outcome of [`append`].
#[derive(Debug, Default)]
pub struct Appended {
    /// The number of new lines.
    pub added: usize,
    /// Lines with another key of the same type for one of the names: the number and the name.
    pub conflicts: Vec<(usize, String)>,
    /// Files of killed commands, which got a number after their name.
    pub recovered: Vec<PathBuf>,
}

/// Adds the lines that a known_hosts file lacks. Adds none if there is a conflict, because ssh would
/// accept either key. Replaces the file in one step, and keeps all other lines.
///
/// # Errors
///
/// [`FileError::ChangedByOther`](crate::file::FileError::ChangedByOther) if other programs keep
/// changing the file.
pub fn append(file: &SshFile, hosts: &[KnownHost]) -> Result<Appended, OperationError> {
    let mut appended = Appended::default();
    let edited = edit(file, |old| {
        appended.added = 0;
        appended.conflicts = conflicts(old, hosts);
        if !appended.conflicts.is_empty() {
            return Ok(old.to_vec());
        }
        let mut new = old.to_vec();
        if !new.is_empty() && !new.ends_with(b"\n") {
            new.push(b'\n');
        }
        for line in hosts.iter().flat_map(KnownHost::lines) {
            if !lines(&new).any(|known| known == line.as_bytes()) {
                new.extend(line.bytes().chain(*b"\n"));
                appended.added += 1;
            }
        }
        Ok(if appended.added == 0 { old.to_vec() } else { new })
    })?;
    Ok(Appended { recovered: edited.recovered, ..appended })
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end)
}

/// Finds lines with another key of the same type for one of the hosts.
fn conflicts(text: &[u8], hosts: &[KnownHost]) -> Vec<(usize, String)> {
    let hosts: Vec<_> = hosts.iter().map(|host| (host, host.names())).collect();
    let mut found = Vec::new();
    for (place, line) in lines(text).enumerate() {
        let line = String::from_utf8_lossy(line);
        let mut words = line.split_ascii_whitespace();
        let (field, type_name, key) = (words.next(), words.next(), words.next());
        let (Some(field), Some(type_name), Some(key)) = (field, type_name, key) else { continue };
        for (host, names) in &hosts {
            let keys = || host.keys.iter().flatten().filter(|key| key.type_name() == type_name);
            let is_other = keys().next().is_some() && keys().all(|own| own.base64() != key);
            if is_other && let Some(name) = names.iter().find(|name| is_of_host(field, name)) {
                found.push((place + 1, name.clone()));
            }
        }
    }
    found
}

/// Returns whether the first field of a line is for a host. It has names and patterns, or one hashed
/// name.
fn is_of_host(field: &str, name: &str) -> bool {
    if field.starts_with('|') {
        return is_hash_of_host(field, name);
    }
    let is_match = |pattern: &str| Pattern::new(pattern).matches(name);
    let mut patterns = field.split(',');
    let is_excluded =
        || field.split(',').any(|pattern| pattern.strip_prefix('!').is_some_and(is_match));
    patterns.any(is_match) && !is_excluded()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{InstanceId, InstanceState};

    #[test]
    fn private_names_are_used_on_request() {
        let addresses = Addresses {
            public_ipv4: "192.0.2.1".parse().ok(),
            private_ipv4: "10.0.0.1".parse().ok(),
            ipv6: "2001:db8::1".parse().ok(),
            public_dns: HostName::new("ec2.example.com"),
            private_dns: HostName::new("ip-10-0-0-1.internal"),
        };
        let private = Addresses {
            private_ipv4: addresses.private_ipv4,
            private_dns: addresses.private_dns.clone(),
            ..Addresses::default()
        };
        use AddressKind::{Ipv6, PrivateIpv4, PublicIpv4};
        for (addresses, kind, expected) in [
            (&addresses, None, &["ec2.example.com", "192.0.2.1", "2001:db8::1"][..]),
            (&addresses, Some(PublicIpv4), &["ec2.example.com", "192.0.2.1"]),
            (&addresses, Some(PrivateIpv4), &["ip-10-0-0-1.internal", "10.0.0.1"]),
            (&addresses, Some(Ipv6), &["2001:db8::1"]),
            (&private, None, &["ip-10-0-0-1.internal", "10.0.0.1"]),
            (&private, Some(Ipv6), &[]),
            (&Addresses::default(), None, &[]),
        ] {
            let instance = Instance {
                id: InstanceId::new("i-01234567").unwrap(),
                name: None,
                key_name: None,
                state: InstanceState::Running,
                is_windows: false,
                image_id: None,
                launched: None,
                addresses: addresses.clone(),
            };
            let host = KnownHost { instance, kind, keys: Ok(Vec::new()) };
            assert_eq!(host.names()[0], "i-01234567");
            assert_eq!(host.names()[1..], *expected, "{kind:?}");
        }
    }

    #[test]
    fn field_of_line_matches_as_in_ssh() {
        for (field, name) in [
            ("192.0.2.1", "192.0.2.1"),
            ("a,i-01234567,b", "i-01234567"),
            ("*", "i-01234567"),
            ("10.0.?.1", "10.0.0.1"),
            ("!db,*", "web"),
        ] {
            assert!(is_of_host(field, name), "{field}");
        }
        for (field, name) in [
            ("192.0.2.10", "192.0.2.1"),
            ("[192.0.2.1]:22", "192.0.2.1"),
            ("*,!web", "web"),
            ("@revoked", "web"),
            ("|1|x|y", "web"),
        ] {
            assert!(!is_of_host(field, name), "{field}");
        }
    }
}
