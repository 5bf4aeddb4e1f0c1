//! TLS certificates and the CA bundle.

use std::io::{self, BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::home::Home;
use crate::support::peer;

/// Two certificate authorities, and a certificate issued by the first.
const CERTIFICATES: &str = "set -e; exec 2> made
    for name in trusted other; do
        openssl req -x509 -newkey rsa:2048 -nodes -keyout $name.key -days 2 -subj /CN=$name -out $name.pem
    done
    openssl req -newkey rsa:2048 -nodes -keyout key.pem -subj /CN=localhost -out request.pem
    echo subjectAltName=IP:127.0.0.1 > extension
    openssl x509 -req -in request.pem -CA trusted.pem -CAkey trusted.key -CAcreateserial -days 2 \
        -extfile extension -out server.pem";

/// Self-signed certificates as `openssl req -x509` makes them: two for this machine, one for another
/// name, and an expired one.
const SELF_SIGNED: &str = "set -e; exec 2> made
    make() { openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost \"$@\"; }
    make -keyout key.pem -days 2 -addext subjectAltName=IP:127.0.0.1 -out server.pem
    make -keyout other.key -days 2 -addext subjectAltName=IP:127.0.0.1 -out other.pem
    make -keyout name.key -days 2 -addext subjectAltName=DNS:elsewhere.test -out name.pem
    openssl req -newkey rsa:2048 -nodes -keyout old.key -subj /CN=localhost -out request.pem
    printf 'basicConstraints=CA:TRUE\\nsubjectAltName=IP:127.0.0.1\\n' > extension
    openssl x509 -req -in request.pem -signkey old.key -days -1 -extfile extension -out old.pem";

/// Starts a TLS server. Returns it with its host and port.
fn serve(home: &Home, certificate: &str, key: &str) -> (Child, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/serve_tls.py");
    // The server ends when its standard input closes.
    let mut server = Command::new(peer::find("python"))
        .arg("-I")
        .arg(script)
        .args([home.path(certificate), home.path(key)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    (server, format!("127.0.0.1:{}", port.trim()))
}

fn set_endpoint(home: &mut Home, host: &str) {
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL_EC2", &format!("https://{host}")),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("KEYPAIR_REGISTRY", "ec2"),
    ] {
        home.set(name, value);
    }
}

#[test]
fn self_signed_bundle_accepts_only_its_certificate() {
    let mut home = Home::new();
    home.shell(SELF_SIGNED).success();
    for (certificate, key, bundles, is_accepted) in [
        ("server.pem", "key.pem", "server.pem", true),
        ("server.pem", "key.pem", "other.pem server.pem", true),
        ("server.pem", "key.pem", "other.pem", false),
        ("name.pem", "name.key", "name.pem", false),
        ("old.pem", "old.key", "old.pem", false),
    ] {
        let (mut server, host) = serve(&home, certificate, key);
        set_endpoint(&mut home, &host);
        home.shell(&format!("cat {bundles} > bundle")).success();
        let run = home.shell("keypair describe --ca-bundle bundle");
        if is_accepted {
            run.success();
            let run = home.shell("HTTPS_PROXY=127.0.0.1:1 keypair describe --ca-bundle bundle");
            run.fails_with(254);
        } else {
            let run = run.fails_with(254);
            assert!(run.stderr.contains("certificate"), "{certificate} {bundles}: {run}");
        }
        drop(server.stdin.take());
        server.wait().unwrap();
    }
}

#[test]
fn ca_bundle_accepts_only_certificates_of_its_authority() {
    let mut home = Home::new();
    home.shell(CERTIFICATES).success();
    let (mut server, host) = serve(&home, "server.pem", "key.pem");
    set_endpoint(&mut home, &host);
    home.shell("keypair describe --ca-bundle trusted.pem").success();
    home.shell("cat other.pem trusted.pem > both.pem; AWS_CA_BUNDLE=both.pem keypair describe")
        .success();
    // Replaces the certificate authorities of the system.
    home.shell("mkdir folder; cp trusted.pem folder/0; ln -s 0 folder/1; ln -s . folder/2")
        .success();
    home.shell("ln -s missing folder/3").success();
    for environment in [
        "SSL_CERT_FILE=both.pem",
        "SSL_CERT_DIR=folder",
        "SSL_CERT_FILE=other.pem SSL_CERT_DIR=none:folder",
        "SSL_CERT_FILE=other.pem AWS_CA_BUNDLE=trusted.pem",
    ] {
        home.shell(&format!("{environment} keypair describe")).success();
    }
    for words in [
        "SSL_CERT_FILE=other.pem keypair create web",
        "SSL_CERT_DIR=folder AWS_CA_BUNDLE=other.pem keypair create web",
        "keypair create web --type ed25519",
        "keypair create web --type ed25519 --ca-bundle other.pem",
        "AWS_CA_BUNDLE=other.pem keypair create web",
    ] {
        let run = home.shell(words).fails_with(254);
        assert!(run.stderr.contains("cannot reach AWS"), "{run}");
        assert!(run.stderr.contains("certificate"), "{run}");
        assert!(run.stderr.contains(&format!(" of {host} is not trusted: ")), "{run}");
        assert!(run.stderr.contains("`--ca-bundle PATH` or AWS_CA_BUNDLE"), "{run}");
        assert!(!home.path("web.pem").exists());
    }
    home.write("half.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    home.write("cut.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    for bundle in ["none.pem", "key.pem", "half.pem", "cut.pem", "/dev/null", "."] {
        let run = home.shell(&format!("keypair describe --ca-bundle {bundle}")).fails_with(253);
        assert!(run.stderr.contains("hint"), "{run}");
    }
    drop(server.stdin.take());
    server.wait().unwrap();
}

/// Starts a server on loopback that accepts connections and passes them on after a delay, or never.
fn slow_server(target: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, target) = (client.unwrap(), target.clone());
            thread::spawn(move || {
                let Some(target) = target else {
                    thread::sleep(Duration::from_secs(600));
                    return;
                };
                thread::sleep(Duration::from_secs(7));
                let server = TcpStream::connect(target).unwrap();
                let pass = |mut from: TcpStream, mut to: TcpStream| {
                    thread::spawn(move || io::copy(&mut from, &mut to).ok())
                };
                pass(client.try_clone().unwrap(), server.try_clone().unwrap());
                pass(server, client);
            });
        }
    });
    address
}

