//! What a pickle holds: values by their places.

use std::rc::Rc;

use tch::Kind;

use super::names::Name;

/// Where a value lies among those read.
pub(crate) type Place = usize;

/// One value. Containers hold places, so that nothing here is ever nested, however deep the pickle is.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// None, truth values, fractions: read, and of no use for tensors.
    Nothing,
    Integer(i64),
    Text(Rc<str>),
    Tuple(Rc<[Place]>),
    List(Vec<Place>),
    Dictionary(Vec<(Place, Place)>),
    Storage {
        key: Rc<str>,
        kind: Kind,
    },
    Tensor(TensorPlace),
    Name(Name),
    /// What would be made by a name that is not known here, or that name itself: never made.
    Opaque(Rc<str>),
}

/// A view of a storage.
#[derive(Debug, Clone)]
pub(crate) struct TensorPlace {
    pub storage: Rc<str>,
    pub kind: Kind,
    /// In elements.
    pub offset: i64,
    pub shape: Vec<i64>,
    pub stride: Vec<i64>,
}

/// Values read so far.
pub(crate) struct Pickle {
    pub values: Vec<Value>,
    pub root: Place,
}

impl Pickle {
    pub(crate) fn get(&self, place: Place) -> &Value {
        &self.values[place]
    }

    /// The value under a text key of a dictionary.
    pub(crate) fn entry(&self, dictionary: Place, key: &str) -> Option<Place> {
        let Value::Dictionary(entries) = self.get(dictionary) else { return None };
        entries.iter().rev().find(|(name, _)| self.text(*name) == Some(key)).map(|(_, value)| *value)
    }

    pub(crate) fn text(&self, place: Place) -> Option<&str> {
        match self.get(place) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}
