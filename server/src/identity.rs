//! Whose request it is: what its credential says, what it believes itself, and which site's page sent it.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{HeaderMap, Method, header};
use protocol::problem::{Problem, ProblemName};
use protocol::user::UserId;
use protocol::wire::header::AS_USER;
use uuid::Uuid;

use crate::session::Sessions;

/// What is said of a request that comes from another site, or seems to.
pub const CROSS_SITE: &str = "A request signed in by a cookie must come from this site's own pages. If it does, a proxy \
                              in front of the server replaces the Host header: whoever runs the site has to let it pass.";

/// What is said of a request that names another user than its credential.
pub const OTHER_IDENTITY: &str = "This session is not of the user whom the request names. Nothing was looked at. Send it \
                                  again, under the same key, once that user is signed in.";

impl Sessions {
    /// Who sent a request. A bearer token is preferred to the cookie, and a bad one is refused rather than passed over;
    /// `Authorization` of another scheme is for somebody else, such as a proxy in front, and hides nothing. `None` where
    /// no credential came.
    ///
    /// # Errors
    /// - [`ProblemName::NotSignedIn`]: a bad token, or a request that names its user and has no credential.
    /// - [`ProblemName::CrossSite`]: a cookie came with an unsafe method from another site.
    /// - [`ProblemName::OtherIdentity`]: the credential is not of the user whom the request names.
    /// - [`ProblemName::MalformedHeader`]: `As-User` cannot be read.
    pub fn identify(&self, method: &Method, headers: &HeaderMap) -> Result<Option<UserId>, Problem> {
        let user = self.credential(method, headers)?;
        let Some(named) = named(headers)? else { return Ok(user) };
        match user {
            Some(user) => is_the_same(user, named).map(|()| Some(user)),
            None => Err(not_signed_in()),
        }
    }

    /// Who sent a request that needs an identity.
    pub fn require(&self, method: &Method, headers: &HeaderMap) -> Result<UserId, Problem> {
        self.identify(method, headers)?.ok_or_else(not_signed_in)
    }

    fn credential(&self, method: &Method, headers: &HeaderMap) -> Result<Option<UserId>, Problem> {
        if let Some(token) = headers.get_all(header::AUTHORIZATION).iter().find_map(bearer) {
            return self.verify(token).map(Some).ok_or_else(|| {
                Problem::new(
                    ProblemName::NotSignedIn,
                    "The Authorization header holds no token of this server.",
                )
            });
        }
        let user = self.from_cookie(headers);
        if user.is_some() && !method.is_safe() {
            is_of_this_site(headers)?;
        }
        Ok(user)
    }
}

/// Refuses a request whose credential is not of the user whom it names.
pub fn is_the_same(user: UserId, named: UserId) -> Result<(), Problem> {
    if user == named {
        return Ok(());
    }
    Err(Problem::new(ProblemName::OtherIdentity, OTHER_IDENTITY))
}

/// A user's id as a request may spell it: like the id of a post.
pub fn parse_user(text: &str) -> Option<UserId> {
    let spelled = matches!(text.len(), 32 | 36);
    if spelled { Uuid::try_parse(text).ok().map(UserId) } else { None }
}

/// Whom `As-User` names.
fn named(headers: &HeaderMap) -> Result<Option<UserId>, Problem> {
    let mut values = headers.get_all(AS_USER).iter();
    let Some(first) = values.next() else { return Ok(None) };
    let user = first.to_str().ok().and_then(|text| parse_user(text.trim()));
    match (user, values.next()) {
        (Some(user), None) => Ok(Some(user)),
        _ => Err(Problem::new(ProblemName::MalformedHeader, "As-User must be one user's id.")),
    }
}

fn not_signed_in() -> Problem {
    Problem::new(
        ProblemName::NotSignedIn,
        "Send the session cookie, or a bearer token from POST /api/session.",
    )
}

/// The token of a bearer's credential; `None` for other schemes.
fn bearer(value: &axum::http::HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?.trim_start();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether a page of this site sent the request. Browsers without `Sec-Fetch-Site`, as on plain HTTP, still send
/// `Origin`, which must then match the host.
fn is_of_this_site(headers: &HeaderMap) -> Result<(), Problem> {
    if let Some(site) = headers.get("sec-fetch-site") {
        let ours = matches!(site.as_bytes(), b"same-origin" | b"none");
        return if ours { Ok(()) } else { Err(cross_site()) };
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let authority = origin.to_str().ok().and_then(|text| text.split_once("://")).map(|(_, rest)| rest);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match (authority, host) {
        (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host) => Ok(()),
        (authority, host) => {
            tell_operator(authority.unwrap_or_default(), host.unwrap_or_default());
            Err(cross_site())
        }
    }
}

fn cross_site() -> Problem {
    Problem::new(ProblemName::CrossSite, CROSS_SITE)
}

/// Says once, at the first such request, what a proxy that replaces `Host` looks like from here.
fn tell_operator(origin: &str, host: &str) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if !TOLD.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            origin = %shortened(origin), host = %shortened(host),
            "a write was refused as another site's: its Origin is not its Host. If the page is this server's, the proxy in \
             front replaces Host and nobody can post; nginx needs: proxy_set_header Host $http_host;"
        );
    }
}

