//! Creates many pairs on all processors.
//!
//! Worker threads generate keys and encode them in memory. This thread takes them in the order of
//! their names, writes the files of a batch and registers the batch. A batch contains the pairs of
//! half a second, or the batch size of the registry. A failure keeps the batches before it, and an
//! interruption keeps all pairs generated so far. The existing pairs are always the first ones.

use std::io;
use std::mem;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, SendError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use rand::CryptoRng;

use super::request::{Created, Outcome};
use super::steps::dry_run;
use crate::file::{self, Access, Draft, Existing, Published, Target};
use crate::format::{self, Comment, CostOptions, Encryption, PrivateFormat};
use crate::interrupt;
use crate::key::{KeySpecification, PrimeSearch, PrivateKey};
use crate::operations::{KeptKey, OperationError, destination};
use crate::registry::{Batch, KeyName, Registered, Registration, Registry, Tags};
use crate::secret::Secret;

#[derive(Debug)]
pub struct CreateManyRequest {
    pub names: Vec<KeyName>,
    pub specification: KeySpecification,
    /// Each key uses one thread.
    pub search: PrimeSearch,
    pub format: PrivateFormat,
    /// An empty or missing passphrase writes the keys unencrypted.
    pub passphrase: Option<Secret>,
    pub cost: CostOptions,
    /// The default is the name of each pair.
    pub comment: Option<Comment>,
    /// The empty path is the current directory.
    pub directory: PathBuf,
    pub tags: Tags,
    /// Checks only.
    pub dry_run: bool,
}

/// Creates the pairs on one thread per generator in `randoms`. Calls `on_registered` for each
/// registered pair, and `respond` with each batch.
///
/// # Errors
///
/// After the checks, every error is an [`OperationError::Incomplete`] with the number of pairs.
pub fn create_many<Random: CryptoRng + Send>(
    request: &CreateManyRequest,
    registry: &mut dyn Registry,
    randoms: Vec<Random>,
    on_registered: &mut dyn FnMut(),
    respond: &mut dyn FnMut(&[Created]) -> io::Result<()>,
) -> Result<Outcome, OperationError> {
    let names = &request.names;
    let Some((first, others)) = names.split_first() else {
        return Ok(Outcome::Done);
    };
    registry.check_all_available(names)?;
    let first_file = check_files(request, first, others)?;
    if request.dry_run {
        return dry_run(first.clone(), request.search, &request.tags, registry);
    }

    // Leave some file descriptors for other uses.
    let room = file::max_open_files().saturating_sub(32);
    let batch = registry.batch_size().min(room).max(1);
    let _guard = interrupt::defer_signals();
    let mut made = Vec::new();
    let finished = thread::scope(|scope| {
        let threads = randoms.len();
        let workers = randoms.into_iter().enumerate().map(|(number, random)| {
            let own = names.iter().skip(number).step_by(threads);
            Worker::start(scope, request, own, random)
        });
        let mut workers: Vec<_> = workers.collect();
        let mut commit = |pairs: &mut Vec<Generated>| {
            let (created, failure) = commit_batch(&first_file, mem::take(pairs), registry, request);
            made.extend(created.iter().map(|created| created.pair.name.clone()));
            created.iter().for_each(|_| on_registered());
            respond(&created).map_err(OperationError::Output)?;
            failure.map_or(Ok(()), Err)
        };
        let mut pairs = Vec::with_capacity(batch);
        let mut begun = Instant::now();
        let mut all = Ok(());
        for (number, name) in names.iter().enumerate() {
            match next(&mut workers, number, request, name) {
                Ok(pair) => pairs.push(pair),
                Err(error) => {
                    all = Err(error);
                    break;
                }
            }
            if pairs.len() == batch || begun.elapsed() > MAX_BATCH_TIME {
                commit(&mut pairs)?;
                begun = Instant::now();
            }
        }
        // Keep the generated pairs after an error or interruption.
        if !pairs.is_empty() {
            commit(&mut pairs)?;
        }
        all
    });
    match finished {
        Ok(()) => Ok(Outcome::Done),
        Err(source) => Err(OperationError::Incomplete {
            made: made.len(),
            wanted: names.len(),
            last: made.pop(),
            source: Box::new(source),
        }),
    }
}

/// Generates every n-th pair, in order.
enum Worker<Random> {
    /// A thread that works ahead.
    Thread(Receiver<Result<Generated, OperationError>>),
    /// The calling thread, if the system cannot start another one.
    Caller(Random),
}

impl<Random: CryptoRng + Send> Worker<Random> {
    fn start<'scope, 'env>(
        scope: &'scope Scope<'scope, 'env>,
        request: &'env CreateManyRequest,
        names: impl Iterator<Item = &'env KeyName> + Send + 'scope,
        random: Random,
    ) -> Self
    where
        Random: 'scope,
    {
        let (sender, receiver) = mpsc::sync_channel(AHEAD);
        let (give, take) = mpsc::channel::<Random>();
        let work = move || {
            let Ok(mut random) = take.recv() else { return };
            for name in names {
                let pair = generate(request, name, &mut random);
                // After an error, the receiver is gone.
                if sender.send(pair).is_err() || interrupt::is_pending() {
                    return;
                }
            }
        };
        match thread::Builder::new().spawn_scoped(scope, work) {
            Ok(_) => match give.send(random) {
                Ok(()) => Self::Thread(receiver),
                Err(SendError(random)) => Self::Caller(random),
            },
            Err(_) => Self::Caller(random),
        }
    }
}

