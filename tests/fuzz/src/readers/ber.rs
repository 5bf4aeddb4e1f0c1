//! DER in the encoding of a careless writer: an input is choices, then DER.

use keypair::format::{PrivateFile, der, read_private, read_public};

/// The number of bytes before the DER that choose the encoding.
const CHOICES: usize = 8;

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const CONSTRUCTED: u8 = 0x20;
const SEQUENCE: u8 = 0x30;

/// Returns the file for an input. Panics if its key is not that of the DER.
pub fn expand(input: &[u8]) -> Vec<u8> {
    let (choices, der) = input.split_at(input.len().min(CHOICES));
    let Some(file) = Writer { choices, taken: 0 }.rewritten(der, 0) else { return der.to_vec() };
    let numbers = |file: PrivateFile| der::pkcs8_private(&file.key).unwrap();
    // A mutated input need not begin with a sequence, and is text then.
    if der.first() == Some(&SEQUENCE) {
        if let Ok(expected) = read_public(der) {
            assert!(read_public(&file).unwrap().key == expected.key, "another public key");
        }
        if let Ok(expected) = read_private(der, None) {
            let found = read_private(&file, None).unwrap();
            assert_eq!(found.flaw, expected.flaw);
            let [found, expected] = [found, expected].map(numbers);
            assert!(found.expose() == expected.expose(), "another private key");
        }
    }
    file
}

/// Returns the inputs for a DER structure.
pub fn seeds(der: &[u8]) -> Vec<Vec<u8>> {
    let choices: [[u8; CHOICES]; 4] = [[0; 8], [0x11; 8], [0xff; 8], [1, 2, 4, 8, 16, 32, 64, 128]];
    choices.map(|choices| [&choices[..], der].concat()).to_vec()
}

struct Writer<'a> {
    choices: &'a [u8],
    taken: usize,
}

impl Writer<'_> {
    /// Returns the next choice, a number below 8.
    fn choice(&mut self) -> u8 {
        self.taken += 1;
        self.choices
            .get(self.taken % self.choices.len().max(1))
            .map_or(0, |byte| byte.rotate_left(u32::try_from(self.taken % 8).unwrap()) & 7)
    }

    /// Encodes each element anew. Returns `None` if the DER is malformed.
    fn rewritten(&mut self, mut der: &[u8], depth: usize) -> Option<Vec<u8>> {
        let mut output = Vec::new();
        while let Some(&tag) = der.first() {
            let (contents, rest) = split(der)?;
            der = rest;
            // The key of PKCS#8 is a structure of its own.
            let inner = match (tag, depth, contents.first()) {
                (OCTET_STRING, 1, Some(&SEQUENCE)) => self.rewritten(contents, 0),
                _ => None,
            };
            let contents = inner.as_deref().unwrap_or(contents);
            match tag {
                SEQUENCE if depth < 4 => {
                    let fields = self.rewritten(contents, depth + 1)?;
                    output.extend(self.element(tag, &fields));
                }
                INTEGER if depth == 1 && !contents.is_empty() => {
                    let number = match contents {
                        [0, unsigned @ ..] if self.choice() == 1 => unsigned.to_vec(),
                        number if number[0] < 0x80 => {
                            [&vec![0; self.choice().into()], number].concat()
                        }
                        negative => negative.to_vec(),
                    };
                    output.extend(self.element(tag, &number));
                }
                OCTET_STRING if self.choice() == 1 => {
                    let (one, other) = contents.split_at(contents.len() / 2);
                    let mut segments = self.element(tag, one);
                    segments.extend(self.element(tag, other));
                    output.extend(self.element(tag | CONSTRUCTED, &segments));
                }
                _ => output.extend(self.element(tag, contents)),
            }
        }
        Some(output)
    }

    fn element(&mut self, tag: u8, contents: &[u8]) -> Vec<u8> {
        let length = contents.len().to_be_bytes();
        let zeros = length.iter().take_while(|&&byte| byte == 0).count();
        match self.choice() {
            1 if tag & CONSTRUCTED != 0 => [&[tag, 0x80], contents, &[0, 0]].concat(),
            added @ 2..4 => {
                let length = [&vec![0; added.into()], &length[zeros..]].concat();
                [&[tag, 0x80 + u8::try_from(length.len()).unwrap()], &length[..], contents].concat()
            }
            _ if contents.len() < 0x80 => [&[tag, length[length.len() - 1]], contents].concat(),
            _ => {
                let bytes = u8::try_from(length.len() - zeros).unwrap();
                [&[tag, 0x80 + bytes], &length[zeros..], contents].concat()
            }
        }
    }
}

/// Splits after the first element. Returns its contents and the rest.
fn split(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = der.get(1..)?.split_first()?;
    if length < 0x80 {
        return rest.split_at_checked(length.into());
    }
    let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
    let length = bytes
        .iter()
        .try_fold(0_usize, |length, &byte| length.checked_mul(256)?.checked_add(byte.into()))?;
    rest.split_at_checked(length).filter(|_| !bytes.is_empty())
}
