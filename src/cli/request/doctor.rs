//! What `doctor` asks for.

use std::time::SystemTime;

use crate::cli::commands::DoctorArgs;
use crate::cli::options::AwsArgs;
#[cfg(feature = "ec2")]
use crate::cli::settings::ec2_settings;
use crate::cli::settings::{Environment, RegistrySettings, SettingsError};
#[cfg(feature = "ec2")]
use crate::operations::doctor::AwsRequest;
use crate::operations::doctor::DoctorRequest;
use crate::registry::CreateTime;

/// Returns what `doctor` asks for, of which EC2 is a part whichever registry is meant.
///
/// # Errors
///
/// [`SettingsError`], about what is said of EC2.
pub fn doctor(
    arguments: DoctorArgs,
    #[cfg_attr(not(feature = "ec2"), expect(unused_variables, reason = "there is no EC2"))]
    aws: &AwsArgs,
    environment: &Environment,
    registry: &RegistrySettings,
) -> Result<DoctorRequest, SettingsError> {
    let DoctorArgs { paths, online } = arguments;
    #[cfg(not(feature = "ec2"))]
    if online {
        return Err(SettingsError::Ec2NotBuilt);
    }
    Ok(DoctorRequest {
        now: CreateTime::from(SystemTime::now()),
        registry_file: match registry {
            #[cfg(feature = "ec2")]
            RegistrySettings::Ec2(_) => None,
            RegistrySettings::Local(file) => Some(file.clone()),
        },
        paths,
        runtime_folders: environment.runtime_folders(),
        #[cfg(feature = "ec2")]
        aws: AwsRequest {
            settings: ec2_settings(aws, environment)?,
            is_meant: registry.is_ec2(),
            is_online: online,
        },
    })
}
