//! Checks the AWS configuration and, on request, the connection to EC2.

use std::time::Duration;

use super::finding::{FileRole, Finding, Findings};
use super::private_files::check_access;
use crate::ec2::{self, Configuration, Ec2Registry, Ec2Settings};
use crate::file::FileInfo;
use crate::format::{FormatError, read_public};
use crate::key::{KeyError, PublicKey};
use crate::registry::{CreateTime, Expiry, Fault, KeyPair, ModulusBudget, Weakness};

#[derive(Debug)]
pub struct AwsRequest {
    pub settings: Ec2Settings,
    /// True if the selected registry is EC2, so missing settings matter.
    pub is_meant: bool,
    pub is_online: bool,
}

#[derive(Debug)]
pub struct Aws {
    pub configuration: Configuration,
    /// The number of pairs in EC2, if it was asked and responded.
    pub pairs: Option<u64>,
}

/// Long enough for distant regions and for a credential_process.
const EC2_TIMEOUT: Duration = Duration::from_secs(20);

pub(super) fn look(request: &AwsRequest, now: CreateTime, findings: &mut Findings) -> Aws {
    let AwsRequest { settings, is_meant, is_online } = request;
    let mut configuration = ec2::configuration(settings);
    for path in &configuration.secret_files {
        if let Ok(Some(facts)) = FileInfo::of_target(path) {
            check_access(path, FileRole::Credentials, facts, findings);
        }
    }
    for fault in std::mem::take(&mut configuration.faults) {
        // Missing settings matter only for EC2, and a request to EC2 reports them in more detail.
        if !fault.is_absence() || (*is_meant && !is_online) {
            findings.push(Finding::Configuration(fault));
        }
    }
    let mut answered = None;
    if *is_online {
        match Ec2Registry::new(settings.clone(), None).pairs_within(EC2_TIMEOUT) {
            Ok(pairs) => {
                answered = u64::try_from(pairs.len()).ok();
                // Check the pairs only if EC2 is the selected registry.
                let mut moduli = ModulusBudget::default();
                for pair in pairs.iter().filter(|_| *is_meant) {
                    check_pair(pair, now, &mut moduli, findings);
                }
                if let Some(fault) = moduli.fault() {
                    findings.push(Finding::Registry(fault));
                }
            }
            Err(error) => findings.push(Finding::Ec2Failed(error)),
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
        // EC2 may contain other kinds of keys.
        Err(_) => None,
    }
}
