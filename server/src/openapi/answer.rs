//! What an answer carries: a body with an example, headers, and where to go from there.

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::link::{Link, LinkBuilder};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{Header, Ref, Type};

use super::example;

/// An answer with a body of this type, which the document knows by its name.
pub fn json_of<T: ToSchema>(about: &str, example: Value) -> ResponseBuilder {
    let schema = Ref::from_schema_name(T::name());
    json(about, schema, example)
}

pub fn json(about: &str, schema: Ref, example: Value) -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
    ResponseBuilder::new().description(about).content("application/json", content)
}

/// An answer that is text for people.
pub fn html(about: &str) -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some(string())).build();
    ResponseBuilder::new().description(about).content("text/html", content)
}

/// Server-Sent Events of these names, each as an object of its fields.
pub fn stream(about: &str, names: &[&str], example: Value) -> ResponseBuilder {
    let event = ObjectBuilder::new()
        .property("event", string().enum_values(Some(names.iter().copied())))
        .required("event")
        .property("id", string().description(Some("The cursor to go on from.")))
        .property("data", string().description(Some("JSON, in one line.")))
        .required("data");
    let content = ContentBuilder::new().schema(Some(event)).example(Some(example)).build();
    ResponseBuilder::new().description(about).content("text/event-stream", content)
}

fn header(schema: ObjectBuilder, example: Value, about: &str) -> Header {
    HeaderBuilder::new().schema(Some(schema)).example(Some(example)).description(Some(about)).build()
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// Headers that answers have in common.
pub trait Headers {
    fn located(self) -> Self;
    fn tagged(self) -> Self;
    /// A retry that was recognised. `also` says what the header means where it is missing.
    fn maybe_replayed(self, also: &str) -> Self;
    fn waits(self) -> Self;
    fn allows(self, methods: &str) -> Self;
    fn challenges(self) -> Self;
    /// What can be done with the post that the answer is about.
    fn leads_to_the_post(self) -> Self;
}

impl Headers for ResponseBuilder {
    fn located(self) -> Self {
        let place = format!("/api/posts/{}", example::ID);
        self.header("Location", header(string(), json!(place), "Where the post is."))
    }

    fn tagged(self) -> Self {
        let about = "The version of the post, another after every edit: for `If-Match`.";
        self.header("ETag", header(string().pattern(Some("^\"[0-9]+\"$")), json!("\"17\""), about))
    }

    fn maybe_replayed(self, also: &str) -> Self {
        let about = format!("`true` on a retry that was recognised: nothing was written. {also}");
        let schema = string().enum_values(Some(["true"]));
        self.header("Idempotency-Replayed", header(schema, json!("true"), about.trim_end()))
    }

    fn waits(self) -> Self {
        let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        self.header("Retry-After", header(schema, json!(1), "Seconds to wait before the same is sent again."))
    }

    fn allows(self, methods: &str) -> Self {
        self.header("Allow", header(string(), json!(methods), "The methods that the resource has."))
    }

    fn challenges(self) -> Self {
        let about = "How to say who is calling.";
        self.header("WWW-Authenticate", header(string(), json!("Bearer"), about))
    }

    fn leads_to_the_post(self) -> Self {
        let to = |operation: &str, about: &str| -> Link {
            let link = LinkBuilder::new().operation_id(operation).description(about);
            link.parameter("id", "$response.body#/id").build()
        };
        self.link("read", to("getPost", "The post as it stands."))
            .link("status", to("getPostStatus", "Where the operation stands."))
            .link("edit", to("patchPost", "Change its content, once per key."))
            .link("delete", to("deletePost", "Delete it for good."))
    }
}
