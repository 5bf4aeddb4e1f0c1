//! Tests the built-in agent and the client with each other and with misbehaving peers.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ed25519_dalek::{Signature, VerifyingKey};
use rsa::BoxedUint;
use sha2::{Sha256, Sha512};
use tempfile::TempDir;

use super::client::send;
use super::message::{self, AgentResponse};
use super::*;
use crate::format::{Comment, WireReader, WireWriter, blob};
use crate::key::{
    Ed25519PrivateKey, KeySpecification, PrimeSearch, PrivateKey, PublicKey, RsaBits,
};
use crate::secret::Seed;

const SHORT: Duration = Duration::from_millis(300);

fn key(specification: KeySpecification) -> PrivateKey {
    PrivateKey::generate(specification, PrimeSearch::default()).unwrap()
}

fn start_server(directory: &TempDir, specification: KeySpecification) -> (AgentServer, PublicKey) {
    start_server_with(directory, key(specification))
}

fn start_server_with(directory: &TempDir, key: PrivateKey) -> (AgentServer, PublicKey) {
    let public = key.public();
    let comment = Comment::new("a comment").unwrap();
    let socket = directory.path().join("agent");
    let key = HeldKey::new(key, &comment).unwrap();
    (AgentServer::start_with(&socket, key, SHORT).unwrap(), public)
}

fn connect(socket: &Path) -> UnixStream {
    let stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn read_response(stream: &mut UnixStream) -> Vec<u8> {
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix).unwrap();
    let mut response = vec![0; usize::try_from(u32::from_be_bytes(prefix)).unwrap()];
    stream.read_exact(&mut response).unwrap();
    response
}

fn sign_request(key: &PublicKey, data: &[u8], flags: u32) -> Vec<u8> {
    let message = WireWriter::default().byte(13).string(&blob::encode(key)).string(data);
    let message = message.uint32(flags).finish();
    WireWriter::default().string(message.expose()).finish().expose().to_vec()
}

/// Returns the algorithm and the bytes of a signature, or `None` for a failure.
fn sign(
    stream: &mut UnixStream,
    key: &PublicKey,
    data: &[u8],
    flags: u32,
) -> Option<(String, Vec<u8>)> {
    stream.write_all(&sign_request(key, data, flags)).unwrap();
    let response = read_response(stream);
    if response == [5] {
        return None;
    }
    let mut reader = WireReader::new(&response);
    assert_eq!(reader.byte().unwrap(), 14);
    let mut signature = WireReader::new(reader.string().unwrap());
    reader.finish().unwrap();
    let name = String::from_utf8(signature.string().unwrap().to_vec()).unwrap();
    let bytes = signature.string().unwrap().to_vec();
    signature.finish().unwrap();
    Some((name, bytes))
}

#[test]
fn server_lists_its_key_and_only_signs() {
    let directory = TempDir::new().unwrap();
    let (server, public) = start_server(&directory, KeySpecification::Ed25519);
    let mode = std::fs::metadata(server.socket()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    check(server.socket()).unwrap();
    let mut stream = connect(server.socket());
    stream.write_all(message::request_identities().expose()).unwrap();
    let expected = WireWriter::default().byte(12).uint32(1).string(&blob::encode(&public));
    assert_eq!(read_response(&mut stream), expected.string(b"a comment").finish().expose());
    let refused = |done: Result<(), AgentError>| matches!(done, Err(AgentError::Refused { .. }));
    let other = key(KeySpecification::Ed25519);
    assert!(refused(add(server.socket(), &other, &Comment::default(), None, false)));
    assert!(refused(remove(server.socket(), &public)));
    assert_eq!(sign(&mut stream, &other.public(), b"data", 0), None);
    // An unknown request, an extension that OpenSSH requests, and a truncated request.
    for message in [&b"\0\0\0\x01\xff"[..], b"\0\0\0\x05\x1b\0\0\0\0", b"\0\0\0\x02\x0d\0"] {
        stream.write_all(message).unwrap();
        assert_eq!(read_response(&mut stream), [5]);
    }
}

#[test]
fn ed25519_signature_verifies() {
    let directory = TempDir::new().unwrap();
    let (server, public) = start_server(&directory, KeySpecification::Ed25519);
    let mut stream = connect(server.socket());
    let (name, signature) = sign(&mut stream, &public, b"data", 0).unwrap();
    assert_eq!(name, "ssh-ed25519");
    let PublicKey::Ed25519(point) = &public else { panic!() };
    let point = VerifyingKey::from_bytes(point.as_bytes()).unwrap();
    let signature = Signature::from_slice(&signature).unwrap();
    point.verify_strict(b"data", &signature).unwrap();
    assert!(point.verify_strict(b"date", &signature).is_err());
}

/// RFC 8032 section 7.1, tests 1, 2, 3 and SHA(abc): seed, public key, message and signature.
const RFC_8032: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
         d25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c\
         387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659\
         4a7c15e9716ed28dc027beceea1ec40a",
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd\
         454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030\
         3dca179c138ac17ad9bef1177331a704",
    ],
];

#[test]
fn ed25519_signatures_match_rfc_8032() {
    for vector in RFC_8032 {
        let [seed, public, message, signature] = vector.map(bytes_of);
        let directory = TempDir::new().unwrap();
        let seed = Seed::copy_of(seed.as_slice().try_into().unwrap());
        let key = PrivateKey::Ed25519(Ed25519PrivateKey::from_seed(seed));
        let (server, held) = start_server_with(&directory, key);
        let PublicKey::Ed25519(point) = &held else { panic!() };
        assert_eq!(point.as_bytes().as_slice(), public);
        let mut stream = connect(server.socket());
        let signed = sign(&mut stream, &held, &message, 0).unwrap();
        assert_eq!(signed, ("ssh-ed25519".to_owned(), signature));
    }
}

