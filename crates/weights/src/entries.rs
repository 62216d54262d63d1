//! The JSON of a safetensors header, entry by entry as it comes from the file. Nothing else is JSON to it: names with a
//! type, a shape and two offsets, and texts under `__metadata__`. No tree is built, and no text is kept.

use crate::{Error, cursor::Cursor};

/// Longest name.
const NAME: usize = 1 << 12;
/// Most dimensions.
const DIMENSIONS: usize = 16;

pub struct Entry {
    pub name: String,
    pub dtype: String,
    pub shape: Vec<u64>,
    pub offsets: [u64; 2],
}

pub struct Entries<'a, 'b> {
    c: &'b mut Cursor<'a>,
    begun: bool,
}

impl<'a, 'b> Entries<'a, 'b> {
    /// Of a header that ends where the cursor has to stop.
    pub fn new(c: &'b mut Cursor<'a>) -> Entries<'a, 'b> {
        Entries { c, begun: false }
    }

    pub fn bad(&self, code: &'static str, what: String) -> Error {
        self.c.bad(code, what)
    }

    /// The next entry; none at the end, behind which there may be blanks only.
    pub async fn next(&mut self) -> Result<Option<Entry>, Error> {
        if !std::mem::replace(&mut self.begun, true) {
            self.demand(b'{', "the header").await?;
            if self.take(b'}').await? {
                return self.end().await;
            }
        } else if !self.more(b'}', "the header").await? {
            return self.end().await;
        }
        loop {
            let name = self.text("a tensor's name").await?;
            self.demand(b':', &name).await?;
            if name != "__metadata__" {
                return self.entry(name).await.map(Some);
            }
            self.notes().await?;
            if !self.more(b'}', "the header").await? {
                return self.end().await;
            }
        }
    }

    async fn end(&mut self) -> Result<Option<Entry>, Error> {
        match self.peek().await? {
            None => Ok(None),
            Some(_) => Err(self.bad("json", "there is more behind the header's last bracket".into())),
        }
    }

    async fn entry(&mut self, name: String) -> Result<Entry, Error> {
        let (mut dtype, mut shape, mut offsets) = (None, None, None);
        self.demand(b'{', &name).await?;
        loop {
            let key = self.text("what it says of a tensor").await?;
            let place = format!("'{key}' of tensor '{name}'");
            self.demand(b':', &place).await?;
            let again = match key.as_str() {
                "dtype" => dtype.replace(self.text(&place).await?).is_some(),
                "shape" => shape.replace(self.numbers(&place).await?).is_some(),
                "data_offsets" => offsets.replace(self.numbers(&place).await?).is_some(),
                _ => return Err(self.bad("json", format!("{place} is not known; dtype, shape, data_offsets are"))),
            };
            if again {
                return Err(self.bad("twice", format!("{place} comes twice")));
            }
            if !self.more(b'}', &place).await? {
                break;
            }
        }
        let missing = |key: &str| self.bad("json", format!("'{key}' of tensor '{name}' is missing"));
        let two = offsets.ok_or_else(|| missing("data_offsets"))?;
        let offsets = <[u64; 2]>::try_from(two).map_err(|all| {
            self.bad("json", format!("'data_offsets' of tensor '{name}' is {all:?}; two are expected"))
        })?;
        let (dtype, shape) = (dtype.ok_or_else(|| missing("dtype"))?, shape.ok_or_else(|| missing("shape"))?);
        Ok(Entry { name, dtype, shape, offsets })
    }

    /// Past `__metadata__`: texts by name, which say nothing that a model is made of.
    async fn notes(&mut self) -> Result<(), Error> {
        self.demand(b'{', "__metadata__").await?;
        if self.take(b'}').await? {
            return Ok(());
        }
        loop {
            self.string("a name in __metadata__", None).await?;
            self.demand(b':', "__metadata__").await?;
            self.string("a text in __metadata__", None).await?;
            if !self.more(b'}', "__metadata__").await? {
                return Ok(());
            }
        }
    }

