//! Lists, deletions and parameters that do not match the request.

use super::{deleted, listed, operation};
use crate::aws::ec2::home_of;
use crate::commands::prune::found;
use crate::support::stub::{Answer, Stub, member};

#[test]
fn unconfirmed_deletion_is_an_error() {
    for (elements, by_name) in [
        ("<return>false</return>", true),
        ("", true),
        ("<keyPairId>key-1</keyPairId>", true),
        ("<return>true</return><keyPairId>key-2</keyPairId>", false),
    ] {
        for (words, applies) in [
            ("delete web", true),
            ("delete-key-pair --key-name web", by_name),
            ("delete --key-pair-id key-1", true),
            ("delete-key-pair --key-pair-id key-1", true),
        ] {
            let stub = Stub::start(move |body| match operation(body).as_str() {
                "DeleteKeyPair" => Answer::response("DeleteKeyPair", elements),
                _ => listed("web", "key-1", ""),
            });
            let run = home_of(&stub).shell(&format!("keypair {words}"));
            if applies {
                let run = run.fails_with(254);
                assert!(run.stderr.contains("could not confirm that `"), "{run}");
                assert!(run.text().is_empty(), "{run}");
            }
        }
    }
}

#[test]
fn pairs_outside_selection_are_ignored() {
    let list = || {
        let pair = |number: usize, team: &str| {
            format!(
                "<item><keyName>k{number}</keyName><keyPairId>key-{number}</keyPairId>\
                 <tagSet><item><key>team</key><value>{team}</value></item></tagSet></item>"
            )
        };
        let pairs = [pair(1, "ops"), pair(2, "dev"), pair(3, "ops")].concat();
        Answer::response("DescribeKeyPairs", &format!("<keySet>{pairs}</keySet>"))
    };
    let home = home_of(&Stub::start(move |_| list()));
    for (words, names) in [
        ("k1", "k1"),
        ("--key-pair-ids key-2", "k2"),
        ("--filters Name=tag:team,Values=o*", "k1\tk3"),
        ("--filters Name=tag-key,Values=team Name=key-name,Values=k2,k3", "k2\tk3"),
        ("k1 --filters Name=tag:team,Values=dev", ""),
    ] {
        let query = "--query KeyPairs[].KeyName --output text";
        let run = home.shell(&format!("keypair describe {words} {query}")).success();
        assert_eq!(run.text().trim_end(), names, "{words}");
    }
}

#[test]
fn missing_pairs_are_reported_as_not_found() {
    let stub = Stub::start(|_| listed("web", "key-1", ""));
    let home = home_of(&stub);
    for words in
        ["describe db", "describe web db", "describe --key-pair-ids key-2", "delete web db"]
    {
        let run = home.shell(&format!("keypair {words}")).fails_with(3);
        assert!(run.text().is_empty(), "{run}");
        assert!(run.stderr.contains("does not exist"), "{run}");
    }
    assert_eq!(stub.count("DeleteKeyPair"), 0);
}

#[test]
fn listed_pair_requires_name_and_id() {
    for item in ["<keyName>web</keyName>", "<keyPairId>key-1</keyPairId>", "<keyName></keyName>"] {
        let stub = Stub::start(move |_| {
            let list = format!("<keySet><item>{item}</item></keySet>");
            Answer::response("DescribeKeyPairs", &list)
        });
        let home = home_of(&stub);
        for words in ["describe", "prune --older-than 1s", "verify k", "delete web"] {
            home.write("k", include_str!("../../../vectors/keys/ed25519.openssh"));
            let run = home.shell(&format!("keypair {words}")).fails_with(254);
            assert!(run.stderr.contains("a key pair has no valid name or ID"), "{run}");
        }
    }
}

