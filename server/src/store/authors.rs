//! The authors of whom a write connection knows that they have a row.

use std::collections::HashMap;

use protocol::user::{UserId, display_name};

/// How many authors a connection remembers, which is a megabyte; it begins anew beyond.
const AUTHORS_MAX: usize = 16_384;

/// Authors whose row was seen, which is never changed or deleted; with their name, where it is another than an id alone
/// would say. It goes down with its connection.
#[derive(Default)]
pub(super) struct Authors(HashMap<UserId, Option<String>>);

impl Authors {
    pub(super) fn know(&self, author: UserId) -> bool {
        self.0.contains_key(&author)
    }

    /// Forgets everybody where so many more would be too many. In the middle of a batch nobody may be forgotten.
    pub(super) fn make_room(&mut self, more: usize) {
        if self.0.len() + more > AUTHORS_MAX {
            self.0.clear();
        }
    }

    pub(super) fn learn(&mut self, author: UserId, name: String) {
        self.0.insert(author, Some(name).filter(|name| *name != display_name(author)));
    }

    /// The name of an author who is known.
    pub(super) fn name(&self, author: UserId) -> String {
        self.0.get(&author).cloned().flatten().unwrap_or_else(|| display_name(author))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_remembers_only_so_many_authors_and_their_own_names() {
        let author = |number: usize| UserId(uuid::Uuid::from_u128(number as u128));
        let mut authors = Authors::default();
        for number in 0..AUTHORS_MAX {
            authors.make_room(1);
            let name = if number == 1 { "raw".to_owned() } else { display_name(author(number)) };
            authors.learn(author(number), name);
        }
        assert_eq!(
            (authors.name(author(1)), authors.name(author(2))),
            ("raw".to_owned(), display_name(author(2)))
        );
        authors.make_room(1);
        assert!(!authors.know(author(1)));
    }
}
