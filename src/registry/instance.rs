//! Instances: the parts that matter for a login.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{CreateTime, KeyName};

/// The response to GetPasswordData.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordData {
    pub timestamp: Option<CreateTime>,
    /// The encrypted password in base64, possibly folded; empty without a password.
    pub data: Option<String>,
}

/// The parts of an image that show its operating system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    pub name: String,
    pub description: String,
    /// For example `Red Hat Enterprise Linux`.
    pub platform: String,
}

/// An instance, as DescribeInstances returns it
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub id: InstanceId,
    /// The value of the tag `Name`.
    pub name: Option<String>,
    /// The key pair of the launch. It may be deleted by now.
    pub key_name: Option<KeyName>,
    pub state: InstanceState,
    pub is_windows: bool,
    /// The image of the launch. It may be deregistered by now.
    pub image_id: Option<String>,
    pub launched: Option<CreateTime>,
    pub addresses: Addresses,
}

/// The addresses of an instance. A stopped instance has no public IPv4 address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    pub public_ipv4: Option<Ipv4Addr>,
    pub private_ipv4: Option<Ipv4Addr>,
    pub ipv6: Option<Ipv6Addr>,
    pub public_dns: Option<HostName>,
    pub private_dns: Option<HostName>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceState {
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
    /// A state that this program does not know.
    Other(String),
}

impl InstanceState {
    pub fn new(name: &str) -> Self {
        match name {
            "pending" => Self::Pending,
            "running" => Self::Running,
            "stopping" => Self::Stopping,
            "stopped" => Self::Stopped,
            "shutting-down" => Self::ShuttingDown,
            "terminated" => Self::Terminated,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Returns EC2's name of the state.
    pub fn name(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Other(name) => name,
        }
    }

    /// Returns whether the instance is gone for good.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::ShuttingDown | Self::Terminated)
    }
}

/// The ID of an instance: `i-` and 8 to 17 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(String);

impl InstanceId {
    /// Returns `None` if the text is not an ID.
    pub fn new(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("i-")?;
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_id = (8..=17).contains(&digits.len()) && digits.bytes().all(is_digit);
        is_id.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The ID of an instance, or the value of its tag `Name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceReference {
    Id(InstanceId),
    Name(String),
}

impl InstanceReference {
    /// The maximum length of a tag value, in characters.
    const MAX_CHARACTERS: usize = 256;

    /// Reads a word of the command line. A word that begins with `-` is a misplaced option.
    pub fn new(text: &str) -> Result<Self, InvalidInstance> {
        let is_name = !text.is_empty()
            && !text.starts_with('-')
            && text.chars().count() <= Self::MAX_CHARACTERS
            && !text.chars().any(char::is_control);
        match InstanceId::new(text) {
            Some(id) => Ok(Self::Id(id)),
            None if is_name => Ok(Self::Name(text.to_owned())),
            None => Err(InvalidInstance { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for InstanceReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(formatter),
            Self::Name(name) => formatter.write_str(name),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid instance `{text}`: expected an ID such as i-0123456789abcdef0, or the value of a Name \
     tag"
)]
pub struct InvalidInstance {
    pub text: String,
}

/// A DNS name that is safe in files, in commands and before a colon.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostName(String);

impl HostName {
    /// The maximum length (RFC 1035).
    const MAX_BYTES: usize = 253;

    /// Returns `None` if the text is not a DNS name.
    pub fn new(text: &str) -> Option<Self> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        let is_name = text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.len() <= Self::MAX_BYTES
            && text.bytes().all(is_part);
        is_name.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_is_id_or_name() {
        for id in ["i-01234567", "i-0123456789abcdef0"] {
            assert_eq!(
                InstanceReference::new(id),
                Ok(InstanceReference::Id(InstanceId(id.into())))
            );
        }
        let longest = "é".repeat(256);
        for name in
            ["web", "i-12", "i-0123456789abcdef01", "i-0123456G", "I-01234567", "a b", &longest]
        {
            assert_eq!(InstanceReference::new(name), Ok(InstanceReference::Name(name.into())));
        }
        for invalid in ["", "-oProxyCommand=x", "--wait", "a\nb", "a\u{1b}[m", &"é".repeat(257)] {
            let text = invalid.to_owned();
            assert_eq!(InstanceReference::new(invalid), Err(InvalidInstance { text }));
        }
    }

    #[test]
    fn host_name_has_no_other_characters() {
        for name in ["ec2-192-0-2-1.compute-1.amazonaws.com", "ip-10-0-0-1.ec2.internal"] {
            assert_eq!(HostName::new(name).unwrap().to_string(), name);
        }
        for text in ["", "-o", ".a", "a b", "a\nb", "a,b", "a:22", "é.example", &"a".repeat(254)] {
            assert_eq!(HostName::new(text), None, "{text}");
        }
    }

    #[test]
    fn state_keeps_the_name_of_ec2() {
        for name in
            ["pending", "running", "stopping", "stopped", "shutting-down", "terminated", "x"]
        {
            assert_eq!(InstanceState::new(name).name(), name);
        }
    }
}