/// A pair without a file and a registration.
struct Generated {
    registration: Registration,
    contents: Secret,
}

fn generate(
    request: &CreateManyRequest,
    name: &KeyName,
    random: &mut impl CryptoRng,
) -> Result<Generated, OperationError> {
    // The threads work on different keys.
    let search = request.search.with_threads(NonZero::<usize>::MIN);
    let key = PrivateKey::generate(request.specification, search)?;
    let comment = super::plan::comment(request.comment.as_ref(), name);
    let encryption = Encryption::with(request.passphrase.as_ref(), request.cost);
    let contents = format::write_private(&key, request.format, &comment, encryption, random)?;
    let registration = Registration::created(name.clone(), &key, request.tags.clone())?;
    Ok(Generated { registration, contents })
}

/// Returns the pair with this number and name. After an interruption, returns only a pair that was
/// already generated.
fn next<Random: CryptoRng>(
    workers: &mut [Worker<Random>],
    number: usize,
    request: &CreateManyRequest,
    name: &KeyName,
) -> Result<Generated, OperationError> {
    let is_over = interrupt::is_pending();
    let worker = number.checked_rem(workers.len()).and_then(|worker| workers.get_mut(worker));
    let made = match worker {
        Some(Worker::Thread(receiver)) if is_over => receiver.try_recv().ok(),
        Some(Worker::Thread(receiver)) => receiver.recv().ok(),
        Some(Worker::Caller(random)) if !is_over => Some(generate(request, name, random)),
        Some(Worker::Caller(_)) | None => None,
    };
    made.unwrap_or(Err(OperationError::Interrupted))
}

/// Writes the files of the pairs and registers them. Returns the created pairs and the failure.
fn commit_batch(
    first: &Target,
    made: Vec<Generated>,
    registry: &mut dyn Registry,
    request: &CreateManyRequest,
) -> (Vec<Created>, Option<OperationError>) {
    let (registrations, contents): (Vec<_>, Vec<_>) = made
        .into_iter()
        .map(|Generated { registration, contents }| (registration, contents))
        .unzip();
    let files = match publish(first, &registrations, &contents, request) {
        Ok(files) => files,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let Batch { registered, failure } = registry.register_all(&registrations);
    let mut files = files.into_iter();
    let created = registered.into_iter().zip(files.by_ref());
    let created = created.map(|(Registered { pair, is_confirmed, is_new: _, elsewhere }, file)| {
        let path = file.path().to_owned();
        let recovered = file.keep();
        Created {
            pair,
            is_confirmed,
            in_agent: false,
            private_key_file: Some(path),
            public_key_file: None,
            parameter: None,
            private_key: None,
            recovered,
            elsewhere,
        }
    });
    let created: Vec<_> = created.collect();
    let failure = failure.map(|failure| match failure {
        // Keep the private keys of all pairs that may be registered.
        error if error.may_be_registered() => {
            let mut kept = KeptKey::default();
            for file in files.take(registry.batch_size()) {
                match kept.path {
                    None => kept.path = Some(file.path().to_owned()),
                    Some(_) => kept.others.push(file.path().to_owned()),
                }
                kept.replaced.extend(file.keep_both());
            }
            let name = registrations.get(created.len()).map(|next| next.name.clone());
            let name = name.unwrap_or_else(|| KeyName::registered(""));
            OperationError::unconfirmed(name, error, kept)
        }
        failure => failure.into(),
    });
    (created, failure)
}

fn publish(
    first: &Target,
    registrations: &[Registration],
    contents: &[Secret],
    request: &CreateManyRequest,
) -> Result<Vec<Published>, OperationError> {
    let target =
        |registration: &Registration| Ok(first.sibling(&file_name(request, &registration.name)?)?);
    let targets = registrations.iter().map(target).collect::<Result<Vec<_>, OperationError>>()?;
    let files = targets.iter().zip(contents);
    let files: Vec<_> =
        files.map(|(target, contents)| (target, Access::Owner, contents.expose())).collect();
    Ok(Draft::publish_batch(Draft::write_batch(&files)?)?)
}

/// Checks that all files are available, and returns the first one.
fn check_files(
    request: &CreateManyRequest,
    first: &KeyName,
    others: &[KeyName],
) -> Result<Target, OperationError> {
    let path = request.directory.join(file_name(request, first)?);
    let first = Target::new(&path, Existing::Keep)?;
    for name in others {
        first.sibling(&file_name(request, name)?)?;
    }
    Ok(first)
}

fn file_name(request: &CreateManyRequest, name: &KeyName) -> Result<String, OperationError> {
    destination::file_name(name, request.format.extension())
}

/// Only registered pairs survive a kill and count as progress.
const MAX_BATCH_TIME: Duration = Duration::from_millis(500);

/// The number of pairs that a thread generates ahead.
const AHEAD: usize = 16;
