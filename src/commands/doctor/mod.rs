//! Looks whether all is as it should be with the registry, its pairs, private key files, what killed
//! commands left behind, and the AWS configuration. Nothing is changed, and one thing that cannot be
//! looked at does not keep the others from it.

#[cfg(feature = "ec2")]
mod aws;
mod finding;
mod private_files;
mod registry_file;

use std::path::PathBuf;

#[cfg(feature = "ec2")]
pub use aws::Aws;
pub use finding::{Content, Finding, Level};
pub use private_files::Files;

#[cfg(feature = "ec2")]
use crate::ec2::{Ec2Settings, Variables};
use crate::file::Leftover;
use crate::registry::CreateTime;
use finding::Findings;

/// What to look at.
#[derive(Debug)]
pub struct DoctorRequest {
    /// The moment up to which a pair or a folder has expired.
    pub now: CreateTime,
    /// The file of the local registry, if that is meant.
    pub registry_file: Option<PathBuf>,
    /// Private key files, and folders with such; none means the current folder.
    pub paths: Vec<PathBuf>,
    /// Where folders may be that killed `exec` commands left behind.
    pub runtime_folders: Vec<PathBuf>,
    /// How EC2 would be reached.
    #[cfg(feature = "ec2")]
    pub aws: AwsRequest,
}

/// How EC2 would be reached.
#[cfg(feature = "ec2")]
#[derive(Debug)]
pub struct AwsRequest {
    /// What the command line says.
    pub settings: Ec2Settings,
    /// What the environment says.
    pub variables: Variables,
    /// Whether EC2 is the registry that is meant, so that what is missing matters.
    pub is_meant: bool,
    /// Whether to ask EC2.
    pub is_online: bool,
}

/// What was found, and in what.
#[derive(Debug)]
pub struct Diagnosis {
    /// What is not as it should be, or worth knowing.
    pub findings: Vec<Finding>,
    /// The pairs of the local registry.
    pub pairs: Pairs,
    /// The files that were looked at.
    pub files: Files,
    /// What EC2 would be asked with, and what it answered.
    #[cfg(feature = "ec2")]
    pub aws: Aws,
}

/// The pairs of a registry that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// So many.
    Counted(u64),
    /// None: there is no registry yet.
    NoRegistry,
    /// The registry is not the one that is meant, or cannot be used.
    Unknown,
}

impl Diagnosis {
    /// Returns whether nothing needs attention.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.level() == Level::Remark)
    }
}

/// Looks at all there is.
#[must_use]
pub fn examine(request: &DoctorRequest) -> Diagnosis {
    let mut findings = Findings::default();
    let file = request.registry_file.as_deref();
    let pairs = file.map(|file| registry_file::look(file, request.now, &mut findings));
    let here = [PathBuf::from(".")];
    let paths = if request.paths.is_empty() { &here[..] } else { &request.paths };
    let mut files = Files::default();
    for path in paths {
        private_files::look(path, &mut files, &mut findings);
    }
    for folder in Leftover::find(&request.runtime_folders) {
        let is_expired = folder.expiry() <= request.now.milliseconds() / 1000;
        findings.push(Finding::LeftFolder { folder, is_expired });
    }
    #[cfg(feature = "ec2")]
    let aws = aws::look(&request.aws, request.now, &mut findings);
    Diagnosis {
        findings: findings.into_list(),
        pairs: pairs.unwrap_or(Pairs::Unknown),
        files,
        #[cfg(feature = "ec2")]
        aws,
    }
}
