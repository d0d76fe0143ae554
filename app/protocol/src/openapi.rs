//! Schemas of what `serde` reads and writes in a way of its own. Those of plain structs and enums are derived, beside
//! their `serde` attributes.

use utoipa::openapi::schema::{AdditionalProperties, KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat};
use utoipa::openapi::{RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::key::PostId;
use crate::post::{CONTENT_MAX_CHARS, ImageId, Room};
use crate::time::Timestamp;
use crate::user::UserId;
use crate::wire::EditBody;

/// How answers spell a post's id.
pub const ID_PATTERN: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";

/// A room's name.
pub const ROOM_PATTERN: &str = "^[a-z0-9-]{1,32}$";

/// A picture's id in a form, where a field cannot be missing.
const FORM_IMAGE_PATTERN: &str = "^([0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12})?$";

/// Gives a type the schema that an expression makes.
macro_rules! schema {
    ($type:ty, $schema:expr) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $type {}
    };
}

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

const fn format(known: KnownFormat) -> Option<SchemaFormat> {
    Some(SchemaFormat::KnownFormat(known))
}

schema!(
    PostId,
    text("A UUID of version 4 or 7, minted by whoever writes the post; lower-case and hyphenated.")
        .format(format(KnownFormat::Uuid))
        .pattern(Some(ID_PATTERN))
);
schema!(UserId, text("The id of a user.").format(format(KnownFormat::Uuid)));
schema!(ImageId, text("The id of a picture.").format(format(KnownFormat::Uuid)));
schema!(Room, text("The name of a room.").pattern(Some(ROOM_PATTERN)));
schema!(
    Timestamp,
    text("RFC 3339, UTC, milliseconds, by the server's clock.")
        .format(format(KnownFormat::DateTime))
        .pattern(Some(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"))
);

/// A post's text as a request brings it.
pub struct Content;

schema!(
    Content,
    text("Unicode scalar values, none of them NUL; stored verbatim, never trimmed or normalised.")
        .min_length(Some(1))
        .max_length(Some(CONTENT_MAX_CHARS))
        .pattern(Some(r"^[^\u0000]*$"))
);

// One of two fields, which no derive says.
schema!(EditBody, OneOfBuilder::new().item(either("content", "append")).item(either("append", "content")));

/// A create as a form sends it: text alone.
pub struct FormBody;

schema!(
    FormBody,
    ObjectBuilder::new()
        .property("content", Content::schema())
        .required("content")
        .property("image_id", text("A picture; an empty one is none.").pattern(Some(FORM_IMAGE_PATTERN)))
        .property("room", Room::schema())
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
);

/// The only edit that the control arm takes.
pub struct AppendBody;

schema!(AppendBody, either("append", "content"));

fn either(given: &str, missing: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .property(given, Content::schema())
        .required(given)
        .property(missing, ObjectBuilder::new().schema_type(Type::Null))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
}