fn bytes_of(hexadecimal: &str) -> Vec<u8> {
    let digits = |at: usize| hexadecimal.get(at..at + 2).unwrap();
    let starts = (0..hexadecimal.len()).step_by(2);
    starts.map(|at| u8::from_str_radix(digits(at), 16).unwrap()).collect()
}

#[test]
fn rsa_signature_verifies_and_sha_1_is_refused() {
    let directory = TempDir::new().unwrap();
    let (server, public) = start_server(&directory, KeySpecification::Rsa(RsaBits::Bits2048));
    let mut stream = connect(server.socket());
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
    // OpenSSH's agent also chooses the shorter one if both flags are set.
    assert_eq!(sign(&mut stream, &public, b"data", 6).unwrap().0, "rsa-sha2-256");
    assert_eq!(sign(&mut stream, &public, b"data", 0), None);
    assert_eq!(sign(&mut stream, &public, b"data", 1), None);
}

#[test]
fn slow_peers_do_not_block_others() {
    let directory = TempDir::new().unwrap();
    let (server, public) = start_server(&directory, KeySpecification::Ed25519);
    let request = sign_request(&public, &[7; 100_000], 0);
    let mut slow: Vec<_> = (0..40).map(|_| connect(server.socket())).collect();
    for stream in &mut slow {
        stream.write_all(&request[..request.len() / 2]).unwrap();
    }
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut stream = connect(server.socket());
                assert!(sign(&mut stream, &public, b"data", 0).is_some());
                // A request sent in pieces is still one request.
                for piece in request.chunks(30_000) {
                    stream.write_all(piece).unwrap();
                }
                assert_eq!(read_response(&mut stream)[0], 14);
            });
        }
    });
    // The slow peers are disconnected in the end.
    for stream in &mut slow {
        assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    }
}

#[test]
fn peer_that_never_reads_is_disconnected() {
    let directory = TempDir::new().unwrap();
    let (server, _public) = start_server(&directory, KeySpecification::Ed25519);
    let mut stream = connect(server.socket());
    let requests = message::request_identities().expose().repeat(1000);
    let start = Instant::now();
    while stream.write_all(&requests).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(15));
    }
    check(server.socket()).unwrap();
}

#[test]
fn peers_beyond_the_limit_are_served_later() {
    let directory = TempDir::new().unwrap();
    let (server, _public) = start_server(&directory, KeySpecification::Ed25519);
    let idle: Vec<_> = (0..100).map(|_| connect(server.socket())).collect();
    check(server.socket()).unwrap();
    drop(idle);
    check(server.socket()).unwrap();
}

#[test]
fn invalid_length_ends_the_connection() {
    let directory = TempDir::new().unwrap();
    let (server, _public) = start_server(&directory, KeySpecification::Ed25519);
    for prefix in [[0, 0, 0, 0], [0, 4, 0, 1], [0xff; 4]] {
        let mut stream = connect(server.socket());
        stream.write_all(&prefix).unwrap();
        assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    }
    check(server.socket()).unwrap();
}

#[test]
fn dropped_server_leaves_nothing() {
    let directory = TempDir::new().unwrap();
    let (first, _public) = start_server(&directory, KeySpecification::Ed25519);
    let socket = first.socket().to_owned();
    let other = HeldKey::new(key(KeySpecification::Ed25519), &Comment::default()).unwrap();
    let taken = AgentServer::start(&socket, other);
    assert!(matches!(taken, Err(AgentServerError::Bind { .. })));
    check(&socket).unwrap();
    let mut stream = connect(&socket);
    drop(first);
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    assert!(!socket.exists());
    assert!(matches!(check(&socket), Err(AgentError::NotRunning { .. })));
}

#[test]
fn check_distinguishes_faults() {
    let directory = TempDir::new().unwrap();
    let path = |name: &str| directory.path().join(name);
    let fault = |name: &str| {
        let request = message::request_identities();
        send(&path(name), &request, &AgentResponse::Identities, SHORT).unwrap_err()
    };
    assert!(matches!(fault("nothing"), AgentError::NotRunning { .. }));
    assert!(matches!(fault(&"x".repeat(300)), AgentError::NotRunning { .. }));
    crate::file::create_private_file(&path("file")).unwrap();
    assert!(matches!(fault("file"), AgentError::NotRunning { .. }));
    drop(UnixListener::bind(path("left")).unwrap());
    assert!(matches!(fault("left"), AgentError::NotRunning { .. }));

    let hangs = UnixListener::bind(path("hangs")).unwrap();
    assert!(matches!(fault("hangs"), AgentError::TimedOut { .. }));
    // The first client still fills the backlog.
    rustix::net::listen(&hangs, 0).unwrap();
    if cfg!(target_os = "linux") {
        assert!(matches!(fault("hangs"), AgentError::TimedOut { .. }));
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
        let error = fault(name);
        server.join().unwrap();
        match name {
            "closes" | "half" => {
                assert!(matches!(error, AgentError::ConnectionClosed { .. }), "{error}");
            }
            _ => assert!(matches!(error, AgentError::NotAnAgent { .. }), "{name}: {error}"),
        }
    }
}

/// One byte at a time must not extend the time-out.
#[test]
fn dripping_agent_times_out() {
    let directory = TempDir::new().unwrap();
    let socket = directory.path().join("drips");
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
    let error = send(&socket, &message::request_identities(), &AgentResponse::Identities, SHORT);
    assert!(matches!(error, Err(AgentError::TimedOut { .. })));
    assert!(start.elapsed() < Duration::from_secs(10));
}
