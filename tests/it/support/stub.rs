//! A server that responds like EC2 where moto cannot: late, wrongly or not at all.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The reaction to a request.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A status and body.
    Reply(u16, String),
    /// Closes the connection without a response.
    Cut,
    /// Never responds.
    Hang,
    /// Sends these bytes and closes the connection.
    Raw(Vec<u8>),
    /// Sends the first bytes once and the second bytes forever.
    Flood(Vec<u8>, Vec<u8>),
}

impl Answer {
    /// Returns an error in EC2's format.
    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Reply(
            status,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error><Code>{code}\
                 </Code><Message>{message}</Message></Error></Errors><RequestID>r</RequestID></Response>"
            ),
        )
    }

    /// Returns the response of an operation with these elements.
    pub(crate) fn response(operation: &str, elements: &str) -> Self {
        let xmlns = "http://ec2.amazonaws.com/doc/2016-11-15/";
        let body = format!(
            "<{operation}Response xmlns=\"{xmlns}\"><requestId>r</requestId>{elements}</{operation}Response>"
        );
        Self::Reply(200, body)
    }

    /// Returns EC2's response to a registration, with the name and tags of the request.
    pub(crate) fn registered(operation: &str, body: &str, id: &str, elements: &str) -> Self {
        let name = member(body, "KeyName").unwrap();
        let tag = |number: usize| {
            let tag = format!("TagSpecification.1.Tag.{number}");
            let key = member(body, &format!("{tag}.Key"))?;
            let value = member(body, &format!("{tag}.Value"))?;
            Some(format!("<item><key>{key}</key><value>{value}</value></item>"))
        };
        let tags: String = (1..).map_while(tag).collect();
        let pair = format!("<keyName>{name}</keyName><keyPairId>{id}</keyPairId>");
        Self::response(operation, &format!("{pair}<tagSet>{tags}</tagSet>{elements}"))
    }

    /// Returns EC2's response to ImportKeyPair, without a fingerprint.
    pub(crate) fn imported(body: &str, id: &str) -> Self {
        Self::registered("ImportKeyPair", body, id, "")
    }

    /// Returns an empty list of key pairs.
    pub(crate) fn no_pairs() -> Self {
        Self::response("DescribeKeyPairs", "<keySet/>")
    }
}

/// A server on loopback that runs until the test binary ends.
pub(crate) struct Stub {
    pub(crate) url: String,
    bodies: Arc<Mutex<Vec<String>>>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    /// Starts a server that passes the body of each request to `answer`.
    pub(crate) fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with_heads(move |_, body| answer(body))
    }

    /// Starts a server that passes the head and body of each request to `answer`.
    pub(crate) fn start_with_heads(
        answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let heads = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(answer);
        let log = (Arc::clone(&bodies), Arc::clone(&heads));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, (bodies, heads)) = (Arc::clone(&answer), log.clone());
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    while let Some((head, body)) = request(&mut stream) {
                        heads.lock().unwrap().push(head.clone());
                        bodies.lock().unwrap().push(body.clone());
                        match answer(&head, &body) {
                            Answer::Reply(status, body) => reply(&mut stream, status, &body),
                            Answer::Cut => return,
                            Answer::Hang => thread::sleep(Duration::from_secs(600)),
                            Answer::Raw(bytes) => {
                                stream.write_all(&bytes).ok();
                                return;
                            }
                            Answer::Flood(start, piece) => {
                                let mut sent = stream.write_all(&start);
                                while sent.is_ok() {
                                    sent = stream.write_all(&piece);
                                }
                                return;
                            }
                        }
                    }
                });
            }
        });
        Self { url, bodies, heads }
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Returns the number of requests for an operation.
    pub(crate) fn count(&self, operation: &str) -> usize {
        let action = format!("Action={operation}&");
        self.bodies.lock().unwrap().iter().filter(|body| body.starts_with(&action)).count()
    }

    /// Returns the number of requests.
    pub(crate) fn requests(&self) -> usize {
        self.bodies.lock().unwrap().len()
    }

    /// Returns the names in the ImportKeyPair requests.
    pub(crate) fn imported(&self) -> Vec<String> {
        let bodies = self.bodies.lock().unwrap();
        let imports = bodies.iter().filter(|body| body.starts_with("Action=ImportKeyPair&"));
        let name = |body: &String| {
            let (_, name) = body.split_once("&KeyName=").unwrap();
            name.split('&').next().unwrap_or_default().to_owned()
        };
        imports.map(name).collect()
    }
}

/// Returns a member of a form-encoded request.
pub(crate) fn member(body: &str, name: &str) -> Option<String> {
    let value = body.split('&').find_map(|member| {
        let (found, value) = member.split_once('=')?;
        (found == name).then_some(value)
    })?;
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    Some(String::from_utf8(bytes).unwrap())
}

/// Reads a request. Returns its head and body.
fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut read = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => read.extend_from_slice(&chunk[..count]),
        }
    }
}

fn reply(stream: &mut TcpStream, status: u16, body: &str) {
    let head = format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // Ignores a client that has closed the connection.
    stream.write_all((head + body).as_bytes()).ok();
}
