//! Detects whether a process seen before has ended.
//!
//! A process ID alone is not enough: IDs are reused, and a container has a separate PID namespace.
//! On Linux, `/proc` provides more; other systems give no answer.

#[cfg(target_os = "linux")]
pub use linux::{identify, is_gone};

/// Returns an identity of a process that no other process ever has.
#[cfg(not(target_os = "linux"))]
pub fn identify(_process: u32) -> Option<String> {
    None
}

/// Returns whether the process with this identity has certainly ended.
#[cfg(not(target_os = "linux"))]
pub fn is_gone(_identity: &str) -> bool {
    false
}

#[cfg(target_os = "linux")]
mod linux {
    #![expect(clippy::disallowed_methods, reason = "this module owns files")]

    use std::fs;

    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};

    /// Returns an identity of a process that no other process ever has: boot ID, PID namespace,
    /// process ID and start time.
    pub fn identify(process: u32) -> Option<String> {
        let Status { start, .. } = status(process)?;
        Some(format!("{} {process} {start}", boot_and_namespace()?))
    }

    /// Returns whether the process with this identity has certainly ended. Returns `false` for
    /// another boot or PID namespace: its processes are not visible.
    pub fn is_gone(identity: &str) -> bool {
        let parts: Vec<&str> = identity.split(' ').collect();
        let [boot, namespace, process, start] = parts[..] else { return false };
        let (Ok(process), Ok(start)) = (process.parse(), start.parse::<u64>()) else {
            return false;
        };
        if boot_and_namespace().is_none_or(|own| own != format!("{boot} {namespace}")) {
            return false;
        }
        // `/proc` may hide processes of other users, and a command can change its user.
        if does_not_exist(process) {
            return true;
        }
        status(process).is_some_and(|found| found.start != start || found.has_ended)
    }

    fn does_not_exist(process: u32) -> bool {
        let number = i32::try_from(process).ok().and_then(Pid::from_raw);
        number.is_some_and(|number| test_kill_process(number) == Err(Errno::SRCH))
    }

    /// Returns the boot ID and the PID namespace of this process.
    fn boot_and_namespace() -> Option<String> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
        Some(format!("{} {}", boot.trim(), namespace.to_str()?))
    }

    struct Status {
        /// In ticks since the boot.
        start: u64,
        /// It is a zombie or dead.
        has_ended: bool,
    }

    fn status(process: u32) -> Option<Status> {
        let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The program name before it can contain any character (proc_pid_stat(5)).
        let (_, fields) = line.rsplit_once(") ")?;
        let mut fields = fields.split(' ');
        let state = fields.next()?;
        let start = fields.nth(18)?.parse().ok()?;
        Some(Status { start, has_ended: matches!(state, "Z" | "X") })
    }

    #[cfg(test)]
    mod tests {
        use std::process::{Command, id};

        use super::*;

        #[test]
        fn ended_process_is_gone() {
            let mut child = Command::new("sleep").arg("60").spawn().unwrap();
            let identity = identify(child.id()).unwrap();
            assert!(!is_gone(&identity));
            child.kill().unwrap();
            // Until it is waited for, it keeps its process ID.
            while !is_gone(&identity) {}
            child.wait().unwrap();
            assert!(is_gone(&identity));
        }

        #[test]
        fn process_of_other_namespace_is_not_gone() {
            let own = identify(id()).unwrap();
            let [boot, namespace, number, start] =
                <[&str; 4]>::try_from(own.split(' ').collect::<Vec<_>>()).unwrap();
            assert!(is_gone(&format!("{boot} {namespace} {number} 1")));
            assert!(is_gone(&format!("{boot} {namespace} 4194305 {start}")));
            for unknown in [
                format!("another {namespace} {number} 1"),
                format!("{boot} pid:[1] {number} 1"),
                format!("{boot} {namespace} 0 1"),
                format!("{boot} {namespace} {number}"),
                format!("{boot} {namespace} {number} x"),
                own.clone(),
                String::new(),
            ] {
                assert!(!is_gone(&unknown), "{unknown}");
            }
        }
    }
}
