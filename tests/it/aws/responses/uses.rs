//! Incomplete lists of instances and launch templates, which may hide a key pair in use.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{deleted, listed, operation};
use crate::aws::ec2::home_of;
use crate::commands::prune::found;
use crate::support::home::Home;
use crate::support::run::Run;
use crate::support::stub::{Answer, Stub, member};

const NO_INSTANCES: &str = "<reservationSet/>";
const NEXT: &str = "<nextToken>next</nextToken>";

/// Returns a launch template with default version 1 and latest version 2.
fn template() -> String {
    "<launchTemplates><item><launchTemplateId>lt-1</launchTemplateId>\
     <defaultVersionNumber>1</defaultVersionNumber><latestVersionNumber>2</latestVersionNumber>\
     </item></launchTemplates>"
        .to_owned()
}

fn version(template: &str, number: usize) -> String {
    format!(
        "<item><launchTemplateId>{template}</launchTemplateId>\
         <versionNumber>{number}</versionNumber><launchTemplateData/></item>"
    )
}

fn versions(items: &str) -> String {
    format!("<launchTemplateVersionSet>{items}</launchTemplateVersionSet>")
}

fn prune(home: &Home) -> Run {
    home.shell("keypair prune --unused --delete")
}

/// Runs `prune` with these lists, and with this list of versions for a single template.
fn with_lists(instances: &str, templates: &str, all: &str, of_one: &str) -> (Stub, Run) {
    let lists = [instances, templates, all, of_one].map(str::to_owned);
    let is_deleted = AtomicBool::new(false);
    let stub = Stub::start(move |body| {
        let [instances, templates, all, of_one] = &lists;
        let operation = operation(body);
        let elements = match (operation.as_str(), member(body, "LaunchTemplateId")) {
            ("DescribeKeyPairs", _) if is_deleted.load(Ordering::Relaxed) => {
                return Answer::no_pairs();
            }
            ("DescribeKeyPairs", _) => return listed("web", "key-1", ""),
            ("DeleteKeyPair", _) => {
                is_deleted.store(true, Ordering::Relaxed);
                return deleted();
            }
            ("DescribeInstances", _) => instances,
            ("DescribeLaunchTemplates", _) => templates,
            (_, None) => all,
            (_, Some(_)) => of_one,
        };
        Answer::response(&operation, elements)
    });
    let run = prune(&home_of(&stub));
    (stub, run)
}

fn assert_refused(stub: &Stub, run: Run, reason: &str) {
    let run = run.fails_with(254);
    let said = format!("unexpected response from the registry: {reason}\n");
    assert!(run.stderr.contains(&said) && run.text().is_empty(), "{reason}: {run}");
    assert_eq!(stub.count("DeleteKeyPair"), 0, "{reason}");
}

#[test]
fn invalid_instance_list_is_rejected() {
    let instances = |item: &str| format!("<reservationSet><item>{item}</item></reservationSet>");
    let no_id = "<instancesSet><item><keyName>web</keyName></item></instancesSet>";
    for (list, reason) in [
        (String::new(), "the list of reservations is missing"),
        (
            instances("<reservationId>r-1</reservationId>"),
            "the list of instances of a reservation is missing",
        ),
        (instances(no_id), "the ID of an instance is missing"),
        (
            instances("<instancesSet><item><instanceId/></item></instancesSet>"),
            "the ID of an instance is missing",
        ),
    ] {
        let (stub, run) = with_lists(&list, "<launchTemplates/>", &versions(""), "");
        assert_refused(&stub, run, reason);
    }
    let empty = instances("<instancesSet/>");
    let (_, run) = with_lists(&empty, "<launchTemplates/>", &versions(""), "");
    assert_eq!(found(&run.success()), ["web"]);
}

#[test]
fn repeated_page_token_is_rejected() {
    let empty = ["<reservationSet/>", "<launchTemplates/>", "<launchTemplateVersionSet/>"];
    for place in 0..empty.len() {
        let mut lists = empty.map(str::to_owned);
        lists[place] += NEXT;
        let [instances, templates, all] = &lists;
        let (stub, run) = with_lists(instances, templates, all, "");
        assert_refused(&stub, run, "the token of the next page is repeated");
    }
    let of_one = versions("") + NEXT;
    let (stub, run) = with_lists(NO_INSTANCES, &template(), &versions(""), &of_one);
    assert_refused(&stub, run, "the token of the next page is repeated");
}

#[test]
fn page_token_repeated_later_is_rejected() {
    let page = AtomicUsize::new(0);
    let stub = Stub::start(move |body| match operation(body).as_str() {
        "DescribeInstances" => {
            let token = page.fetch_add(1, Ordering::Relaxed) % 3;
            let token = format!("<nextToken>t{token}</nextToken>");
            Answer::response("DescribeInstances", &format!("{NO_INSTANCES}{token}"))
        }
        _ => listed("web", "key-1", ""),
    });
    let run = prune(&home_of(&stub));
    assert_refused(&stub, run, "the token of the next page is repeated");
    assert_eq!(stub.count("DescribeInstances"), 4);
}

