//! The commands, one file each: arguments, request, run and response.
//!
//! There are two spellings. The native commands are short. The AWS spelling matches `aws ec2` word
//! for word; [`argparse`] completes its abbreviated options. An option with the same meaning
//! has both names in both spellings.

mod argparse;
pub mod cli_input;
mod completions;
mod connect;
mod convert;
mod create;
mod deadline;
mod delete;
mod describe;
mod doctor;
mod exec;
mod fetch;
mod fingerprint;
mod get_password_data;
mod import;
mod known_hosts;
mod man;
mod parse;
mod password;
mod prune;
mod push;
mod service;
mod ssh_config;
mod ssh_words;
mod store;
mod tag;
mod verify;
mod wait;
mod which;

use clap::{CommandFactory, Parser, Subcommand};

use completions::{CompleteArgs, CompletionsArgs};
use connect::ConnectArgs;
use convert::ConvertArgs;
use create::{CreateArgs, CreateKeyPairArgs};
use delete::{DeleteArgs, DeleteKeyPairArgs};
use describe::{DescribeArgs, DescribeKeyPairsArgs};
use doctor::DoctorArgs;
use exec::ExecArgs;
use fetch::{FetchArgs, GetParameterArgs, GetParametersArgs};
use fingerprint::FingerprintArgs;
use get_password_data::GetPasswordDataArgs;
use import::{ImportArgs, ImportKeyPairArgs};
use known_hosts::KnownHostsArgs;
use man::ManArgs;
use password::PasswordArgs;
use prune::PruneArgs;
use push::{PushArgs, SendSshPublicKeyArgs};
pub use service::{CommandLine, VERSION, is_called_aws};
use ssh_config::SshConfigArgs;
use store::StoreArgs;
use tag::{CreateTagsArgs, DeleteTagsArgs, TagPairArgs, UntagArgs};
use verify::VerifyArgs;
use wait::WaitArgs;
use which::WhichArgs;

use super::error::{ExitStatus, Failure};
use super::options::GlobalArgs;
use super::start::Start;
use super::terminal::Terminal;
use crate::file;

/// Make, import, find, check and convert SSH and EC2 key pairs
///
/// The private key is made on this machine and stays here, in a file that only its owner can read.
/// The public key is registered in a local file or in EC2.
#[derive(Debug, Parser)]
#[command(
    name = "keypair",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = EXIT_CODES
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// The commands in both spellings.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Make a key pair and register its public key
    #[command(after_help = create::EXAMPLES)]
    Create(CreateArgs),
    /// Register a public key that was made elsewhere
    #[command(after_help = import::EXAMPLES)]
    Import(ImportArgs),
    /// Show registered key pairs
    #[command(after_help = describe::EXAMPLES)]
    Describe(DescribeArgs),
    /// Delete registrations, but not private key files
    #[command(after_help = delete::EXAMPLES)]
    Delete(DeleteArgs),
    /// Add tags to a registered pair, or change their values
    #[command(after_help = tag::EXAMPLES)]
    Tag(TagPairArgs),
    /// Delete tags of a registered pair
    #[command(after_help = tag::EXAMPLES_OF_UNTAG)]
    Untag(UntagArgs),
    /// Show or delete expired and unused registrations
    #[command(after_help = prune::EXAMPLES)]
    Prune(PruneArgs),
    /// Check for exposed files, weak keys, stale files and other problems
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(DoctorArgs),
    /// Write a key in another format
    #[command(after_help = convert::EXAMPLES)]
    Convert(ConvertArgs),
    /// Show the fingerprints of a key as EC2 and OpenSSH show them
    #[command(after_help = fingerprint::EXAMPLES)]
    Fingerprint(FingerprintArgs),
    /// Find the registered pair of a key
    #[command(after_help = verify::EXAMPLES)]
    Verify(VerifyArgs),
    /// Fetch a private key from Parameter Store
    #[command(after_help = fetch::EXAMPLES)]
    Fetch(FetchArgs),
    /// Store the private key of a registered pair in Parameter Store
    #[command(after_help = store::EXAMPLES)]
    Store(StoreArgs),
    /// Get and decrypt the password of a Windows instance
    #[command(after_help = password::EXAMPLES)]
    Password(PasswordArgs),
    /// Find the private key files that open an instance, and its user names
    #[command(after_help = which::EXAMPLES)]
    Which(WhichArgs),
    /// Log in to an instance with ssh and a temporary key
    #[command(
        after_help = connect::EXAMPLES,
        override_usage = "keypair connect [OPTIONS] [USER@]INSTANCE [SSH-OPTION]... [-- COMMAND...]"
    )]
    Connect(ConnectArgs),
    /// Print or maintain the configuration of ssh for instances
    #[command(after_help = ssh_config::EXAMPLES)]
    SshConfig(SshConfigArgs),
    /// Let a key log in to an instance for a minute, with EC2 Instance Connect
    #[command(after_help = push::EXAMPLES)]
    Push(PushArgs),
    /// Print the host keys of instances as known_hosts lines
    #[command(after_help = known_hosts::EXAMPLES)]
    KnownHosts(KnownHostsArgs),
    /// Run a command with a temporary key pair
    #[command(
        after_help = exec::EXAMPLES,
        override_usage = "keypair exec [OPTIONS] -- COMMAND [ARGUMENT]..."
    )]
    Exec(ExecArgs),
    /// Same as `aws ec2 create-key-pair`: the response contains the private key
    CreateKeyPair(CreateKeyPairArgs),
    /// Same as `aws ec2 import-key-pair`
    ImportKeyPair(ImportKeyPairArgs),
    /// Same as `aws ec2 describe-key-pairs`
    DescribeKeyPairs(DescribeKeyPairsArgs),
    /// Same as `aws ec2 delete-key-pair`: an unknown name is not an error
    DeleteKeyPair(DeleteKeyPairArgs),
    /// Same as `aws ec2 create-tags`, for key pairs only
    CreateTags(CreateTagsArgs),
    /// Same as `aws ec2 delete-tags`, for key pairs only
    DeleteTags(DeleteTagsArgs),
    /// Same as `aws ec2 wait`, for key pairs only
    Wait(WaitArgs),
    /// Same as `aws ssm get-parameter`
    GetParameter(GetParameterArgs),
    /// Same as `aws ssm get-parameters`
    GetParameters(GetParametersArgs),
    /// Same as `aws ec2 get-password-data`, for private keys in any format
    GetPasswordData(GetPasswordDataArgs),
    /// Same as `aws ec2-instance-connect send-ssh-public-key`
    SendSshPublicKey(SendSshPublicKeyArgs),
    /// Print a shell completion script
    #[command(after_help = completions::EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print the candidates for a word, for the scripts that `completions` prints
    #[command(hide = true)]
    Complete(CompleteArgs),
    /// Print or write the manual pages
    #[command(after_help = man::EXAMPLES)]
    Man(ManArgs),
}

