//! The sources of credentials, with a server that plays all services.

use super::configure;
use crate::support::home::Home;
use crate::support::stub::{Answer, Stub, member};

const LATER: &str = "2099-01-01T00:00:00Z";

fn services(head: &str, body: &str) -> Answer {
    let sts = |operation: &str, id: &str| {
        let credentials = format!(
            "<Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>ststoken</SessionToken><Expiration>{LATER}</Expiration></Credentials>"
        );
        let result = format!("<{operation}Result>{credentials}</{operation}Result>");
        Answer::Reply(200, format!("<{operation}Response>{result}</{operation}Response>"))
    };
    let json = |id: &str| {
        format!(
            r#"{{"AccessKeyId":"{id}","SecretAccessKey":"s","Token":"t","Expiration":"{LATER}"}}"#
        )
    };
    let path = head.split(' ').nth(1).unwrap();
    let meta_data = "/latest/meta-data/iam/security-credentials/";
    if member(body, "TokenCode").is_some_and(|code| code != "123456") {
        let message = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
        let error = format!("<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>");
        return Answer::Reply(403, format!("<ErrorResponse>{error}</ErrorResponse>"));
    }
    match member(body, "Action").as_deref() {
        Some("AssumeRole") => {
            let arn = member(body, "RoleArn").unwrap();
            sts("AssumeRole", &format!("AKROLE-{}", arn.rsplit('/').next().unwrap()))
        }
        Some("AssumeRoleWithWebIdentity") => sts("AssumeRoleWithWebIdentity", "AKWEB"),
        Some(_) => Answer::no_pairs(),
        None if path == "/latest/api/token" => Answer::Reply(404, String::new()),
        None if path == meta_data => Answer::Reply(200, "role1".to_owned()),
        None if path.starts_with(meta_data) => Answer::Reply(200, json("AKIMDS")),
        None if path == "/creds" => Answer::Reply(200, json("AKCONTAINER")),
        None if path == "/token" => Answer::Reply(
            200,
            r#"{"accessToken":"NEW","expiresIn":3600,"refreshToken":"R2","tokenType":"Bearer"}"#
                .to_owned(),
        ),
        None => Answer::Reply(
            200,
            r#"{"roleCredentials":{"accessKeyId":"AKSSO","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}"#
                .to_owned(),
        ),
    }
}

/// Returns the server, and a home with these profiles that uses it.
fn start(config: &str) -> (Stub, Home) {
    let stub = Stub::start_with_heads(services);
    let mut home = Home::new();
    for (name, value) in [
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL", &stub.url),
        ("AWS_REGION", "eu-west-1"),
        ("KEYPAIR_REGISTRY", "ec2"),
    ] {
        home.set(name, value);
    }
    home.shell("mkdir -p $HOME/.aws/sso/cache $HOME/.aws/login/cache").success();
    configure(&home, config);
    (stub, home)
}

