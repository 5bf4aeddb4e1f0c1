//! Servers with responses that do not match the requests.

mod documents;
mod dry_run;
mod errors;
mod lost_tags;
mod pairs;
mod registration;
mod repeated;
mod rollback;
mod tags;
mod uses;

use crate::support::stub::{Answer, member};

/// Returns a list with one pair.
fn listed(name: &str, id: &str, elements: &str) -> Answer {
    let pair = format!("<keyName>{name}</keyName><keyPairId>{id}</keyPairId>{elements}");
    Answer::response("DescribeKeyPairs", &format!("<keySet><item>{pair}</item></keySet>"))
}

/// Returns the response to a deletion.
fn deleted() -> Answer {
    Answer::response("DeleteKeyPair", "<return>true</return>")
}

/// Returns the operation of a form-encoded request.
fn operation(body: &str) -> String {
    member(body, "Action").unwrap_or_default()
}
