//! The reasons why ssh cannot connect.

use crate::registry::InstanceState;

/// A kind of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    PublicIpv4,
    PrivateIpv4,
    Ipv6,
}

/// The reason why ssh cannot connect to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SshFault {
    State(InstanceState),
    Windows,
    /// It has no address, or none of this kind.
    NoAddress(Option<AddressKind>),
}
