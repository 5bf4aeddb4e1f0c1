//! Makes many pairs at once, on all processors.
//!
//! Some threads make keys and write them out in memory; this one takes them in the order of their
//! names, gives a batch of them its files, and registers the batch. A batch is what half a second
//! makes, or as many as the registry registers at a time. What goes wrong leaves the batches before it
//! whole, and so does an interruption the pairs that are made by then, so that the pairs that are there
//! are always the first of the series.

use std::io;
use std::mem;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, SendError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use rand::CryptoRng;

use super::request::{Created, Outcome};
use crate::file::{self, Access, Draft, Existing, Published, Target};
use crate::format::{self, Comment, CostOptions, Encryption, PrivateFormat};
use crate::interrupt;
use crate::key::{KeySpecification, PrimeSearch, PrivateKey};
use crate::operations::{OperationError, destination};
use crate::registry::{Batch, KeyName, Registered, Registration, Registry, Request, Tags};
use crate::secret::Secret;

/// Which pairs to make, and where to put them.
#[derive(Debug)]
pub struct CreateManyRequest {
    pub names: Vec<KeyName>,
    pub specification: KeySpecification,
    /// How the primes of RSA keys are searched for; each key on one thread.
    pub search: PrimeSearch,
    /// How the private keys are written.
    pub format: PrivateFormat,
    /// What encrypts the private keys; empty or none leaves them plain.
    pub passphrase: Option<Secret>,
    /// What a guess at the passphrase is to cost.
    pub cost: CostOptions,
    /// The comment in the private keys; without one, the name of each.
    pub comment: Option<Comment>,
    /// The folder of the files; the empty path is the current one.
    pub folder: PathBuf,
    /// The tags of each pair.
    pub tags: Tags,
    /// Whether to check only, and change nothing.
    pub dry_run: bool,
}

