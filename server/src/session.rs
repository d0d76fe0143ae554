//! Who is calling: signed identities, carried by a cookie in browsers and by a bearer token elsewhere.
//!
//! A token is `<user uuid>.<mac>`, where the mac is HMAC-SHA256 in hexadecimal. Nothing is stored for it, so it is
//! good on every instance that shares the key, and no row exists before the first write.

use std::path::Path;
use std::{fs, io};

use axum::http::{HeaderMap, HeaderValue, header};
use hmac::{Hmac, Mac};
use protocol::user::UserId;
use sha2::Sha256;
use uuid::Uuid;

/// The shortest key, in bytes: as long as the hash it feeds.
const KEY_MIN_BYTES: usize = 32;

/// The cookie that carries a browser's identity. The name is this product's own: on one host all ports share cookies.
const COOKIE: &str = "postonce_session";

/// What it was called before. It is taken for as long as it verifies, and written anew under its present name.
const COOKIE_BEFORE: &str = "session";

/// How long a browser keeps its identity, in seconds: 400 days, the longest that browsers allow.
const COOKIE_MAX_AGE: u32 = 400 * 24 * 60 * 60;

/// What is signed besides the id, so that no signature made for another purpose passes for a session.
const PURPOSE: &[u8] = b"postonce session 1:";

/// Why a session key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(
        "--session-key must be one or two keys separated by a comma, each hexadecimal with at least 64 digits"
    )]
    Malformed,
    #[error("--session-key (or SESSION_KEY) must be given with Postgres: every instance has to share it")]
    MustBeGiven,
    #[error("the session key {path} cannot be read or written: {source}")]
    File { path: String, source: io::Error },
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
}

/// Signs and verifies identities. The first key signs, all verify, so that a key can be replaced without signing
/// anybody out.
#[derive(Clone)]
pub struct Sessions {
    keys: Vec<Hmac<Sha256>>,
}

impl Sessions {
    /// Reads `--session-key`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let keys = text.split(',').map(|key| mac(&decode(key)?)).collect::<Result<Vec<_>, KeyError>>()?;
        if keys.len() > 2 { Err(KeyError::Malformed) } else { Ok(Self { keys }) }
    }

    /// A key that dies with the process, for a database that does too.
    pub fn ephemeral() -> Result<Self, KeyError> {
        Ok(Self { keys: vec![mac(&random_key()?)?] })
    }

    /// The key kept in `path`; generated, with mode 0600, when the file is not there.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.display().to_string(), source };
        match fs::read_to_string(path) {
            Ok(text) => return Self::parse(text.trim()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        // Written beside and then linked, so that two processes that start together agree on one whole key.
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        write_secret(&draft, &hex::encode(random_key()?)).map_err(failed)?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft).map_err(failed)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed(error)),
            Ok(()) | Err(_) => Self::parse(fs::read_to_string(path).map_err(failed)?.trim()),
        }
    }

    pub fn token(&self, user: UserId) -> String {
        let signature = self.keys.first().map(|key| hex::encode(signed(key, user).finalize().into_bytes()));
        format!("{user}.{}", signature.unwrap_or_default())
    }

    /// The user that a token names, if one of the keys signed it. Signatures are compared in constant time.
    pub fn verify(&self, token: &str) -> Option<UserId> {
        let (id, signature) = token.split_once('.')?;
        let user = UserId(Uuid::try_parse(id).ok()?);
        let signature = hex::decode(signature).ok()?;
        let known = self.keys.iter().any(|key| signed(key, user).verify_slice(&signature).is_ok());
        known.then_some(user)
    }

    /// The `Set-Cookie` that gives a browser its identity. Where `over_tls`, it is never sent in the clear.
    pub fn cookie(&self, user: UserId, over_tls: bool) -> Option<HeaderValue> {
        let token = self.token(user);
        let secure = if over_tls { "; Secure" } else { "" };
        HeaderValue::try_from(format!(
            "{COOKIE}={token}; Path=/; Max-Age={COOKIE_MAX_AGE}; HttpOnly; SameSite=Lax{secure}"
        ))
        .ok()
    }

    /// The identity in the session cookie, if there is a good one.
    pub fn from_cookie(&self, headers: &HeaderMap) -> Option<UserId> {
        self.in_cookie(COOKIE, headers).or_else(|| self.in_cookie(COOKIE_BEFORE, headers))
    }

    /// Whether the cookie is there under its present name.
    pub fn has_cookie(&self, headers: &HeaderMap) -> bool {
        self.in_cookie(COOKIE, headers).is_some()
    }

    /// Other programs on the host may set cookies of the same name: the first that verifies counts. They may also set
    /// what is no text, on the same line, so bytes are looked at.
    fn in_cookie(&self, wanted: &str, headers: &HeaderMap) -> Option<UserId> {
        let lines = headers.get_all(header::COOKIE).iter();
        lines
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| pair.trim_ascii().strip_prefix(wanted.as_bytes())?.strip_prefix(b"="))
            .find_map(|token| self.verify(std::str::from_utf8(token).ok()?))
    }
}

