//! Lost responses to changes of tags.

use super::{listed, operation};
use crate::aws::ec2::home_of;
use crate::support::stub::{Answer, Stub};

const TAG: &str = "<tagSet><item><key>a</key><value>b</value></item></tagSet>";
const OTHER: &str = "<tagSet><item><key>a</key><value>c</value></item></tagSet>";

#[test]
fn lost_response_to_tags_leads_to_lookup() {
    for (words, made, not_made) in [
        ("create-tags --resources key-1 --tags Key=a,Value=b", TAG, OTHER),
        ("create-tags --resources key-1 --tags Key=a,Value=b", TAG, ""),
        ("delete-tags --resources key-1 --tags Key=a", "", TAG),
        ("delete-tags --resources key-1", "", OTHER),
        ("tag web a=b", TAG, OTHER),
        ("untag web a", "", TAG),
    ] {
        for (elements, status) in [(made, 0), (not_made, 254)] {
            let stub = Stub::start(move |body| match operation(body).as_str() {
                "DescribeKeyPairs" => listed("web", "key-1", elements),
                _ => Answer::Cut,
            });
            let run = home_of(&stub).shell(&format!("keypair {words}; exit $?"));
            assert_eq!(run.code, Some(status), "{run}");
            let is_said = run.stderr.contains("could not confirm");
            assert_eq!(is_said, status != 0, "{run}");
        }
    }
}

#[test]
fn lost_response_for_unlisted_pair_is_unknown() {
    for words in ["create-tags --resources key-1 --tags Key=a", "delete-tags --resources key-1"] {
        let stub = Stub::start(|body| match operation(body).as_str() {
            "DescribeKeyPairs" => Answer::no_pairs(),
            _ => Answer::Cut,
        });
        let run = home_of(&stub).shell(&format!("keypair {words}")).fails_with(254);
        assert!(run.stderr.contains("hint: run `keypair describe"), "{run}");
    }
}