#[test]
fn parameter_with_another_name_is_an_error() {
    let key = include_str!("../../../vectors/convert/40_oss_ok").replace('\n', "\\n");
    for name in [r#""Name":"/ec2/keypair/key-2","#, ""] {
        let parameter = format!(r#"{{"Parameter":{{{name}"Type":"String","Value":"{key}"}}}}"#);
        let stub = Stub::start(move |body| match body.starts_with('{') {
            true => Answer::Reply(200, parameter.clone()),
            false => listed("web", "key-1", ""),
        });
        let home = home_of(&stub);
        let files = home.files();
        for words in ["get-parameter --name /ec2/keypair/key-1", "fetch web", "fetch web --out -"] {
            let run = home.shell(&format!("keypair {words}")).fails_with(254);
            assert!(
                run.stderr.contains("unexpected response from the registry: the response"),
                "{run}"
            );
            assert!(run.text().is_empty() && !run.stderr.contains("PRIVATE"), "{run}");
        }
        assert_eq!(home.files(), files);
    }
}

const EXPIRED: &str = "<tagSet><item><key>keypair:expires-at</key><value>2020-01-01T00:00:00Z</value></item></tagSet>";

/// `prune` works with any set of filters that the server supports.
#[test]
fn prune_works_without_server_filters() {
    let stub = Stub::start(|body| match operation(body).as_str() {
        "DescribeKeyPairs" if body.contains("Filter.1") => {
            Answer::error(400, "InvalidParameterValue", "The filter 'tag-key' is invalid")
        }
        "DeleteKeyPair" => deleted(),
        _ => listed("web", "key-1", EXPIRED),
    });
    let home = home_of(&stub);
    for words in ["", "--expired --name 'w*'"] {
        assert_eq!(found(&home.shell(&format!("keypair prune {words}")).success()), ["web"]);
    }
    assert_eq!(found(&home.shell("keypair prune --name 'x*'").success()), [""; 0]);
}

/// The ways in which a server lists the versions of launch templates.
#[derive(Clone, Copy)]
enum Versions {
    /// It refuses to list the versions of all templates.
    Refused,
    /// It lists nothing without a template id.
    Hidden,
    /// It lists the versions of one template.
    Partial,
}

#[test]
fn prune_falls_back_to_each_launch_template() {
    const NEXT: &str = "<nextToken>next</nextToken>";
    let version = |number: usize| {
        format!(
            "<launchTemplateVersionSet><item><launchTemplateId>lt-{number}</launchTemplateId>\
             <versionNumber>1</versionNumber><launchTemplateData><keyName>k{number}</keyName></launchTemplateData></item>\
             </launchTemplateVersionSet>"
        )
    };
    for how in [Versions::Refused, Versions::Hidden, Versions::Partial] {
        let stub = Stub::start(move |body| {
            let operation = operation(body);
            let template = |number| {
                format!(
                    "<launchTemplates><item><launchTemplateId>lt-{number}</launchTemplateId>\
                     <defaultVersionNumber>1</defaultVersionNumber>\
                     <latestVersionNumber>1</latestVersionNumber></item></launchTemplates>"
                )
            };
            let elements = match (operation.as_str(), member(body, "LaunchTemplateId"), how) {
                ("DescribeKeyPairs", ..) => {
                    let pair = |n| {
                        format!(
                            "<item><keyName>k{n}</keyName><keyPairId>key-{n}</keyPairId></item>"
                        )
                    };
                    format!("<keySet>{}</keySet>", (1..4).map(pair).collect::<String>())
                }
                ("DescribeInstances", ..) => "<reservationSet/>".to_owned(),
                ("DescribeLaunchTemplates", ..) if body.contains("NextToken=") => template(2),
                ("DescribeLaunchTemplates", ..) => template(1) + NEXT,
                (_, Some(id), _) => version(id[3..].parse().unwrap()),
                (_, None, Versions::Refused) => {
                    let code = "InvalidLaunchTemplateId.NotFoundException";
                    return Answer::error(400, code, "The template does not exist");
                }
                (_, None, Versions::Hidden) => "<launchTemplateVersionSet/>".to_owned(),
                (_, None, Versions::Partial) => version(1),
            };
            Answer::response(&operation, &elements)
        });
        let run = home_of(&stub).shell("keypair prune --unused").success();
        assert_eq!(found(&run), ["k3"], "{run}");
    }
}

/// If the list of templates is refused as well, the first error is reported.
#[test]
fn prune_fails_when_templates_cannot_be_listed() {
    let stub = Stub::start(|body| match operation(body).as_str() {
        "DescribeKeyPairs" => listed("web", "key-1", ""),
        "DescribeInstances" => Answer::response("DescribeInstances", "<reservationSet/>"),
        "DescribeLaunchTemplates" => Answer::error(400, "InvalidAction", "There is none."),
        _ => Answer::error(400, "MissingParameter", "An id is missing."),
    });
    let run = home_of(&stub).shell("keypair prune --unused --delete").fails_with(254);
    assert!(run.stderr.contains("(MissingParameter)") && run.text().is_empty(), "{run}");
    assert_eq!(stub.count("DeleteKeyPair"), 0);
}

#[test]
fn unconfirmed_change_of_tags_is_an_error() {
    for elements in ["<return>false</return>", ""] {
        for is_listed in [true, false] {
            let stub = Stub::start(move |body| match operation(body).as_str() {
                "DescribeKeyPairs" if is_listed => listed(
                    "web",
                    "key-1",
                    "<tagSet><item><key>t</key><value>1</value></item></tagSet>",
                ),
                "DescribeKeyPairs" => Answer::error(403, "UnauthorizedOperation", "No."),
                operation => Answer::response(operation, elements),
            });
            let home = home_of(&stub);
            for words in [
                "tag web x=y",
                "untag web t",
                "create-tags --resources key-1 --tags Key=x,Value=y",
                "delete-tags --resources key-1 --tags Key=t",
            ] {
                let run = home.shell(&format!("keypair {words}")).fails_with(254);
                let needs_list = words.contains("web") && !is_listed;
                let said = "could not confirm that the tags of ";
                assert!(needs_list || run.stderr.contains(said), "{run}");
                assert!(run.text().is_empty(), "{run}");
            }
        }
    }
}

/// Which of them is true cannot be known.
#[test]
fn repeated_elements_are_rejected() {
    for list in [
        "<keySet/><keySet><item><keyName>web</keyName><keyPairId>key-1</keyPairId></item></keySet>",
        "<keySet><item><keyName>web</keyName><keyPairId>key-1</keyPairId>\
         <keyPairId>key-2</keyPairId></item></keySet>",
    ] {
        let stub = Stub::start(|_| Answer::response("DescribeKeyPairs", list));
        for words in ["describe", "delete web", "prune --older-than 1s --delete"] {
            let run = home_of(&stub).shell(&format!("keypair {words}")).fails_with(254);
            assert!(run.stderr.contains("> is repeated\n") && run.text().is_empty(), "{run}");
        }
    }
}

#[test]
fn encoded_response_is_named() {
    let stub = Stub::start(|_| {
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n";
        Answer::Raw([head.as_bytes(), &[0x1f, 0x8b]].concat())
    });
    let run = home_of(&stub).keypair(["describe"]).fails_with(254);
    assert!(run.stderr.contains("the response (HTTP status 200) is encoded as `gzip`\n"), "{run}");
}
