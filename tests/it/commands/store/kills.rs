//! A kill at any moment: a registration never lacks its private key.

use std::thread;
use std::time::{Duration, Instant};

use super::{Fault, cloud, locked};
use crate::aws::ec2::home_of;

/// The number of kills around each request, and before and after them.
const KILLS: u32 = 12;

/// Each answer takes this long, so that some kills hit each step.
const ANSWER: Duration = Duration::from_millis(30);

#[test]
fn killed_create_leaves_no_pair_without_private_key() {
    let (stub, cloud) = cloud(|_| {
        thread::sleep(ANSWER);
        Fault::None
    });
    let home = home_of(&stub);
    let start = Instant::now();
    home.shell("keypair create whole --type ed25519 --store ssm --out none").success();
    let whole = start.elapsed();
    let steps = u32::try_from(locked(&cloud).calls.len()).unwrap() + 2;
    for number in 0..KILLS * steps {
        let delay = (whole * number * 5 / (KILLS * steps) / 4).as_secs_f64();
        let create = format!("keypair create k{number} --type ed25519 --store ssm --out none");
        // No shell in between, because it would survive the kill.
        let script = format!("{create} > /dev/null 2>&1 & sleep {delay}; kill -KILL $!; wait $!");
        home.launch("bash").args(["-c", &script]).run();
    }
    thread::sleep(ANSWER * 2);
    let cloud = locked(&cloud);
    let (mut in_file, mut stored) = (0, 0);
    for pair in &cloud.pairs {
        let file = format!("{}.pem", pair.name);
        let is_stored = cloud.parameters.contains_key(&format!("/ec2/keypair/{}", pair.id));
        stored += u32::from(is_stored);
        if !is_stored {
            in_file += 1;
            assert_eq!(home.mode(&file), 0o400);
            home.shell(&format!("ssh-keygen -y -f {file}")).success();
        }
    }
    // Some kills must hit the steps between the registration and the parameter.
    assert!(in_file > 0 && stored > 1, "{in_file} {stored} of {}", cloud.pairs.len());
    let complete = cloud.parameters.values().all(|value| value.ends_with("PRIVATE KEY-----\n"));
    assert!(complete && cloud.pairs.len() < usize::try_from(KILLS * steps).unwrap());
}
