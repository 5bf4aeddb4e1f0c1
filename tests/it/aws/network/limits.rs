//! Limits on the size of responses, and their cost in memory.

use super::{SOURCES, home_of, take_credentials_from};
use crate::aws::ec2;
use crate::support::home::Home;
use crate::support::run::Run;
use crate::support::stub::{Answer, Stub};

/// Runs `keypair` with these arguments and expects a failure. Returns the run and its peak memory
/// in MiB.
#[track_caller]
fn refused(home: &Home, words: &str, code: i32) -> (Run, u32) {
    let measure = "import resource, subprocess, sys
run = subprocess.run(['keypair'] + sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> (10 if sys.platform == 'linux' else 20))
sys.exit(run.returncode)";
    let run = home.launch("python").args(["-c", measure]).args(words.split(' ')).run();
    let run = run.fails_with(code);
    let mebibytes = run.text().trim_end().parse().unwrap();
    (run, mebibytes)
}

#[test]
fn one_byte_chunks_use_little_memory() {
    let mut response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n<\r\n".to_vec();
    response.extend(b"1\r\nx\r\n".repeat(3_000_000));
    let stub = Stub::start(move |_| Answer::Raw(response.clone()));
    let mut home = ec2::home_of(&stub);
    home.set("AWS_MAX_ATTEMPTS", "1");
    let (run, mebibytes) = refused(&home, "describe", 254);
    assert!(mebibytes < 90, "{mebibytes} MiB: {run}");
}

#[test]
fn endless_response_is_cut_at_limit() {
    let flood = |is_of_instance: bool| {
        let head = "HTTP/1.1 200 OK\r\nx-aws-ec2-metadata-token-ttl-seconds: 600\r\n\
                    Connection: close\r\n\r\n";
        Stub::start_with_heads(move |request, _| {
            let text = match request {
                _ if !is_of_instance => None,
                request if request.starts_with("PUT ") => Some("token"),
                request if request.contains("/security-credentials/ ") => Some("role"),
                _ => None,
            };
            match text {
                Some(text) => Answer::Raw(format!("{head}{text}").into_bytes()),
                None => Answer::Flood(format!("{head}<?xml?>").into_bytes(), vec![b'x'; 1 << 16]),
            }
        })
    };
    let mut home = ec2::home_of(&flood(false));
    home.set("AWS_MAX_ATTEMPTS", "1");
    for words in ["describe", "get-parameter --name /x"] {
        let (run, mebibytes) = refused(&home, words, 254);
        assert!(run.stderr.contains("exceeds the limit of "), "{run}");
        assert!(mebibytes < 150, "{words}: {mebibytes} MiB");
    }
    let ec2 = Stub::start(|_| Answer::no_pairs());
    for source in SOURCES {
        let server = flood(source == "instance");
        let mut home = home_of(&ec2);
        take_credentials_from(&mut home, source, &server.url);
        let (run, mebibytes) = refused(&home, "describe", 253);
        assert!(run.stderr.contains("exceeds the limit of "), "{source}: {run}");
        assert!(mebibytes < 150, "{source}: {mebibytes} MiB");
    }
    // For the SDK, an instance without a token has no role.
    let server = flood(false);
    let mut home = home_of(&ec2);
    take_credentials_from(&mut home, "instance", &server.url);
    let (_, mebibytes) = refused(&home, "describe", 253);
    assert!(mebibytes < 150, "{mebibytes} MiB");
}

/// An empty item has eight bytes here and about a hundred in the SDK.
#[test]
fn many_empty_items_are_rejected() {
    let stub = Stub::start(|body| {
        let operation = body.strip_prefix("Action=").and_then(|rest| rest.split('&').next());
        let items = "<item/>".repeat(3 << 20);
        match operation.unwrap() {
            "DescribeKeyPairs" => {
                Answer::response("DescribeKeyPairs", &format!("<keySet>{items}</keySet>"))
            }
            operation => Answer::response(operation, ""),
        }
    });
    let (run, mebibytes) = refused(&ec2::home_of(&stub), "describe", 254);
    assert!(run.stderr.contains("list items"), "{run}");
    assert!(mebibytes < 150, "{mebibytes} MiB");
}

/// The SDK reads JSON recursively and would overflow the stack.
#[test]
fn deeply_nested_json_is_rejected() {
    const SAID: &str = "nested too deeply";
    let deep = || format!("{{\"x\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    for status in [200, 400, 500] {
        let stub = Stub::start(move |_| Answer::Reply(status, deep()));
        let mut home = ec2::home_of(&stub);
        home.set("AWS_MAX_ATTEMPTS", "1");
        let run = home.keypair(["get-parameter", "--name", "/x"]).fails_with(254);
        assert!(run.stderr.contains(SAID), "{status}: {run}");
    }
    let ec2 = Stub::start(|_| Answer::no_pairs());
    for source in SOURCES.into_iter().filter(|source| *source != "STS") {
        let server = Stub::start_with_heads(move |head, _| {
            let body = super::responses::credentials(source, head);
            let body = if body.ends_with('}') { deep() } else { body.to_owned() };
            let ttl = "x-aws-ec2-metadata-token-ttl-seconds: 600\r\n";
            let head = format!("HTTP/1.1 200 OK\r\n{ttl}Connection: close\r\n\r\n");
            Answer::Raw((head + &body).into_bytes())
        });
        let mut home = home_of(&ec2);
        take_credentials_from(&mut home, source, &server.url);
        let run = home.keypair(["describe"]).fails_with(253);
        assert!(run.stderr.contains(SAID), "{source}: {run}");
    }
    let mut home = home_of(&ec2);
    take_credentials_from(&mut home, "SSO", &ec2.url);
    home.write("deep", deep());
    home.shell("mv deep $HOME/.aws/sso/cache/$(ls $HOME/.aws/sso/cache)").success();
    let run = home.keypair(["describe"]).fails_with(253);
    let hint = "hint: run `aws sso login --profile sso` to log in again\n";
    let said = "the cached token is not JSON";
    assert!(run.stderr.contains(said) && run.stderr.contains(hint), "{run}");
    assert_eq!(ec2.requests(), 0);
}
