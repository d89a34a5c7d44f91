//! The streams declared so far in one journal. Ids count from zero in order of declaration; names and column names
//! are unique.

use std::collections::HashSet;

use crate::record::{Column, Stream, StreamId};

/// Declared streams, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Streams(Vec<Stream>);

impl Streams {
    /// The stream of this id.
    pub fn get(&self, id: StreamId) -> Option<&Stream> {
        self.0.get(usize::from(id.0))
    }

    /// The stream of this name.
    pub fn by_name(&self, name: &str) -> Option<&Stream> {
        self.0.iter().find(|stream| stream.name == name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The id that the next declaration gets; `None` when all ids are given out.
    pub(crate) fn next_id(&self) -> Option<StreamId> {
        u16::try_from(self.0.len()).ok().map(StreamId)
    }

    /// Adds a declaration, or says why it cannot be one.
    pub(crate) fn declare(&mut self, stream: Stream) -> Result<(), String> {
        if Some(stream.id) != self.next_id() {
            return Err(format!("id {} is out of turn", stream.id.0));
        }
        if self.by_name(&stream.name).is_some() {
            return Err("a stream of this name exists already".to_owned());
        }
        let mut seen = HashSet::new();
        if let Some(Column { name, .. }) = stream.columns.iter().find(|column| !seen.insert(&column.name)) {
            return Err(format!("column `{name}` is named twice"));
        }
        self.0.push(stream);
        Ok(())
    }
}
