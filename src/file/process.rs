//! Whether a process that was seen before is gone.
//!
//! The number of a process alone does not tell: it is given to another later, and a container has
//! numbers of its own. On Linux `/proc` tells more; elsewhere nothing is said.

#[cfg(target_os = "linux")]
pub use linux::{identify, is_gone};

/// Returns what tells a living process from every other one.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn identify(_process: u32) -> Option<String> {
    None
}

/// Returns whether the process with this identity has ended for certain.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn is_gone(_identity: &str) -> bool {
    false
}

#[cfg(target_os = "linux")]
mod linux {
    #![expect(clippy::disallowed_methods, reason = "this module owns files")]

    use std::fs;

    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};

    /// Returns what tells a living process from every other one: the boot, the namespace of process
    /// numbers, the number, and the moment of its start.
    #[must_use]
    pub fn identify(process: u32) -> Option<String> {
        let Status { start, .. } = status(process)?;
        Some(format!("{} {process} {start}", world()?))
    }

    /// Returns whether the process with this identity has ended for certain. One of another boot or
    /// namespace cannot be seen from here.
    #[must_use]
    pub fn is_gone(identity: &str) -> bool {
        let parts: Vec<&str> = identity.split(' ').collect();
        let [boot, namespace, process, start] = parts[..] else { return false };
        let (Ok(process), Ok(start)) = (process.parse(), start.parse::<u64>()) else {
            return false;
        };
        if world().is_none_or(|world| world != format!("{boot} {namespace}")) {
            return false;
        }
        // `/proc` may hide the processes of other users, which a command can become.
        if does_not_exist(process) {
            return true;
        }
        status(process).is_some_and(|found| found.start != start || found.has_ended)
    }

    fn does_not_exist(process: u32) -> bool {
        let number = i32::try_from(process).ok().and_then(Pid::from_raw);
        number.is_some_and(|number| test_kill_process(number) == Err(Errno::SRCH))
    }

    /// Returns the boot and the namespace of process numbers of this process.
    fn world() -> Option<String> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
        Some(format!("{} {}", boot.trim(), namespace.to_str()?))
    }

    struct Status {
        /// In ticks since the boot.
        start: u64,
        /// Whether only its parent has to take note of that.
        has_ended: bool,
    }

    fn status(process: u32) -> Option<Status> {
        let line = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name of the program before it may have anything in it (proc_pid_stat(5)).
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
        fn a_process_is_gone_once_it_has_ended() {
            let mut child = Command::new("sleep").arg("60").spawn().unwrap();
            let identity = identify(child.id()).unwrap();
            assert!(!is_gone(&identity));
            child.kill().unwrap();
            // Until it is waited for, it keeps its number.
            while !is_gone(&identity) {}
            child.wait().unwrap();
            assert!(is_gone(&identity));
        }

        #[test]
        fn another_world_is_not_judged() {
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
