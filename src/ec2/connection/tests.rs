use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Instant;

use super::super::credentials::CredentialVariables;
use super::super::failure::query_error;
use super::super::settings::Variables;
use super::*;
use crate::profile::{Given, Origin};

/// Returns the URL of a server that sends the head of a response and then repeats this piece
/// forever.
fn endless(piece: &'static [u8], pause: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
                let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
                let mut sent = stream.write_all(head);
                while sent.is_ok() {
                    thread::sleep(pause);
                    sent = stream.write_all(piece);
                }
            });
        }
    });
    format!("http://{address}")
}

/// Sends a request and returns its error message and duration.
fn error_of(url: String, limits: ResponseLimits) -> (String, Duration) {
    let variables = Variables {
        credentials: CredentialVariables::read(|name| {
            matches!(name, "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY").then(|| "k".into())
        }),
        home: Some("/nowhere".into()),
        ..Variables::default()
    };
    let mut endpoints = Endpoints::default();
    endpoints.insert(Service::Ec2, Given::new(url, Origin::Option("--endpoint-url")));
    let settings = Ec2Settings {
        region: Some(Given::new("eu-west-1".into(), Origin::Option("--region"))),
        endpoints,
        variables: Box::new(variables),
        ..Ec2Settings::default()
    };
    let connection = Connection::open_within(&settings, None, limits).unwrap();
    let credentials = aws_credential_types::Credentials::new("id", "secret", None, None, "test");
    let configuration = connection.ec2.config().to_builder().credentials_provider(credentials);
    let ec2 = aws_sdk_ec2::Client::from_conf(configuration.build());
    let start = Instant::now();
    let response = connection.ask(ec2.describe_key_pairs().send()).unwrap();
    let error = query_error(&response.unwrap_err(), &connection);
    let RegistryError::Unreadable(cause) = error else { panic!("{error:?}") };
    (cause.to_string(), start.elapsed())
}

#[test]
fn dripping_response_ends_in_time() {
    let limits = ResponseLimits {
        grace: Duration::from_millis(200),
        total: Duration::from_millis(600),
        ..ResponseLimits::default()
    };
    let drip = || endless(b"1\r\n<\r\n", Duration::from_millis(20));
    let (message, elapsed) = error_of(drip(), limits);
    assert!(
        message.contains("too slow") && elapsed < Duration::from_secs(5),
        "{message} {elapsed:?}"
    );
    // Twenty bytes a second earn as much time as they take, up to the total.
    let (message, elapsed) = error_of(drip(), ResponseLimits { rate: 1, ..limits });
    assert!(message.contains("too slow") && elapsed >= limits.total, "{message} {elapsed:?}");
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
}

#[test]
fn silent_response_ends_in_time() {
    let url = endless(b"", Duration::from_secs(600));
    let limits = ResponseLimits { grace: Duration::from_millis(300), ..ResponseLimits::default() };
    let (message, elapsed) = error_of(url, limits);
    assert!(message.contains("too slow: 0 bytes"), "{message}");
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
}
