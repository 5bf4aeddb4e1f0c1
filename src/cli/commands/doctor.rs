//! `doctor`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::{ExitStatus, Failure, Notice};
use crate::cli::output::{OutputFormat, Value, visible};
use crate::cli::settings::SettingsError;
#[cfg(feature = "ec2")]
use crate::cli::settings::ec2_settings;
#[cfg(feature = "ec2")]
use crate::ec2::InForce;
use crate::operations::OperationError;
use crate::operations::doctor::{self, Diagnosis, DoctorRequest, Level, PairCount};
#[cfg(feature = "ec2")]
use crate::operations::doctor::{Aws, AwsRequest};
use crate::registry::CreateTime;

/// `doctor`.
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Files to check, and directories of files to check [default: the current directory]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Also check that EC2 can be reached (one API call)
    #[arg(long)]
    online: bool,
}

pub(super) const EXAMPLES: &str = "\
Prints one line per finding with its remedy, or a response with --output or --query. Changes nothing.
The exit status is 1 if anything needs attention.

Examples:
  keypair doctor                                     the registry, and the files here
  keypair doctor ~/.ssh ~/keys
  keypair doctor --registry ec2 --online --region eu-west-1
  keypair doctor --output json --query 'Findings[].Remedy'";

impl DoctorArgs {
    /// Prints one line per finding or, with `--output` or `--query`, a response.
    pub fn run(self, context: &mut Context) -> Result<ExitStatus, Failure> {
        context.check_one_region()?;
        let request = self.request(context)?;
        let diagnose = || doctor::diagnose(&request);
        let diagnosis = context.terminal.while_working("checking", diagnose);
        let notices = diagnosis.findings.iter().map(|finding| {
            let options = &context.settings.registry_options;
            let notice = Notice::of(finding, request.registry_file.as_deref(), options);
            let redacted = |text: &str| context.terminal.redacted(text);
            Notice {
                subject: redacted(&notice.subject),
                sentence: redacted(&notice.sentence),
                remedy: redacted(&notice.remedy),
                ..notice
            }
        });
        let notices: Vec<_> = notices.collect();
        let settings = settings(&diagnosis, context);
        let printed = if context.settings.wants_data {
            let streams = context.settings.output == OutputFormat::JsonLines;
            context.respond(&response(&diagnosis, &notices, &settings, streams), "Doctor")
        } else {
            let lines = context.terminal.redacted(&lines(
                &diagnosis,
                &notices,
                if context.is_ec2() { &settings } else { &[] },
            ));
            context.terminal.print(lines.as_bytes())
        };
        printed.map_err(OperationError::Output)?;
        Ok(if diagnosis.is_healthy() { ExitStatus::Success } else { ExitStatus::No })
    }

    /// Returns the request. EC2 is part of it with either registry.
    fn request(self, context: &Context) -> Result<DoctorRequest, SettingsError> {
        let Self { paths, online } = self;
        #[cfg(not(feature = "ec2"))]
        if online {
            return Err(SettingsError::Ec2NotBuilt);
        }
        Ok(DoctorRequest {
            now: CreateTime::from(SystemTime::now()),
            registry_file: context.settings.registry.file().map(Path::to_owned),
            paths,
            runtime_directories: context.environment.searched_folders(),
            #[cfg(feature = "ec2")]
            aws: AwsRequest {
                settings: ec2_settings(
                    &context.global.aws,
                    context.settings.scope.regions.first().map(String::as_str),
                    &context.environment,
                    &context.settings.profile,
                )?,
                is_meant: context.is_ec2(),
                is_online: online,
            },
        })
    }
}

