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

/// RFC 8032 section 7.1: tests 1, 2, 3, SHA(abc) and 1024, as seed, public key, message and signature.
const RFC_8032: [[&str; 4]; 5] = [
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
    [
        "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
        "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
        "08b8b2b733424243760fe426a4b54908632110a66c2f6591eabd3345e3e4eb98fa6e264bf09efe12ee50f8f54e9f77b1\
         e355f6c50544e23fb1433ddf73be84d879de7c0046dc4996d9e773f4bc9efe5738829adb26c81b37c93a1b270b20329d\
         658675fc6ea534e0810a4432826bf58c941efb65d57a338bbd2e26640f89ffbc1a858efcb8550ee3a5e1998bd177e93a\
         7363c344fe6b199ee5d02e82d522c4feba15452f80288a821a579116ec6dad2b3b310da903401aa62100ab5d1a36553e\
         06203b33890cc9b832f79ef80560ccb9a39ce767967ed628c6ad573cb116dbefefd75499da96bd68a8a97b928a8bbc10\
         3b6621fcde2beca1231d206be6cd9ec7aff6f6c94fcd7204ed3455c68c83f4a41da4af2b74ef5c53f1d8ac70bdcb7ed1\
         85ce81bd84359d44254d95629e9855a94a7c1958d1f8ada5d0532ed8a5aa3fb2d17ba70eb6248e594e1a2297acbbb39d\
         502f1a8c6eb6f1ce22b3de1a1f40cc24554119a831a9aad6079cad88425de6bde1a9187ebb6092cf67bf2b13fd65f270\
         88d78b7e883c8759d2c4f5c65adb7553878ad575f9fad878e80a0c9ba63bcbcc2732e69485bbc9c90bfbd62481d9089b\
         eccf80cfe2df16a2cf65bd92dd597b0707e0917af48bbb75fed413d238f5555a7a569d80c3414a8d0859dc65a46128ba\
         b27af87a71314f318c782b23ebfe808b82b0ce26401d2e22f04d83d1255dc51addd3b75a2b1ae0784504df543af8969b\
         e3ea7082ff7fc9888c144da2af58429ec96031dbcad3dad9af0dcbaaaf268cb8fcffead94f3c7ca495e056a9b47acdb7\
         51fb73e666c6c655ade8297297d07ad1ba5e43f1bca32301651339e22904cc8c42f58c30c04aafdb038dda0847dd988d\
         cda6f3bfd15c4b4c4525004aa06eeff8ca61783aacec57fb3d1f92b0fe2fd1a85f6724517b65e614ad6808d6f6ee34df\
         f7310fdc82aebfd904b01e1dc54b2927094b2db68d6f903b68401adebf5a7e08d78ff4ef5d63653a65040cf9bfd4aca7\
         984a74d37145986780fc0b16ac451649de6188a7dbdf191f64b5fc5e2ab47b57f7f7276cd419c17a3ca8e1b939ae49e4\
         88acba6b965610b5480109c8b17b80e1b7b750dfc7598d5d5011fd2dcc5600a32ef5b52a1ecc820e308aa342721aac09\
         43bf6686b64b2579376504ccc493d97e6aed3fb0f9cd71a43dd497f01f17c0e2cb3797aa2a2f256656168e6c496afc5f\
         b93246f6b1116398a346f1a641f3b041e989f7914f90cc2c7fff357876e506b50d334ba77c225bc307ba537152f3f161\
         0e4eafe595f6d9d90d11faa933a15ef1369546868a7f3a45a96768d40fd9d03412c091c6315cf4fde7cb68606937380d\
         b2eaaa707b4c4185c32eddcdd306705e4dc1ffc872eeee475a64dfac86aba41c0618983f8741c5ef68d3a101e8a3b8ca\
         c60c905c15fc910840b94c00a0b9d0",
        "0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b\
         5e8fcd4f681e30a6ac00a9704a188a03",
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

/// The server closes the oldest idle connections.
#[test]
fn peers_beyond_the_limit_are_served_at_once() {
    let directory = TempDir::new().unwrap();
    let key = HeldKey::new(key(KeySpecification::Ed25519), &Comment::default()).unwrap();
    let socket = directory.path().join("agent");
    // Far longer than the time-outs of this test.
    let server = AgentServer::start_with(&socket, key, Duration::from_secs(600)).unwrap();
    let mut idle: Vec<_> = (0..100).map(|_| connect(server.socket())).collect();
    let start = Instant::now();
    for _ in 0..10 {
        check(server.socket()).unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(5));
    assert!(matches!(idle[0].read(&mut [0]), Ok(0) | Err(_)));
    let newest = idle.last_mut().unwrap();
    newest.write_all(message::request_identities().expose()).unwrap();
    assert_eq!(read_response(newest)[0], 12);
    // Busy connections are kept, and a further one is refused.
    drop(idle);
    let mut busy: Vec<_> = (0..64).map(|_| connect(server.socket())).collect();
    for stream in &mut busy {
        stream.write_all(&[0]).unwrap();
    }
    let start = Instant::now();
    assert!(matches!(connect(server.socket()).read(&mut [0]), Ok(0) | Err(_)));
    assert!(start.elapsed() < Duration::from_secs(5));
    busy[0].write_all(&message::request_identities().expose()[1..]).unwrap();
    assert_eq!(read_response(&mut busy[0])[0], 12);
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

    for (name, sent) in [
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
            stream.write_all(sent).unwrap();
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
