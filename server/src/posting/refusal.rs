//! What a verdict means for whoever asked.

use protocol::problem::{Problem, ProblemName};

use crate::error::ApiError;
use crate::store::Verdict;

/// The refusal that a verdict is.
pub fn refusal(verdict: &Verdict) -> ApiError {
    match verdict {
        Verdict::KeyReused => ApiError::new(
            ProblemName::KeyReused,
            "You used this id or key for something else. Nothing was written.",
        ),
        Verdict::IdUnavailable => {
            ApiError::new(ProblemName::IdUnavailable, "This id cannot be used. Mint another.")
        }
        Verdict::Gone => {
            ApiError::new(ProblemName::PostDeleted, "You deleted this post. It will not come back.")
        }
        Verdict::ImageMissing => Problem::new(ProblemName::ImageMissing, "There is no picture with this id.")
            .at("/image_id")
            .into(),
        Verdict::NotFound => {
            ApiError::new(ProblemName::PostNotFound, "There is no post of yours with this id.")
        }
        Verdict::Stale => ApiError::new(
            ProblemName::PreconditionFailed,
            "The post has changed since the version that If-Match names.",
        ),
        Verdict::TooLong => {
            Problem::new(ProblemName::InvalidContent, "With this, the post would be over 2,048 characters.")
                .at("/append")
                .into()
        }
        Verdict::Created(_)
        | Verdict::Replayed(_)
        | Verdict::Done { .. }
        | Verdict::Deleted
        | Verdict::NothingToDelete { .. }
        | Verdict::Queued(_) => ApiError::internal(),
    }
}
