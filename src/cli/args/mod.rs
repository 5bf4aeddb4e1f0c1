//! The command line as it is typed: names, values and help texts, nothing looked up.
//!
//! There are two spellings. The native verbs are short; the AWS spelling is that of `aws ec2`,
//! word for word, so that it takes the beginnings of options that the AWS CLI takes. Options that
//! mean the same have both names in both.

mod agent;
mod completions;
mod convert;
mod cost;
mod create;
mod delete;
mod describe;
mod doctor;
mod dry_run;
mod encryption;
mod exec;
mod fetch;
mod fingerprint;
mod import;
mod lifetime;
mod man;
mod mask;
mod parse;
mod passphrase;
mod prune;
mod tags;
mod verify;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use agent::AgentArguments;
pub use completions::{CompleteArguments, CompletionsArguments, ShellArgument};
pub use convert::{ConvertArguments, PublicArgument};
pub use create::{
    CreateArguments, CreateKeyPairArguments, FormatArgument, GenerateArgument, TypeArgument,
};
pub use delete::{DeleteArguments, DeleteKeyPairArguments};
pub use describe::{DescribeArguments, DescribeKeyPairsArguments, SelectionArguments};
pub use doctor::DoctorArguments;
pub use encryption::EncryptionArguments;
pub use exec::ExecArguments;
pub use fetch::{FetchArguments, GetParameterArguments};
pub use fingerprint::FingerprintArguments;
pub use import::{ImportArguments, ImportKeyPairArguments};
pub use lifetime::LifetimeArguments;
pub use man::ManArguments;
pub use mask::{MaskArgument, MaskArguments};
pub use passphrase::PassphraseArguments;
pub use prune::PruneArguments;
pub use tags::TagArguments;
pub use verify::VerifyArguments;

/// Make, import, find, check and convert SSH and EC2 key pairs
///
/// The private key is made on this machine and stays here, in a file that its owner alone can
/// read. The public key is registered in a local file or in EC2.
#[derive(Debug, Parser)]
#[command(
    name = "keypair",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = EXIT_CODES
)]
pub struct Arguments {
    /// What holds for every command.
    #[command(flatten)]
    pub global: GlobalArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do, in either spelling.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Make a key pair and register its public key
    #[command(after_help = create::EXAMPLES)]
    Create(CreateArguments),
    /// Register a public key that was made elsewhere
    #[command(after_help = import::EXAMPLES)]
    Import(ImportArguments),
    /// Show registered key pairs
    #[command(after_help = describe::EXAMPLES)]
    Describe(DescribeArguments),
    /// Remove registrations; private key files stay
    #[command(after_help = delete::EXAMPLES)]
    Delete(DeleteArguments),
    /// Show which registrations are no longer of use, or remove them
    #[command(after_help = prune::EXAMPLES)]
    Prune(PruneArguments),
    /// Look for what needs attention: exposed files, weak keys, and more
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(DoctorArguments),
    /// Write a key in another format
    #[command(after_help = convert::EXAMPLES)]
    Convert(ConvertArguments),
    /// Show what EC2 and OpenSSH show for a key
    #[command(after_help = fingerprint::EXAMPLES)]
    Fingerprint(FingerprintArguments),
    /// Find out which registered pair a key belongs to
    #[command(after_help = verify::EXAMPLES)]
    Verify(VerifyArguments),
    /// Fetch the private key that CloudFormation left in Parameter Store
    #[command(after_help = fetch::EXAMPLES)]
    Fetch(FetchArguments),
    /// Run a command with a key pair that is gone when it ends
    #[command(
        after_help = exec::EXAMPLES,
        override_usage = "keypair exec [OPTIONS] -- COMMAND [ARGUMENT]..."
    )]
    Exec(ExecArguments),
    /// As `aws ec2 create-key-pair`: the private key comes in the answer
    #[command(infer_long_args = true)]
    CreateKeyPair(CreateKeyPairArguments),
    /// As `aws ec2 import-key-pair`
    #[command(infer_long_args = true)]
    ImportKeyPair(ImportKeyPairArguments),
    /// As `aws ec2 describe-key-pairs`
    #[command(infer_long_args = true)]
    DescribeKeyPairs(DescribeKeyPairsArguments),
    /// As `aws ec2 delete-key-pair`: an unknown name is no error
    #[command(infer_long_args = true)]
    DeleteKeyPair(DeleteKeyPairArguments),
    /// As `aws ssm get-parameter`
    #[command(infer_long_args = true)]
    GetParameter(GetParameterArguments),
    /// Print what has a shell complete commands, options and the names of key pairs
    #[command(after_help = completions::EXAMPLES)]
    Completions(CompletionsArguments),
    /// Say what a word of a command line can be, to the scripts that `completions` prints
    #[command(hide = true)]
    Complete(CompleteArguments),
    /// Print or write the manual pages
    #[command(after_help = man::EXAMPLES)]
    Man(ManArguments),
}

