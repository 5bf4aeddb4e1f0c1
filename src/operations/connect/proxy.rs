//! The ProxyCommand: connects, sends the public key, and relays.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::fault::AddressKind;
use super::target::running_instance;
use crate::operations::push;
use crate::operations::{OperationError, read};
use crate::registry::{InstanceId, InstanceReference, InstanceRegistry, OsUser};
use crate::relay::Connection;
use crate::secret::Secret;

#[derive(Debug)]
pub struct ProxyRequest {
    pub instance: InstanceReference,
    /// Without an address, looks the instance up.
    pub address: Option<IpAddr>,
    pub kind: Option<AddressKind>,
    pub port: u16,
    pub push: Option<PushedKey>,
}

/// The public key to send.
#[derive(Debug)]
pub struct PushedKey {
    pub user: OsUser,
    /// A path, for messages.
    pub origin: String,
    pub material: Secret,
}

/// Connects, and then sends the public key, so that the minute of the key begins when the server
/// listens.
pub fn open(
    request: &ProxyRequest,
    registry: &mut dyn InstanceRegistry,
) -> Result<Connection, OperationError> {
    let ProxyRequest { instance, address, kind, port, push } = request;
    let key = push.as_ref().map(line).transpose()?;
    let (id, address): (InstanceId, IpAddr) = match (instance, address) {
        (InstanceReference::Id(id), Some(address)) => (id.clone(), *address),
        (reference, given) => {
            let (found, address) = running_instance(reference, *kind, registry)?;
            (found.id, given.unwrap_or(address))
        }
    };
    let server = SocketAddr::new(address, *port);
    let connection = Connection::open(server, CONNECT_TIMEOUT)
        .map_err(|source| OperationError::CannotConnect { server, source })?;
    if let Some((user, line)) = key {
        push::send(&id, user, &line, registry)?;
    }
    Ok(connection)
}

fn line(key: &PushedKey) -> Result<(&OsUser, String), OperationError> {
    let PushedKey { user, origin, material } = key;
    let refused = |source| OperationError::NotAKey { origin: origin.clone(), source };
    let read = read::read_public(material).map_err(refused)?;
    Ok((user, push::line(&read.public)?))
}

/// About as long as Linux tries to connect. ssh gives up earlier if ConnectTimeout is set, and ends
/// this process.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(127);
