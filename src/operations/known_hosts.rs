//! Host keys of instances, from their console output.

use std::path::Path;

use super::launch_key;
use super::{InstanceCall, OperationError};
use crate::file::{self, Draft, Existing, FileInfo, Target};
use crate::format::{HostKey, HostKeysError, host_keys};
use crate::interrupt;
use crate::registry::{Instance, InstanceReference, InstanceRegistry, RegistryError};

/// An instance and its host keys.
#[derive(Debug)]
pub struct KnownHost {
    pub instance: Instance,
    /// Or the reason for missing keys.
    pub keys: Result<Vec<HostKey>, HostKeysError>,
}

/// Looks up an instance and reads its host keys. Some instances have a newer output too.
pub fn known_host(
    reference: &InstanceReference,
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
    Ok(KnownHost { instance, keys })
}

impl KnownHost {
    /// Returns the ID, the DNS names and the addresses.
    pub fn names(&self) -> Vec<String> {
        let addresses = &self.instance.addresses;
        let dns = [&addresses.public_dns, &addresses.private_dns];
        let ipv4 = [addresses.public_ipv4, addresses.private_ipv4];
        let mut names = vec![self.instance.id.to_string()];
        names.extend(dns.into_iter().flatten().map(ToString::to_string));
        names.extend(ipv4.into_iter().flatten().map(|address| address.to_string()));
        names.extend(addresses.ipv6.map(|address| address.to_string()));
        names
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
}

/// Adds lines to a known_hosts file that it does not have yet. Replaces the file with a complete
/// one, and keeps all other lines.
///
/// # Errors
///
/// [`OperationError::InputChanged`] if another program has changed the file in between.
pub fn append(path: &Path, hosts: &[KnownHost]) -> Result<Appended, OperationError> {
    let path = &file::replaceable(path)?;
    let old = contents(path)?;
    let text = old.as_deref().unwrap_or_default();
    let mut appended = Appended { added: 0, conflicts: conflicts(text, hosts) };
    let mut new = text.to_vec();
    if !new.is_empty() && !new.ends_with(b"\n") {
        new.push(b'\n');
    }
    for line in hosts.iter().flat_map(KnownHost::lines) {
        if !lines(&new).any(|known| known == line.as_bytes()) {
            new.extend(line.bytes().chain(*b"\n"));
            appended.added += 1;
        }
    }
    if appended.added == 0 {
        return Ok(appended);
    }
    let target = Target::new(path, Existing::Replace)?;
    let guard = interrupt::defer_signals();
    let draft = Draft::rewrite(&target, &new)?;
    let is_unchanged = || match contents(path)? == old {
        true => Ok(()),
        false => Err(OperationError::InputChanged { path: path.to_owned() }),
    };
    draft.publish_after(is_unchanged)?.keep();
    drop(guard);
    Ok(appended)
}

/// Returns the contents of a file, or `None` if it does not exist.
fn contents(path: &Path) -> Result<Option<Vec<u8>>, OperationError> {
    if FileInfo::of_target(path)?.is_none() {
        return Ok(None);
    }
    Ok(Some(file::read_regular(path, MAX_FILE)?.expose().to_vec()))
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end)
}

/// Finds lines with another key. Hashed names are not compared.
fn conflicts(text: &[u8], hosts: &[KnownHost]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (place, line) in lines(text).enumerate() {
        let line = String::from_utf8_lossy(line);
        let mut words = line.split_ascii_whitespace();
        let (names, type_name, key) = (words.next(), words.next(), words.next());
        let (Some(names), Some(type_name), Some(key)) = (names, type_name, key) else { continue };
        for host in hosts {
            let keys = || host.keys.iter().flatten().filter(|key| key.type_name() == type_name);
            let is_other = keys().next().is_some() && keys().all(|own| own.base64() != key);
            let own = host.names();
            let name = names.split(',').find(|name| own.iter().any(|own| own == name));
            if let Some(name) = name.filter(|_| is_other) {
                found.push((place + 1, name.to_owned()));
            }
        }
    }
    found
}

/// Far more than a hundred thousand hosts.
const MAX_FILE: usize = 1 << 26;
