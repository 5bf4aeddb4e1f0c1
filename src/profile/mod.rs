//! The profiles in the config and credentials files of the AWS CLI, as its version 2 reads them.
//!
//! Version 2 parses both files with Python's `configparser`. It splits the names of sections in the
//! config file like a shell, and merges the credentials file into the profiles
//! (<https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html>). A pipe or a device
//! is refused: reading it could block or never end.

mod error;
mod given;
mod ini;
mod number;
mod profiles;
mod section;
mod selected;
mod words;

pub use error::ProfileFileError;
pub use given::{Given, Origin};
pub use number::number;
pub use profiles::{ProfilePath, ProfilePaths, Profiles};
pub use section::{ProfileFile, Section, Setting};
pub use selected::{ProfileOrigin, SelectedProfile};
pub use words::split as split_words;
