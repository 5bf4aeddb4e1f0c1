//! The AWS configuration, and what EC2 says if it is asked.

use std::time::Duration;

use super::finding::{FileRole, Finding, Findings};
use super::private_files::check_access;
use crate::ec2::{self, Configuration, Ec2Registry, Ec2Settings};
use crate::file::FileInfo;
use crate::format::{FormatError, read_public};
use crate::key::{KeyError, PublicKey};
use crate::registry::{CreateTime, Expiry, Fault, KeyPair, ModulusBudget, Weakness};

/// How EC2 would be reached.
#[derive(Debug)]
pub struct AwsRequest {
    /// The command line and the environment.
    pub settings: Ec2Settings,
    /// Whether EC2 is the registry that is meant, so that what is missing matters.
    pub is_meant: bool,
    pub is_online: bool,
}

/// What EC2 would be asked with, and what it answered.
#[derive(Debug)]
pub struct Aws {
    /// What EC2 would be asked with.
    pub configuration: Configuration,
    /// How many pairs EC2 has, if it was asked and answered.
    pub pairs: Option<u64>,
}

/// Long enough to cross the world, and for the program of a profile.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn look(request: &AwsRequest, now: CreateTime, findings: &mut Findings) -> Aws {
    let AwsRequest { settings, is_meant, is_online } = request;
    let mut configuration = ec2::configuration(settings);
    for path in &configuration.secret_files {
        if let Ok(Some(facts)) = FileInfo::of_target(path) {
            check_access(path, FileRole::Credentials, facts, findings);
        }
    }
    for fault in std::mem::take(&mut configuration.faults) {
        // What is missing matters to who uses EC2; and who asks EC2 is told more than that.
        if !fault.is_absence() || (*is_meant && !is_online) {
            findings.push(Finding::Configuration(fault));
        }
    }
    let mut answered = None;
    if *is_online {
        match Ec2Registry::new(settings.clone()).pairs_within(PATIENCE) {
            Ok(pairs) => {
                answered = u64::try_from(pairs.len()).ok();
                // Those of the registry that is meant.
                let mut moduli = ModulusBudget::default();
                for pair in pairs.iter().filter(|_| *is_meant) {
                    check_pair(pair, now, &mut moduli, findings);
                }
                if let Some(fault) = moduli.fault() {
                    findings.push(Finding::Registry(fault));
                }
            }
            Err(error) => findings.push(Finding::Unanswered(error)),
        }
    }
    Aws { configuration, pairs: answered }
}

fn check_pair(
    pair: &KeyPair,
    now: CreateTime,
    moduli: &mut ModulusBudget,
    findings: &mut Findings,
) {
    let name = pair.name.clone();
    if let Some(weakness) =
        pair.public_key.as_ref().and_then(|line| weakness(line.as_str(), moduli))
    {
        findings.push(Finding::Registry(Fault::Weak { name: name.clone(), weakness }));
    }
    if let Some(expiry) = Expiry::of(&pair.tags).filter(|expiry| expiry.is_past(now)) {
        findings.push(Finding::Registry(Fault::Expired { name, expiry }));
    }
}

fn weakness(line: &str, moduli: &mut ModulusBudget) -> Option<Weakness> {
    match read_public(line.as_bytes()) {
        Ok(file) => match &file.key {
            PublicKey::Rsa(key) if moduli.spend(key.bits()) => Weakness::of_public(&file.key),
            PublicKey::Rsa(key) => Weakness::of_rsa(key.bits(), key.exponent()),
            PublicKey::Ed25519(_) => None,
        },
        Err(FormatError::Key(KeyError::RsaTooShort { bits })) => Some(Weakness::Short { bits }),
        // What else EC2 may have is not ours to judge.
        Err(_) => None,
    }
}
