//! `read-ppk PASSPHRASE FILE…`: reads PPK files with two libraries. Prints the numbers of each key
//! in the format of tests/it/interop/readers/programs.rs.

use std::error::Error;

use picky::key::KeyKind;
use picky::putty::Ppk;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use ssh_key::private::KeypairData;

type Numbers = Vec<(&'static str, Vec<u8>)>;
type Reader = fn(&str, &str) -> Result<Numbers, Box<dyn Error>>;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let passphrase = arguments.next().expect("read-ppk PASSPHRASE FILE…");
    let readers: [(&str, Reader); 2] = [("ssh-key", read_with_ssh_key), ("picky", read_with_picky)];
    for file in arguments {
        let text = std::fs::read_to_string(&file).expect("PPK files are text");
        for (name, read) in readers {
            let found = read(&text, &passphrase).map_or_else(
                |error| format!("! {}", error.to_string().replace(['\t', '\n'], " ")),
                |numbers| hexadecimal(&numbers),
            );
            println!("{name}\t{file}\t{found}");
        }
    }
}

fn hexadecimal(numbers: &Numbers) -> String {
    let words = numbers.iter().map(|(name, bytes)| {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{name}={digits}")
    });
    words.collect::<Vec<_>>().join(" ")
}

fn read_with_ssh_key(text: &str, passphrase: &str) -> Result<Numbers, Box<dyn Error>> {
    let key = ssh_key::PrivateKey::from_ppk(text, Some(passphrase.to_owned()))?;
    match key.key_data() {
        KeypairData::Rsa(pair) => Ok([
            ("n", pair.public().n()),
            ("e", pair.public().e()),
            ("d", pair.private().d()),
            ("p", pair.private().p()),
            ("q", pair.private().q()),
        ]
        .map(|(name, number)| (name, number.as_bytes().to_vec()))
        .into()),
        KeypairData::Ed25519(pair) => {
            Ok(vec![("public", pair.public.0.to_vec()), ("seed", pair.private.to_bytes().to_vec())])
        }
        _ => Err("neither RSA nor ED25519".into()),
    }
}

fn read_with_picky(text: &str, passphrase: &str) -> Result<Numbers, Box<dyn Error>> {
    let mut file: Ppk = text.parse()?;
    if file.is_encrypted() {
        file = file.decrypt(passphrase)?;
    }
    let (public, private) = (file.public_key()?, file.private_key()?);
    if private.kind() == KeyKind::Ed {
        // picky exposes these numbers only in DER: the public key at the end of it, and the seed as
        // an octet string in another one.
        let (public, private) = (public.to_der()?, private.to_pkcs8()?);
        let start = [0x04, 0x22, 0x04, 0x20];
        let before = private.windows(4).position(|bytes| bytes == start).ok_or("no seed")?;
        let seed = private[before + 4..before + 36].to_vec();
        return Ok(vec![("public", public[public.len() - 32..].to_vec()), ("seed", seed)]);
    }
    let public = rsa::RsaPublicKey::try_from(&public)?;
    let private = rsa::RsaPrivateKey::try_from(&private)?;
    let [p, q] = private.primes() else {
        return Err("not two primes".into());
    };
    let numbers =
        [("n", public.n().as_ref()), ("e", public.e()), ("d", private.d()), ("p", p), ("q", q)];
    Ok(numbers.map(|(name, number)| (name, number.to_be_bytes().to_vec())).into())
}
