// `node read_keys.js PASSPHRASE FILE…`: reads key files with sshpk. Prints the numbers of each key
// in the format of tests/it/interop/readers/programs.rs.
"use strict";

const fs = require("fs");
const path = require("path");
const sshpk = require("sshpk");

const names = { A: "public", k: "seed", n: "n", e: "e", d: "d", p: "p", q: "q" };

// Its detection supports neither PPK 3 nor DER, so the format is explicit here.
const formats = ["auto", "putty", "pkcs8", "pkcs1", "rfc4253"];

function read(file, passphrase) {
  const content = fs.readFileSync(file);
  const isPublic = path.basename(file).startsWith("public-");
  const isEncrypted = file.includes("-encrypted");
  const errors = [];
  for (const format of formats) {
    try {
      const key = isPublic
        ? sshpk.parseKey(content, format)
        : sshpk.parsePrivateKey(content, format, isEncrypted ? { passphrase } : {});
      return key.parts
        .filter((part) => part.name in names)
        .map((part) => names[part.name] + "=" + part.data.toString("hex"))
        .join(" ");
    } catch (error) {
      errors.push(error.message);
    }
  }
  return "! " + errors.join("; ").replace(/\s+/g, " ");
}

const [passphrase, ...files] = process.argv.slice(2);
for (const file of files) {
  console.log("sshpk\t" + file + "\t" + read(file, passphrase));
}
