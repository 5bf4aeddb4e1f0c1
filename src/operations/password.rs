//! Gets and decrypts the password of a Windows instance.
//!
//! The steps are separate, because the user may be asked for a passphrase in between.

use std::path::PathBuf;

use super::key_search::{FoundKeys, KeySearch};
use super::launch_key::{self, LaunchKey};
use super::password_error::{MissingPassword, PasswordError};
use super::{InstanceCall, OperationError};
use crate::file::{Access, Draft, Published, Target};
use crate::format;
use crate::interrupt;
use crate::key::{DecryptionError, KeyType, PrivateKey, PublicKey, RsaPublicKey};
use crate::registry::{
    CreateTime, Instance, InstanceId, InstanceReference, InstanceRegistry, InstanceState,
    PasswordData,
};
use crate::secret::Secret;

/// The account of the password.
pub const USER_NAME: &str = "Administrator";

/// An instance and its password, if it has one already.
#[derive(Debug)]
pub struct WindowsInstance {
    pub instance: Instance,
    pub launch_key: LaunchKey,
    /// `None` as long as there is no password.
    pub password: Option<EncryptedPassword>,
}

/// The data of EC2 after base64.
#[derive(Debug)]
pub struct EncryptedPassword {
    data: Vec<u8>,
    pub timestamp: Option<CreateTime>,
}

/// Looks up an instance, its key pair and its password.
///
/// # Errors
///
/// [`PasswordError::Missing`] if the instance can never have a password.
pub fn locate(
    reference: &InstanceReference,
    registry: &mut dyn InstanceRegistry,
) -> Result<WindowsInstance, OperationError> {
    let instance = launch_key::instance(reference, registry)?;
    let never = |reason| {
        let id = instance.id.clone();
        Err(PasswordError::Missing { id, state: instance.state.clone(), reason }.into())
    };
    if !instance.is_windows {
        return never(MissingPassword::NotWindows);
    }
    let launch_key = LaunchKey::of(&instance, registry)?;
    match &launch_key {
        LaunchKey::None => return never(MissingPassword::NoKeyPair),
        LaunchKey::Known { name, public } if public.key_type() == KeyType::Ed25519 => {
            return Err(PasswordError::NotRsa { name: name.clone() }.into());
        }
        LaunchKey::Known { .. } | LaunchKey::Unknown { .. } => {}
    }
    let password = encrypted_password(&instance.id, registry)?;
    Ok(WindowsInstance { instance, launch_key, password })
}

impl WindowsInstance {
    /// Asks again for the password. A stopped instance will not get one.
    pub fn ask_again(&mut self, registry: &mut dyn InstanceRegistry) -> Result<(), OperationError> {
        let reference = InstanceReference::Id(self.instance.id.clone());
        self.instance = launch_key::instance(&reference, registry)?;
        self.password = encrypted_password(&self.instance.id, registry)?;
        Ok(())
    }

    /// Returns whether a password may still come.
    pub fn is_worth_waiting(&self) -> bool {
        matches!(self.instance.state, InstanceState::Pending | InstanceState::Running)
    }

    /// Returns the reason for a missing password.
    pub fn missing(&self, now: CreateTime) -> OperationError {
        let launched = self.instance.launched;
        let age =
            launched.map(|time| now.milliseconds().saturating_sub(time.milliseconds()) / 1000);
        let reason = match self.instance.state {
            InstanceState::Pending => MissingPassword::Starting,
            InstanceState::Running if age.is_none_or(|age| age < USUAL_SECONDS) => {
                MissingPassword::Starting
            }
            InstanceState::Running => MissingPassword::Image,
            _ => MissingPassword::NotRunning,
        };
        let (id, state) = (self.instance.id.clone(), self.instance.state.clone());
        PasswordError::Missing { id, state, reason }.into()
    }

    /// Finds the private key files that may open the password.
    ///
    /// # Errors
    ///
    /// [`PasswordError::NoKey`], or the fault of a named file.
    pub fn keys(&self, search: &KeySearch) -> Result<FoundKeys, OperationError> {
        let found = search.find(&|key| match (&self.launch_key, key) {
            (LaunchKey::Known { public, .. }, key) => key == public,
            (_, PublicKey::Rsa(key)) => self.fits(key),
            (_, PublicKey::Ed25519(_)) => false,
        });
        if found.wanted.is_empty() && found.hidden.is_empty() {
            let FoundKeys { faults, others, .. } = found;
            let no_key = || self.no_key(search, others, Vec::new());
            return Err(faults.into_iter().next().unwrap_or_else(no_key));
        }
        Ok(found)
    }

    /// Returns whether the text can be one for this key.
    fn fits(&self, key: &RsaPublicKey) -> bool {
        self.password.as_ref().is_none_or(|found| found.data.len() == key.modulus().len())
    }

    pub fn no_key(
        &self,
        search: &KeySearch,
        others: usize,
        hidden: Vec<PathBuf>,
    ) -> OperationError {
        PasswordError::NoKey {
            id: self.instance.id.clone(),
            key_name: self.launch_key.name().cloned(),
            paths: search.paths.clone(),
            others,
            hidden,
        }
        .into()
    }

    /// Returns whether an opened key is the one of the pair, as far as the pair is known.
    pub fn is_launch_key(&self, key: &PrivateKey) -> bool {
        match &self.launch_key {
            LaunchKey::Known { public, .. } => key.public() == *public,
            LaunchKey::Unknown { .. } | LaunchKey::None => key.public().key_type() == KeyType::Rsa,
        }
    }
}

