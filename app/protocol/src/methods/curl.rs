//! A request as a line for a shell.

use super::request::Request;

/// A line that sends `request` to the site at `origin`, such as `http://localhost:3000`. `token` signs what needs an
/// identity, so that whoever pastes the line is the same author to the server.
pub fn line(request: &Request, origin: &str, token: Option<&str>) -> String {
    let mut line = match request.method {
        "HEAD" => "curl -I".to_owned(),
        "GET" => "curl -i".to_owned(),
        method => format!("curl -i -X {method}"),
    };
    line.push(' ');
    line.push_str(&quoted(&format!("{origin}{}", request.path)));
    let token = token.filter(|_| request.signed).map(|token| ("Authorization", format!("Bearer {token}")));
    for (name, value) in request.headers.iter().map(|(name, value)| (*name, value.clone())).chain(token) {
        line.push_str(" -H ");
        line.push_str(&quoted(&format!("{name}: {value}")));
    }
    if let Some(body) = &request.body {
        // Unlike --data, it takes a leading @ for text.
        line.push_str(" --data-raw ");
        line.push_str(&quoted(body));
    }
    line
}

/// One word for a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_its_quotes() {
        let request = Request {
            method: "PUT",
            path: "/a".to_owned(),
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: Some("{\"content\":\"it's $(date) `x`\"}".to_owned()),
            signed: true,
        };
        assert_eq!(
            line(&request, "http://here", Some("t")),
            "curl -i -X PUT 'http://here/a' -H 'Content-Type: application/json' -H 'Authorization: Bearer t' \
             --data-raw '{\"content\":\"it'\\''s $(date) `x`\"}'"
        );
        let head = Request { method: "HEAD", headers: vec![], body: None, signed: false, ..request };
        assert_eq!(line(&head, "http://here", Some("t")), "curl -I 'http://here/a'");
    }
}
