//! One batch, until every command in it has its answer.

use std::sync::Arc;

use super::batch::Entry;
use super::retry::{self, Injected, PATIENCE};
use super::{Shared, WriteError};
use crate::store::Command;

/// Writes a batch and tells everyone who waits. What the database does not take in time is passed on to the log,
/// unless its failure was asked for. A batch that the database refuses for what is in it is split in
/// halves, until the command that spoils it is alone and the others are stored.
pub(super) async fn settle(shared: Arc<Shared>, batch: Vec<Entry>, injected: Option<Injected>) {
    shared.counters.batch_settled(batch.len());
    let mut parts = vec![batch];
    while let Some(mut part) = parts.pop() {
        let Some(oldest) = part.iter().map(|entry| entry.accepted).min() else { continue };
        let commands: Vec<Command> = part.iter().map(|entry| entry.command.clone()).collect();
        let witnesses = part.iter().flat_map(|entry| entry.witnesses.iter().cloned()).collect();
        match retry::apply(&shared, &commands, oldest + PATIENCE, injected, witnesses).await {
            Ok(verdicts) => {
                shared.breaker.close();
                for (entry, verdict) in part.into_iter().zip(verdicts) {
                    entry.tell(Ok(verdict));
                }
            }
            Err(WriteError { transient: false, .. }) if part.len() > 1 => {
                let later = part.split_off(part.len() / 2);
                parts.push(later);
                parts.push(part);
            }
            Err(WriteError { transient: true, outcome })
                if injected.is_none() && shared.overflow.is_some() =>
            {
                shared.breaker.open();
                if let Some(overflow) = &shared.overflow {
                    overflow.pass(part, outcome);
                }
            }
            Err(error) => {
                for entry in part {
                    entry.tell(Err(error));
                }
            }
        }
    }
}
