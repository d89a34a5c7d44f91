//! Sentences: what the program tells people, declared once as kinds with fields and their English. JSON carries kind and
//! fields through every door, `Display` is the English, and each language of the window puts them into its own words.
//! Nothing here chooses a language, and nobody reads an English sentence back.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ts_rs::TS;

/// How the window writes a field of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// As it is: a name, a path, somebody else's words.
    Text,
    /// With the language's digits and grouping.
    Number,
    /// With a unit of the binary series.
    Bytes,
    /// Names, one after the other.
    Names,
    /// A sentence of its own, put into words first.
    Sentence,
}

/// What can stand in a sentence.
pub trait Word: fmt::Display {
    const FORM: Form;
}

macro_rules! words {
    ($form:ident: $($type:ty),+) => {$(
        impl Word for $type {
            const FORM: Form = Form::$form;
        }
    )+};
}

words!(Text: String);
words!(Number: i32, i64, u32, u64, usize, f64);
words!(Bytes: Bytes);
words!(Names: Names);
words!(Sentence: Told);

/// A number of bytes; `1.5 GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
pub struct Bytes(#[ts(type = "number")] pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0 as f64;
        if value < 1024.0 {
            return write!(f, "{} B", self.0);
        }
        for unit in ["KiB", "MiB", "GiB"] {
            value /= 1024.0;
            // Whatever would round to a thousand and more is said in the next unit.
            if value < 1023.95 {
                return write!(f, "{value:.1} {unit}");
            }
        }
        write!(f, "{:.1} TiB", value / 1024.0)
    }
}

/// Names in a row; `adamw, lamb`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Names(pub Vec<String>);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

impl<T: Into<String>> FromIterator<T> for Names {
    fn from_iter<I: IntoIterator<Item = T>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

/// A sentence as it crosses a door, whoever declared it. It lies in a box: failures carry it through every `Result`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(as = "Saying")]
pub struct Told(Box<Saying>);

/// What a [`Told`] holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(rename = "Told")]
pub struct Saying {
    /// The room that declared it and its kind: `evidence.exit`.
    pub kind: String,
    #[ts(type = "Record<string, unknown>")]
    pub fields: Map<String, Value>,
    /// In English, for readers that know no such kind.
    pub text: String,
}

impl Deref for Told {
    type Target = Saying;

