//! What `exec` asks for.

use std::time::SystemTime;

use rand::CryptoRng;

use crate::agent::AgentServer;
use crate::cli::commands::ExecArgs;
use crate::cli::input::{self, RequestError, tags};
use crate::cli::settings::Environment;
use crate::operations::exec::{self, ExecRequest, KeyLocation};
use crate::registry::{CreateTime, Expiry, Tags};

/// Returns what `exec` asks for.
///
/// # Errors
///
/// [`RequestError`].
pub fn exec(
    arguments: ExecArgs,
    environment: &Environment,
    random: &mut impl CryptoRng,
) -> Result<ExecRequest, RequestError> {
    let ExecArgs { key_type, bits, ttl, agent, name_prefix, tags, command } = arguments;
    if agent && !AgentServer::IS_SUPPORTED {
        return Err(RequestError::NoAgentOfOurOwn);
    }
    exec::name(&name_prefix, random)?;
    let now = CreateTime::from(SystemTime::now());
    let expiry = Expiry::after(now, tags::span_of("--ttl", &ttl)?);
    let mut all = tags::tags(&tags, environment)?.as_slice().to_vec();
    all.push(expiry.tag());
    all.extend(environment.owner().tags()?);
    let mut words = command.into_iter();
    Ok(ExecRequest {
        specification: input::specification(key_type, bits)?,
        search: environment.prime_search()?,
        prefix: name_prefix,
        expiry,
        tags: Tags::new(all)?,
        key_location: if agent { KeyLocation::Agent } else { KeyLocation::File },
        folders: environment.runtime_folders(),
        program: words.next().unwrap_or_default(),
        arguments: words.collect(),
    })
}
