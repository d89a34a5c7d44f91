//! Names of files as text, without loss. For people and as names of classes; never a way back to the file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// A name as text. Bytes that are not UTF-8 are written as `\xE9`, so that two names never become the same.
pub(crate) fn shown(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    text
}
