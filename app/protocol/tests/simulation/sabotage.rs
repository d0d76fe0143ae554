//! How a driver or a machine can be wrong; the invariants must notice each.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    None,
    /// A retry goes out under a new id.
    NewIdOnRetry,
    /// The row is removed when it is sent, not when it is answered.
    DropBeforeAnswer,
    /// The request goes out before the row says so.
    SendBeforeSave,
    /// A retry sends an edited text under the old id.
    EditOnRetry,
    /// No answer is taken for success.
    TrustSilence,
    /// Rows are written over whatever is there.
    IgnoreConflicts,
    /// A 404 of something else is taken for the server's.
    TrustStrangers,
    /// Requests do not say whose they are.
    SendAsWhoever,
    /// Receipts are removed with the next attempt.
    DropReceiptsEarly,
    /// Where a press finds its id in storage, the machine does not hear of that row.
    KeepKnownIdsSecret,
    /// A press that finds another text under its id is taken for the same press.
    TrustKnownIds,
    /// The text is dropped while its enqueue is undecided.
    ForgetUndecidedText,
    /// A press that storage refused is taken for saved.
    TrustRefusals,
    /// What happened in memory is not taken along when storage is back.
    ReturnEmptyHanded,
    /// Rows of a newer version are taken for no rows.
    OverwriteNewerRows,
    /// Where there are no locks, every tab takes all others for dead.
    IgnoreLeases,
    /// The wait that the server asks for is not heard.
    IgnoreRetryAfter,
    /// Every failure is followed by another attempt at once.
    IgnoreBudget,
    /// Delays are measured on the wall clock.
    TrustWallClock,
}

impl Sabotage {
    pub(crate) const ALL: [Self; 19] = [
        Self::NewIdOnRetry,
        Self::DropBeforeAnswer,
        Self::SendBeforeSave,
        Self::EditOnRetry,
        Self::TrustSilence,
        Self::IgnoreConflicts,
        Self::TrustStrangers,
        Self::SendAsWhoever,
        Self::DropReceiptsEarly,
        Self::KeepKnownIdsSecret,
        Self::TrustKnownIds,
        Self::ForgetUndecidedText,
        Self::TrustRefusals,
        Self::ReturnEmptyHanded,
        Self::OverwriteNewerRows,
        Self::IgnoreLeases,
        Self::IgnoreRetryAfter,
        Self::IgnoreBudget,
        Self::TrustWallClock,
    ];
}
