//! The other methods of HTTP, and paths that are none.

use http::Method;
use serde_json::json;

use crate::helpers::{TestApp, id, stories};

stories![
    head_says_what_get_says_without_a_body,
    options_names_the_methods_of_every_resource,
    a_method_that_a_resource_lacks_is_refused_with_allow,
    a_path_that_does_not_exist_is_not_found,
    safe_methods_change_nothing,
];

async fn head_says_what_get_says_without_a_body(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    for path in [format!("/api/posts/{id}"), "/api/posts".to_owned(), "/api/capabilities".to_owned()] {
        let (get, head) = (ada.get(&path).await, ada.ask(Method::HEAD, &path).await);
        head.assert_status(200);
        assert!(head.body.is_empty());
        for name in ["content-type", "etag", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {head}");
        }
        assert_eq!(head.header("content-length").unwrap(), get.body.len().to_string());
    }
    let absent = ada.ask(Method::HEAD, format!("/api/posts/{}", crate::helpers::id())).await;
    absent.assert_status(404);
    assert!(absent.body.is_empty());
}

fn allowed(answer: &crate::helpers::Answer) -> Vec<String> {
    let allow = answer.header("allow").unwrap_or_else(|| panic!("no Allow in {answer}"));
    let mut methods: Vec<_> = allow.split(',').map(|method| method.trim().to_owned()).collect();
    methods.sort_unstable();
    methods
}

/// Each resource of the API with its methods, in alphabetical order.
fn resources() -> Vec<(String, Vec<&'static str>)> {
    let id = id();
    vec![
        ("/api/posts".to_owned(), vec!["GET", "HEAD", "OPTIONS", "POST"]),
        (format!("/api/posts/{id}"), vec!["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "PUT"]),
        (format!("/api/posts/{id}/status"), vec!["GET", "HEAD", "OPTIONS"]),
        ("/api/rooms/lobby/events".to_owned(), vec!["GET", "HEAD", "OPTIONS"]),
        ("/api/capabilities".to_owned(), vec!["GET", "HEAD", "OPTIONS"]),
        ("/api/session".to_owned(), vec!["OPTIONS", "POST"]),
    ]
}

async fn options_names_the_methods_of_every_resource(app: &mut TestApp) {
    let nobody = app.stranger();
    for (path, methods) in resources() {
        let answer = nobody.ask(Method::OPTIONS, &path).await;
        answer.assert_status(204);
        assert!(answer.body.is_empty());
        assert_eq!(allowed(&answer), methods, "{path}");
    }
}

async fn a_method_that_a_resource_lacks_is_refused_with_allow(app: &mut TestApp) {
    let ada = app.visitor().await;
    for (path, methods) in resources() {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
            if methods.contains(&method) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = ada.ask(method, &path).json(&json!({"content": "hello"})).await;
            answer.assert_problem(405, "method-not-allowed");
            assert_eq!(allowed(&answer), methods, "{answer}");
        }
    }
    assert_eq!(app.database.rows().await, []);
}

async fn a_path_that_does_not_exist_is_not_found(app: &mut TestApp) {
    let ada = app.visitor().await;
    for path in ["/api", "/api/", "/api/nothing", "/api/posts/", "/api/rooms"] {
        for method in [Method::GET, Method::PUT, Method::POST, Method::DELETE] {
            ada.ask(method, path).json(&json!({"content": "hello"})).await.assert_problem(404, "not-found");
        }
    }
    let deeper = format!("/api/posts/{}/status/more", id());
    ada.get(&deeper).await.assert_problem(404, "not-found");
}

async fn safe_methods_change_nothing(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    let before = app.database.rows().await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
        for path in [
            format!("/api/posts/{id}"),
            "/api/posts".to_owned(),
            format!("/api/posts/{}", crate::helpers::id()),
        ] {
            let asked = ada.ask(method.clone(), path).json(&json!({"content": "changed"}));
            asked.await;
        }
    }
    assert_eq!(app.database.rows().await, before);
}
