//! Our own agent and our own client, with each other and with peers that misbehave.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ed25519_dalek::{Signature, VerifyingKey};
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use rsa::BoxedUint;
use sha2::{Sha256, Sha512};
use tempfile::TempDir;

use super::client::ask;
use super::message::{self, Answer};
use super::*;
use crate::format::{Comment, WireReader, WireWriter, blob};
use crate::key::{KeySpecification, PrimeSearch, PrivateKey, PublicKey, RsaBits};

const SHORT: Duration = Duration::from_millis(300);

fn key(specification: KeySpecification) -> PrivateKey {
    let mut random = StdRng::try_from_rng(&mut SysRng).unwrap();
    PrivateKey::generate(specification, PrimeSearch::default(), &mut random).unwrap()
}

fn holder(folder: &TempDir, specification: KeySpecification) -> (Holder, PublicKey) {
    let key = key(specification);
    let public = key.public();
    let comment = Comment::new("a comment").unwrap();
    let socket = folder.path().join("agent");
    (Holder::start_with(&socket, key, &comment, SHORT).unwrap(), public)
}

fn connect(socket: &Path) -> UnixStream {
    let stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn answer(stream: &mut UnixStream) -> Vec<u8> {
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix).unwrap();
    let mut answer = vec![0; usize::try_from(u32::from_be_bytes(prefix)).unwrap()];
    stream.read_exact(&mut answer).unwrap();
    answer
}

fn sign_request(key: &PublicKey, data: &[u8], flags: u32) -> Vec<u8> {
    let message = WireWriter::default().byte(13).string(&blob::encode(key)).string(data);
    let message = message.uint32(flags).finish();
    WireWriter::default().string(message.expose()).finish().expose().to_vec()
}

/// Returns the name and the bytes of a signature, or `None` for a failure.
fn sign(
    stream: &mut UnixStream,
    key: &PublicKey,
    data: &[u8],
    flags: u32,
) -> Option<(String, Vec<u8>)> {
    stream.write_all(&sign_request(key, data, flags)).unwrap();
    let answer = answer(stream);
    if answer == [5] {
        return None;
    }
    let mut reader = WireReader::new(&answer);
    assert_eq!(reader.byte().unwrap(), 14);
    let mut signature = WireReader::new(reader.string().unwrap());
    reader.finish().unwrap();
    let name = String::from_utf8(signature.string().unwrap().to_vec()).unwrap();
    let bytes = signature.string().unwrap().to_vec();
    signature.finish().unwrap();
    Some((name, bytes))
}

#[test]
fn tells_of_its_key_and_refuses_all_but_signatures() {
    let folder = TempDir::new().unwrap();
    let (holder, public) = holder(&folder, KeySpecification::Ed25519);
    let mode = std::fs::metadata(holder.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    check(holder.socket()).unwrap();
    let mut stream = connect(holder.socket());
    stream.write_all(message::request_identities().expose()).unwrap();
    let expected = WireWriter::default().byte(12).uint32(1).string(&blob::encode(&public));
    assert_eq!(answer(&mut stream), expected.string(b"a comment").finish().expose());
    let refused = |done: Result<(), AgentError>| matches!(done, Err(AgentError::Refused { .. }));
    let other = key(KeySpecification::Ed25519);
    assert!(refused(add(holder.socket(), &other, &Comment::default(), None, false)));
    assert!(refused(remove(holder.socket(), &public)));
    assert_eq!(sign(&mut stream, &other.public(), b"data", 0), None);
    // An unknown request, an extension that OpenSSH asks for, and one that is cut short.
    for message in [&b"\0\0\0\x01\xff"[..], b"\0\0\0\x05\x1b\0\0\0\0", b"\0\0\0\x02\x0d\0"] {
        stream.write_all(message).unwrap();
        assert_eq!(answer(&mut stream), [5]);
    }
}

#[test]
fn signs_with_ed25519() {
    let folder = TempDir::new().unwrap();
    let (holder, public) = holder(&folder, KeySpecification::Ed25519);
    let mut stream = connect(holder.socket());
    let (name, signature) = sign(&mut stream, &public, b"data", 0).unwrap();
    assert_eq!(name, "ssh-ed25519");
    let PublicKey::Ed25519(point) = &public else { panic!() };
    let point = VerifyingKey::from_bytes(point.as_bytes()).unwrap();
    let signature = Signature::from_slice(&signature).unwrap();
    point.verify_strict(b"data", &signature).unwrap();
    assert!(point.verify_strict(b"date", &signature).is_err());
}

#[test]
fn signs_with_rsa_but_not_with_sha_1() {
    let folder = TempDir::new().unwrap();
    let (holder, public) = holder(&folder, KeySpecification::Rsa(RsaBits::Bits2048));
    let mut stream = connect(holder.socket());
    let PublicKey::Rsa(numbers) = &public else { panic!() };
    let number = BoxedUint::from_be_slice_vartime;
    let verifier =
        rsa::PublicKey::new(number(numbers.modulus()), number(numbers.exponent())).unwrap();
    for _ in 0..3 {
        let (name, signature) = sign(&mut stream, &public, b"data", 2).unwrap();
        assert_eq!((name.as_str(), signature.len()), ("rsa-sha2-256", 256));
        verifier.pkcs1v15_verify::<Sha256>(b"data", &signature).unwrap();
        let (name, signature) = sign(&mut stream, &public, b"data", 4).unwrap();
        assert_eq!((name.as_str(), signature.len()), ("rsa-sha2-512", 256));
        verifier.pkcs1v15_verify::<Sha512>(b"data", &signature).unwrap();
    }
    // OpenSSH's agent takes the shorter one where it has the choice.
    assert_eq!(sign(&mut stream, &public, b"data", 6).unwrap().0, "rsa-sha2-256");
    assert_eq!(sign(&mut stream, &public, b"data", 0), None);
    assert_eq!(sign(&mut stream, &public, b"data", 1), None);
}

#[test]
fn nobody_waits_for_one_who_is_slow() {
    let folder = TempDir::new().unwrap();
    let (holder, public) = holder(&folder, KeySpecification::Ed25519);
    let request = sign_request(&public, &[7; 100_000], 0);
    let mut slow: Vec<_> = (0..40).map(|_| connect(holder.socket())).collect();
    for stream in &mut slow {
        stream.write_all(&request[..request.len() / 2]).unwrap();
    }
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut stream = connect(holder.socket());
                assert!(sign(&mut stream, &public, b"data", 0).is_some());
                // One that comes in pieces is one message nevertheless.
                for piece in request.chunks(30_000) {
                    stream.write_all(piece).unwrap();
                }
                assert_eq!(answer(&mut stream)[0], 14);
            });
        }
    });
    // In the end they are cut off.
    for stream in &mut slow {
        assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    }
}

