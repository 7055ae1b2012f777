//! Values as Python and JSON write them: `(1, 4, 0)`, `[[0, 1], [0, 0]]`, `{'op1': 'maxpool3x3'}`, `Genotype(normal=[...])`.

use std::iter::Peekable;
use std::str::Chars;

/// Deepest nesting of brackets that is read; architectures are written with four levels.
const MOST_DEPTH: usize = 12;

/// A value written by some program, read from text.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::space) enum Literal {
    /// A whole number; `3.0` is one.
    Number(i64),
    /// A string, or a bare word.
    Word(String),
    /// A tuple or a list.
    List(Vec<Literal>),
    /// A dictionary, or the keyword arguments of a call.
    Fields(Vec<(String, Literal)>),
}

impl Literal {
    /// Reads the whole text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader { rest: text.chars().peekable() };
        let value = reader.value(0)?;
        match reader.next() {
            None => Ok(value),
            Some(more) => Err(format!("`{more}` stands behind its end")),
        }
    }

    /// The number.
    pub fn number(&self) -> Option<i64> {
        match self {
            Literal::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The number as a place or a count.
    pub fn count(&self) -> Option<usize> {
        self.number()?.try_into().ok()
    }

    /// The text of a string.
    pub fn word(&self) -> Option<&str> {
        match self {
            Literal::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The entries of a tuple or list.
    pub fn list(&self) -> Option<&[Literal]> {
        match self {
            Literal::List(list) => Some(list),
            _ => None,
        }
    }

    /// Entry `name` of a dictionary.
    pub fn field(&self, name: &str) -> Option<&Literal> {
        match self {
            Literal::Fields(fields) => fields.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The numbers of a tuple or list that holds nothing else.
    pub fn counts(&self) -> Option<Vec<usize>> {
        self.list()?.iter().map(Literal::count).collect()
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
}

impl Reader<'_> {
    /// Skips blanks and returns the next character without consuming it.
    fn peek(&mut self) -> Option<char> {
        while self.rest.next_if(|c| c.is_whitespace()).is_some() {}
        self.rest.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        self.peek()?;
        self.rest.next()
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        match self.next() {
            Some(found) if found == wanted => Ok(()),
            Some(found) => Err(format!("`{found}` stands where `{wanted}` should")),
            None => Err(format!("it ends where `{wanted}` should stand")),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Literal, String> {
        if depth > MOST_DEPTH {
            return Err("its brackets are too deep".into());
        }
        match self.peek().ok_or("it ends where a value should stand")? {
            '(' => self.list('(', ')', depth),
            '[' => self.list('[', ']', depth),
            '{' => {
                self.next();
                let entry = |reader: &mut Self| {
                    let key = reader.key(depth)?;
                    reader.expect(':')?;
                    Ok((key, reader.value(depth + 1)?))
                };
                self.entries('}', entry).map(Literal::Fields)
            }
            '\'' | '"' => self.string().map(Literal::Word),
            c if c.is_ascii_digit() || c == '-' => self.number(),
            c if c.is_alphabetic() || c == '_' => {
                let name = self.name();
                if self.peek() == Some('(') { self.call(&name, depth) } else { Ok(Literal::Word(name)) }
            }
            other => Err(format!("`{other}` begins no value")),
        }
    }

    /// Reads what stands between brackets, separated by commas; a trailing comma is allowed.
    fn entries<T>(
        &mut self,
        close: char,
        mut entry: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let mut entries = Vec::new();
        while self.peek() != Some(close) {
            entries.push(entry(self)?);
            if self.peek() != Some(',') {
                break;
            }
            self.next();
        }
        self.expect(close)?;
        Ok(entries)
    }

    fn list(&mut self, open: char, close: char, depth: usize) -> Result<Literal, String> {
        self.expect(open)?;
        self.entries(close, |reader| reader.value(depth + 1)).map(Literal::List)
    }

    /// Reads a call: `range` of numbers, one argument without a name (`array`, `tuple`), or named arguments.
    fn call(&mut self, name: &str, depth: usize) -> Result<Literal, String> {
        self.expect('(')?;
        let argument = |reader: &mut Self| {
            let value = reader.value(depth + 1)?;
            match (reader.peek(), value) {
                (Some('='), Literal::Word(key)) => {
                    reader.next();
                    Ok((Some(key), reader.value(depth + 1)?))
                }
                (_, value) => Ok((None, value)),
            }
        };
        let mut arguments = self.entries(')', argument)?;
        if arguments.iter().all(|(key, _)| key.is_some()) {
            let named = arguments.into_iter().filter_map(|(key, value)| Some((key?, value)));
            return Ok(Literal::Fields(named.collect()));
        }
        match (name, &arguments[..]) {
            ("range", [(None, Literal::Number(from)), (None, Literal::Number(to))])
                if to.checked_sub(*from).is_some_and(|count| count <= 64) =>
            {
                Ok(Literal::List((*from..*to).map(Literal::Number).collect()))
            }
            // The first argument of `array([...], dtype=int8)` is the value.
            _ if arguments[0].0.is_none() => Ok(arguments.swap_remove(0).1),
            _ => Err(format!("the arguments of `{name}` make no sense")),
        }
    }

    fn key(&mut self, depth: usize) -> Result<String, String> {
        match self.value(depth + 1)? {
            Literal::Word(word) => Ok(word),
            Literal::Number(number) => Ok(number.to_string()),
            _ => Err("a key is neither a word nor a number".into()),
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let quote = self.next();
        let mut text = String::new();
        loop {
            match self.rest.next() {
                None => return Err("a string does not end".into()),
                Some(c) if Some(c) == quote => return Ok(text),
                Some(c) => text.push(c),
            }
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) {
            name.push(c);
        }
        name
    }

    fn number(&mut self) -> Result<Literal, String> {
        let mut text = String::new();
        while let Some(c) = self.rest.next_if(|c| c.is_ascii_digit() || matches!(c, '-' | '.')) {
            text.push(c);
        }
        let whole = text.split_once('.').map_or(Some(text.as_str()), |(whole, fraction)| {
            fraction.bytes().all(|digit| digit == b'0').then_some(whole)
        });
        let number = whole.and_then(|whole| whole.parse().ok());
        number.map(Literal::Number).ok_or_else(|| format!("`{text}` is no whole number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(of: &[i64]) -> Literal {
        Literal::List(of.iter().map(|&number| Literal::Number(number)).collect())
    }

    #[test]
    fn tuples_lists_dictionaries_and_calls_are_read() {
        assert_eq!(Literal::read("(1, 4,0, )"), Ok(numbers(&[1, 4, 0])));
        assert_eq!(Literal::read(" [ 1 , -4.0 ] "), Ok(numbers(&[1, -4])));
        let read = Literal::read(r#"{'op1': "max", 2: (0,)}"#).unwrap();
        assert_eq!(read.field("op1").and_then(Literal::word), Some("max"));
        assert_eq!(read.field("2").and_then(Literal::counts), Some(vec![0]));
        let read = Literal::read("Genotype(normal=[('skip', 0)], normal_concat=range(2, 6))").unwrap();
        assert_eq!(read.field("normal_concat").and_then(Literal::counts), Some(vec![2, 3, 4, 5]));
        let read = Literal::read("array([[0, 1],\n [0, 0]], dtype=int8)").unwrap();
        assert_eq!(read, Literal::List(vec![numbers(&[0, 1]), numbers(&[0, 0])]));
    }

    #[test]
    fn what_is_none_is_refused_in_words() {
        for (text, words) in [
            ("", "it ends"),
            ("(1", "it ends where `)`"),
            ("(1 2)", "`2` stands where `)`"),
            ("(1) 2", "`2` stands behind its end"),
            ("1.5", "no whole number"),
            ("99999999999999999999", "no whole number"),
            ("'a", "a string does not end"),
            ("{[1]: 2}", "a key is neither"),
            ("f(1, 2, a=)", "begins no value"),
            ("f(a=1, 2)", "make no sense"),
            ("*", "begins no value"),
            ("-", "no whole number"),
            (&"(".repeat(1_000_000), "too deep"),
        ] {
            let error = Literal::read(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
