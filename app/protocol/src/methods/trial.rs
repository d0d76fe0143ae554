//! What can be measured, and what is said of it.

/// A request that is sent again and again, as a retrying client would send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trial {
    Get,
    Head,
    Options,
    Put,
    Delete,
    /// On the control arm, which knows no keys.
    Post,
    /// On the control arm: each arrival appends.
    Patch,
    PostKey,
    PatchKey,
    /// `PATCH` that sets a text, each time under a new key, so that no call is recognised.
    PatchSet,
    /// `PATCH` that appends a text, each time under a new key.
    PatchAppend,
    /// A `GET` that counts its visits.
    CountingGet,
    /// A `PUT` that appends.
    AppendingPut,
    /// Text A is set, then text B, then A arrives once more.
    StalePlain,
    /// The same, each under the tag that its sender had seen.
    StaleTag,
    /// The same, with the late copy under the key of the first.
    StaleKey,
}

/// What the article and RFC 9110 say of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub safe: bool,
    pub idempotent: bool,
}

impl Trial {
    /// The seven methods of the article's table, in its order.
    pub const ARTICLE: [Self; 7] =
        [Self::Get, Self::Head, Self::Options, Self::Put, Self::Delete, Self::Post, Self::Patch];

    /// The two that are not idempotent by themselves, made so by a key.
    pub const KEYED: [Self; 2] = [Self::PostKey, Self::PatchKey];

    /// A name for attributes, unique and never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Head => "head",
            Self::Options => "options",
            Self::Put => "put",
            Self::Delete => "delete",
            Self::Post => "post",
            Self::Patch => "patch",
            Self::PostKey => "post-key",
            Self::PatchKey => "patch-key",
            Self::PatchSet => "patch-set",
            Self::PatchAppend => "patch-append",
            Self::CountingGet => "counting-get",
            Self::AppendingPut => "appending-put",
            Self::StalePlain => "stale-plain",
            Self::StaleTag => "stale-tag",
            Self::StaleKey => "stale-key",
        }
    }

    /// What a reader calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::PostKey => "POST + key",
            Self::PatchKey => "PATCH + key",
            Self::PatchSet => "PATCH that sets",
            Self::PatchAppend => "PATCH that appends",
            Self::CountingGet => "GET that counts",
            Self::AppendingPut => "PUT that appends",
            Self::StalePlain => "As it comes",
            Self::StaleTag => "With If-Match",
            Self::StaleKey => "Under its first key",
        }
    }

    /// The method on the wire.
    pub const fn method(self) -> &'static str {
        match self {
            Self::Get | Self::CountingGet => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Put | Self::AppendingPut => "PUT",
            Self::Delete => "DELETE",
            Self::Post | Self::PostKey => "POST",
            Self::Patch | Self::PatchKey | Self::PatchSet | Self::PatchAppend => "PATCH",
            Self::StalePlain | Self::StaleTag | Self::StaleKey => "PATCH",
        }
    }

    /// `None` where a method's name alone decides nothing.
    pub const fn claim(self) -> Option<Claim> {
        match self {
            Self::Get | Self::Head | Self::Options => Some(Claim { safe: true, idempotent: true }),
            Self::Put | Self::Delete => Some(Claim { safe: false, idempotent: true }),
            Self::Post | Self::Patch => Some(Claim { safe: false, idempotent: false }),
            Self::PostKey
            | Self::PatchKey
            | Self::PatchSet
            | Self::PatchAppend
            | Self::CountingGet
            | Self::AppendingPut
            | Self::StalePlain
            | Self::StaleTag
            | Self::StaleKey => None,
        }
    }

    /// Whether it is sent to what exists only where the server carries out faults: the control arm.
    pub const fn is_on_the_control_arm(self) -> bool {
        matches!(self, Self::Post | Self::Patch | Self::CountingGet | Self::AppendingPut)
    }

    /// Whether its calls are one request sent again, so that a verdict can be drawn.
    pub const fn repeats(self) -> bool {
        !matches!(self, Self::StalePlain | Self::StaleTag | Self::StaleKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_articles_list_is_the_one_of_the_standard() {
        let idempotent = |trial: &Trial| trial.claim().unwrap().idempotent;
        let (yes, no): (Vec<_>, Vec<_>) = Trial::ARTICLE.into_iter().partition(idempotent);
        assert_eq!(yes.map_names(), ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
        assert_eq!(no.map_names(), ["POST", "PATCH"]);
    }

    trait Names {
        fn map_names(&self) -> Vec<&'static str>;
    }

    impl Names for Vec<Trial> {
        fn map_names(&self) -> Vec<&'static str> {
            self.iter().map(|trial| trial.name()).collect()
        }
    }
}
