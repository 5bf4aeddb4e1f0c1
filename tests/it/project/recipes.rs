//! Runs the recipes of the README as CI services would. moto stands in for AWS, an sshd on loopback
//! for the remote machine, and small scripts for the user's own programs.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::home::Home;
use crate::support::moto::Account;
use crate::support::run::Run;
use crate::support::sshd::Sshd;

const README: &str = include_str!("../../../README.md");

/// Returns the code block after a sentence of the README.
fn recipe(sentence: &str, language: &str) -> String {
    let (_, after) = README.split_once(&format!("\n{sentence}\n\n```{language}\n")).unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

/// Extracts the scripts of a recipe with a real YAML parser.
fn scripts(home: &Home, recipe: &str, take: &str) -> Vec<String> {
    home.write("recipe", recipe);
    let program = format!(
        "import json, yaml; recipe = yaml.safe_load(open('recipe')); print(json.dumps({take}))"
    );
    let run = home.launch("python").args(["-c", &program]).run().success();
    serde_json::from_slice(&run.stdout).unwrap()
}

fn write_script(home: &Home, name: &str, text: &str) {
    home.write(name, format!("#!/bin/sh\n{text}\n"));
    fs::set_permissions(home.path(name), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a script in the shell of a CI service, with the directory `bin` first on the `PATH`.
fn run(home: &Home, shell: &str, script: &str) -> Run {
    let start = format!("export PATH=\"$PWD/bin:$PATH\"; exec {shell} \"$0\"");
    home.launch("sh").args(["-c", &start, script]).run().success()
}

fn names(home: &Home, registry: &str) -> String {
    let query = "--query 'KeyPairs[].KeyName' --output text";
    let run = home.shell(&format!("keypair describe --registry {registry} {query}"));
    run.success().text().trim().to_owned()
}

/// Returns an account, with a directory for scripts and a runtime directory in its home.
fn account() -> Account {
    let mut account = Account::new();
    let home = account.home_mut();
    for folder in ["bin", "run"] {
        fs::create_dir(home.path(folder)).unwrap();
    }
    fs::set_permissions(home.path("run"), fs::Permissions::from_mode(0o700)).unwrap();
    let runtime = home.path("run").canonicalize().unwrap();
    home.set("XDG_RUNTIME_DIR", runtime);
    home.set("CI", "true");
    account
}

#[test]
fn recipe_for_github_actions_succeeds() {
    let mut account = account();
    let home = account.home_mut();
    home.set("GITHUB_ACTIONS", "true");
    home.set("GITHUB_RUN_ID", "42");
    home.set("IMAGE", "ami-12c6146b");
    let home = account.home();
    let sentence =
        "GitHub Actions: a test instance with an ephemeral key, and a key for a secret store:";
    let take = "[step['run'] for step in recipe['steps']]";
    let steps = scripts(home, &recipe(sentence, "yaml"), take);
    let [test, store, prune] = &steps[..] else { panic!("{steps:?}") };
    write_script(
        home,
        "integration-tests",
        "ssh-keygen -lf \"$2\" > tested
         aws ec2 describe-instances --instance-ids \"$1\" --output text \
             --query 'Reservations[0].Instances[0].[KeyName, State.Name]' >> tested",
    );
    run(home, "bash -e -c", test);
    let tested = String::from_utf8(home.read("tested")).unwrap();
    assert!(tested.contains("(ED25519)") && tested.contains("running"), "{tested}");
    assert!(tested.lines().nth(1).unwrap().starts_with("ci-"), "{tested}");
    assert!(String::from_utf8(home.read("terminated")).unwrap().contains("shutting-down"));

    write_script(home, "store", "cat > stored");
    let masked = run(home, "bash -e -c", store);
    let stored = String::from_utf8(home.read("stored")).unwrap();
    assert!(stored.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"), "{stored}");
    for line in stored.lines() {
        assert!(masked.stderr.contains(&format!("::add-mask::{line}\n")), "{line}");
    }
    assert_eq!(masked.text(), "");

    home.shell("keypair create ci-killed --registry ec2 --type ed25519 --ttl 1s; sleep 2")
        .success();
    run(home, "bash -e -c", prune);
    assert_eq!(names(home, "ec2"), "");
    assert_eq!(names(home, "local"), "deploy-42");
}

#[test]
fn recipe_for_gitlab_ci_succeeds() {
    let mut account = account();
    let server = Sshd::open();
    let home = account.home_mut();
    server.introduce_to(home);
    home.set("INSTANCE", "i-1234567890abcdef0");
    home.set("HOST", "127.0.0.1");
    let home = account.home();
    let sentence = "GitLab CI: log in through EC2 Instance Connect with a key that is in no file:";
    let take = "recipe['deploy']['script'] + recipe['deploy']['after_script']";
    let lines = scripts(home, &recipe(sentence, "yaml"), take);
    let [deploy, prune] = &lines[..] else { panic!("{lines:?}") };
    // moto does not deliver the key of EC2 Instance Connect.
    write_script(
        home,
        "bin/ssh",
        "test \"$1\" = ec2-user@127.0.0.1 || exit 9; shift
         ssh-add -L > \"$AUTHORIZED_KEYS\"
         exec /usr/bin/ssh $SSH_OPTIONS -p \"$SSH_PORT\" -l \"$SSH_USER\" 127.0.0.1 \"cd $PWD && $*\" < /dev/null",
    );
    write_script(home, "deploy", "echo in > deployed");
    run(home, "bash -e -c", deploy);
    assert_eq!(home.read("deployed"), b"in\n");
    run(home, "bash -e -c", prune);
    assert_eq!(names(home, "local"), "");
    assert_eq!(fs::read_dir(home.path("run")).unwrap().count(), 0);
}

#[test]
fn recipe_for_jenkins_succeeds() {
    let account = account();
    let home = account.home();
    let recipe = recipe("Jenkins:", "groovy");
    // A Groovy string doubles backslashes.
    let script = recipe.split("'''").nth(1).unwrap().replace(r"\\", r"\");
    write_script(home, "bin/packer", "printf '%s\\n' \"$@\" > built; cat \"${5#*=}\" >> built");
    run(home, "sh -xe -c", &script);
    let built = String::from_utf8(home.read("built")).unwrap();
    assert!(built.starts_with("build\n-var\nssh_keypair_name=jenkins-"), "{built}");
    assert!(built.contains("image.pkr.hcl\n-----BEGIN RSA PRIVATE KEY-----\n"), "{built}");
    assert_eq!(names(home, "ec2"), "");
    assert_eq!(fs::read_dir(home.path("run")).unwrap().count(), 0);
}

#[test]
fn recipe_for_shell_can_be_repeated() {
    let mut account = account();
    account.home_mut().set("SHELL", "/usr/bin/env");
    let home = account.home();
    let recipe = recipe("A shell:", "sh");
    // All lines except the third can be run twice.
    let again = recipe.replace("keypair create day", ": ");
    let script = format!(
        "eval \"$(ssh-agent)\" > agent; trap 'ssh-agent -k > agent' EXIT
         {recipe}
         {again}
         ssh-add -l"
    );
    let run = run(home, "sh -e -c", &script);
    assert!(run.text().contains("KEYPAIR_NAME=exec-"), "{run}");
    assert!(run.text().lines().last().unwrap().ends_with("day (RSA)"), "{run}");
    assert_eq!(names(home, "local"), "web\tday");
    assert!(home.path("web.pem").exists() && !home.path("day.pem").exists());
}
