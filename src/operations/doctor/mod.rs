//! Checks the registry, its pairs, private key files, stale directories and the AWS configuration.
//! Changes nothing, and continues if one of them cannot be checked.

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

use super::prune::{self, PRIVATE_KEY_FILE};
use crate::file::{FileInfo, StaleDirectory};
use crate::registry::CreateTime;
use finding::Findings;

#[derive(Debug)]
pub struct DoctorRequest {
    pub now: CreateTime,
    /// `None` if the registry is not a file.
    pub registry_file: Option<PathBuf>,
    /// Private key files and directories. An empty list means the current directory.
    pub paths: Vec<PathBuf>,
    /// The possible parents of stale `exec` directories.
    pub runtime_directories: Vec<PathBuf>,
    #[cfg(feature = "ec2")]
    pub aws: AwsRequest,
}

#[derive(Debug)]
pub struct Diagnosis {
    pub findings: Vec<Finding>,
    pub pairs: PairCount,
    pub files: FileCounts,
    #[cfg(feature = "ec2")]
    pub aws: Aws,
}

impl Diagnosis {
    /// Returns true if no finding needs attention.
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.level() == Level::Remark)
    }
}

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
    for directory in stale_directories(&request.runtime_directories) {
        let is_prunable = prune::is_prunable(&directory, request.now);
        let key = FileInfo::of(&directory.path().join(PRIVATE_KEY_FILE));
        let has_key = !matches!(key, Ok(None));
        findings.push(Finding::StaleDirectory { directory, is_prunable, has_key });
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

/// Returns the stale directories, but none that another process is just creating or removing.
fn stale_directories(above: &[PathBuf]) -> Vec<StaleDirectory> {
    let mut found = StaleDirectory::find(above);
    if !found.is_empty() {
        thread::sleep(UNLOCKED_TIME);
        let again = StaleDirectory::find(above);
        found.retain(|directory| again.contains(directory));
    }
    found
}

/// Far longer than a new directory stays unlocked.
const UNLOCKED_TIME: Duration = Duration::from_millis(100);
