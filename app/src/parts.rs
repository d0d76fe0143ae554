//! Which pages come together. The server has all of them; a browser fetches the part that the page at hand is of.

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::pages::{
    feed::Feed,
    home::Home,
    honesty::Honesty,
    lab::Lab,
    methods::Methods,
    museum::Museum,
    not_found::NotFound,
    numbers::NumbersPage,
    outage::Outage,
    refused::Refused,
    tour::{Tour, TourStart},
};
use crate::surround;

/// A part of the site, by the pages that need the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What runs scenarios: the first screen, the lab, the museum.
    Lab,
    /// What posts, and whatever is found nowhere.
    Feed,
    /// What measures and explains: the tour, HTTP's methods, outages.
    Tour,
    /// What is read.
    Papers,
}

impl Part {
    /// The part that the page at `path` is of.
    pub fn of(path: &str) -> Self {
        match path.split('/').nth(1).unwrap_or_default() {
            "" | "lab" | "museum" => Self::Lab,
            "tour" | "methods" | "outage" => Self::Tour,
            "numbers" | "honesty" => Self::Papers,
            _ => Self::Feed,
        }
    }
}

/// A component of the pages at some paths. Every page is rendered to its end before a byte is sent: out-of-order
/// streaming needs JavaScript to place its content, and this site works without.
macro_rules! site {
    ($(#[$doc:meta])* $name:ident: $($path:tt => $page:ident),+ $(,)?) => {
        $(#[$doc])*
        #[component]
        pub fn $name() -> impl IntoView {
            surround();
            view! {
                <Router>
                    <Routes fallback=NotFound>
                        $(<Route path=path!($path) view=$page ssr=SsrMode::Async />)+
                    </Routes>
                </Router>
            }
        }
    };
}

site! {
    /// The whole site.
    App:
    "/" => Home,
    "/lab" => Lab,
    "/museum" => Museum,
    "/feed" => Feed,
    "/posts" => Refused,
    "/tour" => TourStart,
    "/tour/:number" => Tour,
    "/methods" => Methods,
    "/outage" => Outage,
    "/numbers" => NumbersPage,
    "/honesty" => Honesty,
}

site! {
    /// [`Part::Lab`].
    LabPart:
    "/" => Home,
    "/lab" => Lab,
    "/museum" => Museum,
}

site! {
    /// [`Part::Feed`].
    FeedPart:
    "/feed" => Feed,
    "/posts" => Refused,
}

site! {
    /// [`Part::Tour`].
    TourPart:
    "/tour" => TourStart,
    "/tour/:number" => Tour,
    "/methods" => Methods,
    "/outage" => Outage,
}

site! {
    /// [`Part::Papers`].
    PapersPart:
    "/numbers" => NumbersPage,
    "/honesty" => Honesty,
}
