//! Relays a TCP connection to two streams, as ssh expects of a ProxyCommand.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

/// A connection to a server.
#[derive(Debug)]
pub struct Connection(TcpStream);

impl Connection {
    /// Connects, and gives up after `timeout`.
    pub fn open(server: SocketAddr, timeout: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&server, timeout)?;
        // A typed character must not wait for the next one.
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// Copies `input` to the server, and the bytes of the server to `output`, until both directions
    /// have ended. When one direction ends, the other stays open: the server sees the end of `input`,
    /// and `output` is closed after the last byte of the server.
    pub fn relay(
        self,
        mut input: impl Read + Send + 'static,
        mut output: impl Write,
    ) -> io::Result<()> {
        let Self(mut server) = self;
        let mut sink = server.try_clone()?;
        let send = move || {
            let sent = copy(&mut input, &mut sink);
            // The server may have closed the connection.
            sink.shutdown(Shutdown::Write).ok();
            sent
        };
        let sender = thread::Builder::new().name("relay".into()).spawn(send)?;
        // After a failure, the other direction may never end.
        copy(&mut server, &mut output)?;
        drop(output);
        match sender.join() {
            // A server that has sent its last byte need not read any more.
            Ok(Err(error)) if !is_closed(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// Copies bytes as they arrive. On Linux, [`io::copy`] splices sockets and pipes, which stalled the
/// key exchange of ssh.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        to.write_all(buffer.get(..count).unwrap_or_default())?;
        to.flush()?;
    }
}

const BUFFER_BYTES: usize = 1 << 16;

fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::sync::mpsc;

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(20);

    /// Connects to a server that runs `serve`. Returns the connection and the server's result.
    fn connected<T: Send + 'static>(
        serve: impl FnOnce(TcpStream) -> T + Send + 'static,
    ) -> (Connection, mpsc::Receiver<T>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(serve(listener.accept().unwrap().0)));
        (Connection::open(address, TIMEOUT).unwrap(), receiver)
    }

    #[test]
    fn end_of_input_leaves_answer_open() {
        let (connection, server) = connected(|mut stream| {
            let mut received = Vec::new();
            stream.read_to_end(&mut received).unwrap();
            stream.write_all(&received).unwrap();
            received.len()
        });
        let sent: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        let mut output = Vec::new();
        connection.relay(io::Cursor::new(sent.clone()), &mut output).unwrap();
        assert_eq!(server.recv_timeout(TIMEOUT).unwrap(), sent.len());
        assert!(output == sent);
    }

    #[test]
    fn end_of_server_leaves_input_open() {
        let (connection, server) = connected(|mut stream| {
            stream.write_all(b"bye").unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut received = Vec::new();
            stream.read_to_end(&mut received).unwrap();
            received
        });
        let (input, mut user) = io::pipe().unwrap();
        let (mut screen, output) = io::pipe().unwrap();
        let relay = thread::spawn(move || connection.relay(input, output));
        let mut shown = Vec::new();
        screen.read_to_end(&mut shown).unwrap();
        assert_eq!(shown, b"bye");
        user.write_all(b"late").unwrap();
        drop(user);
        assert_eq!(server.recv_timeout(TIMEOUT).unwrap(), b"late");
        relay.join().unwrap().unwrap();
    }

    /// A peer may wait for a part of the bytes before it sends more.
    #[test]
    fn bytes_are_passed_on_at_once() {
        const ROUNDS: u8 = 100;
        let (connection, server) = connected(|mut stream| {
            for round in 0..ROUNDS {
                stream.write_all(&vec![round; 1500]).unwrap();
                let mut answer = [0; 1500];
                stream.read_exact(&mut answer).unwrap();
                assert_eq!(answer, [round; 1500]);
            }
        });
        let (input, mut user) = io::pipe().unwrap();
        let (mut screen, output) = io::pipe().unwrap();
        let relay = thread::spawn(move || connection.relay(input, output));
        for round in 0..ROUNDS {
            let mut shown = [0; 1500];
            screen.read_exact(&mut shown).unwrap();
            assert_eq!(shown, [round; 1500]);
            user.write_all(&shown).unwrap();
        }
        drop(user);
        server.recv_timeout(TIMEOUT).unwrap();
        relay.join().unwrap().unwrap();
    }

    #[test]
    fn closed_port_is_an_error() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert!(Connection::open(address, TIMEOUT).is_err());
    }

    #[test]
    fn closed_output_ends_relay() {
        let (connection, _server) =
            connected(|mut stream| while stream.write_all(&[0; 1000]).is_ok() {});
        let (input, _user) = io::pipe().unwrap();
        let (screen, output) = io::pipe().unwrap();
        drop(screen);
        assert!(connection.relay(input, output).is_err());
    }
}