/// Returns the access key ID of the last request.
fn key_id(stub: &Stub) -> String {
    let heads = stub.heads();
    let (_, rest) = heads.last().unwrap().split_once("Credential=").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

const KEYS: &str = "[profile keys]\naws_access_key_id = AKKEYS\naws_secret_access_key = s\n";

/// A gateway may serve each service under its own path.
#[test]
fn role_is_assumed_at_exact_endpoint_path() {
    let (stub, mut home) = start(&format!(
        "{KEYS}[profile one]\nrole_arn = arn:aws:iam::1:role/R1\nsource_profile = keys
duration_seconds = an hour\n"
    ));
    home.set("AWS_ENDPOINT_URL_STS", format!("{}/sts", stub.url));
    let run = home.keypair(["describe", "--profile", "one"]).success();
    assert!(stub.heads()[0].starts_with("POST /sts HTTP/1.1"), "{:?}", stub.heads());
    assert_eq!(key_id(&stub), "AKROLE-R1");
    // Version 2 ignores it without a word.
    assert_eq!(member(&stub.bodies()[0], "DurationSeconds"), None);
    assert!(run.stderr.contains("warning: invalid value for duration_seconds"), "{run}");
}

#[test]
fn role_is_assumed_with_its_parameters() {
    let (stub, home) = start(&format!(
        "{KEYS}[profile one]\nrole_arn = arn:aws:iam::1:role/R1\nsource_profile = keys
role_session_name = name\nexternal_id = id\nduration_seconds = 3600
[profile two]\nrole_arn = arn:aws:iam::1:role/R2\nsource_profile = one
[profile task]\nrole_arn = arn:aws:iam::1:role/R3\ncredential_source = EcsContainer\n"
    ));
    home.keypair(["describe", "--profile", "two"]).success();
    assert_eq!(key_id(&stub), "AKROLE-R2");
    let bodies = stub.bodies();
    let of = |index: usize, name| member(&bodies[index], name);
    assert_eq!(of(0, "RoleSessionName").unwrap(), "name");
    assert_eq!(of(0, "ExternalId").unwrap(), "id");
    assert_eq!(of(0, "DurationSeconds").unwrap(), "3600");
    assert!(of(1, "RoleSessionName").unwrap().starts_with("botocore-session-"));
    assert!(stub.heads()[1].contains("Credential=AKROLE-R1/"));
    // The credentials are cached where the AWS CLI looks for them.
    let count = stub.requests();
    home.keypair(["describe", "--profile", "two"]).success();
    assert_eq!((stub.requests(), key_id(&stub).as_str()), (count + 1, "AKROLE-R2"));
    let modes = home.shell("cd $HOME/.aws/cli/cache && stat -c %a . *").success();
    assert_eq!(modes.text(), "700\n600\n600\n");
    let run = home.shell(&format!(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI={}/creds keypair describe --profile task",
        stub.url
    ));
    run.success();
    assert_eq!(key_id(&stub), "AKROLE-R3");
}

#[test]
fn role_cached_by_aws_cli_is_used() {
    let (stub, home) = start(&format!(
        "{KEYS}[profile r]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = keys\nmfa_serial = m\n"
    ));
    // The SHA-1 digest of {"RoleArn": "arn:aws:iam::1:role/R", "SerialNumber": "m"}.
    let name = "791048a8cc9ef921bbfb048b75c5e5dbdaf4f7b6";
    let write = |expiry: &str| {
        let credentials = format!(
            r#"{{"AccessKeyId": "AKCACHED", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "{expiry}"}}"#
        );
        home.write("cached", format!(r#"{{"Credentials": {credentials}}}"#));
        let folder = "$HOME/.aws/cli/cache";
        home.shell(&format!("mkdir -p {folder}; mv cached {folder}/{name}.json")).success();
    };
    write("2099-01-01T00:00:00UTC");
    home.keypair(["describe", "--profile", "r"]).success();
    assert_eq!((stub.requests(), key_id(&stub).as_str()), (1, "AKCACHED"));
    write("2020-01-01T00:00:00UTC");
    let run = home.keypair(["describe", "--profile", "r"]).fails_with(253);
    let said = "error: cannot assume the role arn:aws:iam::1:role/R of the profile `r`: \
                cannot ask for the MFA code: there is no terminal\n";
    assert!(run.stderr.contains(said), "{run}");
    let hint = "hint: run `aws sts get-caller-identity --profile r` in a terminal first";
    assert!(run.stderr.contains(hint), "{run}");
}

#[test]
fn mfa_code_is_asked_for_once() {
    let (stub, home) = start(&format!(
        "{KEYS}[profile r]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = keys
mfa_serial = arn:aws:iam::1:mfa/u\n"
    ));
    let ask = |code: &str| {
        let words = ["describe", "--profile", "r", "--debug"];
        let mut terminal = home.launch("keypair").args(words).on_terminal();
        terminal.expect("Enter MFA code for arn:aws:iam::1:mfa/u: ");
        terminal.type_hidden_line(code);
        terminal.finish()
    };
    let run = ask("654321");
    let output = String::from_utf8_lossy(&run.stdout).into_owned();
    assert_eq!(run.code, Some(253), "{output}");
    assert!(output.contains("MultiFactorAuthentication failed"), "{output}");
    assert!(output.contains("hint: enter the code") && !output.contains("654321"), "{output}");
    let run = ask("123456");
    assert_eq!(run.code, Some(0), "{run}");
    let codes = stub.bodies().iter().filter_map(|body| member(body, "TokenCode")).count();
    assert_eq!((codes, key_id(&stub).as_str()), (2, "AKROLE-R"));
    // Without a terminal, the cached credentials serve.
    home.keypair(["describe", "--profile", "r"]).success();
    assert_eq!(key_id(&stub), "AKROLE-R");
}

const SSO: &str = "[profile sso]\nsso_session = s\nsso_account_id = 1\nsso_role_name = R
[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://start.example.com\n";
/// The file name is the SHA-1 digest of `s`.
const SSO_TOKEN: &str = "$HOME/.aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json";

#[test]
fn sso_token_is_read_and_refreshed() {
    let (stub, home) = start(SSO);
    let write = |expiry: &str, rest: &str| {
        home.write("token", format!(r#"{{"accessToken": "OLD", "expiresAt": "{expiry}"{rest}}}"#));
        home.shell(&format!("rm -rf $HOME/.aws/cli; mv token {SSO_TOKEN}")).success();
    };
    let describe = || home.keypair(["describe", "--profile", "sso"]);
    for expiry in ["2099-01-01T00:00:00Z", "2099-01-01T00:00:00UTC", "2099-01-01 00:00:00 +0000"] {
        write(expiry, "");
        describe().success();
        assert_eq!(key_id(&stub), "AKSSO", "{expiry}");
    }
    // The role is cached.
    let count = stub.requests();
    describe().success();
    assert_eq!(stub.requests(), count + 1);
    let past = "2020-01-01T00:00:00Z";
    let registration = r#", "clientId": "c", "clientSecret": "d", "refreshToken": "R1", "registrationExpiresAt": "2099-01-01T00:00:00Z""#;
    write(past, registration);
    describe().success();
    let bearer = stub.heads().iter().any(|head| head.contains("x-amz-sso_bearer_token: NEW"));
    assert!(bearer, "{:?}", stub.heads());
    let cached = home.shell(&format!("cat {SSO_TOKEN}; stat -c %a {SSO_TOKEN}")).success();
    let text = cached.text();
    assert!(text.contains(r#""refreshToken":"R2""#) && text.ends_with("600\n"), "{text}");
    write(past, &registration.replace("2099", "2020"));
    let run = describe().fails_with(253);
    assert!(run.stderr.contains("expired at 2020-01-01T00:00:00.000Z"), "{run}");
    write(past, "");
    describe().fails_with(253);
}

#[test]
fn login_token_is_used_while_valid() {
    let (stub, home) = start("[profile l]\nlogin_session = arn:aws:iam::1:user/u\n");
    // The SHA-256 digest of the session.
    let name = "67fcf3f2fd37910c1381354667b2fb8dd4682d8b3c07f8b0cc637999d065e74d";
    let write = |expiry: &str| {
        let token = format!(
            r#"{{"accessToken": {{"accessKeyId": "AKLOGIN", "secretAccessKey": "s", "sessionToken": "t", "expiresAt": "{expiry}"}}}}"#
        );
        home.write("token", token);
        home.shell(&format!("mv token $HOME/.aws/login/cache/{name}.json")).success();
    };
    write(LATER);
    home.keypair(["describe", "--profile", "l"]).success();
    assert_eq!(key_id(&stub), "AKLOGIN");
    let login = "hint: run `aws login --profile l` to log in again\n";
    write("2020-01-01T00:00:00Z");
    let run = home.keypair(["describe", "--profile", "l"]).fails_with(253);
    assert!(run.stderr.contains("expired at 2020") && run.stderr.contains(login), "{run}");
    home.shell("rm -r $HOME/.aws/login").success();
    let run = home.keypair(["describe", "--profile", "l"]).fails_with(253);
    assert!(run.stderr.contains("there is no cached token") && run.stderr.contains(login), "{run}");
    assert_eq!(stub.requests(), 1);
}

#[test]
fn web_identity_and_endpoints_provide_credentials() {
    let (stub, home) = start(
        "[profile w]\nrole_arn = arn:aws:iam::1:role/W\nweb_identity_token_file = token
[profile m]\nrole_arn = arn:aws:iam::1:role/M\ncredential_source = Ec2InstanceMetadata\n",
    );
    home.write("token", "token");
    let url = &stub.url;
    let instance = format!("AWS_EC2_METADATA_DISABLED= AWS_EC2_METADATA_SERVICE_ENDPOINT={url}");
    for (environment, words, expected) in [
        ("", "--profile w", "AKWEB"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE=token AWS_ROLE_ARN=arn:aws:iam::1:role/E", "", "AKWEB"),
        (&format!("AWS_CONTAINER_CREDENTIALS_FULL_URI={url}/creds"), "", "AKCONTAINER"),
        (&instance, "", "AKIMDS"),
        (&instance, "--profile m", "AKROLE-M"),
    ] {
        home.shell(&format!("{environment} keypair describe {words}")).success();
        assert_eq!(key_id(&stub), expected, "{environment} {words}");
    }
    let run = home.shell(&format!("{instance} AWS_EC2_METADATA_V1_DISABLED=true keypair describe"));
    let run = run.fails_with(253);
    assert!(run.stderr.contains("IMDSv1 has been disabled"), "{run}");
    home.write("token", "k8s");
    let container = format!(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI={url}/creds AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token"
    );
    home.shell(&format!("{container} keypair describe")).success();
    assert!(stub.heads().iter().any(|head| head.contains("authorization: k8s")));
}

#[test]
fn credential_process_command_needs_no_shell() {
    let (stub, home) = start("[default]\ncredential_process = cat \"my file\"\n");
    home.write("my file", r#"{"Version": 1, "AccessKeyId": "AKPROC", "SecretAccessKey": "s"}"#);
    home.keypair(["describe"]).success();
    assert_eq!(key_id(&stub), "AKPROC");
    configure(&home, "[default]\ncredential_process = cat 'my file' > $HOME/x\n");
    let run = home.keypair(["describe"]).fails_with(253);
    assert!(
        run.stderr.contains("it exited with status 1: ") && run.stderr.contains("'>'"),
        "{run}"
    );
    configure(&home, "[default]\ncredential_process = none-such\n");
    let run = home.keypair(["describe"]).fails_with(253);
    assert!(run.stderr.contains("cannot run none-such: "), "{run}");
}
