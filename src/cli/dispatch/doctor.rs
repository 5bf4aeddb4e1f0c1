//! `doctor`.

use super::Session;
use crate::cli::error::{ExitStatus, Failure, Notice};
use crate::cli::render::{OutputFormat, visible};
use crate::cli::respond;
use crate::operations::OperationError;
#[cfg(feature = "ec2")]
use crate::operations::doctor::Aws;
use crate::operations::doctor::{self, Diagnosis, DoctorRequest, Level, PairCount};

impl Session<'_> {
    /// Tells what was found: to a person a line for each finding, to a program as any other answer.
    pub(super) fn doctor(&self, request: &DoctorRequest) -> Result<ExitStatus, Failure> {
        let examine = || doctor::diagnose(request);
        let diagnosis = self.terminal.while_working("looking at everything", examine);
        let notices = diagnosis.findings.iter().map(|finding| {
            let options = &self.settings.registry_options;
            let notice = Notice::of(finding, request.registry_file.as_deref(), options);
            let told = |text: &str| self.terminal.redacted(text);
            Notice {
                subject: told(&notice.subject),
                sentence: told(&notice.sentence),
                remedy: told(&notice.remedy),
                ..notice
            }
        });
        let notices: Vec<_> = notices.collect();
        if self.settings.wants_data {
            let streams = self.settings.output == OutputFormat::JsonLines;
            self.answer_last(&respond::diagnosed(&diagnosis, &notices, streams), "Doctor")?;
        } else {
            let lines = self.terminal.redacted(&lines(&diagnosis, &notices));
            let answered = self.terminal.write(lines.as_bytes());
            self.unless_reader_left(answered, OperationError::Output)?;
        }
        Ok(if diagnosis.is_healthy() { ExitStatus::Success } else { ExitStatus::No })
    }
}

/// Returns a line for each finding, and one that says what was looked at.
fn lines(diagnosis: &Diagnosis, notices: &[Notice]) -> String {
    let mut text = String::new();
    for Notice { level, code: _, subject, sentence, remedy } in notices {
        let level = respond::level_text(*level);
        // A line stays one, whatever is in a path.
        text.push_str(&visible(&format!("{level}: {subject}: {sentence}; {remedy}")));
        text.push('\n');
    }
    let urgent = notices.iter().filter(|notice| notice.level == Level::Attention).count();
    let summary = match urgent {
        0 => "nothing needs attention".to_owned(),
        1 => "one finding needs attention".to_owned(),
        urgent => format!("{urgent} findings need attention"),
    };
    text.push_str(&visible(&format!("{summary}; looked at: {}", looked_at(diagnosis))));
    text.push('\n');
    text
}

fn looked_at(diagnosis: &Diagnosis) -> String {
    let count = |count: u64, one: &str| match count {
        0 => format!("no {one}s"),
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    };
    let Diagnosis { pairs, files, .. } = diagnosis;
    let mut parts = Vec::new();
    parts.extend(match pairs {
        PairCount::Counted(pairs) => Some(format!("a registry of {}", count(*pairs, "pair"))),
        PairCount::NoRegistry => Some("no registry yet".to_owned()),
        PairCount::Unknown => None,
    });
    let (all, private) = (count(files.all, "file"), count(files.private_keys, "private key"));
    parts.push(if files.all == 0 { all } else { format!("{all} with {private}") });
    #[cfg(feature = "ec2")]
    {
        let Aws { configuration, pairs } = &diagnosis.aws;
        let region = match &configuration.region {
            Some((region, origin)) => format!("the region {region} by {origin}"),
            None => "no region".to_owned(),
        };
        let credentials = match &configuration.credentials {
            Some(source) => format!("credentials of {source}"),
            None => "no credentials".to_owned(),
        };
        parts.push(format!("for AWS {region} and {credentials}"));
        parts.extend(pairs.map(|pairs| format!("EC2 with {}", count(pairs, "pair"))));
    }
    parts.join("; ")
}