#[test]
fn one_who_asks_and_never_reads_is_cut_off() {
    let folder = TempDir::new().unwrap();
    let (holder, _public) = holder(&folder, KeySpecification::Ed25519);
    let mut stream = connect(holder.socket());
    let questions = message::request_identities().expose().repeat(1000);
    let start = Instant::now();
    while stream.write_all(&questions).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(15));
    }
    check(holder.socket()).unwrap();
}

#[test]
fn more_than_there_is_room_for_wait_for_their_turn() {
    let folder = TempDir::new().unwrap();
    let (holder, _public) = holder(&folder, KeySpecification::Ed25519);
    let idle: Vec<_> = (0..100).map(|_| connect(holder.socket())).collect();
    check(holder.socket()).unwrap();
    drop(idle);
    check(holder.socket()).unwrap();
}

#[test]
fn a_message_that_is_none_ends_the_connection() {
    let folder = TempDir::new().unwrap();
    let (holder, _public) = holder(&folder, KeySpecification::Ed25519);
    for prefix in [[0, 0, 0, 0], [0, 4, 0, 1], [0xff; 4]] {
        let mut stream = connect(holder.socket());
        stream.write_all(&prefix).unwrap();
        assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    }
    check(holder.socket()).unwrap();
}

#[test]
fn nothing_is_left_of_a_holder() {
    let folder = TempDir::new().unwrap();
    let (first, _public) = holder(&folder, KeySpecification::Ed25519);
    let socket = first.socket().to_owned();
    let taken = Holder::start(&socket, key(KeySpecification::Ed25519), &Comment::default());
    assert!(matches!(taken, Err(HolderError::Bind { .. })));
    check(&socket).unwrap();
    let mut stream = connect(&socket);
    drop(first);
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    assert!(!socket.exists());
    assert!(matches!(check(&socket), Err(AgentError::NotRunning { .. })));
}

#[test]
fn what_is_no_agent_is_told_apart() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let question = |name: &str| {
        let question = message::request_identities();
        ask(&path(name), &question, &Answer::Identities, SHORT).unwrap_err()
    };
    assert!(matches!(question("nothing"), AgentError::NotRunning { .. }));
    assert!(matches!(question(&"x".repeat(300)), AgentError::NotRunning { .. }));
    crate::file::create_owner_file(&path("file")).unwrap();
    assert!(matches!(question("file"), AgentError::NotRunning { .. }));
    drop(UnixListener::bind(path("left")).unwrap());
    assert!(matches!(question("left"), AgentError::NotRunning { .. }));

    let hangs = UnixListener::bind(path("hangs")).unwrap();
    assert!(matches!(question("hangs"), AgentError::TimedOut { .. }));
    // Who was waiting has left no room to wait in.
    rustix::net::listen(&hangs, 0).unwrap();
    if cfg!(target_os = "linux") {
        assert!(matches!(question("hangs"), AgentError::TimedOut { .. }));
    }

    for (name, said) in [
        ("closes", &b""[..]),
        ("greets", b"SSH-2.0-OpenSSH\r\n"),
        ("empty", b"\0\0\0\0"),
        ("other", b"\0\0\0\x01\x06"),
        ("more", b"\0\0\0\x05\x0c\0\0\0\x01"),
        ("half", b"\0\0\0\x05\x0c"),
    ] {
        let listener = UnixListener::bind(path(name)).unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 5]).unwrap();
            stream.write_all(said).unwrap();
        });
        let error = question(name);
        server.join().unwrap();
        match name {
            "closes" | "half" => assert!(matches!(error, AgentError::HungUp { .. }), "{error}"),
            _ => assert!(matches!(error, AgentError::NotAnAgent { .. }), "{name}: {error}"),
        }
    }
}

/// One byte a time does not make the wait any longer.
#[test]
fn an_agent_that_drips_runs_out_of_time() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("drips");
    let listener = UnixListener::bind(&socket).unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let answer = [&b"\0\0\x04\0\x0c"[..], &[0; 1023]].concat();
        for byte in answer {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
    });
    let start = Instant::now();
    let error = ask(&socket, &message::request_identities(), &Answer::Identities, SHORT);
    assert!(matches!(error, Err(AgentError::TimedOut { .. })));
    assert!(start.elapsed() < Duration::from_secs(10));
}