/// What a stranger sent, fit for a log.
fn shortened(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> UserId {
        UserId(Uuid::from_u128(7))
    }

    fn sessions() -> Sessions {
        Sessions::parse(&"a".repeat(64)).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn cookies_of_other_sites_pages_write_nothing() {
        let sessions = sessions();
        let cookie = format!("theme=dark; postonce_session={}", sessions.token(user()));
        let ask = |more: &[(&'static str, &str)]| {
            let mut all = vec![("cookie", cookie.as_str()), ("host", "post.example:3000")];
            all.extend_from_slice(more);
            sessions.require(&Method::POST, &headers(&all)).map_err(|problem| problem.status)
        };
        assert_eq!(ask(&[]), Ok(user()));
        assert_eq!(ask(&[("sec-fetch-site", "same-origin")]), Ok(user()));
        assert_eq!(ask(&[("sec-fetch-site", "none")]), Ok(user()));
        assert_eq!(ask(&[("sec-fetch-site", "same-site")]), Err(403));
        assert_eq!(
            ask(&[("sec-fetch-site", "cross-site"), ("origin", "http://post.example:3000")]),
            Err(403)
        );
        assert_eq!(ask(&[("origin", "http://post.example:3000")]), Ok(user()));
        assert_eq!(ask(&[("origin", "http://evil.example")]), Err(403));
        assert_eq!(ask(&[("origin", "null")]), Err(403));
    }

    #[test]
    fn r5_authorization_of_another_scheme_hides_no_cookie() {
        let sessions = sessions();
        let token = sessions.token(user());
        let cookie = format!("postonce_session={token}");
        for (line, beside_cookie, alone) in [
            (format!("bearer {token}"), Ok(user()), Ok(user())),
            (format!("Bearer   {token}  "), Ok(user()), Ok(user())),
            ("Bearer nonsense".to_owned(), Err(401), Err(401)),
            ("Bearer".to_owned(), Err(401), Err(401)),
            ("Basic dXNlcjpwYXNz".to_owned(), Ok(user()), Err(401)),
            ("Digest username=\"x\"".to_owned(), Ok(user()), Err(401)),
            ("Negotiate YII=".to_owned(), Ok(user()), Err(401)),
            (token.clone(), Ok(user()), Err(401)),
            (String::new(), Ok(user()), Err(401)),
        ] {
            let ask = |pairs: &[(&'static str, &str)]| {
                sessions.require(&Method::PUT, &headers(pairs)).map_err(|problem| problem.status)
            };
            let line = line.as_str();
            assert_eq!(ask(&[("authorization", line), ("cookie", &cookie)]), beside_cookie, "{line}");
            assert_eq!(ask(&[("authorization", line)]), alone, "{line}");
        }
        let two = headers(&[("authorization", "Basic x"), ("authorization", &format!("Bearer {token}"))]);
        assert_eq!(sessions.require(&Method::PUT, &two).map_err(|problem| problem.status), Ok(user()));
    }

    #[test]
    fn r3_a_request_may_say_whose_it_is() {
        let sessions = sessions();
        let token = format!("Bearer {}", sessions.token(user()));
        let (me, bare) = (user().to_string(), user().as_uuid().simple().to_string());
        let other = UserId(Uuid::from_u128(8)).to_string();
        let name = |problem: Problem| problem.name().unwrap();
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            for (named, expected) in [
                (me.as_str(), Ok(Some(user()))),
                (&me.to_uppercase(), Ok(Some(user()))),
                (&bare, Ok(Some(user()))),
                (&other, Err(ProblemName::OtherIdentity)),
                ("", Err(ProblemName::MalformedHeader)),
                ("me", Err(ProblemName::MalformedHeader)),
                (&format!("{{{me}}}"), Err(ProblemName::MalformedHeader)),
                (&format!("{me}, {me}"), Err(ProblemName::MalformedHeader)),
            ] {
                let asked = headers(&[("authorization", &token), ("as-user", named)]);
                assert_eq!(sessions.identify(&method, &asked).map_err(name), expected, "{method} {named}");
            }
            let twice = headers(&[("authorization", &token), ("as-user", &me), ("as-user", &me)]);
            let refused = sessions.identify(&method, &twice).map_err(name);
            assert_eq!(refused, Err(ProblemName::MalformedHeader));
            let nobody = headers(&[("as-user", &me)]);
            assert_eq!(sessions.identify(&method, &nobody).map_err(name), Err(ProblemName::NotSignedIn));
        }
    }
}
