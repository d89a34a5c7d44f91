//! A reader of pickles that executes nothing: it builds plain values and descriptions of tensors, and knows only the few
//! names that tensors need. What another name would make stands as something opaque, with its name; a name that starts
//! programs is an error, as no checkpoint has an honest use for it.

mod names;
mod value;

use std::collections::HashMap;
use std::rc::Rc;

use self::names::{Name, is_dangerous};
pub(crate) use self::value::{Pickle, Place, TensorPlace, Value};

/// More values than any checkpoint has: a pickle of one byte a value must not fill the memory.
const MOST_VALUES: usize = 20_000_000;
/// More sides than any tensor has.
const MOST_SIDES: usize = 64;

/// Reads a pickle of protocols 2 to 5. The error completes "the file cannot be read: ".
pub(crate) fn read(bytes: &[u8]) -> Result<Pickle, String> {
    let mut machine = Machine {
        bytes,
        at: 0,
        values: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        copied: 0,
    };
    loop {
        if let Some(root) = machine.step()? {
            return Ok(Pickle { values: machine.values, root });
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
    /// Entries of dictionaries that were made from lists.
    copied: usize,
}

fn cut() -> String {
    "its pickle is cut short".to_owned()
}

fn too_many() -> String {
    format!("its pickle holds more than {MOST_VALUES} values")
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

    fn opaque(&mut self, name: &str) {
        self.push(Value::Opaque(name.into()));
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
        if self.values.len() > MOST_VALUES || self.stack.len() > MOST_VALUES {
            return Err(too_many());
        }
        let code = self.take(1)?[0];
        match code {
            b'.' => return self.pop().map(Some),
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.since_mark()?),
            b'2' => self.stack.push(self.top()?),
            b'N' | 0x88 | 0x89 => self.push(Value::Nothing),
            b'K' => self.integer(1)?,
            b'M' => self.integer(2)?,
            b'J' => {
                let value = self.number(4)? as u32;
                self.push(Value::Integer(i64::from(value.cast_signed())));
            }
            0x8a => self.long(1)?,
            0x8b => self.long(4)?,
            // Of protocol 0, whose numbers and texts are lines.
            b'I' | b'L' => {
                let digits = self.line()?.trim_end_matches('L').parse();
                self.push(digits.map_or(Value::Nothing, Value::Integer));
            }
            b'F' => {
                self.line()?;
                self.push(Value::Nothing);
            }
            b'S' | b'V' => {
                let text = self.line()?.trim_matches(['\'', '"']).into();
                self.push(Value::Text(text));
            }
            b'p' => {
                let (key, place) = (self.line_number()?, self.top()?);
                self.memo.insert(key, place);
            }
            b'g' => {
                let key = self.line_number()?;
                self.recall(key)?;
            }
            b'G' => {
                self.take(8)?;
                self.push(Value::Nothing);
            }
            b'X' | b'T' | b'B' => self.string(4)?,
            0x8c | b'U' | b'C' => self.string(1)?,
            0x8d | 0x8e | 0x96 => self.string(8)?,
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
            b'e' | 0x90 => {
                let places = self.since_mark()?;
                self.append(places)?;
            }
            // Sets: as lists, of which no tensor asks anything.
            0x8f => self.push(Value::List(Vec::new())),
            0x91 => {
                let places = self.since_mark()?;
                self.push(Value::List(places));
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
            b'h' | b'j' => {
                let key = self.number(if code == b'h' { 1 } else { 4 })?;
                self.recall(key)?;
            }
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
            // An object of a class: class and arguments, with or without those by name.
            0x81 => self.call()?,
            0x92 => {
                self.pop()?;
                self.call()?;
            }
            b'i' => {
                let (module, name) = (self.line()?, self.line()?);
                self.since_mark()?;
                self.name(module, name)?;
            }
            b'o' => {
                let parts = self.since_mark()?;
                let class = parts.first().map(|class| self.values[*class].clone());
                match class {
                    Some(Value::Opaque(name)) => self.opaque(&name),
                    _ => return Err("its pickle makes an object of no class".to_owned()),
                }
            }
            // State of an object: attributes, which no tensor needs.
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

    fn line_number(&mut self) -> Result<u64, String> {
        self.line()?.parse().map_err(|_| "its pickle recalls what it never kept".to_owned())
    }

    /// A whole number of up to eight bytes; longer ones are no sizes, and stand as nothing.
    fn long(&mut self, width: usize) -> Result<(), String> {
        let length = usize::try_from(self.number(width)?).map_err(|_| cut())?;
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
            Value::Opaque(_) => {}
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
            Value::Opaque(_) => {}
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

    fn recall(&mut self, key: u64) -> Result<(), String> {
        let place = *self.memo.get(&key).ok_or("its pickle recalls what it never kept")?;
        self.stack.push(place);
        Ok(())
    }

    fn name(&mut self, module: &str, name: &str) -> Result<(), String> {
        if is_dangerous(module, name) {
            return Err(format!(
                "it asks for `{module}.{name}`, which no file of tensors needs; nothing was executed"
            ));
        }
        match Name::find(module, name) {
            Some(found) => self.push(Value::Name(found)),
            None => self.opaque(&format!("{module}.{name}")),
        }
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
            // A storage of numbers that are not known here: its tensors are opaque, and named where they are wanted.
            (Value::Text(tag), Value::Opaque(name), Value::Text(_)) if **tag == *"storage" => {
                let name = Rc::clone(name);
                self.push(Value::Opaque(name));
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
        let made = match self.values[function].clone() {
            Value::Opaque(name) => Value::Opaque(name),
            Value::Name(name) => self.made(name, &arguments).ok_or_else(odd)?,
            _ => return Err(odd()),
        };
        // A list that is made a dictionary of again and again must not fill the memory.
        if let Value::Dictionary(entries) = &made {
            self.copied += entries.len();
            if self.copied > MOST_VALUES {
                return Err(too_many());
            }
        }
        self.push(made);
        Ok(())
    }

    fn made(&self, name: Name, arguments: &[Place]) -> Option<Value> {
        match (name, arguments) {
            (Name::Dictionary, arguments) => Some(Value::Dictionary(self.pairs(arguments))),
            (Name::Size, [sides]) => match &self.values[*sides] {
                Value::Tuple(sides) => Some(Value::Tuple(Rc::clone(sides))),
                _ => None,
            },
            (Name::RebuildParameter, [tensor, ..]) => match &self.values[*tensor] {
                Value::Tensor(tensor) => Some(Value::Tensor(tensor.clone())),
                Value::Opaque(name) => Some(Value::Opaque(Rc::clone(name))),
                _ => None,
            },
            (Name::RebuildFromType, [function, _, arguments, ..]) => {
                match (&self.values[*function], &self.values[*arguments]) {
                    (
                        Value::Name(name @ (Name::RebuildTensor | Name::RebuildParameter)),
                        Value::Tuple(inner),
                    ) => self.made(*name, inner),
                    (Value::Opaque(name), _) => Some(Value::Opaque(Rc::clone(name))),
                    _ => None,
                }
            }
            (Name::RebuildTensor, [storage, offset, shape, stride, ..]) => {
                let (key, kind) = match &self.values[*storage] {
                    Value::Storage { key, kind } => (Rc::clone(key), *kind),
                    Value::Opaque(name) => return Some(Value::Opaque(Rc::clone(name))),
                    _ => return None,
                };
                let Value::Integer(offset) = self.values[*offset] else { return None };
                let (shape, stride) = (self.integers(*shape)?, self.integers(*stride)?);
                Some(Value::Tensor(TensorPlace { storage: key, kind, offset, shape, stride }))
            }
            _ => None,
        }
    }

    /// What an old dictionary is made from: a list of pairs. All else (a factory of defaults) makes an empty one.
    fn pairs(&self, arguments: &[Place]) -> Vec<(Place, Place)> {
        let [only] = arguments else { return Vec::new() };
        let Value::List(list) = &self.values[*only] else { return Vec::new() };
        let pair = |place: &Place| match &self.values[*place] {
            Value::Tuple(pair) if pair.len() == 2 => Some((pair[0], pair[1])),
            Value::List(pair) if pair.len() == 2 => Some((pair[0], pair[1])),
            _ => None,
        };
        list.iter().filter_map(pair).collect()
    }

    fn integers(&self, place: Place) -> Option<Vec<i64>> {
        let Value::Tuple(places) = &self.values[place] else { return None };
        // A tuple that is recalled again and again must not be copied at any length.
        if places.len() > MOST_SIDES {
            return None;
        }
        let integer = |place: &Place| match self.values[*place] {
            Value::Integer(value) => Some(value),
            _ => None,
        };
        places.iter().map(integer).collect()
    }
}