/// The SDK would give up after five seconds without a byte of the request.
#[test]
fn slow_handshake_is_awaited() {
    let mut home = Home::new();
    home.shell(CERTIFICATES).success();
    let (mut server, host) = serve(&home, "server.pem", "key.pem");
    set_endpoint(&mut home, &slow_server(Some(host)));
    home.set("AWS_MAX_ATTEMPTS", "1");
    home.shell("keypair describe --ca-bundle trusted.pem").success();
    home.shell("SSL_CERT_FILE=trusted.pem keypair describe").success();
    drop(server.stdin.take());
    server.wait().unwrap();
}

#[test]
fn endless_handshake_ends_at_connect_timeout() {
    let mut home = Home::new();
    home.shell(CERTIFICATES).success();
    set_endpoint(&mut home, &slow_server(None));
    home.set("AWS_MAX_ATTEMPTS", "1");
    for bundle in ["", "--ca-bundle trusted.pem"] {
        for words in ["describe", "create web --type ed25519"] {
            let start = Instant::now();
            let run = home.shell(&format!("keypair {words} {bundle} --cli-connect-timeout 1"));
            let run = run.fails_with(254);
            let said = "no connection within the limit of --cli-connect-timeout: 1 seconds";
            assert!(run.stderr.contains(said), "{run}");
            assert!(start.elapsed() < Duration::from_secs(20), "{run}");
        }
    }
    assert!(!home.path("web.pem").exists());
}
