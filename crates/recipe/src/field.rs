//! How a field of the recipe becomes a JSON value and comes back: the one bridge between typed Rust and the words of
//! files. It converts; ranges and choices are checked by the parameter table.

use serde_json::Value;

use crate::parameters::Kind;

/// A type that a parameter may have.
pub(crate) trait Field: Sized {
    const KIND: Kind;
    const CHOICES: &'static [&'static str] = &[];

    fn to_value(&self) -> Value;
    /// None where the value is of another type or does not fit.
    fn from_value(value: &Value) -> Option<Self>;
}

impl Field for bool {
    const KIND: Kind = Kind::Bool;

    fn to_value(&self) -> Value {
        Value::from(*self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Field for u32 {
    const KIND: Kind = Kind::Integer;

    fn to_value(&self) -> Value {
        Value::from(*self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl Field for u64 {
    const KIND: Kind = Kind::Integer;

    fn to_value(&self) -> Value {
        Value::from(*self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_u64()
    }
}

impl Field for f64 {
    const KIND: Kind = Kind::Number;

    fn to_value(&self) -> Value {
        Value::from(*self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_f64()
    }
}

impl Field for String {
    const KIND: Kind = Kind::Text;

    fn to_value(&self) -> Value {
        Value::from(self.as_str())
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}