    async fn numbers(&mut self, place: &str) -> Result<Vec<u64>, Error> {
        let mut all = vec![];
        self.demand(b'[', place).await?;
        if self.take(b']').await? {
            return Ok(all);
        }
        loop {
            all.push(self.number(place).await?);
            if all.len() > DIMENSIONS {
                return Err(self.bad("json", format!("{place} has more than {DIMENSIONS} numbers")));
            }
            if !self.more(b']', place).await? {
                return Ok(all);
            }
        }
    }

    async fn number(&mut self, place: &str) -> Result<u64, Error> {
        let mut n: Option<u64> = None;
        self.peek().await?;
        while let Some(digit) = self.c.ahead().await?.first().filter(|b| b.is_ascii_digit()).map(|b| b - b'0') {
            let more = n.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(digit as u64));
            // JSON has no zeros before a number.
            let more = more.filter(|_| n != Some(0));
            n = Some(more.ok_or_else(|| self.bad("json", format!("{place} has a number that cannot be")))?);
            self.c.skip(1)?;
        }
        match n {
            Some(n) => Ok(n),
            None => self.unexpected("a whole number from 0 up", place).await,
        }
    }

    /// A text that is kept.
    async fn text(&mut self, place: &str) -> Result<String, Error> {
        let mut quoted = vec![];
        self.string(place, Some(&mut quoted)).await?;
        serde_json::from_slice(&quoted).map_err(|e| self.bad("json", format!("{place} cannot be read: {e}")))
    }

    /// Past a text with its quotes, which go into `keep`.
    async fn string(&mut self, place: &str, mut keep: Option<&mut Vec<u8>>) -> Result<(), Error> {
        if self.peek().await? != Some(b'"') {
            return self.unexpected("a text", place).await;
        }
        let (mut quotes, mut escaped) = (0, false);
        while quotes < 2 {
            let ahead = self.c.ahead().await?;
            if ahead.is_empty() {
                return Err(self.bad("json", format!("the header ends in {place}")));
            }
            let end = ahead.iter().position(|b| {
                let quote = *b == b'"' && !escaped;
                escaped = *b == b'\\' && !escaped;
                quotes += quote as usize;
                quotes == 2
            });
            let part = &ahead[..end.map_or(ahead.len(), |at| at + 1)];
            let len = part.len();
            let kept = keep.as_deref_mut().map(|keep| {
                keep.extend_from_slice(part);
                keep.len()
            });
            if kept.is_some_and(|kept| kept > NAME) {
                return Err(self.bad("json", format!("{place} is longer than {NAME} bytes")));
            }
            self.c.skip(len as u64)?;
        }
        Ok(())
    }

    /// The next byte that is not blank, which is not taken.
    async fn peek(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let ahead = self.c.ahead().await?;
            if ahead.is_empty() {
                return Ok(None);
            }
            let blanks = ahead.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t')).count();
            let next = ahead.get(blanks).copied();
            self.c.skip(blanks as u64)?;
            if next.is_some() {
                return Ok(next);
            }
        }
    }

    async fn take(&mut self, what: u8) -> Result<bool, Error> {
        let there = self.peek().await? == Some(what);
        self.c.skip(there as u64)?;
        Ok(there)
    }

    async fn demand(&mut self, what: u8, place: &str) -> Result<(), Error> {
        if self.take(what).await? { Ok(()) } else { self.unexpected(&format!("'{}'", what as char), place).await }
    }

    /// Whether there is more of a list, or its end.
    async fn more(&mut self, end: u8, place: &str) -> Result<bool, Error> {
        if self.take(b',').await? {
            return Ok(true);
        }
        if self.take(end).await? {
            Ok(false)
        } else {
            self.unexpected(&format!("',' or '{}'", end as char), place).await
        }
    }

    async fn unexpected<T>(&mut self, wanted: &str, place: &str) -> Result<T, Error> {
        let found =
            self.peek().await?.map_or("the header's end".into(), |b| format!("'{}'", (b as char).escape_default()));
        Err(self.bad("json", format!("{place}: {wanted} is expected, found {found}")))
    }
}
