//! Commands on several regions and accounts.

#[cfg(feature = "ec2")]
mod open;

use clap::Args;

use super::context::Context;
use super::error::{ExitStatus, Failure, Operation};
use super::output::{OutputFormat, Value};
use crate::regions::Policy;
use crate::registry::{Location, RegionFailure, Registry};

/// The option of the commands that take several regions.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct RegionsArgs {
    /// Use all regions that are enabled for the account
    #[arg(long)]
    pub all_regions: bool,
}

/// The option of the commands that register a key in several regions.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct KeepGoingArgs {
    /// With several regions, register the key in the others even if one fails
    #[arg(long)]
    pub keep_going: bool,
}

impl KeepGoingArgs {
    pub fn policy(self) -> Policy {
        Policy { keep_going: self.keep_going, ..Policy::default() }
    }
}

/// The regions that could not be read or changed.
#[derive(Debug, Default)]
pub struct Failures {
    members: Vec<Value>,
}

impl Context {
    /// Returns whether the command uses several regions or profiles. The AWS spelling cannot.
    pub fn is_regional(&self, regions: Option<RegionsArgs>) -> bool {
        let asked = regions.is_some_and(|regions| regions.all_regions);
        self.is_ec2() && regions.is_some() && (asked || self.settings.scope.is_several())
    }

    /// Opens the registry, or those of several regions as one.
    pub fn registries(
        &self,
        regions: Option<RegionsArgs>,
        policy: Policy,
    ) -> Result<Box<dyn Registry>, Failure> {
        let all_regions = regions.is_some_and(|regions| regions.all_regions);
        if !self.is_regional(regions) {
            let (sentence, hint) = match (all_regions, policy.keep_going) {
                (true, _) => ("`--all-regions` requires EC2", "pass `--registry ec2`"),
                (false, true) => (
                    "`--keep-going` requires several regions",
                    "pass `--registry ec2` with `--region A,B` or `--all-regions`",
                ),
                (false, false) => return self.registry(),
            };
            return Err(Failure::usage(sentence).hint(hint));
        }
        #[cfg(feature = "ec2")]
        return self.open_regions(all_regions, policy);
        #[cfg(not(feature = "ec2"))]
        return {
            let _ = policy;
            self.registry()
        };
    }

    /// Warns of the regions that failed. A region of `--all-regions` that denies the request is only
    /// noted, because the account may not use it.
    pub fn failures(
        &self,
        registry: &mut dyn Registry,
        operation: Operation,
        regions: Option<RegionsArgs>,
    ) -> Failures {
        let all_regions = regions.is_some_and(|regions| regions.all_regions);
        let mut failures = Failures::default();
        for RegionFailure { location, error } in registry.take_failures() {
            let failure = Failure::from(&error).during(operation);
            let sentence = self.terminal.redacted(&failure.sentence());
            let code = failure.aws_code().unwrap_or("Failed").to_owned();
            if all_regions && DENIED.contains(&code.as_str()) {
                self.terminal.note(format_args!("skipped {location}: {sentence}"));
                continue;
            }
            self.terminal.warn(format_args!("{location}: {sentence}"));
            if NOT_ENABLED.contains(&code.as_str()) {
                self.terminal.hint(format!("{location} may not be enabled for the account"));
            }
            let mut members = location_members(&location);
            members.extend([("Code", code.as_str().into()), ("Message", sentence.as_str().into())]);
            failures.members.push(Value::object(members));
        }
        failures
    }

    /// Adds the regions that failed to a response. A stream contains pairs only.
    pub fn with_failures(&self, response: Value, failures: &Failures) -> Value {
        if failures.members.is_empty() || self.settings.output == OutputFormat::JsonLines {
            return response;
        }
        response.with("Failures", failures.members.clone())
    }
}

impl Failures {
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Returns the exit status of a command that succeeded elsewhere.
    pub fn status(&self) -> ExitStatus {
        if self.members.is_empty() { ExitStatus::Success } else { ExitStatus::Refused }
    }
}

/// Returns the members that name the place of a pair among several regions.
pub fn location_members(location: &Location) -> Vec<(&'static str, Value)> {
    let Location { region, profile, account } = location;
    let mut members = vec![("Region", region.as_str().into())];
    if let Some(profile) = profile {
        members.push(("Account", account.as_deref().into()));
        members.push(("Profile", profile.as_str().into()));
    }
    members
}

/// EC2 answers `AuthFailure` in a region that is not enabled, other services the second code.
pub const NOT_ENABLED: [&str; 3] = ["AuthFailure", "UnrecognizedClientException", "OptInRequired"];

/// The codes with which a region denies a request.
const DENIED: [&str; 4] =
    ["AuthFailure", "UnrecognizedClientException", "OptInRequired", "UnauthorizedOperation"];