    fn deref(&self) -> &Saying {
        &self.0
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T: Tells> From<T> for Told {
    fn from(sentence: T) -> Self {
        sentence.told()
    }
}

/// What declares sentences; [`crate::sentences!`] implements it.
pub trait Tells {
    /// Kind and fields, for a door.
    fn told(&self) -> Told;
}

/// One kind of a room's sentences, for the catalogues.
#[derive(Debug, Clone, Copy)]
pub struct Sentence {
    pub room: &'static str,
    /// As Rust writes it: `NotStarted`.
    pub variant: &'static str,
    /// With `{field}` where a field stands.
    pub english: &'static str,
    pub fields: &'static [(&'static str, Form)],
}

impl Sentence {
    /// What the catalogues know it by: `evidence.not_started`.
    pub fn key(&self) -> String {
        let mut key = format!("{}.", self.room);
        for (at, letter) in self.variant.char_indices() {
            if letter.is_ascii_uppercase() && at > 0 {
                key.push('_');
            }
            key.push(letter.to_ascii_lowercase());
        }
        key
    }
}

/// Declares the sentences of a room: an enum, one variant a kind, each with its English. `{field}` takes a field; every
/// field has a [`Word`]'s type. The enum is an error too, so that a room may return it.
///
/// ```
/// vitals_recipe::sentences! {
///     /// Why the kettle is quiet.
///     pub enum Quiet in "kettle" {
///         /// Nobody filled it.
///         Empty = "it is empty";
///         /// It was switched off.
///         Off { minutes: u32 } = "it was switched off {minutes} minutes ago";
///     }
/// }
/// let quiet = Quiet::Off { minutes: 3 };
/// assert_eq!(quiet.to_string(), "it was switched off 3 minutes ago");
/// assert_eq!(serde_json::to_string(&quiet).unwrap(), r#"{"kind":"off","minutes":3}"#);
/// assert_eq!(Quiet::SENTENCES[1].key(), "kettle.off");
/// ```
#[macro_export]
macro_rules! sentences {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident in $room:literal {$(
            $(#[$variant_meta:meta])*
            $variant:ident $({ $($(#[$field_meta:meta])* $field:ident: $type:ty),+ $(,)? })? = $english:literal;
        )+}
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        $vis enum $name {$(
            $(#[$variant_meta])*
            $variant $({ $($(#[$field_meta])* $field: $type),+ })?,
        )+}

        impl $name {
            /// Every kind, for the catalogues.
            $vis const SENTENCES: &'static [$crate::Sentence] = &[$($crate::Sentence {
                room: $room,
                variant: stringify!($variant),
                english: $english,
                fields: &[$($((stringify!($field), <$type as $crate::Word>::FORM)),+)?],
            }),+];
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    $(Self::$variant $({ $($field),+ })? => write!(f, $english),)+
                }
            }
        }

        impl ::std::error::Error for $name {}

        impl $crate::Tells for $name {
            fn told(&self) -> $crate::Told {
                $crate::told($room, self)
            }
        }
    };
}

/// What [`sentences!`] makes of a sentence of its own.
#[doc(hidden)]
pub fn told<T: Serialize + fmt::Display>(room: &str, sentence: &T) -> Told {
    let json = serde_json::to_value(sentence).expect("a sentence is always JSON");
    let Value::Object(mut fields) = json else { unreachable!("a tagged enum is an object") };
    let kind = fields.remove("kind");
    let kind = kind.as_ref().and_then(Value::as_str).expect("a sentence bears its kind");
    Told(Box::new(Saying { kind: format!("{room}.{kind}"), fields, text: sentence.to_string() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::sentences! {
        /// Of a test.
        pub enum Trial in "trial" {
            /// Without a field.
            NotStarted = "not started";
            /// With one of each form.
            Full { place: String, used: Bytes, choices: Names, share: f64 } =
                "{place} holds {used} of {choices}, {share}";
            /// Another sentence's words inside.
            PutOff { reason: Told } = "put off: {reason}";
        }
    }

    #[test]
    fn a_sentence_is_json_english_and_an_entry_of_the_catalogue() {
        let full = Trial::Full {
            place: "/runs".to_owned(),
            used: Bytes(3 << 29),
            choices: ["a", "b"].into_iter().collect(),
            share: 0.5,
        };
        assert_eq!(full.to_string(), "/runs holds 1.5 GiB of a, b, 0.5");
        let put_off = Trial::PutOff { reason: full.into() };
        assert_eq!(put_off.to_string(), "put off: /runs holds 1.5 GiB of a, b, 0.5");
        let json = serde_json::to_value(&put_off).unwrap();
        assert_eq!(json["reason"]["kind"], "trial.full");
        assert_eq!(json["reason"]["fields"]["used"], 3_u64 << 29);
        assert_eq!(serde_json::from_value::<Trial>(json).unwrap(), put_off);
        assert_eq!(Trial::NotStarted.told().fields, Map::new());
        let keys: Vec<String> = Trial::SENTENCES.iter().map(Sentence::key).collect();
        assert_eq!(keys, ["trial.not_started", "trial.full", "trial.put_off"]);
        assert_eq!(Trial::SENTENCES[1].fields[1], ("used", Form::Bytes));
    }

    #[test]
    fn bytes_are_said_in_the_unit_that_keeps_them_below_a_thousand_and_twenty_four() {
        let said = |bytes| Bytes(bytes).to_string();
        assert_eq!(said(0), "0 B");
        assert_eq!(said(1023), "1023 B");
        assert_eq!(said(1024), "1.0 KiB");
        assert_eq!(said((1 << 20) - 1), "1.0 MiB");
        assert_eq!(said(3 << 29), "1.5 GiB");
        assert_eq!(said(5 << 40), "5.0 TiB");
    }
}