/// Whether the browser speaks TLS to the proxy in front, as far as the proxy says so. Whoever forges the header
/// restricts no cookie but their own.
pub fn over_tls(headers: &HeaderMap) -> bool {
    // The first of several proxies is the one that the browser speaks to.
    let line = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    line.and_then(|line| line.split(',').next())
        .is_some_and(|first| first.trim().eq_ignore_ascii_case("https"))
}

fn decode(key: &str) -> Result<Vec<u8>, KeyError> {
    let bytes = hex::decode(key.trim()).map_err(|_| KeyError::Malformed)?;
    if bytes.len() < KEY_MIN_BYTES { Err(KeyError::Malformed) } else { Ok(bytes) }
}

fn mac(key: &[u8]) -> Result<Hmac<Sha256>, KeyError> {
    Hmac::new_from_slice(key).map_err(|_| KeyError::Malformed)
}

fn signed(key: &Hmac<Sha256>, user: UserId) -> Hmac<Sha256> {
    key.clone().chain_update(PURPOSE).chain_update(user.as_uuid().as_bytes())
}

fn random_key() -> Result<[u8; KEY_MIN_BYTES], KeyError> {
    let mut key = [0; KEY_MIN_BYTES];
    getrandom::fill(&mut key).map_err(KeyError::Random)?;
    Ok(key)
}

fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;

    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> UserId {
        UserId(Uuid::from_u128(7))
    }

    fn key(digit: &str) -> String {
        digit.repeat(64)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_is_good_under_the_key_that_signed_it_and_no_other() {
        let (old, new) = (Sessions::parse(&key("a")).unwrap(), Sessions::parse(&key("b")).unwrap());
        let token = old.token(user());
        assert_eq!(old.verify(&token), Some(user()));
        assert_eq!(new.verify(&token), None);
        let both = Sessions::parse(&format!("{},{}", key("b"), key("a"))).unwrap();
        assert_eq!(both.verify(&token), Some(user()));
        assert_eq!(both.token(user()), new.token(user()));
    }

    #[test]
    fn a_token_that_was_touched_is_refused() {
        let sessions = Sessions::parse(&key("a")).unwrap();
        let token = sessions.token(user());
        let other = token.replacen('7', "8", 1);
        for bad in ["", ".", "x.y", &token[1..], &token[..token.len() - 2], &format!("{token}00"), &other] {
            assert_eq!(sessions.verify(bad), None, "{bad}");
        }
    }

    #[test]
    fn short_odd_or_many_keys_are_refused() {
        for text in ["", "abc", &"a".repeat(62), &"g".repeat(64), &[key("a"), key("b"), key("c")].join(",")] {
            assert!(Sessions::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_file_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/session.key");
        let token = Sessions::from_file(&path).unwrap().token(user());
        assert_eq!(Sessions::from_file(&path).unwrap().verify(&token), Some(user()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn r17_the_cookie_has_a_name_of_its_own_and_nobody_loses_an_identity() {
        let sessions = Sessions::parse(&key("a")).unwrap();
        let (mine, other) = (sessions.token(user()), sessions.token(UserId(Uuid::from_u128(8))));
        let stranger = Sessions::parse(&key("b")).unwrap().token(UserId(Uuid::from_u128(9)));
        for (line, who, present) in [
            (format!("postonce_session={mine}"), Some(user()), true),
            (format!("session={mine}"), Some(user()), false),
            (format!("session=of-another-program; postonce_session={mine}"), Some(user()), true),
            (format!("session={other}; postonce_session={mine}"), Some(user()), true),
            (format!("postonce_session=broken; session={mine}"), Some(user()), false),
            (format!("session=of-another-program; session={mine}"), Some(user()), false),
            (format!("postonce_session={stranger}; postonce_session={mine}"), Some(user()), true),
            (format!("theme=d\u{fc}ster; postonce_session={mine}"), Some(user()), true),
            (format!("session=\u{1f600}; postonce_session={mine}"), Some(user()), true),
            (format!("not_postonce_session={mine}; postonce_session_2={mine}"), None, false),
            (format!("session={stranger}"), None, false),
            ("session=".to_owned(), None, false),
            ("postonce_session".to_owned(), None, false),
        ] {
            let headers = headers(&[("cookie", line.as_str())]);
            assert_eq!(sessions.from_cookie(&headers), who, "{line}");
            assert_eq!(sessions.has_cookie(&headers), present, "{line}");
        }
        let set = sessions.cookie(user(), false).unwrap();
        assert!(set.to_str().unwrap().starts_with(&format!("postonce_session={mine};")));
    }
}
