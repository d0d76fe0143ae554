//! Whose request it is: what its credential says, what it believes itself, and which site's page sent it.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{HeaderMap, HeaderValue, Method, header};
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
        let tokens = headers.get_all(header::AUTHORIZATION).iter().filter_map(bearer);
        let users: Option<Vec<_>> = tokens.map(|token| self.verify(token)).collect();
        match users.as_deref() {
            Some([]) => {}
            Some([user, others @ ..]) if others.iter().all(|other| other == user) => return Ok(Some(*user)),
            Some(_) | None => {
                let detail = "The Authorization header holds no token of this server.";
                return Err(Problem::new(ProblemName::NotSignedIn, detail));
            }
        }
        let user = self.from_cookie(headers);
        if user.is_some() && !method.is_safe() && is_of_another_site(headers) {
            tell_operator(headers);
            return Err(Problem::new(ProblemName::CrossSite, CROSS_SITE));
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

/// The token of a bearer's credential, an empty one where it is no text; `None` for other schemes.
fn bearer(value: &HeaderValue) -> Option<&str> {
    let line = value.as_bytes().trim_ascii();
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (scheme, token) = line.split_at(end);
    let is_bearer = scheme.eq_ignore_ascii_case(b"bearer");
    is_bearer.then(|| std::str::from_utf8(token.trim_ascii()).unwrap_or_default())
}

/// Whether another site's page sent the request. Browsers without `Sec-Fetch-Site`, as on plain HTTP, still send
/// `Origin`, which must then match the host. What a proxy says of the host it was asked for (`X-Forwarded-Host`) is
/// not believed, because anybody can say it.
pub fn is_of_another_site(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|text| text.split_once("://"));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    !matches!((origin, host), (Some((scheme, authority)), Some(host)) if is_one_host(scheme, authority, host))
}

/// Names are compared without their case, and the port that the scheme has anyway may be left out.
fn is_one_host(scheme: &str, authority: &str, host: &str) -> bool {
    let usual_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let bare = |name: &str| name.strip_suffix(usual_port).unwrap_or(name).to_ascii_lowercase();
    bare(authority) == bare(host)
}

/// Says once, at the first such request, what a proxy that replaces `Host` looks like from here. A browser that tells
/// the site itself, or whose page has no origin, says nothing about proxies.
fn tell_operator(headers: &HeaderMap) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (origin, host) = (text(header::ORIGIN), text(header::HOST));
    let may_be_a_proxy = !headers.contains_key("sec-fetch-site") && origin.contains("://");
    if may_be_a_proxy && !TOLD.swap(true, Ordering::Relaxed) {
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
        // A proxy that replaced Host, and what anybody can forge.
        for forged in ["x-forwarded-host", "forwarded", "x-original-host", "x-host"] {
            let asked = ask(&[("origin", "http://proxied.example"), (forged, "proxied.example")]);
            assert_eq!(asked, Err(403), "{forged}");
        }
    }

    #[test]
    fn a_port_that_the_scheme_has_anyway_may_be_left_out() {
        for (origin, host, same) in [
            ("https://post.example", "post.example:443", true),
            ("http://post.example", "POST.example:80", true),
            ("http://post.example:80", "post.example", true),
            ("https://post.example", "post.example:80", false),
            ("http://post.example", "post.example:443", false),
            ("http://post.example:3000", "post.example", false),
            ("http://[::1]", "[::1]:80", true),
            ("post.example", "post.example", false),
        ] {
            let headers = headers(&[("origin", origin), ("host", host)]);
            assert_eq!(is_of_another_site(&headers), !same, "{origin} {host}");
        }
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
            (format!("bearer\t{token}0"), Err(401), Err(401)),
            (format!("Bearer {token}\u{e9}"), Err(401), Err(401)),
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
        let other = format!("Bearer {}", sessions.token(UserId(Uuid::from_u128(8))));
        for second in [other.as_str(), "Bearer nonsense"] {
            let two = headers(&[("authorization", &format!("Bearer {token}")), ("authorization", second)]);
            assert_eq!(sessions.require(&Method::PUT, &two).map_err(|problem| problem.status), Err(401));
        }
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
