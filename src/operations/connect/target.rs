//! The address and the user to log in as.

use std::net::IpAddr;

use super::fault::{AddressKind, SshFault};
use crate::operations::user_names::{LoginUser, user_names_of};
use crate::operations::{OperationError, launch_key};
use crate::registry::{
    Addresses, Instance, InstanceReference, InstanceRegistry, InstanceState, OsUser,
};

/// An instance that ssh can connect to.
#[derive(Debug)]
pub struct Target {
    pub instance: Instance,
    pub address: IpAddr,
    pub user: LoginUser,
    /// The users of the image, best first. Empty if the image is unknown.
    pub image_users: Vec<&'static str>,
}

/// Looks up an instance that runs, its address, and the user for its image.
pub fn find(
    reference: &InstanceReference,
    kind: Option<AddressKind>,
    user: Option<&OsUser>,
    registry: &mut dyn InstanceRegistry,
) -> Result<Target, OperationError> {
    let (instance, address) = running_instance(reference, kind, registry)?;
    // The user may be known without the permission to describe images.
    let image_users = user_names_of(&instance, registry).unwrap_or_default();
    let user = LoginUser::new(user, &image_users);
    Ok(Target { instance, address, user, image_users })
}

/// Looks up an instance that runs, and its address.
pub(super) fn running_instance(
    reference: &InstanceReference,
    kind: Option<AddressKind>,
    registry: &mut dyn InstanceRegistry,
) -> Result<(Instance, IpAddr), OperationError> {
    let instance = launch_key::instance(reference, registry)?;
    let fault = match (&instance.state, instance.is_windows) {
        (InstanceState::Running, false) => match address(&instance.addresses, kind) {
            Some(address) => return Ok((instance, address)),
            None => SshFault::NoAddress(kind),
        },
        (InstanceState::Running, true) => SshFault::Windows,
        (state, _) => SshFault::State(state.clone()),
    };
    Err(OperationError::NoSsh { id: instance.id, fault })
}

/// Returns the address of a kind. By default a public one, because the caller is rarely in the
/// network of the instance.
fn address(addresses: &Addresses, kind: Option<AddressKind>) -> Option<IpAddr> {
    let Addresses { public_ipv4, private_ipv4, ipv6, public_dns: _, private_dns: _ } = addresses;
    let of = |kind| match kind {
        AddressKind::PublicIpv4 => public_ipv4.map(IpAddr::V4),
        AddressKind::PrivateIpv4 => private_ipv4.map(IpAddr::V4),
        AddressKind::Ipv6 => ipv6.map(IpAddr::V6),
    };
    let usual = [AddressKind::PublicIpv4, AddressKind::Ipv6, AddressKind::PrivateIpv4];
    match kind {
        Some(kind) => of(kind),
        None => usual.into_iter().find_map(of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_public_unless_asked_otherwise() {
        let (public, private, ipv6) = ("192.0.2.1", "10.0.0.1", "2001:db8::1");
        let all = Addresses {
            public_ipv4: public.parse().ok(),
            private_ipv4: private.parse().ok(),
            ipv6: ipv6.parse().ok(),
            ..Addresses::default()
        };
        let no_public = Addresses { public_ipv4: None, ..all.clone() };
        let inner = Addresses { ipv6: None, ..no_public.clone() };
        use AddressKind::{Ipv6, PrivateIpv4, PublicIpv4};
        for (addresses, kind, expected) in [
            (&all, None, Some(public)),
            (&no_public, None, Some(ipv6)),
            (&inner, None, Some(private)),
            (&Addresses::default(), None, None),
            (&all, Some(PublicIpv4), Some(public)),
            (&all, Some(PrivateIpv4), Some(private)),
            (&all, Some(Ipv6), Some(ipv6)),
            (&inner, Some(PublicIpv4), None),
            (&inner, Some(Ipv6), None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(address(addresses, kind), expected, "{kind:?}");
        }
    }
}