/// The name, the value and the source of a setting.
type Setting = (&'static str, String, String);

/// Returns the settings of the AWS CLI in force.
fn settings(diagnosis: &Diagnosis, context: &Context) -> Vec<Setting> {
    let in_force = context.settings.in_force.iter();
    let of_output =
        in_force.map(|(name, given)| (*name, given.value.clone(), given.origin.to_string()));
    #[cfg(not(feature = "ec2"))]
    let _ = diagnosis;
    #[cfg(feature = "ec2")]
    let of_output = {
        let in_force = &diagnosis.aws.configuration.in_force;
        let setting =
            |InForce { name, value, source }: &InForce| (*name, value.clone(), source.clone());
        in_force.iter().map(setting).chain(of_output)
    };
    of_output.collect()
}

/// Returns one line per finding and a summary of the checks.
fn lines(diagnosis: &Diagnosis, notices: &[Notice], settings: &[Setting]) -> String {
    let mut text = String::new();
    for Notice { level, code: _, subject, sentence, remedy } in notices {
        let level = level_text(*level);
        // Paths may contain line feeds.
        text.push_str(&visible(&format!("{level}: {subject}: {sentence}; {remedy}")));
        text.push('\n');
    }
    for (name, value, source) in settings {
        text.push_str(&visible(&format!("setting: {name}: {value}, by {source}")));
        text.push('\n');
    }
    let urgent = notices.iter().filter(|notice| notice.level == Level::Attention).count();
    let summary = match urgent {
        0 => "nothing needs attention".to_owned(),
        1 => "one finding needs attention".to_owned(),
        urgent => format!("{urgent} findings need attention"),
    };
    text.push_str(&visible(&format!("{summary}; checked: {}", looked_at(diagnosis))));
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
    let embedded = match files.embedded_keys {
        0 => String::new(),
        keys => format!(" and {} in other text", count(keys, "private key")),
    };
    parts.push(if files.all == 0 { all } else { format!("{all} with {private}{embedded}") });
    #[cfg(feature = "ec2")]
    {
        let Aws { configuration, pairs } = &diagnosis.aws;
        let region = match &configuration.region {
            Some(region) => format!("the region {} by {}", region.value, region.origin.place()),
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

/// Returns the response; a stream contains the findings only.
fn response(
    diagnosis: &Diagnosis,
    notices: &[Notice],
    settings: &[Setting],
    streams: bool,
) -> Value {
    let notice = |notice: &Notice| {
        let Notice { level, code, subject, sentence, remedy } = notice;
        Value::object([
            ("Level", level_text(*level).into()),
            ("Code", (*code).into()),
            ("Subject", subject.as_str().into()),
            ("Finding", sentence.as_str().into()),
            ("Remedy", remedy.as_str().into()),
        ])
    };
    let setting = |(name, value, source): &Setting| {
        Value::object([
            ("Name", (*name).into()),
            ("Value", value.as_str().into()),
            ("Source", source.as_str().into()),
        ])
    };
    let findings = ("Findings", notices.iter().map(notice).collect::<Vec<_>>().into());
    if streams {
        return Value::object([findings]);
    }
    let number = |count: u64| Value::from(i64::try_from(count).unwrap_or(i64::MAX));
    let Diagnosis { pairs, files, .. } = diagnosis;
    let pairs = match pairs {
        PairCount::Counted(pairs) => number(*pairs),
        PairCount::NoRegistry => 0.into(),
        PairCount::Unknown => None::<i64>.into(),
    };
    let members = [
        ("Healthy", diagnosis.is_healthy().into()),
        findings,
        ("KeyPairs", pairs),
        ("Files", number(files.all)),
        ("PrivateKeyFiles", number(files.private_keys)),
        ("Settings", settings.iter().map(setting).collect::<Vec<_>>().into()),
    ];
    #[cfg(not(feature = "ec2"))]
    return Value::object(members);
    #[cfg(feature = "ec2")]
    {
        let Aws { configuration, pairs } = &diagnosis.aws;
        let region = configuration.region.as_ref().map(|region| region.value.as_str());
        let credentials = configuration.credentials.as_ref().map(ToString::to_string);
        let aws = [("Region", region.into()), ("Credentials", credentials.into())];
        let pairs = pairs.map(|pairs| ("Ec2KeyPairs", number(pairs)));
        Value::object(members.into_iter().chain(aws).chain(pairs))
    }
}

fn level_text(level: Level) -> &'static str {
    match level {
        Level::Attention => "attention",
        Level::Remark => "remark",
    }
}