/// The commands in the AWS spelling. Clap infers their options, which it does not tell.
pub const AWS_SPELLING: [&str; 5] = [
    "create-key-pair",
    "delete-key-pair",
    "describe-key-pairs",
    "get-parameter",
    "import-key-pair",
];

impl Command {
    /// Returns whether it is about what EC2 alone has.
    pub fn is_of_ec2(&self) -> bool {
        matches!(self, Self::Fetch(_) | Self::GetParameter(_))
    }

    /// Returns how a private key on stdout is kept out of a log.
    pub fn mask(&self) -> Option<MaskArgument> {
        let MaskArguments { mask } = match self {
            Self::Convert(arguments) => arguments.mask,
            Self::Create(arguments) => arguments.mask,
            Self::CreateKeyPair(arguments) => arguments.mask,
            Self::Fetch(arguments) => arguments.mask,
            Self::GetParameter(arguments) => arguments.mask,
            Self::Import(_)
            | Self::Complete(_)
            | Self::Completions(_)
            | Self::Describe(_)
            | Self::Delete(_)
            | Self::Doctor(_)
            | Self::Exec(_)
            | Self::Fingerprint(_)
            | Self::Man(_)
            | Self::Prune(_)
            | Self::Verify(_)
            | Self::ImportKeyPair(_)
            | Self::DescribeKeyPairs(_)
            | Self::DeleteKeyPair(_) => return None,
        };
        mask
    }
}

/// What holds for every command.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArguments {
    /// Where public keys are registered: local, a file on this machine, or ec2 [default: local]
    /// [env: KEYPAIR_REGISTRY]
    #[arg(long, global = true, value_name = "REGISTRY")]
    pub registry: Option<String>,
    /// The file of the local registry [default: in the user's data folder]
    /// [env: KEYPAIR_REGISTRY_FILE]
    #[arg(long, global = true, value_name = "PATH")]
    pub registry_file: Option<PathBuf>,
    /// How to print the answer [default: json, of doctor a line for each finding]
    /// [env: AWS_DEFAULT_OUTPUT]
    #[arg(long, global = true, value_name = "FORMAT", value_enum, ignore_case = true)]
    pub output: Option<OutputArgument>,
    /// Print this part of the answer (<https://jmespath.org>)
    #[arg(long, global = true, value_name = "JMESPATH")]
    pub query: Option<String>,
    /// Whether tables and messages have colours [env: NO_COLOR]
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    pub color: ColorArgument,
    /// Say nothing on stderr but errors
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Say on stderr what is done, and the causes of an error
    #[arg(long, global = true, conflicts_with = "quiet")]
    pub debug: bool,
    /// What scripts written for the AWS CLI also pass.
    #[command(flatten)]
    pub aws: AwsArguments,
}

/// Options of the AWS CLI that say how to reach AWS or how to page. The local registry has no use
/// for them, and scripts that pass them to it work unchanged.
#[derive(Args, Debug)]
pub struct AwsArguments {
    /// The region of the EC2 registry [default: what AWS_REGION or the AWS CLI's files say]
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// The profile in the AWS CLI's files whose credentials and region hold
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Another address of EC2
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// A file of the only certificate authorities to trust, in PEM
    #[arg(long, global = true, value_name = "PATH", hide = true)]
    pub ca_bundle: Option<PathBuf>,
    #[arg(long, global = true, hide = true)]
    pub cli_binary_format: Option<String>,
    #[arg(long, global = true, hide = true)]
    pub cli_connect_timeout: Option<u32>,
    #[arg(long, global = true, hide = true)]
    pub cli_read_timeout: Option<u32>,
    #[arg(long, global = true, hide = true)]
    pub no_cli_auto_prompt: bool,
    #[arg(long, global = true, hide = true)]
    pub no_cli_pager: bool,
    #[arg(long, global = true, hide = true)]
    pub no_paginate: bool,
    #[arg(long, global = true, hide = true)]
    pub no_sign_request: bool,
    #[arg(long, global = true, hide = true)]
    pub no_verify_ssl: bool,
}

/// Values of `--output`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputArgument {
    /// JSON, indented by four spaces
    Json,
    /// Tab-separated lines, for `read` and `cut`
    Text,
    /// JSON, a line for each pair
    Jsonl,
    /// Boxes, for people
    Table,
    /// YAML
    Yaml,
}

/// Values of `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorArgument {
    /// On a terminal
    Auto,
    /// Always
    On,
    /// Never
    Off,
}

const EXIT_CODES: &str = "\
Exit status:
  0    done
  1    the answer is no (verify), or something needs attention (doctor)
  3    no such key pair
  4    the name or the file is taken
  5    not a key, a name or a passphrase that is accepted
  130  interrupted
  252  the command line is wrong
  253  the registry or the ssh-agent cannot be used
  254  the registry or the ssh-agent refused
  255  anything else
exec ends as its command does.";
