//! The API's description says what the server does, no more and no less.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use protocol::problem::{Problem, ProblemName};
use serde_json::{Value, json};

use crate::helpers::{Answer, Ask, TestApp, Visitor, id, stories};

stories![with Setup::with_faults();
    the_description_has_every_resource_with_its_methods,
    every_problem_is_described_with_its_contract,
    every_example_of_a_request_is_taken_and_answered_as_described,
    every_example_of_a_problem_is_what_the_server_says,
    the_description_is_a_page_too,
];

async fn document(app: &TestApp) -> Value {
    let answer = app.stranger().get("/api/openapi.json").await;
    answer.assert_status(200).assert_header("content-type", "application/json");
    answer.assert_header("cache-control", "no-store");
    let document: Value = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    document
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

async fn the_description_has_every_resource_with_its_methods(app: &mut TestApp) {
    let document = document(app).await;
    let described: BTreeSet<_> = fields(&document["paths"]).map(|(path, _)| path).collect();
    let routed: BTreeSet<_> = server::router::resources().iter().map(|(path, _)| *path).collect();
    assert_eq!(described, routed);
    for (path, item) in fields(&document["paths"]) {
        let methods: BTreeSet<_> = fields(item).map(|(method, _)| method.to_uppercase()).collect();
        let real = path.replace(['{', '}'], "");
        let answer = app.stranger().ask(Method::OPTIONS, &real).await;
        let allow = answer.assert_status(204).header("allow").unwrap();
        let allowed: BTreeSet<_> = allow.split(", ").map(str::to_owned).collect();
        assert_eq!(methods, allowed, "{path}");
        for method in ["GET", "PUT", "POST", "PATCH", "DELETE", "TRACE"] {
            if !methods.contains(method) {
                let answer = app.stranger().ask(method.parse().unwrap(), &real).await;
                answer.assert_problem(405, "method-not-allowed");
            }
        }
    }
}

async fn every_problem_is_described_with_its_contract(app: &mut TestApp) {
    let document = document(app).await;
    let described: BTreeSet<_> =
        fields(&document["components"]["examples"]).map(|(name, _)| name.to_owned()).collect();
    let known: BTreeSet<_> = ProblemName::ALL.iter().map(|name| name.as_str().to_owned()).collect();
    assert_eq!(described, known);
    for name in ProblemName::ALL {
        let value = &document["components"]["examples"][name.as_str()]["value"];
        let problem: Problem = serde_json::from_value(value.clone()).unwrap();
        assert_eq!((problem.name(), problem.status), (Some(name), name.status()));
    }
    let mut referred = BTreeSet::from(["method-not-allowed".to_owned()]);
    for (_, item) in fields(&document["paths"]) {
        for (_, operation) in fields(item) {
            for (status, answer) in fields(&operation["responses"]) {
                for (name, example) in fields(&answer["content"]["application/problem+json"]["examples"]) {
                    assert_eq!(example["$ref"], format!("#/components/examples/{name}"));
                    let known = ProblemName::parse(name).unwrap();
                    assert_eq!(known.status().to_string(), status, "{name}");
                    referred.insert(name.to_owned());
                }
            }
        }
    }
    assert_eq!(referred, known, "each problem is an answer of some operation");
}

/// In this order each finds what it needs: what is read was written, what is deleted is not needed any more.
const OPERATIONS: [&str; 23] = [
    "createSession",
    "putPost",
    "createPost",
    "patchPost",
    "getPost",
    "getPostStatus",
    "listPosts",
    "deletePost",
    "createNaive",
    "appendNaive",
    "listNaive",
    "createExhibit",
    "listExhibit",
    "countVisit",
    "putNote",
    "getRun",
    "listLog",
    "crashLog",
    "releaseLog",
    "replayLog",
    "getCapabilities",
    "getDocument",
    "getDocs",
];

async fn every_example_of_a_request_is_taken_and_answered_as_described(app: &mut TestApp) {
    let document = document(app).await;
    let mut operations: BTreeMap<&str, (&str, &str, &Value)> = BTreeMap::new();
    for (path, item) in fields(&document["paths"]) {
        for (method, operation) in fields(item) {
            operations.insert(operation["operationId"].as_str().unwrap(), (method, path, operation));
        }
    }
    let streams = ["followRoom", "followRun"];
    let told = operations.keys().filter(|id| !id.starts_with("headOf") && !id.starts_with("optionsOf"));
    let told: BTreeSet<_> = told.copied().filter(|id| !streams.contains(id)).collect();
    assert_eq!(told, OPERATIONS.into_iter().collect());

    let ada = app.visitor().await;
    // The examples are about one row; the database counts on its own.
    let mut row = 0;
    for name in OPERATIONS {
        let (method, path, operation) = operations[name];
        if name == "deletePost" {
            let id = operation["parameters"][0]["example"].as_str().unwrap();
            ada.put_spelled(id, "not for long").await.assert_created();
        }
        for (number, (media_type, body)) in bodies(operation).into_iter().enumerate() {
            let ask = request(&ada, method, path, operation, number, row);
            let ask = if media_type.is_empty() { ask } else { ask.body(&media_type, body) };
            let answer = ask.await;
            assert!((200..300).contains(&answer.status), "{name}: {answer}");
            assert_is_described(&answer, operation);
            if name == "createNaive" {
                row = answer.json::<Value>()["id"].as_i64().unwrap();
            }
        }
    }
}

/// The example bodies of an operation with their media types; one of none where it takes none.
fn bodies(operation: &Value) -> Vec<(String, String)> {
    let mut bodies = Vec::new();
    for (media_type, content) in fields(&operation["requestBody"]["content"]) {
        for (_, example) in fields(&content["examples"]) {
            let value = &example["value"];
            let body = if media_type == "application/json" {
                value.to_string()
            } else {
                let pairs = fields(value).map(|(name, value)| {
                    format!("{name}={}", value.as_str().unwrap().replace(' ', "+").replace(',', "%2C"))
                });
                pairs.collect::<Vec<_>>().join("&")
            };
            bodies.push((media_type.to_owned(), body));
        }
    }
    if bodies.is_empty() { vec![Default::default()] } else { bodies }
}

/// The request that the examples of an operation's parameters make. Each body has a key of its own.
fn request(ada: &Visitor, method: &str, path: &str, operation: &Value, number: usize, row: i64) -> Ask {
    let (mut path, mut query, mut headers) = (path.to_owned(), Vec::new(), Vec::new());
    for parameter in each(&operation["parameters"]) {
        let name = parameter["name"].as_str().unwrap();
        let example = &parameter["example"];
        let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        match parameter["in"].as_str().unwrap() {
            "path" if name == "n" => path = path.replace("{n}", &row.to_string()),
            "path" => path = path.replace(&format!("{{{name}}}"), &text),
            "query" => query.push(format!("{name}={text}")),
            "header" if name == "Idempotency-Key" => headers.push((name, format!("{text}-{path}-{number}"))),
            "header" => headers.push((name, text)),
            elsewhere => panic!("a parameter in {elsewhere}"),
        }
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let ask = ada.ask(method.to_uppercase().parse().unwrap(), path);
    headers.into_iter().fold(ask, |ask, (name, value)| ask.header(name, &value))
}

/// The status, the media type and the headers are described, and the body has the fields of the example.
#[track_caller]
fn assert_is_described(answer: &Answer, operation: &Value) {
    let described = &operation["responses"][answer.status.to_string()];
    assert!(described.is_object(), "this status is not described: {answer}");
    let media_type = answer.header("content-type").unwrap().split(';').next().unwrap();
    let content = &described["content"][media_type];
    assert!(content.is_object(), "this media type is not described: {answer}");
    for name in ["location", "etag", "idempotency-replayed", "retry-after", "allow"] {
        let known = fields(&described["headers"]).any(|(known, _)| known.eq_ignore_ascii_case(name));
        assert!(known || answer.header(name).is_none(), "{name} is not described: {answer}");
    }
    if media_type == "application/json" && operation["operationId"] != "getDocument" {
        assert_same_shape(&answer.json(), &content["example"], &answer.asked);
    }
}

#[track_caller]
fn assert_same_shape(real: &Value, example: &Value, place: &str) {
    match (real, example) {
        (Value::Object(real), Value::Object(example)) => {
            assert_eq!(real.keys().collect::<Vec<_>>(), example.keys().collect::<Vec<_>>(), "{place}");
            for (name, value) in real {
                assert_same_shape(value, &example[name], &format!("{place}/{name}"));
            }
        }
        (Value::Array(real), Value::Array(example)) => {
            if let (Some(real), Some(example)) = (real.first(), example.first()) {
                assert_same_shape(real, example, &format!("{place}/0"));
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        _ => assert_eq!(
            std::mem::discriminant(real),
            std::mem::discriminant(example),
            "{place}: {real} and {example}"
        ),
    }
}

/// All but three: a body that takes ten seconds, a failure nobody foresaw, and the rate, which has stories of its own.
async fn every_example_of_a_problem_is_what_the_server_says(app: &mut TestApp) {
    let document = document(app).await;
    let mut unseen: BTreeSet<_> = ProblemName::ALL.iter().map(|name| name.as_str()).collect();
    for elsewhere in ["request-timeout", "internal", "too-many-writes"] {
        unseen.remove(elsewhere);
    }
    for answer in refusals(app).await {
        let said: Value = answer.json();
        let name = said["type"].as_str().unwrap().strip_prefix("/problems/").unwrap();
        assert_eq!(said, document["components"]["examples"][name]["value"], "{answer}");
        assert!(unseen.remove(name), "{name} came twice");
    }
    assert_eq!(unseen, BTreeSet::new());
}

/// An answer for each problem that a client can bring about in a moment.
async fn refusals(app: &TestApp) -> Vec<Answer> {
    let (ada, bob, nobody) = (app.visitor().await, app.visitor().await, app.stranger());
    let (mine, gone) = (id(), id());
    ada.put(mine, "hello").await.assert_created();
    ada.put(gone, "hello").await.assert_created();
    ada.delete(gone).await.assert_status(200);
    let held = id();
    let copy = |attempt| {
        let put = ada.put(held, "hello").fault("slow; delay=2000").attempt(attempt);
        put.header("prefer", "wait=0")
    };
    let (first, second) = tokio::join!(copy(1), copy(2));
    let in_flight = if first.status == 409 { first } else { second };
    let cookie = format!("postonce_session={}", ada.token.clone().unwrap());
    vec![
        in_flight,
        ada.put(mine, "hello").header("as-user", &bob.user_id.to_string()).await,
        ada.put(mine, "hello").header("as-user", "me").await,
        nobody.get("/api/posts/nope").await,
        ada.put(id(), "").json_text("[]").await,
        ada.post("hello").await,
        ada.put(id(), "hello").key(&id().to_string()).await,
        ada.put(id(), "hello").header("run", "none").await,
        nobody.feed("limit=0").await,
        nobody.put(id(), "hello").await,
        nobody.put(id(), "hello").header("cookie", &cookie).header("sec-fetch-site", "cross-site").await,
        nobody.get("/api/nothing").await,
        nobody.read(id()).await,
        ada.ask(Method::PUT, "/api/posts").await,
        bob.put(mine, "hello").await,
        ada.put(gone, "hello").await,
        ada.append(mine, "stale", "!").header("if-match", "\"0\"").await,
        ada.put(id(), &"x".repeat(70_000)).await,
        ada.put(id(), "hello").body("text/plain", "hello").await,
        ada.put(mine, "something else").await,
        ada.put(id(), "").await,
        ada.put(id(), "hello").json(&json!({ "content": "hello", "image_id": id().to_string() })).await,
        ada.put(id(), "hello").fault("connect-refused").await,
    ]
}

async fn the_description_is_a_page_too(app: &mut TestApp) {
    let document = document(app).await;
    let page = app.stranger().get("/api/docs").await;
    page.assert_status(200).assert_header("content-type", "text/html; charset=utf-8");
    page.assert_header("cache-control", "no-store");
    let policy = page.header("content-security-policy").unwrap();
    assert!(!policy.contains("script-src") && policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!page.text().contains("<script") && !page.text().contains(" style="), "it needs no program");
    for (path, _) in fields(&document["paths"]) {
        assert!(page.text().contains(path), "{path}");
    }
    let unknown = app.stranger().get("/problems/%3Cscript%3E").await;
    unknown.assert_status(404).assert_header("content-type", "text/html; charset=utf-8");
    assert!(!unknown.text().contains("<script"));
}
