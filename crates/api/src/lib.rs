//! Every command, query and subscription of Vitals as a plain async function on a context. The window and the
//! command line are thin shells over this; it knows no Tauri type.

pub mod dto;
