//! The streams declared so far in one journal. Ids count from zero in order of declaration; names and column names
//! are unique. A reader may miss some, where their declarations are damaged.

use std::collections::HashSet;

use crate::record::{Column, Stream, StreamId};

/// Declared streams, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Streams(Vec<Option<Stream>>);

impl Streams {
    /// The stream of this id.
    pub fn get(&self, id: StreamId) -> Option<&Stream> {
        self.0.get(usize::from(id.0))?.as_ref()
    }

    /// The stream of this name.
    pub fn by_name(&self, name: &str) -> Option<&Stream> {
        self.iter().find(|stream| stream.name == name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.0.iter().flatten()
    }

    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The id that the next declaration gets; `None` when all ids are given out.
    pub(crate) fn next_id(&self) -> Option<StreamId> {
        u16::try_from(self.0.len()).ok().map(StreamId)
    }

    /// Adds a declaration, or says why it cannot be one. What is known already, word for word, is no mistake.
    pub(crate) fn declare(&mut self, stream: Stream) -> Result<(), String> {
        let place = usize::from(stream.id.0);
        match self.get(stream.id) {
            Some(known) if *known == stream => return Ok(()),
            Some(_) => return Err(format!("stream {} is declared twice, differently", stream.id.0)),
            None => {}
        }
        if self.by_name(&stream.name).is_some() {
            return Err("a stream of this name exists already".to_owned());
        }
        let mut seen = HashSet::new();
        if let Some(Column { name, .. }) = stream.columns.iter().find(|column| !seen.insert(&column.name)) {
            return Err(format!("column `{name}` is named twice"));
        }
        if self.0.len() <= place {
            self.0.resize(place + 1, None);
        }
        self.0[place] = Some(stream);
        Ok(())
    }
}
