//! Runs `tests/oracle/render.py`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Time limit of the interpreter for all questions of a test.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Returns the answer to each question.
pub(crate) fn ask(questions: &[Value]) -> Vec<Value> {
    let interpreter = std::env::var("KEYPAIR_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut process = Command::new(&interpreter)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/render.py"))
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run {interpreter}: {error}"));
    let mut input = process.stdin.take().expect("stdin is a pipe");
    let output = process.stdout.take().expect("stdout is a pipe");
    let lines: Vec<_> = questions.iter().map(|question| format!("{question}\n")).collect();
    let writer = std::thread::spawn(move || {
        // A failed interpreter shows up as missing answers.
        lines.iter().try_for_each(|line| input.write_all(line.as_bytes())).is_ok()
    });
    let (sender, receiver) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            sender.send(line.expect("answers are UTF-8")).expect("the test still listens");
        }
    });
    let deadline = Instant::now() + TIMEOUT;
    let mut answers = Vec::new();
    while let Ok(line) = receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        answers.push(serde_json::from_str(&line).expect("answers are JSON"));
    }
    let _ = process.kill();
    let status = process.wait().expect("the process is ours");
    assert!(
        answers.len() == questions.len(),
        "{interpreter} answered {} of {} questions: {status}; it needs awscli and PyYAML",
        answers.len(),
        questions.len()
    );
    assert!(writer.join().expect("the writer does not panic"), "some questions were not read");
    reader.join().expect("the reader does not panic");
    answers
}
