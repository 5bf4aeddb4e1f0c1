//! Files of the AWS CLI and SDK: pipes, devices, directories and large files are not read.

use super::{SOURCES, configure, home_of, take_credentials_from};
use crate::aws::ec2;
use crate::support::stub::{Answer, Stub};

/// Commands that put something else in place of a file, and the error message for it.
const OTHERS: [(&str, &str); 4] = [
    ("mkfifo", "is a pipe, not a file"),
    ("mkdir", "is a directory, not a file"),
    ("ln -s /dev/zero", "is a device, not a file"),
    ("truncate -s 17M", "is larger than"),
];

#[test]
fn configuration_that_is_not_a_file_is_rejected() {
    let stub = Stub::start(|_| Answer::no_pairs());
    let home = ec2::home_of(&stub);
    for (command, said) in OTHERS {
        for variable in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            home.shell(&format!("rm -rf place; {command} place")).success();
            for words in ["describe", "create x --type ed25519", "prune --expired --delete"] {
                let run = home.shell(&format!("{variable}=place keypair {words}")).fails_with(253);
                assert!(run.stderr.contains(said), "{run}");
            }
            let run = home.shell(&format!("{variable}=place keypair doctor")).fails_with(1);
            assert!(run.text().contains(said), "{run}");
        }
        let run = home.shell("keypair describe --ca-bundle place").fails_with(253);
        assert!(run.stderr.contains(said), "{run}");
    }
    assert_eq!(stub.requests(), 0);
    // A missing file is fine, and so is the null device.
    for path in ["none", "/dev/null"] {
        home.shell(&format!("AWS_CONFIG_FILE={path} keypair describe")).success();
    }
}

#[test]
fn token_that_is_not_a_file_is_rejected() {
    let stub = Stub::start(|_| Answer::no_pairs());
    for (command, said) in OTHERS {
        for name in ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
            let mut home = home_of(&stub);
            home.set(name, "place");
            home.set("AWS_ROLE_ARN", "arn:aws:iam::1:role/x");
            home.set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &stub.url);
            let run = home.shell(&format!("{command} place; keypair describe")).fails_with(253);
            assert!(run.stderr.contains(said), "{name}: {run}");
            let hint = format!("hint: set {name} to a regular file\n");
            assert!(run.stderr.contains(&hint), "{name}: {run}");
        }
        let home = home_of(&stub);
        let role = "role_arn = arn:aws:iam::1:role/x\nweb_identity_token_file = place";
        configure(&home, &format!("[default]\n{role}\n"));
        let run = home.shell(&format!("{command} place; keypair describe")).fails_with(253);
        assert!(run.stderr.contains(said), "{run}");
        let hint = "hint: set web_identity_token_file in the profile default to a regular file\n";
        assert!(run.stderr.contains(hint), "{run}");
        let mut home = home_of(&stub);
        take_credentials_from(&mut home, SOURCES[1], &stub.url);
        let script = format!("cd $HOME/.aws/sso/cache; f=$(ls); rm $f; {command} $f");
        let run = home.shell(&format!("{script}; keypair describe")).fails_with(253);
        assert!(run.stderr.contains(said), "{run}");
        let hint = "hint: delete this file; run `aws sso login --profile sso` to log in again\n";
        assert!(run.stderr.contains(hint), "{run}");
    }
    assert_eq!(stub.requests(), 0);
}

#[test]
fn large_configuration_file_is_read() {
    let home = ec2::home_of(&Stub::start(|_| Answer::no_pairs()));
    let profile = format!("[profile p]\nregion = eu-west-1\n# {}\n", "x".repeat(2000));
    let profiles =
        (0..5000).map(|number| profile.replace("profile p", &format!("profile {number}")));
    configure(&home, &profiles.collect::<String>());
    home.shell("keypair describe --profile 4999").fails_with(253);
    home.shell("AWS_PROFILE=4999 keypair describe").success();
}