#[test]
fn endless_instance_list_is_rejected() {
    let page = AtomicUsize::new(0);
    let instances: String = (0..1000)
        .map(|number| format!("<item><instanceId>i-{number}</instanceId></item>"))
        .collect();
    let stub = Stub::start(move |body| match operation(body).as_str() {
        "DescribeInstances" => {
            let page = page.fetch_add(1, Ordering::Relaxed);
            // A long token reaches the size limit in few pages.
            let token = format!("<nextToken>{page}{}</nextToken>", "t".repeat(1 << 20));
            let list = format!("<item><instancesSet>{instances}</instancesSet></item>");
            let list = format!("<reservationSet>{list}</reservationSet>{token}");
            Answer::response("DescribeInstances", &list)
        }
        _ => listed("web", "key-1", ""),
    });
    let run = prune(&home_of(&stub));
    assert_refused(&stub, run, "the list exceeds the limit of 67108864 bytes");
    assert!(stub.count("DescribeInstances") <= 64);
}

#[test]
fn missing_launch_template_version_is_rejected() {
    let (default, newest) = (version("lt-1", 1), version("lt-1", 2));
    for (all, of_one, missing) in [
        ("", "", 1),
        ("", default.as_str(), 2),
        ("", newest.as_str(), 1),
        (default.as_str(), default.as_str(), 2),
        (newest.as_str(), "", 1),
        (newest.as_str(), newest.as_str(), 1),
        ("", &(version("lt-2", 1) + &version("lt-2", 2)), 1),
        (&version("lt-1", 0), &version("lt-1", 3), 1),
    ] {
        let (stub, run) = with_lists(NO_INSTANCES, &template(), &versions(all), &versions(of_one));
        let reason = format!("version {missing} of the launch template lt-1 is missing");
        assert_refused(&stub, run, &reason);
        assert_eq!(stub.count("DescribeLaunchTemplateVersions"), 2);
    }
    for (all, of_one, requests) in [
        (default.clone() + &newest, "", 1),
        (String::new(), &*(default.clone() + &newest), 2),
        (default.clone(), newest.as_str(), 2),
    ] {
        let (stub, run) = with_lists(NO_INSTANCES, &template(), &versions(&all), &versions(of_one));
        assert_eq!(found(&run.success()), ["web"]);
        assert_eq!(stub.count("DescribeLaunchTemplateVersions"), requests);
    }
}

#[test]
fn invalid_launch_template_is_rejected() {
    let whole = version("lt-1", 1) + &version("lt-1", 2);
    for (part, reason) in [
        (
            "<launchTemplateId>lt-1</launchTemplateId>",
            "the ID of a launch template version is missing",
        ),
        ("<versionNumber>1</versionNumber>", "the number of a launch template version is missing"),
        ("<launchTemplateData/>", "the data of a launch template version is missing"),
    ] {
        let cut = versions(&whole.replacen(part, "", 1));
        let (stub, run) = with_lists(NO_INSTANCES, &template(), &cut, &versions(&whole));
        assert_refused(&stub, run, reason);
        let (stub, run) = with_lists(NO_INSTANCES, &template(), &versions(""), &cut);
        assert_refused(&stub, run, reason);
    }
    for (list, reason) in [
        (String::new(), "the list of launch templates is missing"),
        (
            template().replace("<launchTemplateId>lt-1</launchTemplateId>", ""),
            "the ID of a launch template is missing",
        ),
        (
            template().replace("<latestVersionNumber>2</latestVersionNumber>", ""),
            "the number of a launch template version is missing",
        ),
    ] {
        let (stub, run) = with_lists(NO_INSTANCES, &list, &versions(&whole), "");
        assert_refused(&stub, run, reason);
    }
}

/// The list of versions may omit a template.
#[test]
fn refused_template_list_warns_and_failure_stops() {
    for (status, code, is_fine) in [
        (403, "UnauthorizedOperation", true),
        (400, "InvalidAction", true),
        (400, "InvalidParameterValue", false),
        (500, "InternalError", false),
        (501, "InternalFailure", false),
        (503, "RequestLimitExceeded", false),
    ] {
        let is_deleted = AtomicBool::new(false);
        let stub = Stub::start(move |body| match operation(body).as_str() {
            "DescribeKeyPairs" if is_deleted.load(Ordering::Relaxed) => Answer::no_pairs(),
            "DescribeKeyPairs" => listed("web", "key-1", ""),
            "DeleteKeyPair" => {
                is_deleted.store(true, Ordering::Relaxed);
                deleted()
            }
            "DescribeInstances" => Answer::response("DescribeInstances", NO_INSTANCES),
            "DescribeLaunchTemplates" => Answer::error(status, code, "No."),
            operation => Answer::response(operation, &versions("")),
        });
        let mut home = home_of(&stub);
        home.set("AWS_MAX_ATTEMPTS", "1");
        let run = prune(&home);
        if is_fine {
            let run = run.success();
            let said = format!(
                "warning: could not check that the list of launch template versions is complete: \
                 An error occurred ({code}) when calling the DescribeLaunchTemplates operation"
            );
            assert!(run.stderr.contains(&said), "{run}");
            assert_eq!(found(&run), ["web"]);
        } else {
            let run = run.fails_with(254);
            assert!(run.stderr.contains(code) && run.text().is_empty(), "{run}");
            assert!(run.stderr.contains("hint: nothing was deleted"), "{run}");
            assert_eq!(stub.count("DeleteKeyPair"), 0, "{run}");
        }
    }
}
