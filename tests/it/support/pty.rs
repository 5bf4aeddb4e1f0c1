//! A program on a pseudo-terminal, with a test at the keyboard.
//!
//! The system calls come from `rustix`, like those of the program, and the session is the same as
//! for other runs. An `expect` crate would add a second way to start and stop programs.

use std::fs::File;
use std::io::Write;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::run::{Capture, Launch, Run, kill_session, wait};

/// A terminal of 80 columns and 24 rows, and the program that it controls.
pub(crate) struct Terminal {
    child: Child,
    line: String,
    limit: Duration,
    keyboard: File,
    screen: Capture,
    /// Number of screen bytes that [`Terminal::expect`] has consumed.
    read: usize,
}

impl Launch {
    /// Starts the program with a terminal as its three standard streams.
    #[track_caller]
    pub(crate) fn on_terminal(mut self) -> Terminal {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal = File::from(rustix::fs::open(name, flags, Mode::empty()).unwrap());
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&terminal, size).unwrap();
        self.command
            .stdin(Stdio::from(terminal.try_clone().unwrap()))
            .stdout(Stdio::from(terminal.try_clone().unwrap()))
            .stderr(Stdio::from(terminal));
        let child = self.spawn(true);
        let (line, limit) = (self.line(), self.limit);
        // The command keeps the terminal open, which would hide that the program has closed it.
        drop(self);
        let keyboard = File::from(keyboard);
        Terminal {
            child,
            line,
            limit,
            screen: Capture::of(keyboard.try_clone().unwrap()),
            keyboard,
            read: 0,
        }
    }
}

impl Terminal {
    /// Waits until the screen shows `text` after the text of the previous call.
    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) {
        let start = Instant::now();
        loop {
            let ended = self.screen.ended();
            let screen = self.screen.bytes();
            let rest = &screen[self.read..];
            if let Some(at) = rest.windows(text.len()).position(|window| window == text.as_bytes())
            {
                self.read += at + text.len();
                return;
            }
            assert!(
                !ended && start.elapsed() < self.limit,
                "{} did not show {text:?} but {:?}",
                self.line,
                String::from_utf8_lossy(rest),
            );
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Types `keys` unchanged: a line ends with `\r`, and `\x03` is Ctrl-C.
    #[track_caller]
    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    #[track_caller]
    pub(crate) fn type_line(&mut self, line: &str) {
        self.press(&format!("{line}\r"));
    }

    /// Types a line after the terminal has turned echo off, as it does for passphrases.
    #[track_caller]
    pub(crate) fn type_hidden_line(&mut self, line: &str) {
        let start = Instant::now();
        while tcgetattr(&self.keyboard).unwrap().local_modes.contains(LocalModes::ECHO) {
            assert!(start.elapsed() < self.limit, "{} did not turn echo off", self.line);
            thread::sleep(Duration::from_millis(1));
        }
        self.type_line(line);
    }

    /// Waits for the program and all its children on the terminal. Returns all output.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Run {
        let status = wait(&mut self.child, self.limit, || self.screen.ended());
        Run::of(self.line.clone(), status, self.screen.bytes(), &[])
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            kill_session(&mut self.child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::home::Home;
    use super::*;

    fn shell(home: &Home, script: &str) -> Terminal {
        let launch = home.launch("sh").args(["-c", script]);
        launch.limit(Duration::from_secs(20)).on_terminal()
    }

    #[test]
    fn terminal_echoes_input_unless_hidden() {
        let home = Home::new();
        let mut terminal = shell(
            &home,
            "test -t 0 && test -t 1 && test -t 2 || exit 9
             stty size; printf 'name? '; read name
             stty -echo; printf 'secret? '; read secret < /dev/tty; stty echo
             printf '\\033[31m%s has %s letters\\033[0m\\n' \"$name\" ${#secret}",
        );
        terminal.expect("24 80");
        terminal.expect("name? ");
        terminal.type_line("alice");
        terminal.expect("secret? ");
        terminal.type_hidden_line("hunter2");
        terminal.expect("alice has 7 letters");
        let run = terminal.finish().success();
        assert!(run.text().contains("name? alice\r\n"), "{run}");
        assert!(run.text().contains("\u{1b}[31malice"), "{run}");
        assert!(!run.text().contains("hunter2"), "{run}");
    }

    #[test]
    fn control_c_interrupts_the_program() {
        let home = Home::new();
        let mut terminal = shell(&home, "echo ready; exec sleep 60");
        terminal.expect("ready");
        terminal.press("\x03");
        assert_eq!(terminal.finish().signal, Some(2));
    }

    #[test]
    #[should_panic(expected = "did not show \"never\" but \"something else\\r\\n\"")]
    fn expect_missing_text_panics() {
        shell(&Home::new(), "echo something else").expect("never");
    }
}
