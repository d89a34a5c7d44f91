//! A reader of pickles that executes nothing: it builds plain values and descriptions of tensors, and knows only the few
//! names that tensors need. Any other name that a pickle wants to call is an error with that name in it.

use std::collections::HashMap;
use std::rc::Rc;

use tch::Kind;

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

/// The names that a pickle of tensors may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Name {
    Storage(Kind),
    RebuildTensor,
    RebuildParameter,
    OrderedDictionary,
}

impl Name {
    fn find(module: &str, name: &str) -> Option<Name> {
        Some(match (module, name) {
            ("torch._utils", "_rebuild_tensor_v2") => Name::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Name::RebuildParameter,
            ("collections", "OrderedDict") => Name::OrderedDictionary,
            ("torch", "FloatStorage") => Name::Storage(Kind::Float),
            ("torch", "DoubleStorage") => Name::Storage(Kind::Double),
            ("torch", "HalfStorage") => Name::Storage(Kind::Half),
            ("torch", "BFloat16Storage") => Name::Storage(Kind::BFloat16),
            ("torch", "LongStorage") => Name::Storage(Kind::Int64),
            ("torch", "IntStorage") => Name::Storage(Kind::Int),
            ("torch", "ByteStorage") => Name::Storage(Kind::Uint8),
            ("torch", "BoolStorage") => Name::Storage(Kind::Bool),
            _ => return None,
        })
    }
}

/// Values read so far.
pub(crate) struct Pickle {
    pub values: Vec<Value>,
    pub root: Place,
}

