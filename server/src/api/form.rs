//! `application/x-www-form-urlencoded`, decoded strictly: text that is not UTF-8 is refused, where the usual
//! decoders put a replacement character in its place.

use crate::api::body::malformed;
use crate::error::ApiError;

/// The fields of a form, each of which may be taken once.
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// 400 `malformed-body` where a name or a value is not UTF-8.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        let text = |bytes| String::from_utf8(bytes).map_err(|_| malformed("The body is not UTF-8."));
        let fields = pairs(bytes).map(|(name, value)| Ok((text(decode(name))?, text(decode(value))?)));
        fields.collect::<Result<_, ApiError>>().map(Self)
    }

    /// A field's value, if it is there; 400 where it is there twice.
    pub fn take(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        let Some(at) = self.0.iter().position(|(field, _)| field == name) else { return Ok(None) };
        let (_, value) = self.0.remove(at);
        if self.0.iter().any(|(field, _)| field == name) {
            return Err(malformed(&format!("The field {name} is there twice.")));
        }
        Ok(Some(value))
    }

    /// 400 where a field is left that nobody knows.
    pub fn end(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(malformed("The body has a field that a post has not.")) }
    }
}

/// The fields as far as they can be read, with a replacement character where they are no text. They are good for
/// showing what was sent, and for nothing that is stored.
pub fn fields_as_sent(bytes: &[u8]) -> Vec<(String, String)> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    pairs(bytes).map(|(name, value)| (text(decode(name)), text(decode(value)))).collect()
}

/// The names and values, still encoded.
fn pairs(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = bytes.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| match pair.iter().position(|&byte| byte == b'=') {
        Some(at) => (&pair[..at], &pair[at + 1..]),
        None => (pair, [].as_slice()),
    })
}

/// Browsers send CR LF for every line end of a text area; JSON clients send the LF that was typed.
pub fn newlines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn decode(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = after;
            }
            (plain, _) => bytes.push(plain),
        }
    }
    bytes
}

/// The value of an ASCII hexadecimal digit.
const fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => byte - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_as_browsers_encode_them() {
        let mut fields = Fields::parse(b"a=1+2%2b3&b=%C3%A9&c&d=100%&=x").unwrap();
        assert_eq!(fields.take("a").unwrap().as_deref(), Some("1 2+3"));
        assert_eq!(fields.take("b").unwrap().as_deref(), Some("é"));
        assert_eq!(fields.take("c").unwrap().as_deref(), Some(""));
        assert_eq!(fields.take("d").unwrap().as_deref(), Some("100%"));
        assert_eq!(fields.take("e").unwrap(), None);
        assert!(fields.end().is_err());
        assert!(Fields::parse(b"a=%ff").is_err());
    }
}
