//! EC2 and Parameter Store, and parity with the AWS CLI.

#[cfg(feature = "ec2")]
mod configurations;
#[cfg(feature = "ec2")]
mod contract;
#[cfg(feature = "ec2")]
pub(crate) mod ec2;
#[cfg(feature = "ec2")]
mod link;
#[cfg(feature = "ec2")]
mod network;
mod parity;
#[cfg(feature = "ec2")]
mod regions;
mod render_oracle;
#[cfg(feature = "ec2")]
mod responses;
#[cfg(feature = "ec2")]
mod settings;
#[cfg(feature = "ec2")]
mod tls;
#[cfg(feature = "ec2")]
mod version2;
