//! Credentials in JSON: responses, caches, and the output of programs.

use aws_credential_types::Credentials;
use serde_json::Value;

use super::error::Malformed;
use super::time;
use crate::ec2::settings::credential_fault;

/// Returns the credentials in an object with the member names of STS.
pub(super) fn credentials(document: &Value, token_name: &str) -> Result<Credentials, Malformed> {
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    let token = text(token_name).filter(|token| !token.is_empty());
    let (Some(id), Some(secret)) = (text("AccessKeyId"), text("SecretAccessKey")) else {
        return Err(Malformed("AccessKeyId or SecretAccessKey is missing"));
    };
    let expiry = match document.get("Expiration") {
        None | Some(Value::Null) => None,
        Some(time) => {
            let time = time.as_str().and_then(time::parse);
            Some(time.ok_or(Malformed("Expiration is invalid"))?)
        }
    };
    checked(id, secret, token, expiry)
}

/// Creates credentials that a request can carry.
pub(super) fn checked(
    id: &str,
    secret: &str,
    token: Option<&str>,
    expiry: Option<std::time::SystemTime>,
) -> Result<Credentials, Malformed> {
    if [Some(id), Some(secret), token]
        .into_iter()
        .flatten()
        .any(|text| credential_fault(text).is_some())
    {
        return Err(Malformed("a credential contains a character that a request cannot carry"));
    }
    let mut credentials =
        Credentials::builder().access_key_id(id).secret_access_key(secret).provider_name("keypair");
    credentials.set_session_token(token.map(str::to_owned));
    credentials.set_expiry(expiry);
    Ok(credentials.build())
}