/// Reads a pickle of protocols 2 to 5. The error completes "the file cannot be read: ".
pub(crate) fn read(bytes: &[u8]) -> Result<Pickle, String> {
    let mut machine = Machine {
        bytes,
        at: 0,
        values: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    loop {
        if let Some(root) = machine.step()? {
            return Ok(Pickle { values: machine.values, root });
        }
    }
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

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Vec<Value>,
    stack: Vec<Place>,
    marks: Vec<usize>,
    memo: HashMap<u64, Place>,
}

fn cut() -> String {
    "its pickle is cut short".to_owned()
}

impl<'a> Machine<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(count).ok_or_else(cut)?;
        let slice = self.bytes.get(self.at..end).ok_or_else(cut)?;
        self.at = end;
        Ok(slice)
    }

    fn number(&mut self, width: usize) -> Result<u64, String> {
        let mut value = [0u8; 8];
        value[..width].copy_from_slice(self.take(width)?);
        Ok(u64::from_le_bytes(value))
    }

    fn line(&mut self) -> Result<&'a str, String> {
        let rest = self.bytes.get(self.at..).ok_or_else(cut)?;
        let length = rest.iter().position(|&byte| byte == b'\n').ok_or_else(cut)?;
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).map_err(|_| "its pickle holds a broken text".to_owned())
    }

    fn text(&mut self, length: u64) -> Result<Value, String> {
        let length = usize::try_from(length).map_err(|_| cut())?;
        Ok(Value::Text(String::from_utf8_lossy(self.take(length)?).into()))
    }

    fn push(&mut self, value: Value) {
        self.values.push(value);
        self.stack.push(self.values.len() - 1);
    }

    fn pop(&mut self) -> Result<Place, String> {
        // What lies below a mark belongs to somebody else.
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err("its pickle takes more than it put".to_owned());
        }
        self.stack.pop().ok_or_else(cut)
    }

    fn since_mark(&mut self) -> Result<Vec<Place>, String> {
        let mark = self.marks.pop().ok_or("its pickle has no mark where one is wanted")?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn top(&self) -> Result<Place, String> {
        self.stack.last().copied().ok_or_else(cut)
    }

    /// One instruction; the root's place at the last.
    fn step(&mut self) -> Result<Option<Place>, String> {
        let code = self.take(1)?[0];
        match code {
            b'.' => return self.pop().map(Some),
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'N' | 0x88 | 0x89 => self.push(Value::Nothing),
            b'K' => self.integer(1)?,
            b'M' => self.integer(2)?,
            b'J' => {
                let value = self.number(4)? as u32;
                self.push(Value::Integer(i64::from(value.cast_signed())));
            }
            0x8a => self.long()?,
            b'G' => {
                self.take(8)?;
                self.push(Value::Nothing);
            }
            b'X' | b'T' | b'B' => self.string(4)?,
            0x8c | b'U' | b'C' => self.string(1)?,
            0x8d | 0x8e => self.string(8)?,
            b')' => self.push(Value::Tuple([].into())),
            0x85..=0x87 => {
                let count = usize::from(code - 0x84);
                let mut places = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
                places.reverse();
                self.push(Value::Tuple(places.into()));
            }
            b't' => {
                let places = self.since_mark()?;
                self.push(Value::Tuple(places.into()));
            }
            b']' => self.push(Value::List(Vec::new())),
            b'l' => {
                let places = self.since_mark()?;
                self.push(Value::List(places));
            }
            b'}' => self.push(Value::Dictionary(Vec::new())),
            b'd' => {
                let places = self.since_mark()?;
                self.push(Value::Dictionary(Vec::new()));
                self.insert(places)?;
            }
            b'a' => {
                let place = self.pop()?;
                self.append(vec![place])?;
            }
            b'e' => {
                let places = self.since_mark()?;
                self.append(places)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.insert(vec![key, value])?;
            }
            b'u' => {
                let places = self.since_mark()?;
                self.insert(places)?;
            }
            b'q' => self.remember(1)?,
            b'r' => self.remember(4)?,
            0x94 => {
                let (key, place) = (self.memo.len() as u64, self.top()?);
                self.memo.insert(key, place);
            }
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.name(module, name)?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (self.values[module].clone(), self.values[name].clone()) {
                    (Value::Text(module), Value::Text(name)) => self.name(&module, &name)?,
                    _ => return Err("its pickle names something without a name".to_owned()),
                }
            }
            b'Q' => self.persistent()?,
            b'R' => self.call()?,
            // State of an ordered dictionary or a parameter: attributes, which no tensor needs.
            b'b' => drop(self.pop()?),
            other => {
                return Err(format!(
                    "its pickle has the instruction {other:#04x}, which no file of tensors needs"
                ));
            }
        }
        Ok(None)
    }

    fn integer(&mut self, width: usize) -> Result<(), String> {
        let value = self.number(width)?;
        self.push(Value::Integer(value.cast_signed()));
        Ok(())
    }

    /// A whole number of up to eight bytes; longer ones are no sizes, and stand as nothing.
    fn long(&mut self) -> Result<(), String> {
        let length = self.number(1)? as usize;
        let bytes = self.take(length)?;
        let value = match length {
            0 => Value::Integer(0),
            1..=8 => {
                let fill = if bytes[length - 1] & 0x80 == 0 { 0 } else { 0xff };
                let mut value = [fill; 8];
                value[..length].copy_from_slice(bytes);
                Value::Integer(i64::from_le_bytes(value))
            }
            _ => Value::Nothing,
        };
        self.push(value);
        Ok(())
    }

    fn string(&mut self, width: usize) -> Result<(), String> {
        let length = self.number(width)?;
        let text = self.text(length)?;
        self.push(text);
        Ok(())
    }

    fn append(&mut self, places: Vec<Place>) -> Result<(), String> {
        let top = self.top()?;
        match &mut self.values[top] {
            Value::List(list) => list.extend(places),
            _ => return Err("its pickle appends to something that is no list".to_owned()),
        }
        Ok(())
    }

    fn insert(&mut self, places: Vec<Place>) -> Result<(), String> {
        let top = self.top()?;
        match &mut self.values[top] {
            Value::Dictionary(entries) => {
                entries.extend(places.chunks_exact(2).map(|pair| (pair[0], pair[1])));
            }
            _ => return Err("its pickle sets a key of something that is no dictionary".to_owned()),
        }
        Ok(())
    }

    fn remember(&mut self, width: usize) -> Result<(), String> {
        let key = self.number(width)?;
        let place = self.top()?;
        self.memo.insert(key, place);
        Ok(())
    }

    fn recall(&mut self, width: usize) -> Result<(), String> {
        let key = self.number(width)?;
        let place = *self.memo.get(&key).ok_or("its pickle recalls what it never kept")?;
        self.stack.push(place);
        Ok(())
    }

    fn name(&mut self, module: &str, name: &str) -> Result<(), String> {
        let found = Name::find(module, name).ok_or_else(|| {
            format!("it asks for `{module}.{name}`, which no file of tensors needs; nothing was executed")
        })?;
        self.push(Value::Name(found));
        Ok(())
    }

    /// `("storage", FloatStorage, key, device, count)`.
    fn persistent(&mut self) -> Result<(), String> {
        let odd = || "its pickle refers to something that is no storage".to_owned();
        let place = self.pop()?;
        let Value::Tuple(parts) = self.values[place].clone() else { return Err(odd()) };
        let [tag, kind, key, ..] = parts[..] else { return Err(odd()) };
        match (&self.values[tag], &self.values[kind], &self.values[key]) {
            (Value::Text(tag), Value::Name(Name::Storage(kind)), Value::Text(key)) if **tag == *"storage" => {
                let storage = Value::Storage { key: Rc::clone(key), kind: *kind };
                self.push(storage);
                Ok(())
            }
            _ => Err(odd()),
        }
    }

    /// What would be a call: only tensors and dictionaries are made, from what lies here.
    fn call(&mut self) -> Result<(), String> {
        let odd =
            || "its pickle calls something that is no function of tensors; nothing was executed".to_owned();
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Value::Tuple(arguments) = self.values[arguments].clone() else { return Err(odd()) };
        match (self.values[function].clone(), &arguments[..]) {
            (Value::Name(Name::OrderedDictionary), []) => self.push(Value::Dictionary(Vec::new())),
            (Value::Name(Name::RebuildParameter), [tensor, ..]) => {
                let tensor = self.values[*tensor].clone();
                self.push(tensor);
            }
            (Value::Name(Name::RebuildTensor), [storage, offset, shape, stride, ..]) => {
                let (Value::Storage { key, kind }, Value::Integer(offset)) =
                    (&self.values[*storage], &self.values[*offset])
                else {
                    return Err(odd());
                };
                let tensor = TensorPlace {
                    storage: Rc::clone(key),
                    kind: *kind,
                    offset: *offset,
                    shape: self.integers(*shape).ok_or_else(odd)?,
                    stride: self.integers(*stride).ok_or_else(odd)?,
                };
                self.push(Value::Tensor(tensor));
            }
            _ => return Err(odd()),
        }
        Ok(())
    }

    fn integers(&self, place: Place) -> Option<Vec<i64>> {
        let Value::Tuple(places) = &self.values[place] else { return None };
        let integer = |place: &Place| match self.values[*place] {
            Value::Integer(value) => Some(value),
            _ => None,
        };
        places.iter().map(integer).collect()
    }
}