/// Makes the pairs, as many at a time as there are generators in `randoms`, calls `registered_one` for
/// each that is registered, and hands the pairs of each batch to `answer`.
///
/// # Errors
///
/// [`OperationError::Incomplete`] once the first pair could have been made, which says how many are
/// there; before that, what keeps them from being made.
pub fn create_many<Random: CryptoRng + Send>(
    request: &CreateManyRequest,
    registry: &mut dyn Registry,
    randoms: Vec<Random>,
    registered_one: &mut dyn FnMut(),
    respond: &mut dyn FnMut(&[Created]) -> io::Result<()>,
) -> Result<Outcome, OperationError> {
    let names = &request.names;
    let Some((first, others)) = names.split_first() else {
        return Ok(Outcome::Done);
    };
    registry.check_all_available(names)?;
    let first = check_files(request, first, others)?;
    if request.dry_run {
        if let Some(name) = names.first() {
            // Any key will do, and this one is made at once.
            let key = PrivateKey::generate(KeySpecification::Ed25519, request.search)?;
            let registration = Registration::created(name.clone(), &key, request.tags.clone())?;
            registry.dry_run(Request::Register(&registration))?;
        }
        return Ok(Outcome::Checked);
    }

    // Some open files are for other things.
    let room = file::max_open_files().saturating_sub(32);
    let batch = registry.batch_size().min(room).max(1);
    let _guard = interrupt::defer_signals();
    let mut made = Vec::new();
    let finished = thread::scope(|scope| {
        let threads = randoms.len();
        let makers = randoms.into_iter().enumerate().map(|(number, random)| {
            let own = names.iter().skip(number).step_by(threads);
            Maker::start(scope, request, own, random)
        });
        let mut makers: Vec<_> = makers.collect();
        let mut put = |pairs: &mut Vec<Made>| {
            let (created, failure) = put_in_place(&first, mem::take(pairs), registry, request);
            made.extend(created.iter().map(|created| created.pair.name.clone()));
            created.iter().for_each(|_| registered_one());
            respond(&created).map_err(OperationError::Output)?;
            failure.map_or(Ok(()), Err)
        };
        let mut pairs = Vec::with_capacity(batch);
        let mut begun = Instant::now();
        let mut all = Ok(());
        for (number, name) in names.iter().enumerate() {
            match next(&mut makers, number, request, name) {
                Ok(pair) => pairs.push(pair),
                Err(error) => {
                    all = Err(error);
                    break;
                }
            }
            if pairs.len() == batch || begun.elapsed() > MAX_BATCH_TIME {
                put(&mut pairs)?;
                begun = Instant::now();
            }
        }
        // Pairs that are made are kept, whatever has ended the series.
        if !pairs.is_empty() {
            put(&mut pairs)?;
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

/// What makes some of the pairs, in their order.
enum Maker<Random> {
    /// A thread, which makes them ahead.
    Thread(Receiver<Result<Made, OperationError>>),
    /// The thread that asks for them, if the system has no other.
    Caller(Random),
}

impl<Random: CryptoRng + Send> Maker<Random> {
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
                let pair = make(request, name, &mut random);
                // Once something has gone wrong, nobody waits for the others.
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

/// A pair that has no file yet and is not registered.
struct Made {
    registration: Registration,
    contents: Secret,
}

fn make(
    request: &CreateManyRequest,
    name: &KeyName,
    random: &mut impl CryptoRng,
) -> Result<Made, OperationError> {
    // Each thread has keys of its own to make.
    let search = request.search.with_threads(NonZero::<usize>::MIN);
    let key = PrivateKey::generate(request.specification, search)?;
    let comment = super::plan::comment(request.comment.as_ref(), name);
    let encryption = Encryption::with(request.passphrase.as_ref(), request.cost);
    let contents = format::write_private(&key, request.format, &comment, encryption, random)?;
    let registration = Registration::created(name.clone(), &key, request.tags.clone())?;
    Ok(Made { registration, contents })
}

/// Takes the pair of this number and name from what makes it. After an interruption, only what is made
/// already.
fn next<Random: CryptoRng>(
    makers: &mut [Maker<Random>],
    number: usize,
    request: &CreateManyRequest,
    name: &KeyName,
) -> Result<Made, OperationError> {
    let is_over = interrupt::is_pending();
    let maker = number.checked_rem(makers.len()).and_then(|maker| makers.get_mut(maker));
    let made = match maker {
        Some(Maker::Thread(receiver)) if is_over => receiver.try_recv().ok(),
        Some(Maker::Thread(receiver)) => receiver.recv().ok(),
        Some(Maker::Caller(random)) if !is_over => Some(make(request, name, random)),
        Some(Maker::Caller(_)) | None => None,
    };
    made.unwrap_or(Err(OperationError::Interrupted))
}

/// Gives the pairs their files and registers them; returns those that are there, and what went wrong.
fn put_in_place(
    first: &Target,
    made: Vec<Made>,
    registry: &mut dyn Registry,
    request: &CreateManyRequest,
) -> (Vec<Created>, Option<OperationError>) {
    let (registrations, contents): (Vec<_>, Vec<_>) =
        made.into_iter().map(|Made { registration, contents }| (registration, contents)).unzip();
    let files = match publish(first, &registrations, &contents, request) {
        Ok(files) => files,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let Batch { registered, failure } = registry.register_all(&registrations);
    let mut files = files.into_iter();
    let created = registered.into_iter().zip(files.by_ref());
    let created = created.map(|(Registered { pair, is_confirmed }, file)| {
        let path = file.path().to_owned();
        file.keep();
        Created {
            pair,
            is_confirmed,
            in_agent: false,
            private_key_file: Some(path),
            public_key_file: None,
            private_key: None,
        }
    });
    let created: Vec<_> = created.collect();
    let failure = failure.map(|failure| match failure {
        // A key that may be registered is kept, and so are those that are registered with it.
        error if error.may_be_registered() => {
            let mut path = None;
            for file in files.take(registry.batch_size()) {
                path.get_or_insert_with(|| file.path().to_owned());
                file.keep();
            }
            let name = registrations.get(created.len()).map(|next| next.name.clone());
            let name = name.unwrap_or_else(|| KeyName::registered(""));
            OperationError::unconfirmed(name, error, path, false, None)
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

/// Makes sure that all files are free, and returns the first.
fn check_files(
    request: &CreateManyRequest,
    first: &KeyName,
    others: &[KeyName],
) -> Result<Target, OperationError> {
    let path = request.folder.join(file_name(request, first)?);
    let first = Target::new(&path, Existing::Keep)?;
    for name in others {
        first.sibling(&file_name(request, name)?)?;
    }
    Ok(first)
}

fn file_name(request: &CreateManyRequest, name: &KeyName) -> Result<String, OperationError> {
    destination::file_name(name, request.format.extension())
}

/// Registered pairs are what is kept after a kill, and what is shown as progress.
const MAX_BATCH_TIME: Duration = Duration::from_millis(500);

/// So many pairs a thread makes before it waits.
const AHEAD: usize = 16;