impl Command {
    /// Runs the command, reports its failure and returns the exit status.
    pub fn run(self, start: Start) -> ExitStatus {
        let terminal = start.terminal();
        match self {
            Self::Create(args) => start.run(|context| args.run(context)),
            Self::Import(args) => start.run(|context| args.run(context)),
            Self::Describe(args) => start.run(|context| args.run(context)),
            Self::Delete(args) => start.run(|context| args.run(context)),
            Self::Tag(args) => start.run(|context| args.run(context)),
            Self::Untag(args) => start.run(|context| args.run(context)),
            Self::Prune(args) => start.run(|context| args.run(context)),
            Self::Doctor(args) => start.run(|context| args.run(context)),
            Self::Convert(args) => start.run(|context| args.run(context)),
            Self::Fingerprint(args) => start.run(|context| args.run(context)),
            Self::Verify(args) => start.run(|context| args.run(context)),
            Self::Fetch(args) => start.on_ec2().run(|context| args.run(context)),
            Self::Store(args) => start.on_ec2().run(|context| args.run(context)),
            Self::Password(args) => start.on_ec2().run(|context| args.run(context)),
            Self::Which(args) => start.on_ec2().run(|context| args.run(context)),
            Self::KnownHosts(args) => start.on_ec2().run(|context| args.run(context)),
            Self::Connect(args) => {
                start.on_ec2().ignoring(file::ignored_signals()).run(|context| args.run(context))
            }
            Self::SshConfig(args) => start.on_ec2().run(|context| args.run(context)),
            Self::Push(args) => start.on_ec2().run(|context| args.run(context)),
            Self::Exec(args) => {
                start.ignoring(file::ignored_signals()).run(|context| args.run(context))
            }
            Self::CreateKeyPair(args) => start.run(|context| args.run(context)),
            Self::ImportKeyPair(args) => start.run(|context| args.run(context)),
            Self::DescribeKeyPairs(args) => start.run(|context| args.run(context)),
            Self::DeleteKeyPair(args) => start.run(|context| args.run(context)),
            Self::CreateTags(args) => start.run(|context| args.run(context)),
            Self::DeleteTags(args) => start.run(|context| args.run(context)),
            Self::Wait(args) => start.run(|context| args.run(context)),
            Self::GetParameters(args) => start.on_ec2().run(|context| args.run(context)),
            Self::GetParameter(args) => start.on_ec2().run(|context| args.run(context)),
            Self::GetPasswordData(args) => start.on_ec2().run(|context| args.run(context)),
            Self::SendSshPublicKey(args) => start.on_ec2().run(|context| args.run(context)),
            Self::Completions(args) => report(args.run(terminal), terminal),
            Self::Complete(args) => report(args.run(Cli::command(), terminal), terminal),
            Self::Man(args) => report(args.run(Cli::command(), terminal), terminal),
        }
    }
}

/// Returns the exit status of a command that runs without a context.
fn report(result: Result<ExitStatus, Failure>, terminal: Terminal) -> ExitStatus {
    result.unwrap_or_else(|failure| failure.report(terminal))
}

const EXIT_CODES: &str = "\
Exit status:
  0    done
  1    no match (verify), no password (password), no host keys (known-hosts), no ssh to the instance
       as it is (connect), or something needs attention (doctor)
  3    no such key pair or instance
  4    the name or the file already exists
  5    invalid key, name or passphrase, or no matching key
  130  interrupted
  252  invalid command line
  253  invalid configuration, or an unusable registry or ssh-agent
  254  refused by the registry or the ssh-agent, or outcome unknown
  255  anything else
exec and connect return the exit status of their command.";
