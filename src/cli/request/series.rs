//! What `create --count` asks for.

use std::path::PathBuf;

use rand::CryptoRng;

use super::create;
use crate::cli::commands::{CreateArgs, GenerateArg};
use crate::cli::input::{self, RequestError, passphrase, tags};
use crate::cli::options::TypeArg;
use crate::cli::settings::Environment;
use crate::cli::terminal::Terminal;
use crate::operations::Destination;
use crate::operations::create::CreateManyRequest;
use crate::registry::KeyName;

/// Returns what `create --count` asks for: names that begin alike, and end in numbers of one width.
///
/// # Errors
///
/// [`RequestError`].
pub fn series(
    arguments: CreateArgs,
    count: u32,
    environment: &mut Environment,
    terminal: Terminal,
    random: &mut impl CryptoRng,
) -> Result<CreateManyRequest, RequestError> {
    let CreateArgs {
        name,
        key_name,
        count: _,
        key_type,
        bits,
        generate,
        format,
        ppk_version,
        out,
        public_out: _,
        comment,
        tags,
        lifetime,
        agent: _,
        encryption,
        force: _,
        if_not_exists: _,
        mask: _,
        dry_run,
    } = arguments;
    if !(1..=MOST_PAIRS).contains(&count) {
        return Err(RequestError::Count { count });
    }
    if generate == GenerateArg::Ec2 {
        return Err(RequestError::SeriesOfEc2);
    }
    let folder = match create::destination(out, None)? {
        Destination::Agent | Destination::Response => return Err(RequestError::SeriesToOutput),
        Destination::File(folder) => folder,
        Destination::NamedFile => PathBuf::new(),
    };
    let prefix = match name.or(key_name) {
        Some(prefix) => KeyName::new(prefix)?,
        None => KeyName::random(random),
    };
    let width = count.to_string().len();
    let name = |number: u32| KeyName::new(format!("{prefix}-{number:0width$}"));
    let specification = input::specification(key_type.unwrap_or(TypeArg::Rsa), bits)?;
    let format = input::private_format(format, ppk_version)?;
    format.cost(specification.key_type(), encryption.cost.options(), None)?;
    let (passphrase, cost) = passphrase::of_new_key(encryption, environment, terminal)?;
    passphrase::warn_of_weak(format, passphrase.is_some(), terminal);
    Ok(CreateManyRequest {
        names: (1..=count).map(name).collect::<Result<_, _>>()?,
        specification,
        search: environment.prime_search()?,
        format,
        passphrase,
        cost,
        comment: input::comment(comment)?,
        folder,
        tags: tags::until(&tags, &lifetime, environment)?,
        dry_run: dry_run.is_on(),
    })
}

/// Twenty times as many as EC2 has room for in a region.
const MOST_PAIRS: u32 = 100_000;
