//! The face of PostOnce: pages and components, and the ports it needs the server to fill.
//!
//! | module | what it holds |
//! |---|---|
//! | [`shell`] | the HTML document around the app |
//! | [`shape`] | by what a page recognises that somebody changed it |
//! | [`ports`] | what pages need the server to know: `Reader`, `Viewer`, `Refusal` |
//! | [`reads`] | server functions, for reads alone; every write goes through the outbox or a form |
//! | [`outbox_handle`] | the seam to the browser's hands |
//! | [`lab_handle`] | the same seam for experiments |
//! | [`methods_handle`] | the same for measuring HTTP's methods |
//! | [`lab`] | experiments: their pictures, and what they are set up with |
//! | [`methods`] | the measurements: logs, the table of verdicts, the comparisons |
//! | [`outage_handle`] | the same for outages |
//! | [`tour_handle`] | the same for the tour: how far one got |
//! | [`facts`] | what a page states about itself, for the browser's hands |
//! | [`status`] | the HTTP status that a page answers with |
//! | [`pages`] | one file per page |
//! | [`parts`] | which pages come together, and the whole site |
//! | [`components`] | what pages are made of |

pub mod components;
pub mod facts;
pub mod lab;
pub mod lab_handle;
pub mod methods;
pub mod methods_handle;
pub mod outage_handle;
pub mod outbox_handle;
pub mod pages;
pub mod parts;
pub mod ports;
pub mod reads;
pub mod shape;
pub mod shell;
pub mod status;
pub mod tour_handle;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;

use crate::components::announcer::Announcer;
use crate::components::ready::Ready;
use crate::lab_handle::LabHandle;
use crate::methods_handle::MethodsHandle;
use crate::outage_handle::OutageHandle;
use crate::outbox_handle::OutboxHandle;
use crate::ports::{Refusal, Viewer};

/// What every page finds around it.
pub(crate) fn surround() {
    provide_meta_context();
    OutboxHandle::of_page();
    LabHandle::of_page();
    MethodsHandle::of_page();
    OutageHandle::of_page();
    Ready::provide();
    Announcer::provide();
    share::<Viewer>();
    share::<Refusal>();
}

/// Carries a context of the server over to the browser, inside the page: a view whose values differ between the
/// two loses its handlers.
fn share<T>()
where
    T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
{
    if let Some(value) = SharedValue::new(use_context::<T>).into_inner() {
        provide_context(value);
    }
}
