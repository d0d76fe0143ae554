//! Query strings and cursors. Unknown names are passed over; what is known must be readable, else 400
//! `invalid-query`.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use protocol::post::Room;
use protocol::problem::ProblemName;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::ApiError;
use crate::services::Services;

/// Posts on a page where no limit is given, and at most.
pub const PAGE_DEFAULT: u32 = 20;
pub const PAGE_MAX: u32 = 100;

/// A query that axum can read, or the problem document that says why not.
pub struct Asking<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Services> for Asking<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        let query = Query::<T>::from_request_parts(parts, services).await;
        query.map(|Query(query)| Self(query)).map_err(|rejection| invalid(&rejection.body_text()))
    }
}

/// `?room=&before=&limit=` as it was sent.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PageQuery {
    pub room: Option<String>,
    pub before: Option<String>,
    pub limit: Option<String>,
    /// Of the control arm and the museum only: the rows of one experiment.
    pub run: Option<String>,
}

/// Which page of a room is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub room: Room,
    pub before: Option<i64>,
    pub limit: u32,
}

impl PageQuery {
    pub fn check(&self) -> Result<Page, ApiError> {
        let room = match &self.room {
            Some(text) => room(text)?,
            None => Room::lobby(),
        };
        let before = self.before.as_deref().map(parse_page_cursor).transpose()?;
        let limit = match self.limit.as_deref().map(str::parse) {
            None => PAGE_DEFAULT,
            Some(Ok(limit)) if (1..=PAGE_MAX).contains(&limit) => limit,
            Some(_) => return Err(invalid("limit must be 1 to 100")),
        };
        Ok(Page { room, before, limit })
    }

    /// Which rows of a lane of the lab are asked for: those of a run are looked for in every room, unless a room is
    /// named too.
    pub fn room_or_run<'a>(&self, page: &'a Page) -> Result<(Option<&'a Room>, Option<Uuid>), ApiError> {
        let run = self.run.as_deref().map(Uuid::try_parse).transpose();
        let run = run.map_err(|_| invalid("run must be a UUID"))?;
        Ok(((self.room.is_some() || run.is_none()).then_some(&page.room), run))
    }
}

pub fn room(text: &str) -> Result<Room, ApiError> {
    Room::parse(text).map_err(|error| invalid(&error.to_string()))
}

/// A page's cursor: the sequence that the page ended at. The letter keeps it from being taken for another number.
pub fn page_cursor(sequence: i64) -> String {
    format!("p{sequence}")
}

pub fn parse_page_cursor(text: &str) -> Result<i64, ApiError> {
    let digits = text.strip_prefix('p').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| invalid("before is no cursor of this list"))
}

pub fn invalid(detail: &str) -> ApiError {
    ApiError::new(ProblemName::InvalidQuery, format!("{detail}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(room: &str, before: &str, limit: &str) -> Result<Page, u16> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let query = PageQuery { room: some(room), before: some(before), limit: some(limit), run: None };
        query.check().map_err(|error| error.0.status)
    }

    #[test]
    fn a_query_that_cannot_be_read_is_refused() {
        assert_eq!(page("", "", ""), Ok(Page { room: Room::lobby(), before: None, limit: 20 }));
        assert_eq!(page("a-1", &page_cursor(7), "100").map(|page| page.before), Ok(Some(7)));
        for (room, before, limit) in [
            ("A", "", ""),
            ("", "7", ""),
            ("", "p", ""),
            ("", "p-1", ""),
            ("", "p+1", ""),
            ("", "p99999999999999999999", ""),
            ("", "", "0"),
            ("", "", "101"),
            ("", "", "ten"),
        ] {
            assert_eq!(page(room, before, limit), Err(400), "{room} {before} {limit}");
        }
    }
}
