//! The schema's steps, carried inside the binary so that a server can migrate whatever database it finds.
//!
//! The files are listed by hand: sqlx's `migrate!` would build both drivers a second time, for the compiler.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

macro_rules! steps {
    ($database:literal) => {
        [
            (1, "posts", include_str!(concat!("../../../migrations/", $database, "/0001_posts.sql"))),
            (
                2,
                "naive posts",
                include_str!(concat!("../../../migrations/", $database, "/0002_naive_posts.sql")),
            ),
            (3, "museum", include_str!(concat!("../../../migrations/", $database, "/0003_museum.sql"))),
            (
                4,
                "operations",
                include_str!(concat!("../../../migrations/", $database, "/0004_operations.sql")),
            ),
            (
                5,
                "dead letters",
                include_str!(concat!("../../../migrations/", $database, "/0005_dead_letters.sql")),
            ),
            (
                6,
                "feed order",
                include_str!(concat!("../../../migrations/", $database, "/0006_feed_order.sql")),
            ),
        ]
    };
}

pub(super) fn sqlite() -> Migrator {
    migrator(&steps!("sqlite"))
}

pub(super) fn postgres() -> Migrator {
    migrator(&steps!("postgres"))
}

/// The schema of the log's file, which is not the posts' database.
pub(super) fn log() -> Migrator {
    migrator(&[(1, "records", include_str!("../../../migrations/log/0001_records.sql"))])
}

fn migrator(steps: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migration = |&(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(steps.iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_carry_every_file_of_their_folder_under_equal_names() {
        for (database, migrator) in [("sqlite", sqlite()), ("postgres", postgres())] {
            let folder = format!("{}/../migrations/{database}", env!("CARGO_MANIFEST_DIR"));
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            let carried: Vec<String> = migrator
                .iter()
                .map(|step| format!("{:04}_{}.sql", step.version, step.description.replace(' ', "_")))
                .collect();
            assert_eq!(carried, files, "{database}");
        }
    }
}
