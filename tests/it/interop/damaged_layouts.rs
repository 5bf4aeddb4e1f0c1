//! Key files with damaged layouts: never another key than a peer reads, and every key that a peer
//! reads.

use crate::support::home::Home;

const BASES: [&str; 9] =
    ["rsa", "pkcs8", "traditional", "ed", "ppk3", "ppk2", "rfc4716", "spki", "line"];
const FILES: usize = 300;

/// A generator of the same numbers in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

fn each_line(text: &str, mut change: impl FnMut(&str) -> String) -> String {
    text.split('\n')
        .map(|line| if line.is_empty() { String::new() } else { change(line) })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Breaks base64 into lines of another width.
fn rewrap(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    let mut base64 = String::new();
    for line in text.split('\n') {
        let is_base64 = !line.is_empty() && !line.starts_with('-') && !line.contains(':');
        if is_base64 {
            base64.push_str(line);
            continue;
        }
        lines.extend(
            base64.as_bytes().chunks(width).map(|part| String::from_utf8_lossy(part).into_owned()),
        );
        base64.clear();
        lines.push(line.to_owned());
    }
    lines.join("\n")
}

/// Changes the layout of a key file in one way.
fn damage(text: &str, base: &str, numbers: &mut Numbers) -> String {
    let is_wrapped = !base.starts_with("ppk") && base != "line";
    match numbers.below(11) {
        0 if is_wrapped => {
            let widths = [1, 4, 10, 48, 60, 63, 65, 70, 76, 77, 100, 512, 4000];
            rewrap(text, widths[numbers.below(widths.len())])
        }
        1 => {
            let mut lines: Vec<_> = text.split('\n').collect();
            for _ in 0..=numbers.below(3) {
                lines.insert(numbers.below(lines.len()), "");
            }
            lines.join("\n")
        }
        2 => {
            let blanks = [" ", "\t", "  "];
            each_line(text, |line| format!("{line}{}", blanks[numbers.below(3)]))
        }
        3 => each_line(text, |line| format!("{}{line}", " ".repeat(1 + numbers.below(4)))),
        4 => format!("\u{feff}{text}"),
        5 => {
            let quote = ['"', '\''][numbers.below(2)];
            format!("{quote}{}{quote}\n", text.trim_end())
        }
        6 => each_line(text, |line| format!("> {line}")),
        7 => text.replace("\r\n", "\n").replace('\n', "\r\n"),
        8 => text.trim_end().to_owned(),
        9 if base != "line" => format!("Hello,\nhere is the key:\n\n{text}\n-- \nDana\n"),
        10 => text.replace('\n', "\n\n"),
        _ => format!("\n\n{text}\n\n"),
    }
}

/// Prints a line for each peer that reads `file`: its name and the public key.
const PEERS: &str = "
    read() { name=$1; shift; key=$(timeout 5 \"$@\" 2> said) && echo $name $key; }
    case $base in
        line) timeout 5 ssh-keygen -l -f file > said 2>&1 && echo ssh-keygen $(grep -o 'ssh-[^ ]* AAAA[^ ]*' file) ;;
        rfc4716) read ssh-keygen ssh-keygen -i -f file ;;
        spki) read ssh-keygen ssh-keygen -i -m PKCS8 -f file ;;
        *) read ssh-keygen ssh-keygen -y -P \"$(cat pass)\" -f file ;;
    esac
    case $base in
        spki) openssl pkey -pubin -in file -pubout -out spki 2> said && read openssl ssh-keygen -i -m PKCS8 -f spki ;;
        rsa | pkcs8 | traditional)
            openssl pkey -in file -passin file:pass -pubout -out spki 2> said && read openssl ssh-keygen -i -m PKCS8 -f spki ;;
    esac
    case $base in
        line | rfc4716) read puttygen puttygen file -L ;;
        *) timeout 5 puttygen file -O text --old-passphrase pass -o numbers 2> said && read puttygen puttygen file -L ;;
    esac";

fn keys(home: &Home) {
    home.write("pass", "sesame");
    home.shell(
        "umask 077; openssl genrsa -traditional -out rsa 2048 2> said
         openssl pkcs8 -topk8 -nocrypt -in rsa -out pkcs8
         openssl rsa -in rsa -traditional -aes128 -passout file:pass -out traditional 2> said
         openssl rsa -in rsa -pubout -out spki 2> said
         ssh-keygen -q -t ed25519 -N '' -C 'a comment' -f ed; cp ed.pub line
         timeout 30 puttygen ed -o ppk3; timeout 30 puttygen rsa -O private --ppk-param version=2 -o ppk2
         ssh-keygen -e -f ed > rfc4716",
    )
    .success();
}

/// Returns the base64 of the public key in a line.
fn blob(line: &str) -> &str {
    line.split_whitespace().find(|word| word.starts_with("AAAA")).unwrap_or_default()
}

#[test]
fn damaged_layouts_are_read_like_peers() {
    let home = Home::new();
    keys(&home);
    let public = |file: &str| {
        let run = home
            .shell(&format!("keypair convert {file} --public openssh --passphrase-file pass"))
            .success();
        blob(run.text()).to_owned()
    };
    let expected = BASES.map(|base| (String::from_utf8(home.read(base)).unwrap(), public(base)));
    let mut numbers = Numbers(1);
    let mut read = 0;
    for number in 0..FILES {
        let index = numbers.below(BASES.len());
        let (text, key) = &expected[index];
        let mut damaged = text.clone();
        for _ in 0..=numbers.below(3) {
            damaged = damage(&damaged, BASES[index], &mut numbers);
        }
        home.write("file", &damaged);
        let ours = home
            .shell("chmod 600 file; keypair convert file --public openssh --passphrase-file pass");
        let peers = home.shell(&format!("base={}; {PEERS}; true", BASES[index])).success();
        let is_read = ours.code == Some(0);
        let context = || format!("file {number}, {}:\n{damaged}\n{ours}\n{peers}", BASES[index]);
        assert!(!is_read || blob(ours.text()) == key, "another key: {}", context());
        assert!(is_read || !peers.text().lines().any(|line| blob(line) == key), "{}", context());
        read += usize::from(is_read);
    }
    assert!(read > FILES / 2, "{read}");
}
