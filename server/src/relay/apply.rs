//! Commands applied in their order, whatever one of them is like.

use crate::store::{Command, Store, StoreError, Verdict};

/// Applies commands in one transaction where that is possible: `None` stands for one that the database refuses for
/// what is in it. A batch with such a command is split in halves, until it is alone and the others are stored.
///
/// An error is transient. What was applied before it is applied again next time, which changes nothing.
pub(super) async fn apply(
    store: &dyn Store,
    commands: &[Command],
) -> Result<Vec<Option<Verdict>>, StoreError> {
    let mut verdicts = Vec::with_capacity(commands.len());
    let mut parts = vec![commands];
    while let Some(part) = parts.pop() {
        if part.is_empty() {
            continue;
        }
        match store.apply(part, None).await {
            Ok(found) => verdicts.extend(found.into_iter().map(Some)),
            Err(error) if error.is_transient() => return Err(error),
            Err(error) if part.len() == 1 => {
                tracing::error!(%error, "a record spoils its batch");
                verdicts.push(None);
            }
            Err(_) => {
                let (earlier, later) = part.split_at(part.len() / 2);
                parts.push(later);
                parts.push(earlier);
            }
        }
    }
    Ok(verdicts)
}
