//! Opens the registries of several regions and accounts.

use crate::cli::context::Context;
use crate::cli::error::{Failure, Operation};
use crate::cli::settings::ec2_settings;
use crate::cli::terminal::Terminal;
use crate::ec2::{Ec2Registry, Ec2Settings, Service, is_loopback};
use crate::profile::{Given, Origin, ProfileOrigin, SelectedProfile};
use crate::regions::{Policy, Region, Regions};
use crate::registry::{Location, Registry, RegistryError};

/// The regions of an account.
struct Account {
    settings: Ec2Settings,
    profile: Option<String>,
    number: Option<String>,
    regions: Vec<String>,
}

impl Context {
    pub(super) fn open_regions(
        &self,
        all_regions: bool,
        policy: Policy,
    ) -> Result<Box<dyn Registry>, Failure> {
        if all_regions && !self.settings.scope.regions.is_empty() {
            return Err(Failure::usage("`--all-regions` cannot be used with `--region`")
                .hint("pass one of them"));
        }
        let accounts = self.while_waiting(|| self.accounts(all_regions))?;
        let mut members: Vec<Region> = Vec::new();
        for Account { settings, profile, number, regions } in accounts {
            let registries = Ec2Registry::in_regions(&settings, ASK, &regions);
            for (region, registry) in regions.into_iter().zip(registries) {
                let (profile, account) = (profile.clone(), number.clone());
                members.push((Location { region, profile, account }, Box::new(registry)));
            }
        }
        Ok(Box::new(Regions::new(members, policy)))
    }

    fn accounts(&self, all_regions: bool) -> Result<Vec<Account>, Failure> {
        let scope = &self.settings.scope;
        let mut accounts: Vec<Account> = Vec::new();
        for profile in self.profiles() {
            let profile_name = (scope.profiles.len() > 1).then(|| profile.name().to_owned());
            let region = scope.regions.first().map(String::as_str);
            let aws = &self.global.aws;
            // Checks the names of all regions.
            for region in &scope.regions {
                ec2_settings(aws, Some(region), &self.environment, &profile)?;
            }
            let mut settings = ec2_settings(aws, region, &self.environment, &profile)?;
            check_endpoint(&settings)?;
            if all_regions && settings.region.is_none() {
                settings.region = Some(Given::new(FIRST_REGION.to_owned(), Origin::Default));
            }
            let mut registry = Ec2Registry::new(settings.clone(), ASK);
            let number = match &profile_name {
                Some(name) => Some(account(&mut registry, name)?),
                None => None,
            };
            if let (Some(number), Some(name)) = (&number, &profile_name)
                && let Some(Account { profile: Some(other), .. }) =
                    accounts.iter().find(|account| account.number.as_ref() == Some(number))
            {
                let sentence = format!(
                    "invalid value for --profile: `{other}` and `{name}` belong to the account {number}"
                );
                return Err(Failure::usage(sentence).hint("pass one of them"));
            }
            let regions = match (all_regions, &settings.region) {
                (true, _) => registry
                    .enabled_regions()
                    .map_err(|error| Failure::from(&error).during(Operation::DescribeRegions))?,
                (false, _) if !scope.regions.is_empty() => scope.regions.clone(),
                (false, Some(region)) if !region.value.is_empty() => vec![region.value.clone()],
                (false, _) => return Err(Failure::from(&RegistryError::NoRegion)),
            };
            accounts.push(Account { settings, profile: profile_name, number, regions });
        }
        Ok(accounts)
    }

    fn profiles(&self) -> Vec<SelectedProfile> {
        let selected = &self.settings.profile;
        let names = &self.settings.scope.profiles;
        match names.len() {
            0 | 1 => vec![selected.clone()],
            _ => {
                let named = |name: &String| selected.with_name(name.clone(), ProfileOrigin::Option);
                names.iter().map(named).collect()
            }
        }
    }
}

const ASK: Option<crate::ec2::AskMfaCode> = Some(Terminal::ask_mfa_code);

fn account(registry: &mut Ec2Registry, profile: &str) -> Result<String, Failure> {
    registry.account().map_err(|error| {
        let failure = Failure::from(&error).during(Operation::GetCallerIdentity);
        failure.hint(format!("the error is about the profile `{profile}`"))
    })
}

/// Refuses the endpoint of one region. A server on this machine may have all regions.
fn check_endpoint(settings: &Ec2Settings) -> Result<(), Failure> {
    let url = match settings.endpoints.get(Service::Ec2) {
        Some(url) if !is_loopback(&url.value) => url,
        _ => return Ok(()),
    };
    let sentence = format!("cannot use several regions with {}: it is one endpoint", url.origin);
    Err(Failure::usage(sentence).hint("pass one region"))
}

/// The region that is asked for the others if none is configured.
const FIRST_REGION: &str = "us-east-1";
