//! Looks whether all is as it should be with the registry, its pairs, private key files, what killed
//! commands left behind, and the AWS configuration. Nothing is changed, and one thing that cannot be
//! looked at does not keep the others from it.

#[cfg(feature = "ec2")]
mod aws;
mod finding;
mod private_files;
mod registry_file;

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

#[cfg(feature = "ec2")]
pub use aws::{Aws, AwsRequest};
pub use finding::{FileRole, Finding, Level};
pub use private_files::FileCounts;
pub use registry_file::PairCount;

use crate::file::StaleDirectory;
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

/// What was found, and in what.
#[derive(Debug)]
pub struct Diagnosis {
    /// What is not as it should be, or worth knowing.
    pub findings: Vec<Finding>,
    /// The pairs of the local registry.
    pub pairs: PairCount,
    /// The files that were looked at.
    pub files: FileCounts,
    /// What EC2 would be asked with, and what it answered.
    #[cfg(feature = "ec2")]
    pub aws: Aws,
}

impl Diagnosis {
    /// Returns whether nothing needs attention.
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.level() == Level::Remark)
    }
}

/// Looks at all there is.
pub fn diagnose(request: &DoctorRequest) -> Diagnosis {
    let mut findings = Findings::default();
    let file = request.registry_file.as_deref();
    let pairs = file.map(|file| registry_file::look(file, request.now, &mut findings));
    let here = [PathBuf::from(".")];
    let paths = if request.paths.is_empty() { &here[..] } else { &request.paths };
    let mut files = FileCounts::default();
    for path in paths {
        private_files::look(path, &mut files, &mut findings);
    }
    for folder in left_folders(&request.runtime_folders) {
        let is_past = folder.expiry() <= request.now.milliseconds() / 1000;
        let is_prunable = is_past || folder.purpose().is_some();
        findings.push(Finding::LeftFolder { folder, is_prunable });
    }
    #[cfg(feature = "ec2")]
    let aws = aws::look(&request.aws, request.now, &mut findings);
    Diagnosis {
        findings: findings.into_list(),
        pairs: pairs.unwrap_or(PairCount::Unknown),
        files,
        #[cfg(feature = "ec2")]
        aws,
    }
}

/// Returns the folders that killed commands left behind, and none that is just being made or removed.
fn left_folders(above: &[PathBuf]) -> Vec<StaleDirectory> {
    let mut found = StaleDirectory::find(above);
    if !found.is_empty() {
        thread::sleep(MAKING);
        let again = StaleDirectory::find(above);
        found.retain(|folder| again.contains(folder));
    }
    found
}

/// Far longer than a folder is there before it is locked.
const MAKING: Duration = Duration::from_millis(100);
