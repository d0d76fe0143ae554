//! A write connection, with what it knows.

use std::ops::{Deref, DerefMut};

use sqlx::PgConnection;

use crate::store::authors::Authors;

pub(super) struct WriteConnection {
    pub(super) connection: PgConnection,
    pub(super) authors: Authors,
}

impl WriteConnection {
    pub(super) fn new(connection: PgConnection) -> Self {
        Self { connection, authors: Authors::default() }
    }
}

impl Deref for WriteConnection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for WriteConnection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
