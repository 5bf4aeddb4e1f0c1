//! Notes about changes of the text around a key that its reader undid.

use super::context::Context;
use crate::format::Undone;

impl Context {
    /// Notes the changes of a file that were undone.
    pub fn note_undone(&self, origin: &str, undone: &[Undone]) {
        if !undone.is_empty() {
            let is_in_text = undone.contains(&Undone::Surroundings);
            let text = |change: &Undone| match change {
                Undone::Base64 if is_in_text => "its base64",
                change => of(*change),
            };
            let changes: Vec<_> = undone.iter().map(text).collect();
            let changes = changes.join(", then ");
            self.terminal.note(format_args!("read {origin} after undoing {changes}"));
        }
    }
}

fn of(change: Undone) -> &'static str {
    match change {
        Undone::Base64 => "the base64 of the whole file",
        Undone::Escapes => "`\\n` in place of line ends",
        Undone::Json => "the JSON around the key",
        Undone::MailMarks => "the marks of quoted mail",
        Undone::OneLine => "spaces in place of line ends",
        Undone::Prefix => "the text before the key on its line",
        Undone::Quotes => "the quotation marks",
        Undone::Surroundings => "the text around the key",
    }
}