impl EncryptedPassword {
    /// Decrypts the password.
    ///
    /// # Errors
    ///
    /// [`PasswordError::OtherKey`] if the key is not the one that the password is encrypted with.
    pub fn decrypt(&self, key: &PrivateKey) -> Result<Secret, PasswordError> {
        let PrivateKey::Rsa(key) = key else { return Err(PasswordError::OtherKey) };
        let text = key.decrypt(&self.data).map_err(|error| match error {
            DecryptionError::Padding | DecryptionError::Length { .. } => PasswordError::OtherKey,
            DecryptionError::Failed => PasswordError::Failed,
        })?;
        let is_printable = text.expose().iter().all(|byte| (b' '..=b'~').contains(byte));
        // An accident of the padding under a wrong key has other characters.
        if text.is_empty() || !is_printable { Err(PasswordError::NotText) } else { Ok(text) }
    }
}

fn encrypted_password(
    id: &InstanceId,
    registry: &mut dyn InstanceRegistry,
) -> Result<Option<EncryptedPassword>, OperationError> {
    let found = registry.password_data(id.as_str());
    Ok(decoded(&found.map_err(InstanceCall::GetPasswordData.failed())?)?)
}

/// Decodes the response of EC2. Returns `None` if there is no password.
pub fn decoded(found: &PasswordData) -> Result<Option<EncryptedPassword>, PasswordError> {
    let PasswordData { timestamp, data } = found;
    let data = format::password_data(data.as_deref().unwrap_or_default())?;
    let found = EncryptedPassword { data, timestamp: *timestamp };
    Ok(Some(found).filter(|found| !found.data.is_empty()))
}

/// The files to write, checked before the first request.
#[derive(Debug, Default)]
pub struct PasswordFiles {
    /// Gets the password.
    pub password: Option<Target>,
    /// Gets the settings of a remote desktop client, without the password.
    pub rdp: Option<Target>,
}

impl PasswordFiles {
    /// Writes both files or none. Returns the files of killed commands, which got a number after
    /// their name.
    ///
    /// # Errors
    ///
    /// [`PasswordError::NoAddress`] if a client cannot reach the instance.
    pub fn write(
        &self,
        instance: &Instance,
        password: &Secret,
    ) -> Result<Vec<PathBuf>, OperationError> {
        let Self { password: password_file, rdp } = self;
        let mut line = Secret::copy_of(password.expose());
        line.push(b"\n");
        let settings = rdp.as_ref().map(|_| remote_desktop(instance)).transpose()?;
        let settings = settings.unwrap_or_default();
        let mut files = Vec::new();
        if let Some(target) = password_file {
            files.push((target, Access::Owner, line.expose()));
        }
        if let Some(target) = rdp {
            files.push((target, Access::Everyone, settings.as_bytes()));
        }
        let guard = interrupt::defer_signals();
        let published = Draft::publish_batch(Draft::write_batch(&files)?)?;
        let recovered = published.into_iter().flat_map(Published::keep).collect();
        drop(guard);
        Ok(recovered)
    }
}

/// Returns the settings of a remote desktop client. A password in them would be bound to one user
/// of one Windows machine.
fn remote_desktop(instance: &Instance) -> Result<String, PasswordError> {
    let addresses = &instance.addresses;
    let address = addresses.public_dns.as_ref().map(ToString::to_string);
    let address = address
        .or_else(|| addresses.public_ipv4.map(|address| address.to_string()))
        .or_else(|| addresses.ipv6.map(|address| format!("[{address}]")))
        .or_else(|| addresses.private_ipv4.map(|address| address.to_string()))
        .ok_or_else(|| PasswordError::NoAddress { id: instance.id.clone() })?;
    Ok(format!("auto connect:i:1\r\nfull address:s:{address}\r\nusername:s:{USER_NAME}\r\n"))
}

/// EC2 documents 15 minutes at most.
const USUAL_SECONDS: i64 = 15 * 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Addresses, HostName};

    #[test]
    fn empty_data_is_no_password() {
        for data in [None, Some(""), Some("\r\n")] {
            let found = PasswordData { timestamp: None, data: data.map(str::to_owned) };
            assert!(decoded(&found).unwrap().is_none());
        }
        let found = PasswordData { timestamp: None, data: Some("AAE-".to_owned()) };
        assert!(matches!(decoded(&found), Err(PasswordError::Data(_))));
    }

    #[test]
    fn remote_desktop_file_prefers_public_address() {
        let mut instance = Instance {
            id: InstanceId::new("i-0123456789abcdef0").unwrap(),
            name: None,
            key_name: None,
            state: InstanceState::Running,
            is_windows: true,
            image_id: None,
            launched: None,
            addresses: Addresses::default(),
        };
        let address = |instance: &Instance| {
            let text = remote_desktop(instance).unwrap();
            let lines: Vec<_> = text.split("\r\n").map(str::to_owned).collect();
            assert_eq!(lines[0], "auto connect:i:1");
            assert_eq!(&lines[2..], ["username:s:Administrator", ""]);
            lines[1].clone()
        };
        assert!(matches!(remote_desktop(&instance), Err(PasswordError::NoAddress { .. })));
        instance.addresses.private_ipv4 = Some([10, 0, 0, 1].into());
        assert_eq!(address(&instance), "full address:s:10.0.0.1");
        instance.addresses.ipv6 = Some("2001:db8::1".parse().unwrap());
        assert_eq!(address(&instance), "full address:s:[2001:db8::1]");
        instance.addresses.public_ipv4 = Some([192, 0, 2, 1].into());
        assert_eq!(address(&instance), "full address:s:192.0.2.1");
        instance.addresses.public_dns = HostName::new("host.example");
        assert_eq!(address(&instance), "full address:s:host.example");
    }
}
