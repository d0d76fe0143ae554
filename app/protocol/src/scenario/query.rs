//! The query of a link: names and values, percent-encoded, as `application/x-www-form-urlencoded` has it.

use std::fmt::Write as _;

/// The pairs of a query, with or without its question mark. A part whose bytes are no UTF-8 or whose
/// percent sign is followed by no two hex digits is `Err`, as it was written.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = Result<(String, String), String>> {
    let query = query.strip_prefix('?').unwrap_or(query);
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match (decode(name), decode(value)) {
            (Some(name), Some(value)) => Ok((name, value)),
            _ => Err(part.to_owned()),
        }
    })
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? * 16 + hex(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Writes a value so that people can read it: only what would be taken for something else is escaped.
pub(super) fn encode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b' ' => text.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => text.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'*' | b'!' | b'(' | b')' => text.push(char::from(byte)),
            b',' | b';' | b':' | b'@' | b'=' | b'/' | b'?' => text.push(char::from(byte)),
            byte => {
                // Writing to a String cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_spellings_of_a_space_are_read() {
        let read: Vec<_> = pairs("?text=a+b%20c&faults=slow;delay=5@1").collect();
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(read, [pair("text", "a b c"), pair("faults", "slow;delay=5@1")]);
    }

    #[test]
    fn broken_escapes_are_told_by_their_part() {
        for part in ["text=%", "text=%4", "text=%zz", "text=%ff", "%+1=a"] {
            assert_eq!(pairs(part).collect::<Vec<_>>(), [Err(part.to_owned())]);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in any::<String>()) {
            let query = format!("text={}", encode(&value));
            prop_assert!(query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'&' && byte != b'#'));
            prop_assert_eq!(pairs(&query).collect::<Vec<_>>(), [Ok(("text".to_owned(), value))]);
        }
    }
}
